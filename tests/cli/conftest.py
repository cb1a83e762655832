from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

import archlint.linter as archlint_linter
from archlint.baseline import Entry
from archlint.cli import run
from archlint.cli.progress import Progress
from archlint.commands import explain as explain_command
from archlint.cost.target_files import SHIPPED, list_targets
from archlint.errors import UsageError
from archlint.results.explanation import Explanation
from archlint.results.findings import Finding, ModelReport, Report
from archlint.results.target_summary import RulePage, TargetSummary
from archlint.settings.known import Known
from archlint.settings.options import Options
from tests.report import fakes


@dataclass
class FakeLinter:
    """Stands in for `archlint.linter`: keeps what it is asked, and finds what it is told to."""

    findings: tuple[Finding, ...] = ()
    unreadable: dict[str, str] = field(default_factory=dict)
    unused_ignores: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    failure: BaseException | None = None
    paths: list[str] = field(default_factory=list)
    options: Options | None = None
    operator: str | None = None
    known_places: Callable[[str], Sequence[Entry]] | None = None
    jobs: int | None = None
    cache: Path | None = None

    def lint(
        self,
        models: Sequence[str],
        options: Options,
        progress: Progress | None = None,
        known: Callable[[str], Sequence[Entry]] | None = None,
        jobs: int | None = None,
        cache: Path | None = None,
    ) -> Report:
        if self.failure is not None:
            raise self.failure
        # models of Python source are known by their names
        self.paths = [str(getattr(each, "name", each)) for each in models]
        self.options, self.known_places = options, known
        self.jobs, self.cache = jobs, cache
        reports = []
        for number, path in enumerate(self.paths):
            if progress is not None:
                progress(number, len(models), path)
            if path in self.unreadable:
                reports.append(ModelReport(path, error=self.unreadable[path]))
            else:
                reports.append(fakes.model(*self.findings, path=path))
        return Report(tuple(reports), self.unused_ignores, self.problems)

    def explain(self, model: str, operator: str | None, options: Options) -> Explanation:
        self.paths, self.operator, self.options = [model], operator, options
        return fakes.explanation()

    def targets(
        self, paths: Sequence[str] = (), names: Sequence[str] = ()
    ) -> tuple[TargetSummary, ...]:
        self.paths = list(paths)
        return tuple(each for each in fakes.targets() if not names or each.target in names)

    def rules(self) -> tuple[RulePage, ...]:
        return fakes.RULES

    def rule_page(self, name: str) -> RulePage:
        for rule in fakes.RULES:
            if name in (rule.code, rule.name):
                return rule
        raise UsageError(f'unknown rule "{name}"')

    def known(self) -> Known:
        names = {rule.code: rule.name for rule in fakes.RULES}
        return Known(names, {}, list_targets(SHIPPED))


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    out: str
    err: str


Archlint = Callable[..., Outcome]


@pytest.fixture
def linter(monkeypatch: pytest.MonkeyPatch) -> FakeLinter:
    fake = FakeLinter()
    module = ModuleType("archlint.linter")
    # what is below it is real, whoever imports it first
    module.__path__ = list(archlint_linter.__path__)
    for name in ("lint", "targets", "rules", "rule_page", "known"):
        setattr(module, name, getattr(fake, name))
    monkeypatch.setitem(sys.modules, "archlint.linter", module)
    monkeypatch.setattr(explain_command, "explain", fake.explain)
    return fake


@pytest.fixture
def archlint(
    linter: FakeLinter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Archlint:
    """Runs a command line in an empty folder with two files, a.onnx and nets/b.onnx."""
    assert linter is not None
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    for name in ("a.onnx", "nets/b.onnx"):
        (tmp_path / name).touch()

    def archlint(*args: str) -> Outcome:
        code = run(args)
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return archlint
