"""What a step of a model is, whatever it is called and however its exporter wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from archlint.graph.operator import Operator, Tensor
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import facts_of

__all__ = ["Key", "key_of"]

_RENAMED = {"Sum": "Add", "FastGelu": "Gelu"}


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


def key_of(op: Operator, *, is_padded: bool) -> Key:
    """The key of one operator; `is_padded` says that a Pad is in front of it."""
    op_type = op.op_type
    if op_type == "Gather":
        return Key("Embedding", out=_last(op.output))
    facts = facts_of(op_type)
    if facts.work is Work.PRODUCT:
        if op.weight is None:
            return Key("MatMul")
        return Key("Linear", into=_last(op.activations[0]), out=_last(op.output))
    if op.weight is not None and facts.work in (Work.CONV, Work.TRANSPOSED_CONV):
        return _conv(op, op.weight, is_padded=is_padded)
    if facts.work is Work.POOL:
        return _pool(op, is_padded=is_padded)
    if op_type == "ReduceMean" and _is_over_maps(op):
        return Key("GlobalAveragePool")
    if op_type == "Resize" or facts.runs_as == "Resize":
        mode = op.attributes.get("mode", "nearest")
        return Key("Resize", window=_growth(op), setting=mode if isinstance(mode, str) else "")
    if op_type == "Clip":
        return Key(_clip(op))
    if facts.work is Work.RECURRENCE:
        hidden = op.attributes.get("hidden_size")
        return Key(op_type, out=hidden if isinstance(hidden, int) else None)
    kind = _RENAMED.get(op_type) or facts.runs_as or op_type
    return Key(kind, setting=_setting(op))


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
