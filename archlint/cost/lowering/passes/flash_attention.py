"""The pass of a runtime that has one kernel for attention and is called for it by name."""

from __future__ import annotations

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Operator, Tensor

__all__ = ["fuse_called_attention"]

_RANK = 4
"""Of tensors of other ranks PyTorch computes attention step by step."""


def fuse_called_attention(graph: PassGraph, _: RuntimeRules) -> None:
    """`scaled_dot_product_attention` is one step again, and no other attention is.

    Exporters write it with the root of its scale on the queries and on the transposed keys; who
    writes attention by hand scales one of them, or the scores.
    """
    for step in graph:
        if step.name == "Softmax" and step.reads:
            _fuse(graph, step)


def _fuse(graph: PassGraph, softmax: Step) -> None:
    scores, mask = graph.only_maker(softmax.reads[0]), None
    if scores is not None and scores.name == "Add" and len(scores.reads) <= 2:
        mask = scores
        makers = [graph.only_maker(each) for each in scores.reads]
        scores = next((each for each in makers if each is not None and _is_product(each)), None)
    values = graph.only_reader(softmax.output)
    if scores is None or values is None or not (_is_product(scores) and _is_product(values)):
        return
    if values.reads[0].name != softmax.output.name:
        return
    query, key = (graph.only_maker(each) for each in scores.reads)
    if query is None or key is None or not (_is_scaled(query) and _is_scaled(key)):
        return
    turned = graph.only_maker(key.reads[0])
    keys = key.reads[0]
    if turned is not None and turned.name == "Transpose" and _turns_the_last(turned.permutation):
        keys = turned.reads[0]
    else:
        turned = None
    gone = [each for each in (query, key, turned, scores, mask, softmax) if each is not None]
    reads = [query.reads[0], keys, values.reads[1]]
    key_rows = _as_rows(keys, is_turned=turned is None)
    if any(len(each.shape or ()) != _RANK for each in reads):
        return
    ranked = (reads[0], key_rows, reads[2])
    for each in gone:
        graph.drop(each)
    old = list(values.reads)
    for tensor, instead in zip(old, (reads[0], reads[2]), strict=True):
        if tensor.name != instead.name:
            graph.read_instead(values, tensor, instead)
    graph.also_read(values, keys)
    values.reads = reads
    values.name = "Attention"
    values.path = "masked" if mask is not None else ""
    values.members = [*values.members, *(index for each in gone for index in each.members)]
    values.op = Operator(values.op.index, values.op.name, "Attention", "", ranked, (values.output,))


def _is_product(step: Step) -> bool:
    return step.name == "MatMul" and len(step.reads) == 2


def _is_scaled(step: Step) -> bool:
    return step.name == "Mul" and len(step.reads) == 1


def _turns_the_last(permutation: tuple[int, ...]) -> bool:
    rank = len(permutation)
    return permutation == (*range(rank - 2), rank - 1, rank - 2)


def _as_rows(keys: Tensor, *, is_turned: bool) -> Tensor:
    """The keys as rows, also where a longer Transpose than of the last two dims turned them."""
    shape = keys.shape or ()
    if not is_turned or len(shape) < 2:
        return keys
    return Tensor(keys.name, (*shape[:-2], shape[-1], shape[-2]), keys.dtype)
