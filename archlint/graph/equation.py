"""Equations of Einsum; on some that are none ONNX's own inference never returns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_letters

__all__ = ["equation_fault", "spelled_out"]

_SHOWN = 40  # characters
_TERM = re.compile(r"[A-Za-z ]*(?:\.\.\.)?[A-Za-z ]*")


def equation_fault(equation: str) -> str:
    """What is wrong with an equation, in a few words, or ""."""
    terms, _, result = equation.partition("->")
    for term in (*terms.split(","), result):
        if _TERM.fullmatch(term) is None:
            return f'"{term.strip()[:_SHOWN]}" is no term of an equation'
    return ""


def spelled_out(equation: str, ranks: Sequence[int]) -> tuple[tuple[str, ...], str] | None:
    """The terms and the result, with letters of their own for the axes of an ellipsis.

    An ellipsis stands for what the letters of a term leave of its rank, aligned at its last axis.
    A result that is not written has these axes and then each letter that stands once, by the
    alphabet.  None where the terms do not fit tensors of these ranks.
    """
    written, arrow, result = equation.replace(" ", "").partition("->")
    terms = written.split(",")
    if len(terms) != len(ranks):
        return None
    more = [rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks, strict=True)]
    if any(n < 0 or (n and "..." not in term) for n, term in zip(more, terms, strict=True)):
        return None
    most = max(more)
    axes = "".join([each for each in ascii_letters if each not in equation][:most])
    if len(axes) < most:
        return None
    if not arrow:
        once = sorted(each for each in ascii_letters if written.count(each) == 1)
        result = "..." + "".join(once)
    return (
        tuple(term.replace("...", axes[most - n :]) for n, term in zip(more, terms, strict=True)),
        result.replace("...", axes),
    )
