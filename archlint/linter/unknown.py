"""What of a model is not read: operators without shapes, and operators that nobody can run."""

from __future__ import annotations

from archlint.graph.model import Model
from archlint.graph.operator_facts import NO_FACTS
from archlint.graph.operator_table import facts_of
from archlint.graph.unread import Unread
from archlint.report.unknown import unknown_lines
from archlint.results.unknown import UnknownOperator

__all__ = ["malformed_lines", "unknown_operators", "why_unpriced"]

_MOST = 2  # lines of a kind in a refusal


def unknown_operators(model: Model) -> tuple[UnknownOperator, ...]:
    """The operators that compute and have no shapes, with what can be done about each."""
    return tuple(
        UnknownOperator(each.name, each.op_type, each.lost_at, each.lost_type, _reason(model, each))
        for each in model.unread
    )


def malformed_lines(model: Model) -> tuple[str, ...]:
    """The operators that no runtime could run, a line each."""
    return tuple(
        f"{op.op_type} {op.name}: {op.malformed}" for op in model.operators if op.malformed
    )


def why_unpriced(model: Model) -> str:
    """Why a price of the model would be none of the network, in one line, or ""."""
    malformed = [f"malformed: {each}" for each in malformed_lines(model)]
    return "; ".join(
        each
        for lines in (malformed, unknown_lines(unknown_operators(model)))
        for each in _cut(lines)
    )


def _cut(lines: list[str]) -> list[str]:
    more = len(lines) - _MOST
    return [*lines[:_MOST], f"{more} more of this kind"] if more > 0 else lines


def _reason(model: Model, unread: Unread) -> str:
    if not unread.lost_type:
        if any(each.name == unread.lost_at for each in model.inputs):
            return f"an input without sizes: pass --input {unread.lost_at}=SHAPE"
        return "which no operator makes"
    lost_at = next(each for each in model.operators if each.name == unread.lost_at)
    if lost_at.malformed:
        return f"malformed: {lost_at.malformed}"
    if facts_of(lost_at.op_type) is NO_FACTS:
        domain = f" of the domain {lost_at.domain}" if lost_at.domain else ""
        return f"an operator{domain} that archlint does not know"
    open_inputs = [each.name for each in model.inputs if each.assumed or each.shape is None]
    if open_inputs:
        return f"pass --dim NAME=SIZE or --input {open_inputs[0]}=SHAPE if it follows from these"
    return "what sizes it gives cannot be told from the file"
