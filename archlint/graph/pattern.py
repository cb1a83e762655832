"""Module paths without their indices: what one line of source makes again and again."""

from __future__ import annotations

__all__ = ["pattern_of"]


def pattern_of(module: str) -> str:
    """`blocks.3.expand` as `blocks.*.expand`; "" stays ""."""
    return ".".join("*" if part.isdigit() else part for part in module.split("."))
