from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archlint.errors import UsageError
from archlint.linter import target_places
from archlint.linter.registry import find_targets, known, targets
from archlint.settings.options import Options

RULES = Path(__file__).parents[2] / "rules"
GPU, ARM = "gtx1080ti-cudnn7-fp32", "snapdragon810-neon-fp32"


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user"
    monkeypatch.setattr(target_places, "user_folder", lambda: folder)
    monkeypatch.chdir(tmp_path)
    return folder


def put(folder: Path, name: str, *, families: bool = True) -> Path:
    """A copy of the GPU's target and one of its tables under another name."""
    text = (RULES / "targets" / f"{GPU}.toml").read_text(encoding="utf-8")
    file = folder / "targets" / f"{name}.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    text = text.replace(GPU, name)
    if not families:
        text = text[: text.index("[[families]]")]
    file.write_text(text, encoding="utf-8")
    table = folder / "g1_channel_width" / "costs" / f"{name}.csv"
    table.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(RULES / "g1_channel_width" / "costs" / f"{GPU}.csv", table)
    return file


def found(*names: str, paths: tuple[str, ...] = ()) -> list[str]:
    return [each.name for each in find_targets(Options(targets=names, target_paths=paths))]


def test_the_user_s_folder_is_searched(user: Path) -> None:
    put(user, "mine")
    assert found("mine", ARM) == ["mine", ARM]
    assert "mine" in known().targets


def test_so_are_the_folders_that_the_configuration_names() -> None:
    put(Path("shared"), "ours")
    assert found("ours", paths=("shared",)) == ["ours"]
    with pytest.raises(UsageError, match=r'^unknown target "ours"'):
        found("ours")


@pytest.mark.parametrize("path", ["here/mine", "./here/mine", "here/targets/mine.toml"])
def test_a_path_is_a_target(path: str) -> None:
    put(Path("here"), "mine")
    (target,) = find_targets(Options(targets=(path,)))
    assert (target.name, {*target.tables}) == ("mine", {"g1_channel_width"})


def test_the_same_target_twice_is_one(user: Path) -> None:
    put(user, "mine")
    assert found("mine", "user/mine", paths=("user",)) == ["mine"]


def test_a_path_where_no_target_is() -> None:
    with pytest.raises(UsageError) as caught:
        found("here/mine")
    assert str(caught.value) == (
        'no such target: "here/mine" (here/targets/mine.toml is not there)'
    )


def test_two_targets_of_one_name_are_an_error(user: Path) -> None:
    mine = put(user, GPU)
    shipped = RULES / "targets" / f"{GPU}.toml"
    with pytest.raises(UsageError) as caught:
        found(ARM)
    first, second = str(caught.value).removeprefix(f'target "{GPU}" is there twice: ').split(", ")
    assert (Path(first).resolve(), second) == (shipped.resolve(), str(mine))


def test_two_paths_of_one_name_are_an_error() -> None:
    put(Path("a"), "mine")
    put(Path("b"), "mine")
    with pytest.raises(UsageError) as caught:
        found("a/mine", "b/mine")
    assert str(caught.value) == (
        'target "mine" is there twice: a/targets/mine.toml, b/targets/mine.toml'
    )


def test_targets_are_listed_with_their_folder(user: Path) -> None:
    put(user, "mine")
    folders = {each.target: each.folder for each in targets()}
    assert folders.pop("mine") == str(user)
    assert {GPU, ARM} <= set(folders)
    assert set(folders.values()) == {None}


def test_a_target_that_is_being_measured_is_listed_and_not_priced_for(user: Path) -> None:
    put(user, "mine", families=False)
    (mine,) = (each for each in targets() if each.target == "mine")
    assert mine.notes[-1] == "Not measured to its end: nothing can be priced for it yet."
    with pytest.raises(UsageError) as caught:
        found("mine")
    assert str(caught.value) == (
        'target "mine" is not measured to its end: the `archlint measure` that began it goes on'
    )
