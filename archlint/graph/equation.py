"""Equations of Einsum; on some that are none ONNX's own inference never returns."""

from __future__ import annotations

import re

__all__ = ["equation_fault"]

_SHOWN = 40  # characters
_TERM = re.compile(r"[A-Za-z ]*(?:\.\.\.)?[A-Za-z ]*")


def equation_fault(equation: str) -> str:
    """What is wrong with an equation, in a few words, or ""."""
    terms, _, result = equation.partition("->")
    for term in (*terms.split(","), result):
        if _TERM.fullmatch(term) is None:
            return f'"{term.strip()[:_SHOWN]}" is no term of an equation'
    return ""
