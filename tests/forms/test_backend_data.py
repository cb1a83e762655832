"""Every model that comes with the onnx package: linted, or refused in one clear line."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import onnx

from archlint.linter import lint
from archlint.results.findings import ModelReport
from archlint.settings.options import Options

OPTIONS = Options(targets=("gtx1080ti-cudnn7-fp32",))
DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"


def judged(reports: Iterable[ModelReport]) -> Counter[str]:
    """How many were linted and refused; a refusal that is no clear line fails."""
    found: Counter[str] = Counter()
    for report in reports:
        error = report.error or ""
        assert "internal error" not in error, f"{report.path}: {error}"
        assert "\n" not in error
        found["refused" if error else "linted"] += 1
    return found


def test_all_backend_models() -> None:
    files = sorted(DATA.glob("**/model.onnx"))
    assert len(files) >= 140
    report = lint([str(file) for file in files], OPTIONS)
    assert not report.problems
    assert judged(report.models)["linted"] > len(files) / 4


def test_all_node_cases() -> None:
    import onnx.backend.test.case.node as node_cases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the numbers in its own examples
        cases = [each.model for each in node_cases.collect_testcases(None) if each.model]
    assert len(cases) >= 1800
    report = lint(cases, OPTIONS)
    assert not report.problems
    assert judged(report.models)["linted"] > len(cases) / 4
