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
