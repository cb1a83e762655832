"""What commands say, as the Python API gives it."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.api.document import Document, Rows
from archlint.report.units import counted
from archlint.results.explanation import Explanation as PlainExplanation
from archlint.results.model_diff import DiffReport as PlainDiff
from archlint.results.target_summary import TargetSummary
from archlint.results.verification import Verification as PlainVerification

__all__ = ["DiffReport", "Explanation", "Targets", "Verification"]


class Explanation(Document, PlainExplanation):
    """Each operator's kernel and price, and why each rule fired or not."""

    __slots__ = ()

    def to_json(self) -> str:
        """What `archlint explain --format json` writes."""
        from archlint.report.explain_json import render

        return render(self)

    def rows(self) -> Rows:
        """A line for each operator on each target that prices it; times in ms."""
        return [
            {
                "operator": op.name,
                "op_type": op.op_type,
                "module": op.module,
                "kernel": op.kernel,
                "target": price.target,
                "ms": price.ms,
                "low_ms": price.low_ms,
                "high_ms": price.high_ms,
                "basis": price.basis.value,
                "share": price.share,
            }
            for op in self.operators
            for price in op.prices
        ]

    def _said(self) -> str:
        return f"{self.path}: {counted(len(self.operators), 'operator')}"


class DiffReport(Document, PlainDiff):
    """What is new, gone and unchanged between two versions of models, and what they cost."""

    __slots__ = ()

    def to_json(self) -> str:
        """What `archlint diff --format json` writes."""
        from archlint.report.diff_json import render
        from archlint.report.style import Style

        return render(self, Style())

    def rows(self) -> Rows:
        """A line for each model on each target that prices both versions; times in ms."""
        return [
            {
                "model": model.name,
                "target": each.target,
                "before_ms": each.before * 1e3,
                "after_ms": each.after * 1e3,
                "slowdown": each.slowdown,
                "low": each.low,
                "high": each.high,
                "new": 0 if model.after is None else len(model.after.findings),
                "gone": len(model.gone),
            }
            for model in self.models
            for each in model.targets
        ]

    def _said(self) -> str:
        new = sum(len(each.findings) for each in self.after.models)
        gone = sum(len(each.gone) for each in self.models)
        told = [f"{counted(new, 'new finding')}, {gone} gone", *self._changes()]
        return f"{counted(len(self.models), 'model')}: {'; '.join((*told, *self.errors))}"

    def _changes(self) -> Iterator[str]:
        for model in self.models:
            for each in model.targets:
                yield f"x{each.slowdown:.3f} on {each.target}"


class Verification(Document, PlainVerification):
    """Findings, as they were measured on this device."""

    __slots__ = ()

    def to_json(self) -> str:
        """What `archlint verify --format json` writes."""
        from archlint.report.verify_json import render

        return render(self)

    def rows(self) -> Rows:
        """A line for each finding."""
        return [
            {
                "model": model.path,
                "code": each.finding.code,
                "module": each.finding.module,
                "predicted": each.predicted.estimate,
                "measured": None if each.measured is None else each.measured.estimate,
                "verdict": each.verdict.value,
                "in_band": each.in_band,
            }
            for model in self.models
            for each in model.findings
        ]

    def _said(self) -> str:
        verdicts = [each.verdict.value for model in self.models for each in model.findings]
        told = [f"{verdicts.count(each)} {each}" for each in dict.fromkeys(verdicts)]
        return f"{', '.join((*told, *self.errors)) or 'no findings'} on {self.target}"


class Targets(Document, tuple[TargetSummary, ...]):
    """What can be priced for."""

    __slots__ = ()

    def to_json(self) -> str:
        """What `archlint targets --format json` writes."""
        from archlint.report.targets_json import render

        return render(self)

    def rows(self) -> Rows:
        """A line for each."""
        return [
            {
                "target": each.target,
                "device": each.device,
                "runtime": each.runtime,
                "dtype": each.dtype,
                "threads": each.threads,
                "batches": " to ".join(map(str, each.batches)),
                "groups": ", ".join(each.groups),
                "rows": sum(one.rows for one in each.rows),
            }
            for each in self
        ]

    def _said(self) -> str:
        return ", ".join(each.target for each in self)
