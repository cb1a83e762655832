"""A 1x1 conv behind upsampled maps: before them, it runs on maps as they were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archlint.plugin import Operator, Rewrite, Silence, Tensor, View
from archlint.rules.r1_redundant_work.candidate import Candidate
from archlint.rules.r1_redundant_work.linear import is_pointwise, is_upsampling, resized_axes
from archlint.rules.r1_redundant_work.pieces import added, numbers, sliced

__all__ = ["find_convs_behind_upsampling"]


@dataclass(frozen=True, slots=True)
class _Part:
    """Channels `start` to `stop` of what a conv reads: a tensor, or the upsampling that made it."""

    tensor: Tensor
    start: int
    stop: int
    upsampling: Operator | None = None


def find_convs_behind_upsampling(view: View) -> Iterator[Candidate | Silence]:
    """Every 1x1 conv that reads an upsampled map, or a Concat with some among its inputs.

    The conv of a Concat is the sum of a conv of each input; and a conv and an interpolation, both
    linear, may change places.  A bias may too, for the weights of an interpolation sum to one.
    """
    for conv in view.model.operators:
        if not is_pointwise(conv):
            continue
        maker = view.model.makers.get(conv.activations[0].name)
        source = None if maker is None else view.model.operators[maker]
        if source is None or not (is_upsampling(source) or _joins_channels(source)):
            continue
        parts = _parts(view, source)
        upsampled = [part for part in parts if part.upsampling is not None]
        if not upsampled:
            continue
        reason = _guard(view, conv, source, upsampled)
        if reason:
            yield Silence((conv.index,), reason)
        else:
            yield _moved(view, conv, source, parts)


def _joins_channels(op: Operator) -> bool:
    axis = op.attributes.get("axis")
    rank = len(op.output.shape or ())
    return (
        op.op_type == "Concat"
        and not op.malformed
        and isinstance(axis, int)
        and rank > 2
        and axis % rank == 1
        and len(op.activations) == len(op.inputs)
        and all(tensor.shape is not None for tensor in op.activations)
    )


def _parts(view: View, source: Operator) -> list[_Part]:
    """What the conv reads; an upsampled map that others read too is as good as any tensor."""
    if source.op_type != "Concat":
        return [_Part(source.output, 0, (source.output.shape or ())[1], source)]
    parts, start = [], 0
    for tensor in source.activations:
        stop = start + (tensor.shape or ())[1]
        maker = view.model.makers.get(tensor.name)
        op = None if maker is None else view.model.operators[maker]
        is_own = op is not None and is_upsampling(op) and view.sole_reader(op.index) is source
        uses = sum(each.name == tensor.name for each in source.activations)
        parts.append(_Part(tensor, start, stop, op if is_own and uses == 1 else None))
        start = stop
    return parts


def _guard(view: View, conv: Operator, source: Operator, upsampled: Sequence[_Part]) -> str:
    if view.sole_reader(source.index) is not conv:
        return f"the {source.op_type} before it is read elsewhere too"
    if conv.groups > 1 and source.op_type == "Concat":
        return "a group conv does not mix the inputs of the Concat"
    if any(_resized(part, 1) is None for part in upsampled):
        return "the size that its input is resized to is not known"
    return ""


def _moved(view: View, conv: Operator, source: Operator, parts: Sequence[_Part]) -> Candidate:
    pieces = _Pieces(view, conv)
    rest = [part for part in parts if part.upsampling is None]
    upsampled = [part for part in parts if part.upsampling is not None]
    if rest:
        pieces.add_rest(source, rest)
    for part in upsampled:
        pieces.add_upsampled(part, is_all=len(parts) == 1)
    gone = {conv.index, source.index} | {p.upsampling.index for p in parts if p.upsampling}
    count = len(upsampled)
    small = dict.fromkeys(_size(p.upsampling.activations[0]) for p in parts if p.upsampling)
    return Candidate(
        operators=(conv.index, *sorted(gone - {conv.index})),
        what="conv behind upsampling",
        summary=f"a 1x1 conv runs behind {'an' if count == 1 else count} upsampled"
        f" map{'' if count == 1 else 's'}",
        advice="put the conv before the upsampling"
        + ("" if len(parts) == 1 else ", a part of its weights for each map, and add")
        + ": both are linear, so the outputs are the same",
        now=f"conv {_channels(conv.activations[0])}>{_channels(conv.output)}"
        f" on {_size(conv.output)}",
        instead=f"convs on {', '.join(small)}, then upsampled",
        rewrite=pieces.rewrite(frozenset(gone)),
    )


class _Pieces:
    """The operators instead: a conv of each part of the channels, and the sum of them."""

    def __init__(self, view: View, conv: Operator) -> None:
        self._view, self._conv = view, conv
        self._bias = conv.inputs[2:3]  # the first conv adds it
        self._made: list[Operator] = []
        self._weights: list[Operator] = []
        self._ends: list[Tensor] = []

    def add_rest(self, source: Operator, parts: Sequence[_Part]) -> None:
        """One conv of all that is not upsampled, joined as before."""
        name, read = f"{self._conv.output.name}.rest", parts[0].tensor
        if len(parts) > 1:
            width = sum(part.stop - part.start for part in parts)
            read = _of_channels(source.output, width, f"{name}.joined")
            joined = tuple(part.tensor for part in parts)
            self._made.append(replace(source, inputs=joined, outputs=(read,)))
        self._ends.append(replace(self._conv.output, name=name))
        self._convolve(read, self._weight(parts, name), self._ends[-1])

    def add_upsampled(self, part: _Part, *, is_all: bool) -> None:
        """A conv of a map as it was, and the upsampling of what it makes."""
        conv, resize = self._conv, part.upsampling
        if resize is None or conv.weight is None:
            raise ValueError("nothing is upsampled")
        end = conv.output
        if not is_all:
            end = replace(end, name=f"{end.name}.{len(self._ends)}")
        before = resize.activations[0]
        channels = _channels(conv.output)
        small = replace(_of_channels(before, channels, f"{end.name}.small"), dtype=end.dtype)
        weight = conv.weight if is_all else self._weight([part], end.name)
        self._convolve(before, weight, small)
        others = _resized(part, channels) or ()
        self._made.append(replace(resize, inputs=(small, *others), outputs=(end,)))
        self._ends.append(end)

    def rewrite(self, gone: frozenset[int]) -> Rewrite:
        total = added(self._conv.index, self._ends, self._conv.output)
        return Rewrite(gone, (*self._made, *total), tuple(self._weights))

    def _convolve(self, read: Tensor, weight: Tensor, out: Tensor) -> None:
        inputs = (read, weight, *self._bias)
        self._made.append(replace(self._conv, inputs=inputs, outputs=(out,), weight=weight))
        self._bias = ()

    def _weight(self, parts: Sequence[_Part], name: str) -> Tensor:
        """The weights of these channels."""
        whole = self._conv.weight
        if whole is None:
            raise ValueError("a conv without constant weights")
        slices = [
            sliced(self._view, self._conv, whole, (1, part.start, part.stop),
                   f"{name}.weight.{number}")
            for number, part in enumerate(parts)
        ]  # fmt: skip
        self._weights += slices
        if len(slices) == 1:
            return slices[0].output
        width = sum(part.stop - part.start for part in parts)
        tensor = replace(_of_channels(whole, width, f"{name}.weight"), values=None)
        inputs = tuple(each.output for each in slices)
        self._weights.append(
            Operator(self._conv.index, tensor.name, "Concat", "", inputs, (tensor,), {"axis": 1})
        )
        return tensor


def _channels(tensor: Tensor) -> int:
    return (tensor.shape or (0, 0))[1]


def _of_channels(tensor: Tensor, channels: int, name: str) -> Tensor:
    batch, _, *sizes = tensor.shape or (0, 0)
    return replace(tensor, name=name, shape=(batch, channels, *sizes))


def _resized(part: _Part, channels: int) -> tuple[Tensor | None, ...] | None:
    """What the upsampling reads beside a map, for one of so many channels; None if unknown."""
    resize = part.upsampling
    if resize is None:
        return None
    others = resize.inputs[1:]
    if resize.op_type != "Resize" or len(others) < 3 or others[2] is None:
        return others
    sizes = others[2]
    rank = len(resize.output.shape or ())
    axes = resized_axes(resize, rank)
    if sizes.values is None or len(sizes.values) != len(axes):
        return None
    pairs = zip(axes, sizes.values, strict=True)
    values = [channels if axis == 1 else int(size) for axis, size in pairs]
    return (*others[:2], numbers(f"{resize.output.name}.sizes", values))


def _size(tensor: Tensor) -> str:
    return "x".join(map(str, (tensor.shape or ())[2:]))
