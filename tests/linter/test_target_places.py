from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from archlint.cli import run
from archlint.cost import target_files
from archlint.cost.cpu import Cpu
from archlint.cost.kernels.kernel import parse_chain
from archlint.cost.pricer import Pricer
from archlint.cost.target_files import SHIPPED
from archlint.errors import TargetError, UsageError
from archlint.linter import lint, target_list, target_places
from archlint.linter.registry import find_targets, known, locate_all
from archlint.linter.target_list import broken_targets, targets
from archlint.measure.platforms.told import Told
from archlint.settings.options import Options
from tests.cost.paper_targets import GPU_PRICER
from tests.cost.uncounted import uncounted

MODEL = str(Path(__file__).parents[2] / "examples" / "onnx" / "mobilenet_v2.onnx")
GPU, ARM = "gtx1080ti-cudnn7-fp32", "snapdragon810-neon-fp32"


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user"
    monkeypatch.setattr(target_places, "user_folder", lambda: folder)
    monkeypatch.chdir(tmp_path)
    return folder


def put(folder: Path, name: str, *, families: bool = True) -> Path:
    """A copy of the GPU's target with G1's rows under another name."""
    file = folder / name / "target.toml"
    file.parent.mkdir(parents=True)
    file.write_text(_text(name, families=families), encoding="utf-8")
    lines = (SHIPPED / GPU / "rows.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    rows = "".join(lines[0:1] + [line for line in lines if line.startswith("G1,")])
    file.with_name("rows.csv").write_text(rows, encoding="utf-8")
    return file


def put_old(folder: Path, name: str) -> Path:
    """The same in the old layout, and those of G4."""
    file = folder / "targets" / f"{name}.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    text = _text(name, families=True).replace('= "G4"', '= "g4_elementwise"')
    file.write_text(text, encoding="utf-8")
    lines = (SHIPPED / GPU / "rows.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    for rule, rule_folder in (("G1", "g1_channel_width"), ("G4", "g4_elementwise")):
        table = folder / rule_folder / "costs" / f"{name}.csv"
        table.parent.mkdir(parents=True, exist_ok=True)
        kept = [line for line in lines if line.split(",")[0] in ("rule", rule)]
        rows = "".join(line.partition(",")[2] for line in kept)
        table.write_text(rows, encoding="utf-8")
    return file


def _text(name: str, *, families: bool) -> str:
    text = uncounted((SHIPPED / GPU / "target.toml").read_text(encoding="utf-8"))
    text = text.replace(GPU, name)
    return text if families else text[: text.index("[[families]]")]


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


@pytest.mark.parametrize(
    "path", ["here/mine", "./here/mine", "here/mine/", "here/mine/target.toml"]
)
def test_a_path_is_a_target(path: str) -> None:
    put(Path("here"), "mine")
    (target,) = find_targets(Options(targets=(path,)))
    assert (target.name, {row.rule for row in target.rows}) == ("mine", {"G1"})


def test_so_is_the_working_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    put(Path("here"), "mine")
    monkeypatch.chdir("here/mine")
    assert found("./") == ["mine"]


@pytest.mark.parametrize("path", ["here/mine", "here/targets/mine.toml", "mine"])
def test_a_target_of_the_old_layout_is_read_with_a_remark(path: str, tmp_path: Path) -> None:
    put_old(tmp_path / ("rules" if path == "mine" else "here"), "mine")  # beside the user's folder
    (target,) = find_targets(Options(targets=(path,)))
    assert Counter(row.rule for row in target.rows) == {"G1": 12, "G4": 12}
    ((_, add),) = parse_chain("Add 64 @56x56")
    assert Pricer(target).price(add) == GPU_PRICER.price(add)  # a difference of two rows of G4
    assert target.remark.startswith("mine: its rows lie in the old layout, a table for each")
    report = lint([MODEL], Options(targets=(path,)))
    assert report.models[0].remarks == (target.remark,)


def test_the_remark_is_a_note_where_targets_are_listed(tmp_path: Path) -> None:
    file = put_old(tmp_path / "rules", "mine")
    (mine,) = targets((), ["mine"])
    assert "its rows lie in the old layout" in mine.notes[-1]
    assert [(each.rule, each.rows) for each in mine.rows] == [("G1", 12), ("G4", 12)]
    assert mine.folder == str(file.parent)


def test_rows_of_the_old_layout_are_added_to_a_shipped_target(tmp_path: Path, user: Path) -> None:
    put_old(tmp_path / "rules", GPU).unlink()
    (target,) = find_targets(Options(targets=(GPU,)))
    assert Counter(row.rule for row in target.rows) == {"G1": 24, "G2": 12, "G3": 15, "G4": 24}
    assert target.remark.startswith(GPU)
    put(user, GPU).unlink()
    (target,) = find_targets(Options(targets=(GPU,)))
    assert Counter(row.rule for row in target.rows)["G1"] == 36
    (summary,) = targets((), [GPU])
    assert summary.added == 36


def test_where_a_move_was_cut_off_the_new_layout_counts(tmp_path: Path, user: Path) -> None:
    put_old(tmp_path / "rules", "mine")
    put(user, "mine")
    (target,) = find_targets(Options(targets=("mine",)))
    assert ({row.rule for row in target.rows}, target.remark) == ({"G1"}, "")


def test_the_same_target_twice_is_one(user: Path) -> None:
    put(user, "mine")
    assert found("mine", "user/mine", paths=("user",)) == ["mine"]


def test_a_copy_is_called_what_its_folder_is_called() -> None:
    file = put(Path("mine"), "first")
    file.parent.rename("mine/second")
    assert [each.name for each in find_targets(Options(targets=("mine/second",)))] == ["second"]
    assert [each.target for each in targets(["mine"]) if each.folder] == ["second"]


def test_a_target_whose_rows_are_not_there_is_told() -> None:
    file = put(Path("mine"), "first")
    file.with_name("rows.csv").unlink()
    with pytest.raises(UsageError, match=r'^target "first" has no rows beside mine/first/target'):
        find_targets(Options(targets=("mine/first",)))


def test_a_path_where_no_target_is() -> None:
    with pytest.raises(UsageError) as caught:
        found("here/mine")
    assert str(caught.value) == ('no such target: "here/mine" (here/mine/target.toml is not there)')


def test_two_targets_of_one_name_are_an_error(user: Path) -> None:
    mine = put(user, GPU)
    shipped = SHIPPED / GPU / "target.toml"
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
        'target "mine" is there twice: a/mine/target.toml, b/mine/target.toml'
    )


def test_targets_are_listed_with_their_folder(user: Path) -> None:
    put(user, "mine")
    folders = {each.target: each.folder for each in targets()}
    assert folders.pop("mine") == str(user / "mine")
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


def test_a_broken_target_of_the_user_s_hides_no_other(user: Path) -> None:
    whole = {each.target for each in targets()}
    rows = put(user, "mine").with_name("rows.csv")
    file = put(user, "yours")
    rows.write_text(rows.read_text().replace(",0.000", ",-0.000", 1), encoding="utf-8")
    file.write_text(
        file.read_text().replace("batches = [", "width_step = 0\nbatches = ["), encoding="utf-8"
    )
    assert {each.target for each in targets()} == whole
    mine, yours = broken_targets()
    assert mine == f"{rows}:2: median_s is -0.000675676, not a positive time of a kernel"
    assert yours.startswith(f"{file}:15: width_step: expected a whole number from 1 on, found 0")
    assert broken_targets((), [GPU]) == ()
    assert found(ARM) == [ARM]
    assert {each.target.name for each in locate_all(())} == whole
    with pytest.raises(TargetError, match="not a positive time"):
        found("mine")


def test_a_broken_target_is_one_line_and_exit_code_2(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = put(user, "mine").with_name("rows.csv")
    rows.write_text(rows.read_text().replace(",0.000", ",nan0.000", 1), encoding="utf-8")
    line = f"archlint: {rows}:2: could not convert string to float: 'nan0.000675676' (median_s)\n"
    assert run(["--target", "mine", MODEL]) == 2
    assert capsys.readouterr() == ("", line)
    assert run(["targets"]) == 2
    out, err = capsys.readouterr()
    assert GPU in out
    assert err == line


def test_a_target_that_measuring_goes_on_with_is_not_priced_for(user: Path) -> None:
    file = put(user, "mine")
    file.write_text(f"unfinished = true\n{file.read_text()}", encoding="utf-8")
    with pytest.raises(UsageError, match="is not measured to its end"):
        found("mine")
    (mine,) = (each for each in targets() if each.target == "mine")
    assert mine.notes[-1] == "Not measured to its end: nothing can be priced for it yet."


@pytest.fixture
def renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_files, "_renamed", lambda: {"old-gpu": GPU})


@pytest.mark.usefixtures("renamed")
def test_a_former_name_finds_the_target_with_a_remark() -> None:
    (target,) = find_targets(Options(targets=("old-gpu",)))
    assert (target.name, target.remark) == (GPU, f"old-gpu is called {GPU} now")
    report = lint([MODEL], Options(targets=("old-gpu",)))
    assert report.models[0].remarks == (target.remark,)
    assert [each.target for each in report.models[0].targets] == [GPU]
    assert found("old-gpu", GPU) == [GPU]
    assert [each.target for each in targets((), ["old-gpu"])] == [GPU]


@pytest.mark.usefixtures("renamed")
def test_a_configuration_may_go_on_with_a_former_name(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = user.parent / "archlint.toml"
    config.write_text('target = "old-gpu"', encoding="utf-8")
    assert run([MODEL, "--fail-on", "never", "--quiet"]) == 0
    config.write_text('target = "older-gpu"', encoding="utf-8")
    assert run([MODEL]) == 2
    assert 'target: unknown target "older-gpu"' in capsys.readouterr().err


@pytest.mark.usefixtures("renamed")
def test_rows_that_were_added_under_a_former_name_still_are(user: Path, tmp_path: Path) -> None:
    put(user, "old-gpu").unlink()
    put_old(tmp_path / "rules", "old-gpu").unlink()
    (summary,) = targets((), [GPU])
    assert summary.added == 36


@pytest.mark.usefixtures("renamed")
def test_a_target_of_the_user_s_may_have_a_name_that_became_free(user: Path) -> None:
    put(user, "old-gpu")
    assert found("old-gpu") == ["old-gpu"]
    (summary,) = targets((), [GPU])
    assert summary.added == 0


def test_the_head_of_a_file_is_what_comes_before_its_tables(user: Path) -> None:
    file = put(user, "mine")
    assert target_files.files_of(file.parent).head["device"] == "NVIDIA GTX 1080 Ti"
    file.write_text("device = ", encoding="utf-8")
    assert target_files.files_of(file.parent).head == {}


def test_targets_are_of_this_machine_near_to_it_or_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def where(told: Told, *gpus: str) -> dict[str, str]:
        monkeypatch.setattr(target_list, "this_cpu", lambda: told)
        monkeypatch.setattr(target_list, "gpu_names", lambda: gpus)
        return {each.target: each.where.value for each in targets() if each.where != "elsewhere"}

    milan, genoa = "AMD EPYC (family 25, model 1)", "AMD EPYC (family 25, model 17)"
    of_milan = {each.target for each in targets() if each.device == milan}
    of_genoa = {each.target for each in targets() if each.device == genoa}
    assert where(Told(genoa, Cpu("AMD", 25, 17, extensions=("avx512f",)))) == {
        **dict.fromkeys(of_genoa, "here"), **dict.fromkeys(of_milan, "nearest")
    }  # fmt: skip
    ryzen = Told(
        "AMD Ryzen 9 5900X (family 25, model 33)", Cpu("AMD", 25, 33, extensions=("avx2",))
    )
    assert where(ryzen) == dict.fromkeys(of_milan, "nearest")
    assert where(Told("Neoverse-N1", Cpu("ARM"))) == {ARM: "nearest"}
    assert where(Told("some machine", Cpu()), "NVIDIA GTX 1080 Ti") == {GPU: "here"}
