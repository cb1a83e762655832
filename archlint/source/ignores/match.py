"""Ignore comments held against where findings are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from archlint.did_you_mean import did_you_mean
from archlint.location import Location
from archlint.source.ignores.comment import IgnoreComment, read_comments
from archlint.source.ignores.text import read_source

__all__ = ["CommentIgnores", "Match"]


@dataclass(frozen=True, slots=True)
class Match:
    """A comment that covers a place, and the words of it that name the rule."""

    reason: str
    path: str
    comment: IgnoreComment
    words: tuple[str, ...]


class CommentIgnores:
    """The comments of all files that locations name, and which of them were used.

    `rules` are all codes with their names, `ran` the codes of those that run.
    """

    def __init__(self, rules: Mapping[str, str], ran: Iterable[str]) -> None:
        self._rules = rules
        self._ran = frozenset(ran)
        self._codes = {word: code for code, name in rules.items() for word in (code, name)}
        self._files: dict[str, tuple[IgnoreComment, ...]] = {}
        self._used: set[tuple[str, int, int, str]] = set()
        self._seen: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)

    def read_files_of(self, locations: Iterable[Location]) -> None:
        """Read the files that these locations are in: their comments may turn out unused.

        Not those of classes and functions that none of them is in: these made no part of a model.
        """
        for location in locations:
            for span in (location.span, *(call.span for call in location.chain)):
                self._comments(span.path)
                self._seen[span.path].add((span.line, span.end_line))

    def match(self, location: Location | None, code: str) -> Match | None:
        """The comment that wants a rule to be silent here, None where nobody says so.

        It may be at the location itself, at a call that led to it, or at the class that either
        is in; of several the one that covers least.  It is unused until `use` is told that it
        kept something back.
        """
        if location is None:
            return None
        for span in (location.span, *(call.span for call in location.chain)):
            near = [
                Match(comment.reason, span.path, comment, tuple(words))
                for comment in self._comments(span.path)
                if not comment.fault and comment.extent.holds(span.line, span.end_line)
                if (words := [word for word in comment.rules if self._codes.get(word) == code])
            ]
            if near:
                return min(near, key=_reach)
        return None

    def use(self, match: Match) -> None:
        """Take a comment for one that something would be reported without."""
        comment = match.comment
        self._used.update((match.path, comment.line, comment.column, each) for each in match.words)

    def diagnoses(self) -> tuple[str, ...]:
        """What is wrong with the comments seen, one line each: `path:line:column: what`."""
        return tuple(
            f"{path}:{comment.line}:{comment.column}: {fault}"
            for path in sorted(self._files)
            for comment in self._files[path]
            for fault in self._faults(path, comment)
        )

    def _faults(self, path: str, comment: IgnoreComment) -> Iterable[str]:
        if comment.fault:
            yield comment.fault
            return
        for word in comment.rules:
            code = self._codes.get(word)
            if code is None:
                hint = did_you_mean(word, self._codes) or f" (known: {', '.join(self._rules)})"
                yield f'unknown rule "{word}"{hint}'
            elif code in self._ran and not self._is_used(path, comment, word):
                yield f"unused ignore of {word}"

    def _is_used(self, path: str, comment: IgnoreComment, word: str) -> bool:
        """Whether it kept something back, or stands in what made no part of a model."""
        if (path, comment.line, comment.column, word) in self._used:
            return True
        return not any(comment.around.holds(*lines) for lines in self._seen[path])

    def _comments(self, path: str) -> tuple[IgnoreComment, ...]:
        found = self._files.get(path)
        if found is None:
            source = read_source(Path(path))
            found = () if source is None else read_comments(source.lines)
            self._files[path] = found
        return found


def _reach(match: Match) -> int:
    return match.comment.extent.last - match.comment.extent.first
