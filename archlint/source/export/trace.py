"""The user's innermost line in what faulthandler wrote."""

from __future__ import annotations

import re

from archlint.source.export.failure import shown_path
from archlint.source.export.libraries import Libraries

__all__ = ["last_user_line"]

_FRAME = re.compile(r'^  File "([^"\n]*)", line (\d{1,9}) in ', re.M)


def last_user_line(text: str, libraries: Libraries, start: str) -> str:
    """`nets.py:12`, or "" where no frame is the user's; the innermost frame comes first."""
    for file, line in _FRAME.findall(text):
        if not libraries.holds(file):
            return f"{shown_path(file, start)}:{line}"
    return ""
