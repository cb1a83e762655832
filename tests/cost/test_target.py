from __future__ import annotations

from pathlib import Path

import pytest

from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.table import HEADER, Table
from archlint.cost.target import list_targets, load_target
from archlint.errors import TargetError
from tests.cost.paper_targets import ARM, GPU, RULES

FILE = RULES / "targets" / f"{GPU.name}.toml"


def test_the_targets_are_the_files_of_the_targets_folder() -> None:
    names = list_targets([RULES])
    assert {GPU.name, ARM.name} <= set(names)
    assert names[GPU.name] == FILE
    assert all(load_target(file, [RULES]).name == name for name, file in names.items())


def test_a_target_has_the_tables_of_all_rules() -> None:
    rows = {table: len(rows) for table, rows in GPU.tables.items()}
    assert rows == {
        "g1_channel_width": 12,
        "g2_group_convolution": 12,
        "g3_fragmentation": 15,
        "g4_elementwise": 12,
    }


def test_the_kinds_of_a_target_have_one_family_each() -> None:
    for target in (GPU, ARM):
        kinds = [kind for family in target.families for kind in family.kinds + family.borrows]
        assert sorted(kinds, key=lambda kind: kind.value) == sorted(
            set(Kind) - {Kind.VIEW}, key=lambda kind: kind.value
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
    file = tmp_path / "mine.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(TargetError) as caught:
        load_target(file, [])
    assert str(caught.value).startswith("mine.toml: not a target file: ")
    assert fault in str(caught.value)


def test_a_bad_table_is_named_when_its_rows_are_looked_at(tmp_path: Path) -> None:
    table = tmp_path / "g1" / "costs" / f"{GPU.name}.csv"
    table.parent.mkdir(parents=True)
    table.write_text("kernels,median_s\nAdd 3,fast\n", encoding="utf-8")
    target = load_target(FILE, [tmp_path])
    with pytest.raises(TargetError, match=r"gtx1080ti-cudnn7-fp32\.csv: the columns are not"):
        len(target.tables["g1"])
    with pytest.raises(TargetError, match=r"gtx1080ti-cudnn7-fp32\.csv: the columns are not"):
        Table(table).texts()
    table.write_text(f"{HEADER}Add 3,s,float,1,,5,fast,,,,2026-01-01,x,\n", encoding="utf-8")
    with pytest.raises(TargetError, match=r"gtx1080ti-cudnn7-fp32\.csv:2: could not convert"):
        Table(table).seconds(0)
