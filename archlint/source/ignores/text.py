"""A source file's text, as it is on disk to the byte."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from archlint.limits.files import read_bounded

__all__ = ["SourceText", "read_source"]


@dataclass(frozen=True, slots=True)
class SourceText:
    """The lines of a file with their ends, how it is encoded, and its bytes."""

    lines: tuple[str, ...]
    encoding: str
    data: bytes

    def encoded(self, lines: Sequence[str]) -> bytes:
        """Other lines as this file would have them.

        Raises ValueError for a character that the encoding lacks, and where the encoding has
        several ways to write the same text and the file's is not the usual one.
        """
        if "".join(self.lines).encode(self.encoding) != self.data:
            raise ValueError(f"its {self.encoding} text has other bytes when written back")
        return "".join(lines).encode(self.encoding)


def read_source(path: Path) -> SourceText | None:
    """The text of a file; None where it is gone or no text in the encoding that it says."""
    try:
        data = read_bounded(path)
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        lines = data.decode(encoding).splitlines(keepends=True)
    except (OSError, SyntaxError, ValueError, LookupError):
        return None
    return SourceText(tuple(_joined(lines)), encoding, data)


def _joined(lines: list[str]) -> list[str]:
    """Lines as Python counts them: a form feed or a Unicode separator ends none."""
    whole: list[str] = []
    for line in lines:
        if whole and not whole[-1].endswith(("\n", "\r")):
            whole[-1] += line
        else:
            whole.append(line)
    return whole
