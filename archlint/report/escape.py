"""Names come from files: nothing in them may steer a terminal or a CI, or forge a line."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["COMMAND", "unsteering", "visible"]

# Control, format (bidirectional overrides, zero-width), surrogate, private, unassigned, and the
# line and paragraph separators.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


COMMAND = re.compile(r"##(?=\w*\[)")
"""What GitHub, Azure Pipelines and TeamCity take for a command anywhere in a line of a log."""


def visible(text: str) -> str:
    r"""Text on one line, with unprintable characters written as Python does (`\x1b`, `\u202e`)."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(_shown(char) for char in text)
    return COMMAND.sub(r"#\\x23", text) if "##" in text else text


def unsteering(line: str) -> str:
    """A line of a log that GitHub takes for no command: these begin with two colons."""
    start = len(line) - len(line.lstrip())
    return f"{line[:start]}\\x3a{line[start + 1 :]}" if line.startswith("::", start) else line


def _shown(char: str) -> str:
    if unicodedata.category(char) not in _UNSAFE:
        return char
    return char.encode("unicode_escape").decode("ascii")
