from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import onnx
import platformdirs
import pytest

from archlint.cli import run
from archlint.linter import kept as kept_module
from archlint.linter.decides import Decides
from archlint.linter.kept import FOLDER, Kept
from archlint.linter.outcome import Outcome
from archlint.linter.registry import select_rules
from archlint.results.findings import ModelReport
from archlint.settings.options import Options
from tests.graph.making import PATHS

KEY = "0" * 64
OUTCOME = Outcome(ModelReport("a.onnx"), ignores=frozenset({1}))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder of caches."""
    folder = tmp_path / "home"
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: folder)
    return folder


def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / FOLDER, lambda _: KEY)


def filled(tmp_path: Path) -> Path:
    """A folder with an entry, and its file."""
    one = kept(tmp_path)
    assert one.find("a.onnx") is None
    one.keep("a.onnx", OUTCOME)
    one.close()
    return tmp_path / FOLDER / KEY


def test_what_is_kept_is_found(tmp_path: Path) -> None:
    filled(tmp_path)
    assert kept(tmp_path).find("a.onnx") == OUTCOME
    assert (tmp_path / FOLDER / ".gitignore").read_text() == "*\n"
    tag = (tmp_path / FOLDER / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "longer", "other"])
def test_a_damaged_entry_is_a_miss(tmp_path: Path, damage: str) -> None:
    file = filled(tmp_path)
    data = file.read_bytes()
    file.write_bytes(
        {
            "cut": data[:-9],
            "flipped": data[:50] + bytes([data[50] ^ 1]) + data[51:],
            "empty": b"",
            "longer": data + b"x",
            "other": b"no entry at all",
        }[damage]
    )
    assert kept(tmp_path).find("a.onnx") is None
    filled(tmp_path)
    assert kept(tmp_path).find("a.onnx") == OUTCOME


def test_an_entry_under_another_name_is_a_miss(tmp_path: Path) -> None:
    file = filled(tmp_path)
    other = "1" * 64
    shutil.copy(file, file.with_name(other))
    assert Kept(tmp_path / FOLDER, lambda _: other).find("a.onnx") is None


def test_what_somebody_else_has_made_is_not_loaded(tmp_path: Path, home: Path) -> None:
    filled(tmp_path)
    (home / "cache.key").unlink()  # that of another user, or of another machine
    assert kept(tmp_path).find("a.onnx") is None


class _Harmful:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("harm",)


def test_an_entry_calls_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one = kept(tmp_path)
    one.find("a.onnx")
    one.keep("a.onnx", OUTCOME, pickle.dumps(_Harmful()))
    assert (tmp_path / FOLDER / KEY).is_file()
    assert kept(tmp_path).find("a.onnx") is None
    assert not (tmp_path / "harm").exists()


def test_no_secret_is_read_by_others(tmp_path: Path, home: Path) -> None:
    filled(tmp_path)
    assert os.name != "posix" or (home / "cache.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("left", [b"", b"half a secret"])
def test_half_a_secret_is_made_anew(tmp_path: Path, home: Path, left: bytes) -> None:
    home.mkdir()
    (home / "cache.key").write_bytes(left)
    filled(tmp_path)
    assert kept(tmp_path).find("a.onnx") == OUTCOME


def test_what_went_wrong_is_not_kept(tmp_path: Path) -> None:
    for bad in (
        Outcome(ModelReport("a.onnx", error="took longer than 1 s")),
        Outcome(ModelReport("a.onnx"), problems=("rule G1 crashed",)),
    ):
        one = kept(tmp_path)
        one.find("a.onnx")
        one.keep("a.onnx", bad)
    assert not (tmp_path / FOLDER).exists()


def test_a_file_that_has_changed_meanwhile_is_not_kept(tmp_path: Path) -> None:
    keys = iter(["0" * 64, "1" * 64])
    one = Kept(tmp_path / FOLDER, lambda _: next(keys))
    one.find("a.onnx")
    one.keep("a.onnx", OUTCOME)
    assert not (tmp_path / FOLDER).exists()


def test_the_oldest_go_where_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = filled(tmp_path).stat().st_size
    monkeypatch.setattr(kept_module, "_MOST", 3 * size)
    monkeypatch.setattr(kept_module, "_LEFT", 2 * size)
    for number in range(1, 5):
        key = str(number) * 64
        one = Kept(tmp_path / FOLDER, lambda _, key=key: key)  # type: ignore[misc]
        one.find("a.onnx")
        one.keep("a.onnx", OUTCOME)
        os.utime(tmp_path / FOLDER / key, (number, number))
    os.utime(tmp_path / FOLDER / KEY, (0, 0))
    one.close()
    left = {file.name[0] for file in (tmp_path / FOLDER).iterdir()} - {".", "C"}
    assert left == {"3", "4"}


def test_a_link_is_no_folder_of_outcomes(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / FOLDER).symlink_to(tmp_path / "elsewhere")
    one = kept(tmp_path)
    one.find("a.onnx")
    one.keep("a.onnx", OUTCOME)
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(PATHS[0], folder / "net.onnx")
    (folder / "archlint.toml").write_text("")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("ARCHLINT_NO_CACHE")
    return folder


def entries(project: Path) -> int:
    return len(list((project / FOLDER).glob("?" * 64)))


def test_a_file_is_linted_once(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = run(["net.onnx", "--format", "json"])
    first = capsys.readouterr()
    monkeypatch.setattr("archlint.linter.pipeline.load", None)  # nothing is read any more
    assert run(["net.onnx", "--format", "json"]) == code
    assert capsys.readouterr() == first
    assert entries(project) == 1
    assert run(["--no-cache", "net.onnx"]) == 2


@pytest.mark.parametrize(
    "args", [["--batch", "512"], ["--target", "gtx1080ti"], ["--select", "G2"]]
)
def test_other_options_are_another_lint(project: Path, args: list[str]) -> None:
    run(["net.onnx"])
    run(["net.onnx", "--fail-on", "never", "--timeout", "50"])
    assert entries(project) == 1
    run(["net.onnx", *args])
    assert entries(project) == 2


def test_another_content_is_another_lint(project: Path) -> None:
    run(["net.onnx"])
    shutil.copy(PATHS[1], project / "net.onnx")
    run(["net.onnx"])
    assert entries(project) == 2


@pytest.mark.parametrize("args", [["--no-cache"], ["--untrusted"]])
def test_nothing_is_kept_where_that_is_asked_for(project: Path, args: list[str]) -> None:
    run(["net.onnx", *args])
    assert not (project / FOLDER).exists()


def test_clean_removes_what_is_kept_and_nothing_else(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["net.onnx"])
    (project / FOLDER / "mine").touch()
    capsys.readouterr()
    assert run(["clean"]) == 0
    assert capsys.readouterr().err == f"archlint: {FOLDER}: 1 result removed\n"
    assert [each.name for each in (project / FOLDER).iterdir()] == ["mine"]
    assert run(["clean"]) == 0
    assert "nothing to remove" in capsys.readouterr().err


def test_runs_at_once_print_the_same_and_keep_all(project: Path) -> None:
    examples = Path(__file__).parents[2] / "examples" / "onnx"
    for file in examples.glob("*.onnx"):
        shutil.copy(file, project)
    environment = {
        **os.environ, "PYTHONPATH": str(examples.parents[1]), "XDG_CACHE_HOME": str(project),
    }  # fmt: skip
    command = [sys.executable, "-m", "archlint", "-j", "2", "--format", "json", "."]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    runs = [start(), start()]
    said = [each.communicate(timeout=120) for each in runs]
    count = len(list(project.glob("*.onnx")))
    assert said[0] == said[1]
    assert entries(project) == count
    assert not list((project / FOLDER).glob("*.part"))
    again = start()
    assert again.communicate(timeout=120) == said[0]
    assert again.returncode == runs[0].returncode == runs[1].returncode
    alone = subprocess.run(
        [*command, "--no-cache"], env=environment, capture_output=True, check=False
    )
    assert (alone.stdout, alone.stderr) == said[0]


def test_weights_of_large_files_decide_nothing(tmp_path: Path) -> None:
    keys = set()
    for value in (0, 1):
        model = onnx.load(PATHS[0])
        model.graph.initializer.append(
            onnx.helper.make_tensor("w", onnx.TensorProto.FLOAT, [1_200_000], [value] * 1_200_000)
        )
        onnx.save(model, tmp_path / "net.onnx")
        decides = Decides(Options(), select_rules(Options()), None)
        keys.add(decides.key(str(tmp_path / "net.onnx")))
    assert len(keys) == 1
    assert None not in keys


def test_standard_input_is_not_read_for_a_cache(tmp_path: Path) -> None:
    decides = Decides(Options(), select_rules(Options()), None)
    assert decides.key("-") is None
    assert decides.key(str(tmp_path / "none.onnx")) is None
