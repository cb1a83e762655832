"""What is not to be reported: by the configuration, and by comments in Python source."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from archlint.linter.check_rule import PricedPlace
from archlint.linter.judge import Found
from archlint.location import Location
from archlint.results.findings import Finding, IgnoredFinding
from archlint.rule import Rule
from archlint.settings.options import Options

if TYPE_CHECKING:
    from archlint.source.ignores import CommentIgnores, Match

__all__ = ["Ignores", "Places"]

_WILD = re.compile(r"[*?\[]")
"""Where a glob stops being what it names."""

Places = Mapping[str, Sequence[PricedPlace]]
"""Places by target."""


class Ignores:
    """All ignores of a run, and which of them were used.

    `names` are the codes of all rules with their names, `rules` those that run.
    """

    def __init__(
        self, options: Options, names: Mapping[str, str], rules: Sequence[type[Rule]]
    ) -> None:
        self._options, self._names, self._rules = options, names, rules
        self._used: set[int] = set()
        self._comments: CommentIgnores | None = None

    def of_model(self, rule: type[Rule], path: str) -> bool:
        """Whether a rule is not to look at a model at all."""
        return any(
            rule.code in codes or rule.name in codes
            for pattern, codes in self._options.per_model_ignores.items()
            if fnmatchcase(path, pattern)
        )

    def part(
        self, rule: type[Rule], places: Places, locations: Mapping[int, Location]
    ) -> tuple[Places, Mapping[Match, Places]]:
        """The places that no comment ignores, and the others by comment."""
        if not locations:
            return places, {}
        comments = self._read(locations)
        kept: dict[str, list[PricedPlace]] = {target: [] for target in places}
        silenced: dict[Match, dict[str, list[PricedPlace]]] = defaultdict(lambda: defaultdict(list))
        for target, each in places.items():
            for place in each:
                match = comments.match(locations.get(place.operators[0]), rule.code)
                (kept if match is None else silenced[match])[target].append(place)
        return kept, silenced

    def commented(self, match: Match, found: Sequence[Found]) -> list[IgnoredFinding]:
        """What a comment keeps back; without anything it is unused."""
        if found and self._comments is not None:
            self._comments.use(match)
        return [IgnoredFinding(each.finding, match.reason) for each in found]

    def sort_out(
        self, path: str, found: Sequence[Found]
    ) -> tuple[list[Found], list[IgnoredFinding]]:
        """The findings that the configuration does not ignore, and those that it does."""
        kept, ignored = [], []
        for each in found:
            reason = self._reason(path, each.finding)
            if reason is None:
                kept.append(each)
            else:
                ignored.append(IgnoredFinding(each.finding, reason))
        return kept, ignored

    def take_used(self) -> frozenset[int]:
        """The numbers of the configured ignores that were used since this was last asked."""
        used = frozenset(self._used)
        self._used.clear()
        return used

    def unused(self, used: Collection[int]) -> tuple[str, ...]:
        """Ignores of the configuration that nothing came of, but those, one line each."""
        return tuple(
            f'{ignore.origin}: rule "{ignore.rule}", model "{ignore.model}", place "{ignore.place}"'
            for number, ignore in enumerate(self._options.ignores)
            if number not in used
        )

    def comment_faults(self) -> tuple[str, ...]:
        """What is wrong with the comments of the files that were looked at, one line each."""
        return () if self._comments is None else self._comments.diagnoses()

    def _read(self, locations: Mapping[int, Location]) -> CommentIgnores:
        # loaded only where there is source
        from archlint.source.ignores import CommentIgnores

        if self._comments is None:
            self._comments = CommentIgnores(self._names, [each.code for each in self._rules])
        self._comments.read_files_of(locations.values())
        return self._comments

    def _reason(self, path: str, finding: Finding) -> str | None:
        named = {finding.module, *(place.module for place in finding.places)}
        named |= {name for place in finding.places for name in place.operators}
        for number, ignore in enumerate(self._options.ignores):
            if (
                _names((finding.code, finding.name), ignore.rule)
                and _names((path,), ignore.model)
                and _names(named, ignore.place)
            ):
                self._used.add(number)
                return ignore.reason
        return None


def _names(words: Iterable[str], glob: str) -> bool:
    """Whether a glob names one of the words.

    To read a glob takes much longer than to see that nothing begins as it does.
    """
    start = _WILD.split(glob, maxsplit=1)[0]
    return any(each.startswith(start) and fnmatchcase(each, glob) for each in words)
