"""A 1x1 conv before an average pool: behind it, it runs on a smaller map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

from archlint.plugin import Operator, Rewrite, Silence, SwappedLayers, Tensor, View
from archlint.rules.r1_redundant_work.candidate import Candidate
from archlint.rules.r1_redundant_work.linear import is_pointwise
from archlint.rules.r1_redundant_work.pieces import axes_of, has_shapes

__all__ = ["find_convs_before_pools"]


def find_convs_before_pools(view: View) -> Iterator[Candidate | Silence]:
    """Every 1x1 conv that an average pool alone reads.

    Both are linear; one mixes channels at a place, the other places of a channel.  A bias is the
    same behind the pool where each mean is one of as many elements as it is divided by.
    """
    for conv in view.model.operators:
        if not is_pointwise(conv):
            continue
        pool = view.sole_reader(conv.index)
        if pool is None or not _is_mean(pool, conv.output):
            continue
        if conv.inputs[2:] and conv.inputs[2] is not None and not _keeps_constants(pool):
            yield Silence((conv.index,), "its bias would count less at the borders: the pool's"
                          " padding is in the mean")  # fmt: skip
            continue
        if prod(pool.output.shape or ()) >= prod(conv.output.shape or ()):
            yield Silence((conv.index,), "the pool makes the map no smaller")
            continue
        yield _swapped(conv, pool)


def _swapped(conv: Operator, pool: Operator) -> Candidate:
    source, out = conv.activations[0], pool.output.shape or ()
    shape = (out[0], (source.shape or ())[1], *out[2:])
    pooled = Tensor(f"{conv.output.name}.pooled", shape, source.dtype)
    return Candidate(
        operators=(conv.index, pool.index),
        what="conv before average pool",
        summary=f"a 1x1 conv runs before the {pool.op_type} that alone reads it",
        advice="put the conv behind the pool: both are linear, so the outputs are the same",
        now=f"conv on {_size(conv.output)}, then {pool.op_type}",
        instead=f"{pool.op_type}, then conv on {_size(pool.output)}",
        rewrite=Rewrite(
            frozenset({conv.index, pool.index}),
            (
                replace(pool, inputs=(source, *pool.inputs[1:]), outputs=(pooled,)),
                replace(conv, inputs=(pooled, *conv.inputs[1:]), outputs=(pool.output,)),
            ),
        ),
        remedy=SwappedLayers(),
    )


def _is_mean(op: Operator, maps: Tensor) -> bool:
    """Whether it takes means over places of each channel of these maps, and over nothing else."""
    if op.domain or op.malformed or len(op.outputs) != 1 or not has_shapes(op):
        return False
    rank = len(maps.shape or ())
    first = op.inputs[0] if op.inputs else None
    if first is None or first.name != maps.name or len(op.output.shape or ()) != rank:
        return False
    if op.op_type == "ReduceMean":
        is_over_places = axes_of(op, rank) == set(range(2, rank))
        return bool(op.attributes.get("keepdims", 1)) and is_over_places
    return op.op_type in ("AveragePool", "GlobalAveragePool")


def _keeps_constants(pool: Operator) -> bool:
    """Whether the mean of a map of ones is one everywhere."""
    if pool.op_type != "AveragePool" or not pool.attributes.get("count_include_pad", 0):
        return True
    pads = pool.attributes.get("pads", ())
    is_padded = isinstance(pads, tuple) and any(pads)
    explicit = pool.attributes.get("auto_pad", "NOTSET") in ("NOTSET", "VALID")
    return explicit and not is_padded and not pool.attributes.get("ceil_mode", 0)


def _size(tensor: Tensor) -> str:
    return "x".join(map(str, (tensor.shape or ())[2:]))
