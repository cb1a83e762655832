"""What was found before is not new in another version of the same network."""

from __future__ import annotations

from dataclasses import replace

import onnx
import pytest

from archlint.baseline import Entry
from archlint.commands.diff.differ import Versions, diff
from archlint.linter.pipeline import examine, lint
from archlint.results.model_diff import Gate
from archlint.settings.options import Options
from tests.linter.versions import CASES, NETWORKS, VERSIONS, file_of

OLDER = "by the older exporter"
BOTH = Options(targets=("gtx1080ti-cudnn7-fp32", "epyc-milan-ort-fp32-1t"))


@pytest.fixture(scope="module")
def entries() -> dict[str, tuple[Entry, ...]]:
    """What a baseline has of each example."""
    examined, _ = examine([str(file_of(name)) for name in NETWORKS], BOTH, known=lambda _: ())
    return {
        name: tuple(seen.place.entry(name, "known") for seen in each.seen if seen.is_told)
        for name, each in zip(NETWORKS, examined, strict=True)
    }


@pytest.mark.parametrize("version", CASES)
@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_old_is_new(name: str, version: str, entries: dict[str, tuple[Entry, ...]]) -> None:
    after: onnx.ModelProto = VERSIONS[version](name)
    # the older exporter cuts by Slices, whose constants pin the widths that A1 would change
    options = replace(BOTH, ignore=("A1",)) if version == OLDER else BOTH
    report = diff([Versions(name, str(file_of(name)), after)], options, Gate())
    (found,) = report.models
    assert found.after is not None
    assert (report.errors, found.after.findings, found.gone) == ((), (), ())
    known = [each for each in entries[name] if each.place.rule not in options.ignore]
    with_baseline = lint([after], options, known=lambda _: known)
    assert with_baseline.models[0].findings == ()
    assert with_baseline.stale == ()
