"""Fix what can be fixed: edit, export, price, keep what helps, go on with what is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archlint.commands.fix.files import Files
from archlint.commands.fix.search import Search
from archlint.commands.fix.trial import Trial, Trials, is_less
from archlint.errors import ModelError
from archlint.linter.check_rule import PricedPlace
from archlint.linter.judge import Found
from archlint.linter.pipeline import Examined, examine
from archlint.linter.source import SourceModel, name_of
from archlint.location import Location
from archlint.remedy import (
    AlignedWidths,
    FoldedBranches,
    OtherActivation,
    OtherWidths,
    Remedy,
    SwappedLayers,
)
from archlint.results.findings import Severity
from archlint.results.fix_report import Cost, FixReport, Outcome, Step
from archlint.settings.options import Options
from archlint.source.rewrites import (
    Edit,
    Unfixable,
    find_aligned,
    find_literals,
    fold_branches,
    replace_activation,
    swap_layers,
)

__all__ = ["fix"]

Tell = Callable[[str], None]


def fix(
    source: SourceModel,
    options: Options,
    *,
    redesign: bool = False,
    notes: bool = False,
    tell: Tell | None = None,
) -> tuple[FixReport, Files]:
    """Edit a model's source in memory: exact edits, and others where `redesign` is asked for.

    An edit stays where the model then exports and its predicted time falls.  Findings that are
    notes are left alone unless `notes` asks for them.  `tell` is told of each export.  Raises
    ModelError where the model cannot be linted as it is, UsageError for unknown rules and targets.
    """
    run = _Run(source, options, redesign=redesign, notes=notes, tell=tell)
    return run.run(), run.files


class _Run:
    def __init__(
        self,
        source: SourceModel,
        options: Options,
        *,
        redesign: bool,
        notes: bool,
        tell: Tell | None,
    ) -> None:
        self.files = Files()
        self._name = name_of(source)
        self._redesign, self._notes = redesign, notes
        self._trials = Trials(source, options, tell)
        self._steps: list[Step] = []
        self._tried: set[tuple[str, str, str]] = set()
        self._problems: dict[str, None] = {}

    def run(self) -> FixReport:
        """All findings, the costliest first, each on what the ones before have left."""
        first = now = self._trials.run({}, "exporting the model")
        examined = self._examined(now)
        while (found := self._next(examined)) is not None:
            self._tried.add(_key(found))
            after = self._attempt(found, examined, now)
            if after is not None:
                now, self.files.edits = after, after.edits
                examined = self._examined(now)
        left = [found for found in examined.found if _key(found) not in self._tried]
        wanted = [found for found in left if self._is_wanted(found)]
        return FixReport(
            path=self._name,
            titles=first.titles,
            before=first.cost,
            after=now.cost,
            steps=(*self._steps, *map(_unmade, wanted)),
            changes=self.files.changes(),
            notes=len(left) - len(wanted),
            remarks=first.loaded.remarks,
            problems=tuple(self._problems),
        )

    def _examined(self, trial: Trial) -> Examined:
        (examined,), report = examine([trial.loaded], self._trials.options)
        if not examined.views:
            raise ModelError(self._name, examined.report.error or "it cannot be priced")
        self._problems.update(dict.fromkeys(report.problems))
        return examined

    def _is_wanted(self, found: Found) -> bool:
        return self._notes or found.finding.severity is not Severity.NOTE

    def _next(self, examined: Examined) -> Found | None:
        for found in examined.found:
            known = any(place.remedy is not None for place in _places(found))
            may = self._redesign or found.finding.exact
            if known and may and self._is_wanted(found) and _key(found) not in self._tried:
                return found
        return None

    def _attempt(self, found: Found, examined: Examined, now: Trial) -> Trial | None:
        """One finding: the trial that stays, or None; either way there is a step more."""
        try:
            after, what = self._edited(found, examined, now)
        except Unfixable as why:
            self._steps.append(_step(found, Outcome.NO_EDIT, f"no local edit: {why}"))
            return None
        except _Unexported as fault:
            self._steps.append(_step(found, Outcome.TAKEN_BACK, fault.what, fault.reason))
            return None
        helps = is_less(after.cost, now.cost)
        reason = "" if helps else "the predicted time does not fall"
        outcome = Outcome.FIXED if helps else Outcome.TAKEN_BACK
        self._steps.append(_step(found, outcome, what, reason, now.cost, after.cost))
        return after if helps else None

    def _edited(self, found: Found, examined: Examined, now: Trial) -> tuple[Trial, str]:
        """The best edit of a finding, exported and priced, and what it does."""
        remedy = _remedies(found)[0]
        if isinstance(remedy, OtherWidths):
            remedies = [each for each in _remedies(found) if isinstance(each, OtherWidths)]
            locations = _locations(found, examined, now, first_only=True)
            return Search(self.files, self._trials, now.cost).run(locations, remedies)
        if isinstance(remedy, AlignedWidths):
            aligned = [each for each in _remedies(found) if isinstance(each, AlignedWidths)]
            return self._aligned(_locations(found, examined, now, first_only=False), aligned, now)
        locations = _locations(found, examined, now, first_only=isinstance(remedy, FoldedBranches))
        if isinstance(remedy, SwappedLayers):
            _check_all_swap(locations, examined, now)
        edit = self._edit(remedy, locations)
        edits = self.files.with_edit(edit)
        try:
            return self._trials.run(edits, edit.what), edit.what
        except ModelError as fault:
            raise _Unexported(edit.what, fault.reason) from fault

    def _aligned(
        self, locations: Sequence[Location], remedies: Sequence[AlignedWidths], now: Trial
    ) -> tuple[Trial, str]:
        """The first numbers that make the model faster where they are aligned widths."""
        width = remedies[0].changes[0][0]
        last: tuple[Trial, str] | None = None
        failure = f"no literal in the source gives {width} channels"
        for knob, values in find_aligned(find_literals(locations, self.files.read), remedies):
            words = knob.words(values)
            try:
                edits = self.files.with_edit(Edit(words, tuple(sorted(knob.splices(values)))))
                last = self._trials.run(edits, words), words
            except ModelError as fault:
                failure = f"{words}: {fault.reason}"
                continue
            if is_less(last[0].cost, now.cost):
                return last
        if last is None:
            raise Unfixable(failure)
        return last

    def _edit(self, remedy: Remedy, locations: Sequence[Location]) -> Edit:
        if isinstance(remedy, OtherActivation):
            return replace_activation(remedy.now, remedy.instead, locations, self.files.read)
        if isinstance(remedy, SwappedLayers):
            return swap_layers(locations, self.files.read)
        if isinstance(remedy, FoldedBranches) and not remedy.depthwise:
            return fold_branches(locations, self.files.read)
        raise Unfixable("depthwise convs between a Split and a Concat fold in no local edit")


class _Unexported(Exception):  # noqa: N818, the edit's fault
    def __init__(self, what: str, reason: str) -> None:
        self.what, self.reason = what, reason
        super().__init__(reason)


def _unmade(found: Found) -> Step:
    remedies = _remedies(found)
    if not remedies:
        return _step(found, Outcome.NO_EDIT, "no local edit: this is the architect's to change")
    remedy = remedies[0]
    if isinstance(remedy, OtherActivation):
        would = f"would put {remedy.instead} for {remedy.now}"
    elif isinstance(remedy, AlignedWidths):
        would = "would put {1} for {0} channels".format(*remedy.changes[0])
    elif isinstance(remedy, OtherWidths) and remedy.groups > 1:
        would = "would look for fewer groups and widths that keep the FLOPs"
    else:
        would = "would look for another expansion and widths that keep the FLOPs"
    return _step(found, Outcome.REDESIGN, f"--redesign {would}")


def _places(found: Found) -> list[PricedPlace]:
    return [place for each in found.places.values() for place in each]


def _remedies(found: Found) -> list[Remedy]:
    return [place.remedy for place in _places(found) if place.remedy is not None]


def _locations(found: Found, examined: Examined, now: Trial, *, first_only: bool) -> list[Location]:
    """Where the operators of all places are, or of each place the telling one."""
    known = _located(examined, now)
    indices = [
        index
        for place in _places(found)
        for index in (place.operators[:1] if first_only else place.operators)
    ]
    made = [known[index] for index in dict.fromkeys(indices) if index in known]
    if not made:
        raise Unfixable("where it is made is not known")
    return made


def _located(examined: Examined, now: Trial) -> Mapping[int, Location]:
    locate = now.loaded.locate
    return {} if locate is None else locate(next(iter(examined.views.values())).view.model)


def _check_all_swap(locations: Sequence[Location], examined: Examined, now: Trial) -> None:
    """Raise Unfixable where the lines that make these layers make others that have to stay.

    A class decides for all its instances, and what is exact at one need not be at another.
    """
    may = {
        index
        for found in examined.found
        for place in _places(found)
        if isinstance(place.remedy, SwappedLayers)
        for index in place.operators
    }
    spans = {each.span for each in locations}
    for index, each in _located(examined, now).items():
        if each.span in spans and index not in may:
            where = f"{each.span.path}:{each.span.line}"
            raise Unfixable(f"{where} makes other layers too, whose order no finding changes")


def _key(found: Found) -> tuple[str, str, str]:
    """What a finding is, also after edits have moved its lines."""
    finding = found.finding
    spans = finding.location.decision if finding.location is not None else ()
    lines = "\n".join(span.text.strip() for span in spans)
    remedies = _remedies(found)
    kind = type(remedies[0]).__name__ if remedies else finding.message
    return finding.code, kind + finding.module, lines


def _step(
    found: Found,
    outcome: Outcome,
    what: str,
    reason: str = "",
    before: Cost | None = None,
    after: Cost | None = None,
) -> Step:
    finding = found.finding
    span = finding.location.span if finding.location is not None else None
    return Step(
        code=finding.code,
        message=finding.message,
        where=f"{span.path}:{span.line}:{span.column}" if span is not None else "",
        module=finding.module,
        count=finding.count,
        exact=finding.exact,
        outcome=outcome,
        what=what,
        reason=reason,
        before=before,
        after=after,
    )
