"""A model as steps: what it computes, however its exporter wrote it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from archlint.changes.kinds import BOOKKEEPING
from archlint.graph.composites import find_composites
from archlint.graph.model import Model
from archlint.graph.operator import Operator, Tensor

__all__ = ["Key", "Step", "steps_of"]

_MOST_SOURCES = 64  # of a tensor behind bookkeeping; more are of masks and positions
_BOOLEAN = frozenset({"bool", "int64", "int32", "string"})
_RENAMED = {"Sum": "Add", "Swish": "SiLU", "FastGelu": "Gelu", "MatMulNBits": "Linear"}
_WITH_BIAS = frozenset({"Conv", "ConvTranspose", "Linear"})


@dataclass(frozen=True, slots=True)
class Key:
    """What a step is, whatever it is called and however large its maps are.

    `into` and `out` are channels; `window` is a kernel's size or how much larger a Resize makes
    its maps; `padding` is the sum of both sides.  None is what a step does not have.
    """

    kind: str
    into: int | None = None
    out: int | None = None
    window: tuple[float, ...] | None = None
    stride: tuple[int, ...] | None = None
    dilation: tuple[int, ...] | None = None
    groups: int | None = None
    padding: tuple[int, ...] | None = None
    setting: str = ""

    @property
    def is_depthwise(self) -> bool:
        """Whether each channel has its own filters."""
        return self.groups is not None and self.groups > 1 and self.groups == self.into


@dataclass(frozen=True, slots=True)
class Step:
    """One operator, or several that compute one function.

    `sources` are the numbers of the steps that it reads, -1 for an input of the model, with
    bookkeeping left out.
    """

    key: Key
    module: str
    flops: int
    sources: tuple[int, ...]


def steps_of(model: Model) -> tuple[Step, ...]:
    """The steps of a model in topological order, without bookkeeping and scalar factors."""
    return tuple(_Steps(model).steps)


class _Steps:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._uses = Counter(t.name for op in model.operators for t in op.inputs if t is not None)
        self._uses.update(model.outputs)
        self._sources: dict[str, tuple[int, ...]] = {}
        self._padded: set[str] = set()
        self.steps: list[Step] = []
        composites = {each.operators[-1]: each for each in find_composites(model)}
        inner = {index for each in composites.values() for index in each.operators[:-1]}
        for op in model.operators:
            if op.index in inner:
                self._pass(op)
            elif op.index in composites:
                found = composites[op.index]
                operators = [model.operators[index] for index in found.operators]
                self._add(op, Key(found.kind), operators)
            else:
                self._operator(op)

    def _operator(self, op: Operator) -> None:
        if not self._computes(op) or self._is_folded(op):
            self._pass(op)
        else:
            self._add(op, _key(op, is_padded=self._reads_padded(op)), [op])

    def _computes(self, op: Operator) -> bool:
        """Whether an operator is more than bookkeeping."""
        if op.op_type in BOOKKEEPING and not op.domain:
            data = op.inputs[0] if op.inputs else None
            is_embedding = op.op_type == "Gather" and data is not None and data.constant
            return is_embedding and data is not None and data.dtype not in _BOOLEAN
        if not op.activations or not op.outputs:
            return False
        if op.output.dtype in _BOOLEAN and op.op_type not in ("ArgMax", "ArgMin"):
            return False
        # of scalars, exporters put one behind or two in front of a product
        scalar = any(t is not None and t.constant and t.elements == 1 for t in op.inputs)
        return not (scalar and op.op_type in ("Add", "Div", "Mul", "Sub"))

    def _is_folded(self, op: Operator) -> bool:
        """A bias or a batch-norm of a product, which another exporter puts into its weights."""
        if len(op.activations) != 1:
            return False
        source = op.activations[0]
        if op.op_type == "Add":
            bias = next((t for t in op.inputs if t is not None and t.constant), None)
            if bias is None or bias.shape is None or bias.elements != max(bias.shape, default=0):
                return False
        elif op.op_type != "BatchNormalization":
            return False
        sources = self._sources.get(source.name, ())
        maker = self._model.makers.get(source.name)
        return (
            maker is not None
            and self._uses[source.name] == 1
            and len(sources) == 1
            and sources[0] >= 0
            and self.steps[sources[0]].key.kind in _WITH_BIAS
            and self._model.operators[maker].op_type not in BOOKKEEPING
        )

    def _reads_padded(self, op: Operator) -> bool:
        return bool(op.activations) and op.activations[0].name in self._padded

    def _read(self, op: Operator) -> Iterator[int]:
        for tensor in op.activations:
            yield from self._sources.get(tensor.name, (-1,))

    def _pass(self, op: Operator) -> None:
        sources = tuple(dict.fromkeys(self._read(op)))[:_MOST_SOURCES]
        for tensor in op.outputs:
            self._sources[tensor.name] = sources
            if op.op_type == "Pad":
                self._padded.add(tensor.name)

    def _add(self, last: Operator, key: Key, operators: Sequence[Operator]) -> None:
        number = len(self.steps)
        made = {t.name for op in operators for t in op.outputs}
        read = [
            source
            for op in operators
            for tensor in op.activations
            if tensor.name not in made
            for source in self._sources.get(tensor.name, (-1,))
        ]
        flops = sum((op.flops or 0) * op.repeats for op in operators)
        self.steps.append(Step(key, last.module, flops, tuple(dict.fromkeys(read))))
        for tensor in last.outputs:
            self._sources[tensor.name] = (number,)


def _key(op: Operator, *, is_padded: bool) -> Key:
    op_type = op.op_type
    if op_type == "Gather":
        return Key("Embedding", out=_last(op.output))
    if op_type in ("Gemm", "MatMul", "FusedMatMul", "MatMulInteger", "MatMulNBits"):
        if op.weight is None:
            return Key("MatMul")
        return Key("Linear", into=_last(op.activations[0]), out=_last(op.output))
    if op.weight is not None and op_type in ("Conv", "ConvInteger", "ConvTranspose"):
        return _conv(op, op.weight, is_padded=is_padded)
    if op_type in ("AveragePool", "LpPool", "MaxPool"):
        return _pool(op, is_padded=is_padded)
    if op_type == "ReduceMean" and _is_over_maps(op):
        return Key("GlobalAveragePool")
    if op_type in ("Resize", "Upsample"):
        mode = op.attributes.get("mode", "nearest")
        return Key("Resize", window=_growth(op), setting=mode if isinstance(mode, str) else "")
    if op_type == "Clip":
        return Key(_clip(op))
    if op_type in ("GRU", "LSTM", "RNN"):
        hidden = op.attributes.get("hidden_size")
        return Key(op_type, out=hidden if isinstance(hidden, int) else None)
    return Key(_RENAMED.get(op_type, op_type), setting=_setting(op))


def _conv(op: Operator, weight: Tensor, *, is_padded: bool) -> Key:
    dims, groups = weight.shape, op.groups
    if dims is None or len(dims) < 3:
        return Key(op.op_type)
    spatial = len(dims) - 2
    into, out = dims[1] * groups, dims[0]
    if op.op_type == "ConvTranspose":
        into, out = dims[0], dims[1] * groups
    return Key(
        op.op_type,
        into=into,
        out=out,
        window=dims[2:],
        stride=_ints(op, "strides", spatial),
        dilation=_ints(op, "dilations", spatial),
        groups=groups,
        padding=None if is_padded else _padding(op, spatial),
    )


def _pool(op: Operator, *, is_padded: bool) -> Key:
    window = _numbers(op.attributes.get("kernel_shape"))
    source = op.activations[0].shape
    if not window:
        return Key(op.op_type)
    if op.op_type == "AveragePool" and source is not None and source[2:] == window:
        return Key("GlobalAveragePool")
    stride = _ints(op, "strides", len(window))
    padding = None if is_padded else _padding(op, len(window))
    return Key(op.op_type, window=window, stride=stride, padding=padding)


def _padding(op: Operator, spatial: int) -> tuple[int, ...] | None:
    if op.attributes.get("auto_pad", "NOTSET") not in ("NOTSET", ""):
        return None
    pads = _numbers(op.attributes.get("pads", (0,) * (2 * spatial)))
    if pads is None or len(pads) != 2 * spatial:
        return None
    return tuple(a + b for a, b in zip(pads[:spatial], pads[spatial:], strict=True))


def _ints(op: Operator, name: str, count: int) -> tuple[int, ...]:
    value = _numbers(op.attributes.get(name))
    return value if value is not None and len(value) == count else (1,) * count


def _numbers(value: object) -> tuple[int, ...] | None:
    """Whole numbers, None for all else that a file may hold."""
    if not isinstance(value, tuple):
        return None
    found = tuple(int(each) for each in value if isinstance(each, (int, float)) and each % 1 == 0)
    return found if len(found) == len(value) else None


def _last(tensor: Tensor) -> int | None:
    return tensor.shape[-1] if tensor.shape else None


def _is_over_maps(op: Operator) -> bool:
    """Whether a mean is over all of each map, of four dims or more."""
    shape = op.activations[0].shape
    axes = op.attributes.get("axes")
    if axes is None and len(op.inputs) > 1 and op.inputs[1] is not None:
        axes = op.inputs[1].values
    over = _numbers(axes)
    if shape is None or len(shape) < 4 or over is None:
        return False
    return {each % len(shape) for each in over} == set(range(2, len(shape)))


def _growth(op: Operator) -> tuple[float, ...] | None:
    before, after = op.activations[0].shape, op.output.shape
    if before is None or after is None or len(before) != len(after) or not prod(before):
        return None
    return tuple(round(b / a, 3) for a, b in zip(before[2:], after[2:], strict=True))


def _clip(op: Operator) -> str:
    low, high = (_bound(op, 1, "min"), _bound(op, 2, "max"))
    if low == 0 and high == 6:
        return "Relu6"
    return "Relu" if low == 0 and (high is None or high > 1e30) else "Clip"


def _bound(op: Operator, position: int, name: str) -> float | None:
    tensor = op.inputs[position] if len(op.inputs) > position else None
    if tensor is not None:
        return tensor.values[0] if tensor.values else None
    value = op.attributes.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def _setting(op: Operator) -> str:
    axis = op.attributes.get("axis")
    if op.op_type == "Concat" and isinstance(axis, int) and op.output.shape:
        return f"axis {axis % len(op.output.shape)}"
    alpha = op.attributes.get("alpha")
    if op.op_type in ("Elu", "LeakyRelu") and isinstance(alpha, float):
        return f"alpha {alpha:.3g}"
    return ""
