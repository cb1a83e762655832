"""Logits of every position, where a language model's next token needs those of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archlint.plugin import Nature, Operator, Rewrite, Silence, View
from archlint.rules.r1_redundant_work.candidate import Candidate
from archlint.rules.r1_redundant_work.pieces import sliced

__all__ = ["find_logits_of_all_positions"]

VOCABULARY = 8192
"""Columns from which on a product of positions is taken for that by a vocabulary."""


def find_logits_of_all_positions(view: View) -> Iterator[Candidate | Silence]:
    """Every product of several positions by a vocabulary that is an output of the model.

    Whether all of them are read is not in the model, so this is an upper bound.
    """
    for op in view.model.operators:
        if op.op_type != "MatMul" or op.domain or op.malformed or len(op.activations) != 1:
            continue
        if op.weight is None or op.inputs[0] is not op.activations[0]:
            continue
        shape, source = op.output.shape or (), op.activations[0]
        if len(shape) != 3 or shape[1] < 2 or shape[2] < VOCABULARY:
            continue
        if op.output.name in view.model.outputs and len(source.shape or ()) == 3:
            yield _of_one(view, op)


def _of_one(view: View, op: Operator) -> Candidate:
    batch, positions, width = op.output.shape or (1, 1, 1)
    taken = sliced(
        view, op, op.activations[0], (1, positions - 1, positions), f"{op.output.name}.taken"
    )
    logits = replace(op.output, shape=(batch, 1, width))
    product = replace(op, inputs=(taken.output, *op.inputs[1:]), outputs=(logits,))
    return Candidate(
        operators=(op.index,),
        what="logits of all positions",
        summary=f"the logits of all {positions} positions are computed",
        advice="where those of the last one are used, take its row before the product",
        now=f"product of {positions} rows by {width} columns",
        instead=f"product of 1 row by {width} columns",
        rewrite=Rewrite(frozenset({op.index}), (taken, product)),
        nature=Nature.UPPER_BOUND,
    )
