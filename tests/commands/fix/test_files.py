from __future__ import annotations

import re
from pathlib import Path

import pytest

from archlint.commands.fix import Files
from archlint.errors import UsageError
from archlint.source.rewrites import Edit, Splice, Unfixable

LATIN = "# coding: latin-1\r\nname = 'caf\N{LATIN SMALL LETTER E WITH ACUTE}'\r\n"


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_bytes(LATIN.encode("latin-1"))


def renamed(files: Files, to: str) -> None:
    at = files.read("nets.py").text.encode().index(b"name")
    files.edits = files.with_edit(Edit("", (Splice("nets.py", at, at + 4, to),)))


def test_encoding_and_ends_of_lines_stay(tmp_path: Path) -> None:
    files = Files()
    renamed(files, "title")
    renamed_text = LATIN.replace("name", "title")
    assert files.edits == {str(tmp_path / "nets.py"): renamed_text}
    assert (tmp_path / "nets.py").read_bytes() == LATIN.encode("latin-1")
    (tmp_path / "nets.py").chmod(0o640)
    files.write()
    assert (tmp_path / "nets.py").read_bytes() == renamed_text.encode("latin-1")
    assert (tmp_path / "nets.py").stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["nets.py"]


def test_the_change_is_a_unified_diff() -> None:
    files = Files()
    renamed(files, "title")
    (change,) = files.changes()
    head = "--- a/nets.py\n+++ b/nets.py\n@@ -1,2 +1,2 @@\n # coding: latin-1\r\n"
    assert change.diff.startswith(f"{head}-name = ")
    assert change.diff.endswith("\r\n")


def test_a_file_that_changed_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    files = Files()
    renamed(files, "title")
    (tmp_path / "nets.py").write_text("other = 1\n")
    with pytest.raises(
        UsageError, match=r"^nets\.py has changed meanwhile: nothing more is written$"
    ):
        files.write()
    assert (tmp_path / "nets.py").read_text() == "other = 1\n"


def test_a_character_that_the_encoding_lacks_is_one_line(tmp_path: Path) -> None:
    files = Files()
    renamed(files, "\N{GREEK SMALL LETTER ALPHA}")
    with pytest.raises(UsageError, match=r"^nets\.py: its encoding lacks a character$"):
        files.write()
    assert (tmp_path / "nets.py").read_bytes() == LATIN.encode("latin-1")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../other.py", "../other.py is outside of the working folder"),
        (
            "lib/site-packages/net.py",
            "lib/site-packages/net.py is an installed package's",
        ),
        ("gone.py", "gone.py cannot be read"),
        ("bad.py", "libcst cannot parse bad.py"),
    ],
)
def test_some_files_may_not_be_edited(path: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def f(:\n")
    with pytest.raises(Unfixable, match=f"^{re.escape(reason)}$"):
        Files().read(path)
