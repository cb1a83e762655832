from __future__ import annotations

import os
from pathlib import Path

import pytest

from archlint.linter.found_models import FoundModel, find_models


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def paths(*given: str) -> list[str]:
    found = find_models(given)
    assert all(each.error is None for each in found)
    return [each.path for each in found]


def test_files_are_taken_as_given_whatever_they_are_called() -> None:
    touch("b.onnx", "a.pt")
    assert paths("b.onnx", "./a.pt") == ["b.onnx", "a.pt"]


def test_folders_are_searched_in_order() -> None:
    touch("m/z.onnx", "m/a/2.onnx", "m/a/1.ONNX", "m/b/x.txt")
    assert paths("m") == ["m/z.onnx", "m/a/1.ONNX", "m/a/2.onnx"]


def test_hidden_and_installed_folders_are_skipped_unless_named() -> None:
    touch(".venv/a.onnx", "node_modules/b.onnx", "lib/site-packages/c.onnx", "d.onnx")
    assert paths(".") == ["d.onnx"]
    assert paths(".venv") == [".venv/a.onnx"]


@pytest.mark.parametrize(
    ("glob", "left"),
    [
        ("old", ["m/b.onnx", "m/new/old_a.onnx"]),
        ("m/old/", ["m/b.onnx", "m/new/old_a.onnx"]),
        ("m/old/*", ["m/b.onnx", "m/new/old_a.onnx"]),
        ("old_*.onnx", ["m/b.onnx", "m/old/a.onnx"]),
        ("other/old", ["m/b.onnx", "m/new/old_a.onnx", "m/old/a.onnx"]),
        ("b", ["m/b.onnx", "m/new/old_a.onnx", "m/old/a.onnx"]),
    ],
)
def test_what_is_excluded_is_not_found_in_folders(glob: str, left: list[str]) -> None:
    touch("m/b.onnx", "m/old/a.onnx", "m/new/old_a.onnx")
    assert [each.path for each in find_models(["m"], exclude=[glob])] == left


def test_what_is_excluded_is_linted_where_it_is_named() -> None:
    touch("m/a.onnx")
    assert [each.path for each in find_models(["m/a.onnx"], exclude=["m"])] == ["m/a.onnx"]
    (none,) = find_models(["m"], exclude=["a.onnx"])
    assert none.error == "no .onnx file in this folder but the 1 that --exclude leaves out"


def test_none_comes_twice() -> None:
    touch("m/a.onnx")
    Path("link.onnx").symlink_to("m/a.onnx")
    assert paths("m", "m/a.onnx", os.path.abspath("m/a.onnx"), "link.onnx") == ["m/a.onnx"]


def test_paths_are_relative_inside_the_working_folder_only(tmp_path: Path) -> None:
    touch("m/a.onnx", "n/b.onnx")
    os.chdir("n")
    assert paths(str(tmp_path / "n"), "../m") == ["b.onnx", "../m/a.onnx"]
    assert paths(str(tmp_path / "m")) == [(tmp_path / "m" / "a.onnx").as_posix()]


def test_what_is_not_there_is_an_error_entry() -> None:
    touch("ok.onnx")
    Path("empty").mkdir()
    assert find_models(["gone", "ok.onnx", "empty", ""]) == (
        FoundModel("gone", "no such file or folder"),
        FoundModel("ok.onnx"),
        FoundModel("empty", "no .onnx file in this folder"),
        FoundModel('""', "no such file or folder"),
    )


def test_a_file_of_python_names_the_networks_in_it() -> None:
    text = "from torch import nn\nclass Net(nn.Module):\n    def __init__(self, width): pass\n"
    Path("nets.py").write_text(text + "class Other(nn.Module): pass\n")
    Path("none.py").write_text("")
    what = "is Python source: name the class or function that makes the network"
    assert find_models(["nets.py", "none.py"]) == (
        FoundModel("nets.py", f"{what}, such as nets.py:Net (with width), nets.py:Other"),
        FoundModel("none.py", f"{what}: none.py:NAME"),
    )
