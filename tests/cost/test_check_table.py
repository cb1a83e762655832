from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from archlint.cost.check_table import check_table
from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, files_of, list_targets
from archlint.errors import TargetError
from tests.cost.uncounted import uncounted

PAPER, MEASURED = "gtx1080ti-cudnn7-fp32", "epyc-milan-torch-fp32-1t"
Edit = Callable[[list[str]], object]


def refusal(folder: Path, name: str, edit: Edit, *, counted: bool) -> str:
    """What is said of a copy of a shipped target with the lines of its rows edited."""
    shutil.copytree(SHIPPED / name, folder / name)
    table, file = folder / name / "rows.csv", folder / name / "target.toml"
    if not counted:
        file.write_text(uncounted(file.read_text(encoding="utf-8")), encoding="utf-8")
    lines = table.read_text(encoding="utf-8").split("\n")
    edit(lines)
    table.write_text("\n".join(lines), encoding="utf-8")
    files = files_of(folder / name)
    with pytest.raises(TargetError) as caught:
        check_table(load_target(files), files)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{folder}/{name}/")


@pytest.mark.parametrize("name", sorted(list_targets(SHIPPED)))
def test_each_shipped_target_is_sound_and_counts_its_rows(name: str) -> None:
    files = files_of(SHIPPED / name)
    target = load_target(files)
    check_table(target, files)
    assert target.counted.checksum
    assert target.counted.rows or target.is_inferred


def put(at: int, old: str, new: str) -> Edit:
    def edit(lines: list[str]) -> None:
        assert old in lines[at]
        lines[at] = lines[at].replace(old, new, 1)

    return edit


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (put(3, "Conv", "Conf"), "rows.csv:4: no kind of kernel runs 'Conf'"),
        (put(3, ",0.00", ",-0.00"), "rows.csv:4: median_s is -0.00431034, not a positive time"),
        (put(3, "float", "int8"), "rows.csv:4: its dtype is int8, and the target's is float"),
        (lambda lines: lines.insert(5, lines[3]), "rows.csv:6: the same row as in line 4"),
        (lambda lines: lines.pop(), "rows.csv:52: cut off: its line has no end"),
        (lambda lines: lines.insert(9, ">>>>>>> theirs"), "rows.csv:10: a merge conflict that "),
        (put(20, "Conv", "Conv -"), "rows.csv:21: not a kernel"),
        (lambda lines: lines.insert(9, "a\0b"), "rows.csv:10: the character '\\x00'"),
    ],
)
def test_a_row_that_is_none_is_named_without_a_checksum_too(
    edit: Edit, fault: str, tmp_path: Path
) -> None:
    assert refusal(tmp_path, PAPER, edit, counted=False).startswith(fault)


COUNTED = "target.toml: it counts 12 rows of G1, and there are "
CHANGED = "target.toml: it or its rows were changed since they were measured: "


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (lambda lines: lines.pop(3), f"{COUNTED}11"),
        (
            lambda lines: lines.insert(3, lines[3].replace("x4", "x9")),
            f"{COUNTED}13, for what added them was cut off: `archlint measure` goes on",
        ),
        (put(3, "0.004", "0.001"), CHANGED),
        (put(3, "x4", "x2"), CHANGED),
        (lambda lines: lines.insert(2, lines.pop(3)), CHANGED),
        (lambda lines: lines.insert(2, ""), CHANGED),
    ],
)
def test_rows_that_are_not_those_measured_are_told_by_count_and_checksum(
    edit: Edit, fault: str, tmp_path: Path
) -> None:
    assert refusal(tmp_path, PAPER, edit, counted=True).startswith(fault)


def test_what_verify_added_before_there_were_checksums_is_no_fault(tmp_path: Path) -> None:
    folder = tmp_path / MEASURED
    shutil.copytree(SHIPPED / MEASURED, folder)
    file, table = folder / "target.toml", folder / "rows.csv"
    lines = file.read_text(encoding="utf-8").split("\n")
    file.write_text("\n".join(each for each in lines if not each.startswith("checksum")))
    with table.open("a", encoding="utf-8") as rows:
        rows.write("G1,Add 3,verify,float,1,,5,0.001,,,,2026-01-01,x,\n")
    check_table(load_target(files_of(folder)), files_of(folder))
    rows_left = table.read_text(encoding="utf-8").split("\n")[:-40]
    table.write_text("\n".join(rows_left) + "\n", encoding="utf-8")
    with pytest.raises(TargetError, match=r"it counts \d+ rows of \w+, and there are "):
        check_table(load_target(files_of(folder)), files_of(folder))


@pytest.mark.parametrize("kernel", ["Transpose 8 @8x8 (perm 7-1-2)", "Transpose 8 @8x8 (perm a)"])
def test_a_kernel_of_which_a_fit_can_be_told_nothing_is_named(kernel: str, tmp_path: Path) -> None:
    def edit(lines: list[str]) -> None:
        lines[3] = f"G4,{kernel},s,float,1,,5,0.001,,,,2026,x,"

    said = refusal(tmp_path, MEASURED, edit, counted=False)
    assert said.startswith(f"rows.csv:4: {kernel!r} is no kernel")
