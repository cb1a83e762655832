from __future__ import annotations

import os
import shutil
from pathlib import Path

import platformdirs
import pytest

from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, files_of
from archlint.errors import TargetError
from archlint.linter import checked_tables
from archlint.linter.checked_tables import check_once
from tests.cost.uncounted import uncounted

PAPER = "gtx1080ti-cudnn7-fp32"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: tmp_path / "cache")
    return tmp_path / "cache" / "tables"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SHIPPED / PAPER, tmp_path / "mine")
    return tmp_path / "mine"


def looks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the rows are looked at when the target is asked for twice."""
    count = 0

    def counting(*_: object) -> None:
        nonlocal count
        count += 1

    with monkeypatch.context() as patch:
        patch.setattr(checked_tables, "check_table", counting)
        for _ in range(2):
            check_once(load_target(files_of(folder)), files_of(folder))
    return count


def test_a_table_is_looked_at_once(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looks(folder, monkeypatch) == 1
    assert looks(folder, monkeypatch) == 0
    (note,) = cache.iterdir()
    assert note.read_text() == note.name


def test_another_one_is_looked_at_anew(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looks(folder, monkeypatch) == 1
    for file in ("target.toml", "rows.csv"):
        text = (folder / file).read_text(encoding="utf-8")
        (folder / file).write_text(uncounted(text).replace("2018", "2019"), encoding="utf-8")
        assert looks(folder, monkeypatch) == 1
    assert len([*cache.iterdir()]) == 3


@pytest.mark.parametrize("content", [b"", b"yes", b"\xff"])
def test_a_note_that_was_cut_off_is_none(
    content: bytes, folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looks(folder, monkeypatch) == 1
    (note,) = cache.iterdir()
    note.write_bytes(content)
    assert looks(folder, monkeypatch) == 1
    assert note.read_text() == note.name


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("time", ["nan", "-1", "0", "1e400"])
def test_no_note_makes_a_time_of_a_table_that_is_none(
    time: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = folder / "rows.csv"
    rows.write_text(rows.read_text().replace("0.00431034", time), encoding="utf-8")
    for counted in (True, False):
        if not counted:
            file = folder / "target.toml"
            file.write_text(uncounted(file.read_text()), encoding="utf-8")
        # as if the same table had passed
        looks(folder, monkeypatch)
        target = load_target(files_of(folder))
        with pytest.raises(TargetError, match=r"median_s is .*, not a positive time"):
            check_once(target, files_of(folder)) if counted else len(target.rows)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_where_nothing_can_be_noted_it_is_looked_at_each_time(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.parent.write_text("a file where the folder would be", encoding="utf-8")
    assert looks(folder, monkeypatch) == 2
