"""Branches that fold into one conv of the same function: linear blocks and mixed windows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from archlint.plugin import Model, Operator, Tensor
from archlint.rules.g3_fragmentation.joins import Join, find_joins
from archlint.rules.g3_fragmentation.regions import Region

__all__ = ["Fold", "find_linear_blocks", "fold_mixed"]


@dataclass(frozen=True, slots=True)
class Fold:
    """Operators that are one conv: that of `conv`, whose window covers the others'.

    `branches` counts the paths from the fork to the join, `channels` are those of the one conv
    where it takes several side by side, else None.
    """

    root: int
    operators: tuple[int, ...]
    conv: int
    branches: int
    convs: int
    channels: int | None = None


@dataclass(frozen=True, slots=True)
class _Branch:
    start: Tensor
    operators: tuple[int, ...]
    conv: Operator | None


def find_linear_blocks(model: Model) -> Iterator[Fold]:
    """Blocks as RepVGG trains them: one fork, linear branches, and Adds.

    A branch is a conv, batch-norms behind it or alone, or nothing; no result is read elsewhere.
    """
    outputs = frozenset(model.outputs)
    for join in find_joins(model):
        fold = _fold(model, join, outputs) if join.adds_only else None
        if fold is not None:
            yield fold


def fold_mixed(model: Model, region: Region) -> Fold | None:
    """Depthwise convs of several windows between a Split and a Concat, as one conv.

    The largest window holds the smaller ones, with zeros around them.
    """
    first, last = model.operators[region.operators[0]], model.operators[region.roots[0]]
    if first.op_type != "Split" or last.op_type != "Concat" or len(region.joins) > 1:
        return None
    if first.attributes.get("axis", 0) != 1 or last.attributes.get("axis") != 1:
        return None
    ends = [model.makers.get(tensor.name) for tensor in last.activations]
    convs = [model.operators[index] for index in ends if index in region.fragments]
    if len(convs) != len(first.outputs) or len(region.operators) != len(convs) + 2:
        return None
    for conv, part in zip(convs, first.outputs, strict=True):
        if not _is_plain(conv) or conv.activations[0].name != part.name:
            return None
        if not conv.groups == _channels(part) == _channels(conv.output):
            return None
    widest = _covering(convs)
    if widest is None:
        return None
    width = _channels(last.output)
    return Fold(last.index, region.operators, widest.index, len(convs), len(convs), width)


def _fold(model: Model, join: Join, outputs: Collection[str]) -> Fold | None:
    branches = [_branch(model, leaf, model.makers.get(leaf.name), outputs) for leaf in join.leaves]
    convs = [branch.conv for branch in branches if branch.conv is not None]
    if not convs or len({branch.start.name for branch in branches}) > 1:
        return None
    widest = _covering(convs, identity=len(convs) < len(branches))
    if widest is None or len({conv.groups for conv in convs}) > 1:
        return None
    operators = {index for branch in branches for index in branch.operators}
    operators.update(join.operators)
    return Fold(join.root, tuple(sorted(operators)), widest.index, len(branches), len(convs))


def _branch(model: Model, leaf: Tensor, maker: int | None, outputs: Collection[str]) -> _Branch:
    """From the join back over one conv, and batch-norms behind it or alone."""
    tensor, operators, conv = leaf, list[int](), None
    while maker is not None:
        op = model.operators[maker]
        if model.uses(maker) != 1 or tensor.name in outputs:
            break
        if conv is None and _is_plain(op):
            conv = op
        elif conv is not None or not _is_batch_norm(op):
            break
        operators.append(maker)
        tensor = op.activations[0]
        maker = model.makers.get(tensor.name)
    return _Branch(tensor, tuple(operators), conv)


def _is_batch_norm(op: Operator) -> bool:
    return op.op_type == "BatchNormalization" and len(op.activations) == 1 and len(op.outputs) == 1


def _is_plain(op: Operator) -> bool:
    """A conv with constant weights and explicit pads, without dilation."""
    if op.op_type != "Conv" or op.domain or op.weight is None or len(op.activations) != 1:
        return False
    if op.malformed or op.attributes.get("auto_pad", "NOTSET") != "NOTSET":
        return False
    rank = len(_window(op))
    if len(_ints(op, "pads", 0)) != 2 * rank or len(_ints(op, "strides", 1)) != rank:
        return False
    return all(step == 1 for step in _ints(op, "dilations", 1))


def _covering(convs: Sequence[Operator], *, identity: bool = False) -> Operator | None:
    """The conv whose window, laid over the same pixels, holds the windows of all others."""
    widest = max(convs, key=lambda op: (sum(_window(op)), -op.index))
    window, strides = _window(widest), _ints(widest, "strides", 1)
    begins = _ints(widest, "pads", 0)[: len(window)]
    others = [(_window(op), _ints(op, "pads", 0)[: len(window)]) for op in convs]
    if identity:
        if any(stride != 1 for stride in strides):
            return None
        others.append(((1,) * len(window), (0,) * len(window)))
    for small, pads in others:
        if len(small) != len(window):
            return None
        for size, pad, whole, begin in zip(small, pads, window, begins, strict=True):
            if not 0 <= begin - pad <= whole - size:
                return None
    return widest if all(_ints(op, "strides", 1) == strides for op in convs) else None


def _window(op: Operator) -> tuple[int, ...]:
    return (op.weight.shape or ())[2:] if op.weight is not None else ()


def _ints(op: Operator, key: str, default: int) -> tuple[int, ...]:
    value = op.attributes.get(key)
    if isinstance(value, tuple) and value:
        return tuple(int(each) for each in value)
    return (default,) * (len(_window(op)) * (2 if key == "pads" else 1))


def _channels(tensor: Tensor) -> int:
    return tensor.shape[1] if tensor.shape is not None and len(tensor.shape) > 1 else 0
