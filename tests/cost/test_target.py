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
        ("batches = [1, 8]", "", "'batches'"),
        ("batches = [1, 8]", "batches = [1]", "unpack"),
        (
            'fuse_into = ["conv",',
            'fuse_into = ["convolution",',
            "'convolution' is not a valid Kind",
        ),
        ("[peak]", "[peak", "line"),
        ("bandwidth = 484e9", "speed = 484e9", "speed"),
    ],
)
def test_a_file_that_is_no_target_is_named(old: str, new: str, fault: str, tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "target.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(TargetError) as caught:
        load_target(files_of(tmp_path))
    assert str(caught.value).startswith(f"{file}: not a target file: ")
    assert fault in str(caught.value)


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
    with pytest.raises(TargetError, match=r"rows\.csv:2: could not convert"):
        rows.seconds(0)
