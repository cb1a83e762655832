"""Names come from files: nothing in them may steer a terminal or forge a line."""

from __future__ import annotations

import unicodedata

__all__ = ["visible"]

# Control, format (bidirectional overrides, zero-width), surrogate, private, unassigned, and the
# line and paragraph separators.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    r"""Text on one line, with unprintable characters written as Python does (`\x1b`, `\u202e`)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if unicodedata.category(char) not in _UNSAFE:
        return char
    return char.encode("unicode_escape").decode("ascii")
