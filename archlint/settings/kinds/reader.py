"""What reading a table of TOML needs to know, and what was wrong on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.cost.target_files import TargetFiles, list_targets
from archlint.did_you_mean import did_you_mean
from archlint.settings.known import Known
from archlint.settings.toml_text import value_text

if TYPE_CHECKING:
    from archlint.source.export.elsewhere import Elsewhere

__all__ = ["Reader"]

_LONGEST_GLOB = 1000  # characters


class Reader:
    """Gathers the problems of a table, and knows what it may name.

    `folder` is where the file lies, `path` its name in messages, `prefix` what comes before a
    key in them; what is beside it may be read `elsewhere`.
    """

    def __init__(
        self,
        folder: Path,
        path: str,
        prefix: str,
        known: Known,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._folder = folder
        self._elsewhere = elsewhere
        self.path = path
        self.known = known
        self.problems: list[str] = []
        self._prefix = prefix
        self._user_targets: dict[str, TargetFiles] = {}

    @property
    def folder(self) -> Path:
        """Where the file lies."""
        return self._folder

    @property
    def targets(self) -> Mapping[str, TargetFiles]:
        """The targets that it may name, those in the folders of `target-paths` too."""
        return {**self.known.targets, **self._user_targets}

    def problem(self, key: str, text: str) -> None:
        """Note what is wrong with a key."""
        self.problems.append(f"{self._prefix}{key}: {text}")

    def is_glob(self, key: str, text: str) -> bool:
        """Whether a text can be matched by; to read a long one takes the square of its length."""
        if len(text) <= _LONGEST_GLOB:
            return True
        self.problem(key, f"a glob of {len(text)} characters: {_LONGEST_GLOB} are allowed")
        return False

    def expected(self, key: str, what: str, value: object, near: Iterable[str] = ()) -> None:
        """Note a value of another kind than expected, and the word that it comes near to."""
        hint = did_you_mean(value, near) if isinstance(value, str) else ""
        self.problem(key, f"expected {what}, found {value_text(value)}{hint}")

    def check(self, key: str, values: Sequence[str], noun: str, words: Sequence[str]) -> None:
        """Note those of the values that are none of the words."""
        for each in values:
            if each not in words:
                self.unknown(key, noun, each, words)

    def unknown(self, key: str, noun: str, word: str, words: Sequence[str]) -> None:
        """Note a word that names nothing."""
        hint = did_you_mean(word, words) or f" (known: {', '.join(words)})"
        self.problem(key, f"unknown {noun} {value_text(word)}{hint}")

    def here(self, path: str) -> str:
        """A path that is relative to the configuration file, for use from anywhere."""
        return (self._folder / path).as_posix()

    def beside(self, path: str) -> str:
        """Where a file is read that belongs to the configuration, by its path from there."""
        whole = self._folder / path
        return (whole if self._elsewhere is None else self._elsewhere.of(whole)).as_posix()

    def note_user_targets(self, paths: object) -> None:
        """Tell it the value of `target-paths`: the key `target` may name what lies there."""
        folders = [paths] if isinstance(paths, str) else paths
        if isinstance(folders, list):
            for each in folders:
                if isinstance(each, str):
                    self._user_targets.update(list_targets(Path(self.beside(each))))
