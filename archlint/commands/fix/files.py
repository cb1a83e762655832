"""The files that may be edited: read once, kept in memory, written only when asked for."""

from __future__ import annotations

import io
import os
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from archlint.errors import UsageError
from archlint.results.fix_report import FileChange
from archlint.source.rewrites import Edit, SourceText, Unfixable, spliced

__all__ = ["Files"]

_INSTALLED = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True, slots=True)
class _Original:
    path: str
    data: bytes
    text: str
    encoding: str


class Files:
    """Source files below the working folder, with the edits made so far.

    Paths are as spans show them; edits are by real path, as an export takes them.
    """

    def __init__(self) -> None:
        self._here = Path.cwd().resolve()
        self._originals: dict[str, _Original] = {}
        self._parsed: dict[tuple[str, str], SourceText] = {}
        self.edits: Mapping[str, str] = {}

    def read(self, path: str) -> SourceText:
        """The file as it is edited so far; raises Unfixable where it may not be edited."""
        real = self._real(path)
        if real not in self._originals:
            self._originals[real] = _read(real, path)
        text = self.edits.get(real, self._originals[real].text)
        if (real, text) not in self._parsed:
            self._parsed[real, text] = SourceText(path, text)
        return self._parsed[real, text]

    def with_edit(self, edit: Edit) -> dict[str, str]:
        """The texts of all edited files with one more edit."""
        made = dict(self.edits)
        for path in {each.path for each in edit.splices}:
            text = self.read(path).text
            mine = [each for each in edit.splices if each.path == path]
            made[self._real(path)] = spliced(text, mine)
        return made

    def changes(self) -> tuple[FileChange, ...]:
        """What is edited, by path."""
        found = (
            FileChange(self._originals[real].path, self._originals[real].text, text)
            for real, text in self.edits.items()
        )
        return tuple(sorted(found, key=lambda each: each.path))

    def write(self) -> None:
        """Write all edited files, each whole or not at all.

        Raises UsageError, and writes none, where one is not any more what was read.
        """
        for real in self.edits:
            self._check_same(real)
        parts: dict[str, Path] = {}
        try:
            for real, text in self.edits.items():
                parts[real] = _write_part(Path(real), text.encode(self._originals[real].encoding))
            for real, part in parts.items():
                self._check_same(real)
                os.replace(part, real)
        except (OSError, UnicodeEncodeError) as e:
            reason = e.strerror if isinstance(e, OSError) else "its encoding lacks a character"
            raise UsageError(f"{self._originals[real].path}: {reason or e}") from e
        finally:
            for part in parts.values():
                part.unlink(missing_ok=True)

    def _check_same(self, real: str) -> None:
        original = self._originals[real]
        try:
            data = Path(real).read_bytes()
        except OSError as e:
            raise UsageError(f"{original.path}: {e.strerror or e}") from e
        if data != original.data:
            raise UsageError(f"{original.path} has changed meanwhile: nothing more is written")

    def _real(self, path: str) -> str:
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(self._here):
            raise Unfixable(f"{path} is outside of the working folder")
        if _INSTALLED & set(real.parts):
            raise Unfixable(f"{path} is an installed package's")
        return str(real)


def _read(real: str, path: str) -> _Original:
    try:
        data = Path(real).read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (OSError, SyntaxError, ValueError) as e:
        raise Unfixable(f"{path} cannot be read") from e
    return _Original(path, data, text, encoding)


def _write_part(goal: Path, data: bytes) -> Path:
    """A file beside the goal, with the same permissions."""
    part = goal.with_name(f".{goal.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.chmod(goal.stat().st_mode)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return part
