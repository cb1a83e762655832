"""Verifying: the findings of each model, run on the device at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from archlint.commands.verify.choice import Chosen
from archlint.commands.verify.keep import Keeper
from archlint.commands.verify.plan import PlannedFinding, PlannedPlace, plan_findings
from archlint.commands.verify.same_outputs import run_rewritten
from archlint.commands.verify.sessions import time_places
from archlint.commands.verify.verdict import judge_finding, judge_outputs
from archlint.commands.verify.whole_model import time_whole
from archlint.linter.pipeline import Examined
from archlint.measure.backend import Backend
from archlint.results.findings import Severity
from archlint.results.verification import Verification, VerifiedFinding, VerifiedModel, WholeModel

__all__ = ["Progress", "Request", "verify"]


class Progress(Protocol):
    """Is told how many pairs of sessions are done, of how many, and what is being run."""

    def __call__(self, done: int, total: int, doing: str) -> None:
        """Show it."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """What to run: findings from `severity` on, the `places` costliest distinct places of each.

    Each place in `sessions` pairs of fresh sessions; `whole` models too, or not.
    """

    sessions: int = 7
    places: int = 3
    severity: Severity = Severity.NOTE
    whole: bool = False


def verify(
    models: Sequence[Examined],
    chosen: Chosen,
    request: Request,
    *,
    progress: Progress,
    keeper: Keeper | None = None,
    problems: Sequence[str] = (),
) -> Verification:
    """Run the findings of these models, which were linted on the target chosen.

    `problems` are those of the linting.  Raises MeasureError where rows cannot be kept.
    """
    run = _Run(models, chosen, request, progress, keeper)
    return Verification(
        target=chosen.target.name,
        sessions=request.sessions,
        models=tuple(run.model(at) for at in range(len(models))),
        kept=None if keeper is None else keeper.kept(),
        problems=tuple(problems),
    )


class _Run:
    def __init__(
        self,
        models: Sequence[Examined],
        chosen: Chosen,
        request: Request,
        progress: Progress,
        keeper: Keeper | None,
    ) -> None:
        self._models, self._request = models, request
        self._progress, self._keeper = progress, keeper
        self._target, self._backend = chosen.target.name, chosen.backend
        self._file: Path = chosen.located.place.file
        self._plans = [self._plan(model, chosen.backend) for model in models]
        self._total = request.sessions * sum(
            not place.reason for plan in self._plans for each in plan for place in each.places
        )
        self._done = 0

    def _plan(self, model: Examined, backend: Backend) -> tuple[PlannedFinding, ...]:
        asked = self._request
        return plan_findings(model, self._target, backend, asked.severity, asked.places)

    def model(self, at: int) -> VerifiedModel:
        """Run the findings of one model, and the model itself if that was asked for."""
        examined, plan = self._models[at], self._plans[at]
        report = examined.report
        if self._target not in examined.views:
            return VerifiedModel(report.path, error=report.error, skipped=report.skipped)
        findings = tuple(self._rewritten(examined, each) for each in plan)
        return VerifiedModel(
            path=report.path,
            title=examined.views[self._target].title,
            findings=findings,
            whole=self._whole(examined) if self._request.whole else None,
            hidden=len(report.findings) - len(findings),
            error=report.error,
        )

    def _rewritten(self, examined: Examined, planned: PlannedFinding) -> VerifiedFinding:
        """Run a finding, and the whole model with what computes the same instead."""
        path = examined.report.path
        verified = self._finding(path, planned)
        if planned.rewrite is None:
            return verified
        self._progress(self._done, self._total, f"{path}: {planned.finding.code}, rewritten")
        return judge_outputs(
            verified,
            run_rewritten(
                examined.report,
                examined.views[self._target].view.model,
                planned.rewrite,
                self._backend,
                self._request.sessions if self._request.whole else 0,
            ),
        )

    def _finding(self, path: str, planned: PlannedFinding) -> VerifiedFinding:
        finding = planned.finding

        def tell(place: PlannedPlace, session: int) -> None:
            where = f"{finding.code} {place.place.module}, pair {session + 1}"
            self._progress(self._done, self._total, f"{path}: {where}")
            self._done += 1

        runnable = sum(not place.reason for place in planned.places)
        end = self._done + self._request.sessions * runnable
        timed = time_places(self._backend, planned.places, self._request.sessions, tell)
        self._done = end  # a place that the runtime refuses has fewer sessions
        if self._keeper is not None:
            self._keeper.keep([each for each in timed if not each.reason])
        return judge_finding(planned, timed)

    def _whole(self, examined: Examined) -> WholeModel:
        report = examined.report
        self._progress(self._done, self._total, f"{report.path}: the whole model")
        return time_whole(report, self._backend, self._request.sessions, self._file)
