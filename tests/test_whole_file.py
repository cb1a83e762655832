from __future__ import annotations

import os
from pathlib import Path

import pytest

from archlint.whole_file import write_whole


@pytest.mark.parametrize("lasting", [False, True])
def test_a_file_is_replaced_with_its_permissions(lasting: bool, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_whole(file, b"one", lasting=lasting)
    file.chmod(0o640)
    write_whole(file, b"two", lasting=lasting)
    assert file.read_bytes() == b"two"
    assert file.stat().st_mode & 0o777 == 0o640
    assert [*tmp_path.iterdir()] == [file]


def test_what_fails_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.txt"
    write_whole(file, b"one")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, b"two", lasting=True)
    assert file.read_bytes() == b"one"
    assert [*tmp_path.iterdir()] == [file]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
def test_a_new_file_is_at_no_moment_more_open_than_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(part: Path, goal: Path) -> None:
        seen.append(part.stat().st_mode & 0o777)
        part.rename(goal)

    monkeypatch.setattr(os, "replace", look)
    write_whole(tmp_path / "a", b"", mode=0o600)
    assert seen == [0o600]
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
