"""What a runtime does to operators before it runs them, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from archlint.cost.kernels.footprint import footprint
from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind

__all__ = ["Autocast", "Blocked", "Fusions", "Passes", "Quantised", "RuntimeRules"]


class Passes(Enum):
    """Whose passes they are, by the name that a target file gives."""

    EAGER = "eager"
    INDUCTOR = "inductor"
    NCNN = "ncnn"
    OPENVINO = "openvino"
    ONNX_RUNTIME = "onnxruntime"
    TORCH_GPU = "torch gpu"
    TORCH_TRAINING = "torch gpu training"


@dataclass(frozen=True, slots=True)
class Fusions:
    """The fusions of a runtime that changes the graph before it runs it.

    `removed` operators vanish.  `forms` are the functions of several operators that it knows:
    their kind (or how they are written, see `written_form`), the operator that runs them and,
    where not "", an operator type that has to be among them; those `inside` are not recognised
    where they make an output of the model.  `expanded` operators have no kernel: each becomes a
    chain of operators and a product with the input.  `products` are the activations that a matrix
    product with a bias fuses, `sums` what joins an Add behind a plain conv that has a bias,
    `through` the operators that a Transpose is moved through to meet another one.
    """

    removed: frozenset[str]
    forms: Mapping[str, tuple[str, str]]
    expanded: Mapping[str, tuple[str, ...]]
    products: frozenset[str]
    sums: frozenset[str]
    inside: frozenset[str] = frozenset()
    through: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Blocked:
    """A layout with `block` channels side by side (NCHWc), and what runs on it.

    A dense conv takes it where its input channels are a multiple of `align`, or so few (less
    than a block) that it reads the plain tensor.  `pools` take it where the channels are whole
    blocks; `maps` and `joins` (operators of one and of several tensors) where their inputs have
    it.  A blocked conv without an epilogue takes an Add of `sums` as an input and then fuses
    the activations `fuse`, or one of `gated`, which is the product of the conv with the activation
    that `gated` maps it to; `resizes` are the modes (with the coordinate transformation) run.
    """

    block: int
    align: int
    pools: frozenset[str]
    maps: frozenset[str]
    joins: frozenset[str]
    sums: frozenset[str]
    fuse: frozenset[str]
    gated: Mapping[str, str]
    resizes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Quantised:
    """What runs in int8 in a model of QuantizeLinear and DequantizeLinear pairs.

    `kernels` are the operators with a kernel in int8, those in `open_ended` also where their
    output stays in float; `moving` only move elements, whatever these are; of them `plain` are
    the same operator in float and in int8.  `vanishing` go into the quantisation behind them.
    `last` are the kernels that run otherwise with the channels last, as convs always do, and
    `through` and `through_int8` the operators, in float and in int8, that a Transpose is moved
    through to meet another one.  `unsigned` run in int8 on data without a sign alone: on signed
    data they run in float, or as other kernels where the model itself has operators on integers.
    A target that does not name them takes all data for unsigned.
    """

    kernels: frozenset[str]
    open_ended: frozenset[str]
    moving: frozenset[str]
    plain: frozenset[str]
    vanishing: frozenset[str]
    last: frozenset[str]
    through: frozenset[str]
    through_int8: frozenset[str]
    unsigned: frozenset[str] = frozenset()

    @property
    def run_int8(self) -> frozenset[str]:
        """The operators of the kernels that run in int8; a product is a MatMul there."""
        return self.kernels | self.moving | {"QuantizeLinear"}


@dataclass(frozen=True, slots=True)
class Autocast:
    """The operators that PyTorch's autocast runs in `half` and in `single` precision."""

    half: frozenset[str]
    single: frozenset[str]


@dataclass(frozen=True, slots=True)
class RuntimeRules:
    """What the runtime does to operators before it runs them: `passes`, and what these go by.

    `fold` are operators that vanish into the conv or product before them, `fuse` activations
    that become an epilogue of a kernel of the kinds `fuse_into`.  `views` says that a view is
    launched like a kernel.  `rotation` are the levels, in MB of a model's weights, at which
    kernels were measured; of its whole footprint if `whole_rotation`.  A target with `fusions` is
    one whose runtime changes the graph, with `blocked` one that runs convs on blocked tensors,
    with `quantised` one that runs quantised models in int8.  `last` are the operators that go on
    with the channels last where a runtime's convs leave them so.  With `autocast` float models run
    partly in half precision; `channels_last` says that their inputs lie so, `channels_first` that
    convs copy what lies channels last, for they run in no other order.
    """

    passes: Passes
    fold: frozenset[str]
    fuse: frozenset[str]
    fuse_into: frozenset[Kind]
    views: bool = False
    rotation: tuple[int, ...] = ()
    whole_rotation: bool = False
    fusions: Fusions | None = None
    blocked: Blocked | None = None
    quantised: Quantised | None = None
    last: frozenset[str] = frozenset()
    autocast: Autocast | None = None
    channels_last: bool = False
    channels_first: bool = False

    def fuses(self, kind: Kind, activation: str) -> bool:
        """Whether an activation becomes an epilogue of a kernel of this kind."""
        if self.fusions is not None and kind is Kind.PRODUCT:
            return activation in self.fusions.products
        return activation in self.fuse and kind in self.fuse_into

    def rotates(self, kernels: Iterable[Kernel]) -> int:
        """The bytes that a model of these kernels runs through, as the levels count them."""
        if self.whole_rotation:
            return footprint(kernels)
        return sum(kernel.weight_bytes for kernel in kernels)

    @property
    def folds_norms(self) -> bool:
        """Whether a BatchNormalization vanishes into the conv before it."""
        return "BatchNormalization" in self.fold

    @property
    def trains(self) -> bool:
        """Whether what is priced is a step of training."""
        return self.passes is Passes.TORCH_TRAINING

    def has(self, feature: str) -> bool:
        """Whether the runtime has what some kernels are for.

        "blocked", "quantised", and of quantised data with a sign what is "signed" and what is
        "dequantised": runs in float.
        """
        if feature in ("signed", "dequantised"):
            return self.quantised is not None and bool(self.quantised.unsigned)
        return {"blocked": self.blocked, "quantised": self.quantised}[feature] is not None

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> RuntimeRules:
        """Read the `[lowering]` section of a target file; raises KeyError and ValueError.

        One that does not name its passes has those of ONNX Runtime if it says what these fuse.
        """
        fusions, blocked, quantised = map(data.get, ("fusions", "blocked", "quantised"))
        autocast = data.get("autocast")
        passes = Passes.EAGER if fusions is None else Passes.ONNX_RUNTIME
        return cls(
            passes=Passes(data.get("passes", passes)),
            fold=frozenset(data["fold"]),
            fuse=frozenset(data["fuse"]),
            fuse_into=frozenset(map(Kind, data["fuse_into"])),
            views=bool(data.get("views", False)),
            rotation=tuple(data.get("rotation", ())),
            whole_rotation=bool(data.get("whole_rotation", False)),
            fusions=None if fusions is None else _fusions(fusions),
            blocked=None if blocked is None else _blocked(blocked),
            quantised=None if quantised is None else _quantised(quantised),
            last=frozenset(data.get("last", ())),
            autocast=None if autocast is None else _autocast(autocast),
            channels_last=bool(data.get("channels_last", False)),
            channels_first=bool(data.get("channels_first", False)),
        )


def _fusions(data: Mapping[str, Any]) -> Fusions:
    return Fusions(
        removed=frozenset(data["removed"]),
        forms={kind: (each[0], each[1]) for kind, each in data["forms"].items()},
        expanded={op: tuple(chain) for op, chain in data["expanded"].items()},
        products=frozenset(data["products"]),
        sums=frozenset(data["sums"]),
        inside=frozenset(data.get("inside", ())),
        through=frozenset(data.get("through", ())),
    )


def _blocked(data: Mapping[str, Any]) -> Blocked:
    sets = ("pools", "maps", "joins", "sums", "fuse", "resizes")
    return Blocked(
        block=int(data["block"]),
        align=int(data["align"]),
        gated=dict(data["gated"]),
        **{name: frozenset(data[name]) for name in sets},
    )


def _autocast(data: Mapping[str, Any]) -> Autocast:
    return Autocast(frozenset(data["half"]), frozenset(data["single"]))


def _quantised(data: Mapping[str, Any]) -> Quantised:
    names = (each.name for each in fields(Quantised) if each.name != "unsigned")
    return Quantised(
        **{name: frozenset(data[name]) for name in names},
        unsigned=frozenset(data.get("unsigned", ())),
    )
