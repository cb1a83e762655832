from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.table import HEADER, Table
from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, files_of, list_targets
from archlint.errors import TargetError
from tests.cost.paper_targets import ARM, GPU

FILE = SHIPPED / GPU.name / "target.toml"


def test_a_target_is_a_folder() -> None:
    found = list_targets(SHIPPED)
    assert [*found] == sorted(path.name for path in SHIPPED.iterdir())
    assert found[GPU.name].file == FILE
    assert all(load_target(files).name == name for name, files in found.items())


def test_a_target_has_the_rows_of_all_rules() -> None:
    rows = Counter(row.rule for row in GPU.rows)
    assert rows == {"G1": 12, "G2": 12, "G3": 15, "G4": 12}


UNKNOWN = {
    Kind.VIEW, Kind.CONTRACTION, Kind.RECURRENCE, Kind.SAMPLING, Kind.SCAN, Kind.ATTENTION,
    Kind.FUNCTION,
}  # fmt: skip
"""What nothing that the paper measured tells of."""


def test_the_kinds_of_a_target_have_one_family_each() -> None:
    for target in (GPU, ARM):
        kinds = [kind for family in target.families for kind in family.kinds + family.borrows]
        assert sorted(kinds, key=lambda kind: kind.value) == sorted(
            set(Kind) - UNKNOWN, key=lambda kind: kind.value
        )


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("batches = [1, 8]", "", ':1: there is no key "batches"'),
        ("batches = [1, 8]", "batches = [1]", ":15: batches: expected a list of 2, found [1]"),
        ("batches = [1, 8]", "batches = [8, 1]", ":15: batches: they end at 1, before they begin"),
        ("batches = [1, 8]", "batches = [0, 8]", ":15: batches 1: expected a whole number from 1"),
        (
            "batches = [1, 8]",
            "batches = [1, 8]\nwidth_step = 8.5",
            ":16: width_step: expected a whole number from 1 on,",
        ),
        ('dtype = "float"', 'dtype = "flaot"', 'found "flaot" (did you mean "float"?)'),
        ('threads = ""', 'threads = "two"', ':5: threads: expected how many threads, or "", found'),
        ('device = "', 'devise = "', ':2: devise: unknown key (did you mean "device"?)'),
        ("notes = [", "notes = [1,", ":9: notes 1: expected a string, found 1"),
        ("fold = [", "fold = 3 #", ":35: lowering: fold: expected a list, found 3"),
        (
            'fuse_into = ["conv",',
            'fuse_into = ["convolution",',
            ":37: lowering: fuse_into 1: expected one of ",
        ),
        ("[peak]", "[peak", "not a target file: "),
        ("[peak]", "[peak]\n<<<<<<< HEAD", "not a target file: "),
        ("[peak]", "[peak]\0", "not a target file: "),
        ("bandwidth = 484e9", "speed = 484e9", ":29: peak: speed: unknown key"),
        ("bandwidth = 484e9", "bandwidth = -484e9", "peak: bandwidth: expected a number from 1 to"),
        ("bandwidth = 484e9", "bandwidth = inf", "to 1e+24, found inf"),
        ("bandwidth = 484e9", "bandwidth = nan", "to 1e+24, found nan"),
        ("bandwidth = 484e9", f"bandwidth = {'9' * 6000}", "not a target file: "),
        (
            "spread = 0.4",
            "spread = nan",
            "families 2: spread: expected a number from 0 to 10, found",
        ),
        (
            "spread = 0.4",
            "spread = -1",
            "families 2: spread: expected a number from 0 to 10, found",
        ),
        ("noise = 0.2", "noise = 0", "families 2: noise: expected a number above 0 to 10, found 0"),
        ("noise = 0.2", "noise = true", "found true"),
        ("noise = 0.2", "noise = 1\nlengths = { in = 0 }", "families 2: lengths: in: expected"),
        ("noise = 0.2", "noise = 1\nlengths = { wnd = 1 }", "lengths: wnd: unknown key"),
        ('name = "epilogue"', 'name = "conv"', 'families 3: name: "conv" is a family\'s before it'),
        ('["fused epilogue"]', '["conv"]', 'families 3: kinds: "conv" is a family\'s before it'),
        ('kinds = ["fused epilogue"]', "", "families 2: has no kinds, and others have some"),
        ('["launch", "flops", "bytes"]', "[]", "families 3: terms: expected a list of at least 1"),
        ('["launch", "flops", "bytes"]', '["x"]', 'terms 1: expected a term, found "x"'),
        ("band_scale = 1.3271", "band_scale = nan", "calibration: band_scale: expected a number"),
        ("coverage = 0.8095", "coverage = 1.5", "calibration: coverage: expected a number from 0"),
        ("median = 0.0619", "median = -inf", "calibration: errors 1: median: expected a number"),
    ],
)
def test_a_file_that_is_no_target_is_named(old: str, new: str, fault: str, tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "target.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TargetError) as caught:
        load_target(files_of(tmp_path))
    assert str(caught.value).startswith(f"{file}:")
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bad_table_is_named_when_its_rows_are_looked_at(tmp_path: Path) -> None:
    shutil.copy(FILE, tmp_path)
    table = tmp_path / "rows.csv"
    table.write_text("kernels,median_s\nAdd 3,fast\n", encoding="utf-8")
    rows = load_target(files_of(tmp_path)).rows
    assert isinstance(rows, Table)
    with pytest.raises(TargetError, match=r"rows\.csv: the columns are not rule, kernels, "):
        len(rows)
    with pytest.raises(TargetError, match=r"rows\.csv: the columns are not rule, kernels, "):
        rows.texts()
    table.write_text(f"{HEADER}G4,Add 3,s,float,1,,5,fast,,,,2026-01-01,x,\n", encoding="utf-8")
    rows = load_target(files_of(tmp_path)).rows
    assert isinstance(rows, Table)
    with pytest.raises(TargetError, match=r"rows\.csv:2: could not convert"):
        rows.observed(0, ())
