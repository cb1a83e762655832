"""A Transpose behind another one: the two are one, or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archlint.plugin import ACTIVATIONS, Operator, Rewrite, Silence, Tensor, View
from archlint.rules.r1_redundant_work.candidate import Candidate

__all__ = ["find_transposes_of_transposes"]


def find_transposes_of_transposes(view: View) -> Iterator[Candidate | Silence]:
    """Every Transpose of what another one makes, with nothing but functions of elements between."""
    for last in view.model.operators:
        if last.op_type != "Transpose" or last.domain or last.malformed:
            continue
        between, first = _back(view, last)
        if first is not None:
            yield _composed(view, first, between, last)


def _back(view: View, last: Operator) -> tuple[list[Operator], Operator | None]:
    """The functions before a Transpose, the last one first, and the Transpose before them."""
    between: list[Operator] = []
    maker = view.model.makers.get(last.activations[0].name) if last.activations else None
    while maker is not None:
        op = view.model.operators[maker]
        if op.malformed or op.domain or op.output.shape is None:
            break
        if op.op_type == "Transpose":
            return between, op
        after = between[-1] if between else last
        if not _is_by_element(op) or view.sole_reader(maker) is not after:
            break
        between.append(op)
        maker = view.model.makers.get(op.activations[0].name)
    return [], None


def _is_by_element(op: Operator) -> bool:
    """Whether the order of its elements is all one to it: what else it reads is one number."""
    if op.op_type not in ACTIVATIONS | {"Add", "Div", "Mul", "Sub"} or len(op.activations) != 1:
        return False
    others = [each for each in op.inputs if each is not None and each.constant]
    return len(op.outputs) == 1 and all(
        each.elements == 1 and len(each.shape or ()) <= len(op.output.shape or ())
        for each in others
    )


def _composed(
    view: View, first: Operator, between: list[Operator], last: Operator
) -> Candidate | Silence:
    one, two = _permutation(first), _permutation(last)
    if len(one) != len(two):
        return Silence((last.index,), "it is a Transpose of other dims than the one before")
    order = tuple(one[axis] for axis in two)
    cancels = order == tuple(range(len(order)))
    if between and not cancels:
        return Silence((last.index,), "a Transpose is left, before what stands between or behind")
    source, gone = first.activations[0], {last.index, *(each.index for each in between)}
    is_alone = view.sole_reader(first.index) is (between[-1] if between else last)
    if is_alone:
        gone.add(first.index)
    made: list[Operator] = []
    for op in reversed(between):
        out = replace(op.output, name=f"{op.output.name}.unmoved", shape=last.output.shape)
        if op is between[0]:
            out = last.output
        made.append(_of(op, source, out))
        source = out
    if not between:
        kind, attributes = ("Identity", {}) if cancels else ("Transpose", {"perm": order})
        made.append(replace(last, op_type=kind, inputs=(source,), attributes=attributes))
    return Candidate(
        operators=(last.index, first.index),
        what="transposes in a row",
        summary="a Transpose puts back what another one moved"
        if cancels
        else "a Transpose of what another one moved",
        advice="leave both out" if cancels and is_alone else "read what the first one reads",
        now="two Transposes" + (f" around {_names(between)}" if between else ""),
        instead=(_names(between) or "no kernel for it") if cancels else "one Transpose",
        rewrite=Rewrite(frozenset(gone), tuple(made)),
    )


def _of(op: Operator, source: Tensor, out: Tensor) -> Operator:
    inputs = tuple(each if each is None or each.constant else source for each in op.inputs)
    return replace(op, inputs=inputs, outputs=(out,))


def _names(between: list[Operator]) -> str:
    return " and ".join(op.op_type for op in reversed(between))


def _permutation(op: Operator) -> tuple[int, ...]:
    rank = len(op.output.shape or ())
    given = op.attributes.get("perm")
    if isinstance(given, tuple) and given:
        return tuple(int(axis) for axis in given)
    return tuple(reversed(range(rank)))
