"""`--untrusted` and `--config-from`: what a stranger wrote runs nothing and judges nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import which

import pytest

from archlint.cli import run
from tests.cli.conftest import Archlint, FakeLinter
from tests.gate.repository import EXAMPLES, Repository, repository

GOOD = (EXAMPLES / "vgg16.onnx").read_bytes()
BAD = (EXAMPLES / "mobilenet_v2.onnx").read_bytes()
SOURCE = '[[models]]\nname = "net"\nfactory = "nets.py:Net"\ninputs = ["1x3x8x8"]\n'
Project = Callable[[Mapping[str, str | bytes]], Repository]
needs_git = pytest.mark.skipif(which("git") is None, reason="git is not installed")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository with one commit of these files."""

    def project(files: Mapping[str, str | bytes]) -> Repository:
        made = repository(tmp_path / "project", tmp_path / "home")
        made.write(files)
        made.git("commit", "--quiet", "-m", "What is trusted")
        return made

    return project


@pytest.mark.parametrize(
    ("config", "words", "refused"),
    [
        ("", ["nets.py:Net"], "nets.py:Net: Python source"),
        ("", ["a.onnx", "package.module:Net"], "package.module:Net: Python source"),
        (SOURCE, [], "net: Python source"),
        (SOURCE, ["net"], "net: Python source"),
        ("", ["a.onnx", "--kwargs", "{}"], "--kwargs goes with Python source"),
    ],
)
@needs_git
def test_python_source_is_refused_in_one_line(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    config: str,
    words: list[str],
    refused: str,
) -> None:
    made = project({"archlint.toml": config, "a.onnx": GOOD, "nets.py": "raise SystemExit(0)"})
    monkeypatch.chdir(made.folder)
    commands = [["check"], ["diff", "--base", "HEAD"]]
    if len(words) == 1:
        commands.append(["explain"])
    for command in commands:
        assert run([*command, *words, "--untrusted"]) == 2
        expected = f"archlint: {refused}, whose code --untrusted does not run\n"
        assert capfd.readouterr() == ("", expected)


def test_a_program_of_pytorch_is_not_loaded(archlint: Archlint) -> None:
    Path("net.PT2").write_bytes(b"PK")
    outcome = archlint("--untrusted", "net.PT2")
    assert (outcome.code, outcome.out) == (2, "")
    assert "net.PT2: a program of PyTorch, which --untrusted does not load" in outcome.err


def test_python_source_above_the_folder_is_refused(archlint: Archlint) -> None:
    Path("archlint.toml").write_text(SOURCE)
    os.chdir("nets")
    outcome = archlint("--untrusted")
    assert outcome.err == "archlint: net: Python source, whose code --untrusted does not run\n"


def test_files_are_linted_all_the_same(archlint: Archlint, linter: FakeLinter) -> None:
    Path("link.onnx").symlink_to("nets/b.onnx")
    assert archlint("--untrusted").code == 0
    assert linter.paths == ["a.onnx", "link.onnx"]


@pytest.mark.parametrize("words", [["."], ["link.onnx"], ["away"], ["away/secret.onnx"]])
def test_a_link_out_of_the_folder_is_not_followed(
    archlint: Archlint,
    linter: FakeLinter,
    tmp_path_factory: pytest.TempPathFactory,
    words: list[str],
) -> None:
    away = tmp_path_factory.mktemp("away")
    (away / "secret.onnx").touch()
    Path("link.onnx").symlink_to(away / "secret.onnx")
    Path("away").symlink_to(away)
    outcome = archlint(*words, "--untrusted")
    assert outcome.code == 2
    assert "a link that leads out of the folder, which --untrusted does not follow" in outcome.err
    assert not {"link.onnx", "away/secret.onnx"} & set(linter.paths)
    assert archlint(*words).code == 0


def test_what_the_command_line_names_may_lie_anywhere(
    archlint: Archlint, linter: FakeLinter, tmp_path_factory: pytest.TempPathFactory
) -> None:
    away = tmp_path_factory.mktemp("away")
    (away / "b.onnx").touch()
    (away / "a.onnx").symlink_to("b.onnx")
    assert archlint(str(away), str(away / "a.onnx"), "--untrusted").code == 0
    assert linter.paths == [(away / "a.onnx").as_posix()]


@pytest.mark.parametrize("goal", ["r.json", "reports/r.json"])
def test_no_report_is_written_through_a_link(
    archlint: Archlint, tmp_path_factory: pytest.TempPathFactory, goal: str
) -> None:
    away = tmp_path_factory.mktemp("away")
    Path("reports").symlink_to(away)
    Path("r.json").symlink_to(away / "r.json")
    outcome = archlint("a.onnx", "--untrusted", "--format", f"json={goal}")
    expected = f"archlint: {goal}: through a link, which --untrusted does not follow\n"
    assert (outcome.code, outcome.err) == (2, expected)
    assert list(away.iterdir()) == []
    assert archlint("a.onnx", "--format", f"json={goal}").code == 0


def test_no_source_is_shown_through_a_link(
    archlint: Archlint, tmp_path_factory: pytest.TempPathFactory
) -> None:
    Path("src").symlink_to(tmp_path_factory.mktemp("away"))
    outcome = archlint("a.onnx", "--untrusted", "--source-root", "src")
    expected = "archlint: src: through a link, which --untrusted does not follow\n"
    assert (outcome.code, outcome.err) == (2, expected)


def test_what_is_no_model_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.onnx").write_text("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n")
    assert run(["a.onnx"]) == 2
    out, err = capfd.readouterr()
    assert "PRIVATE" not in out + err
    assert "MIIE" not in out + err
    assert err.count("\n") == 1


@needs_git
def test_the_configuration_is_that_of_a_revision(project: Project) -> None:
    made = project(
        {
            "archlint.toml": "batch = 8\ntarget = 'gtx1080ti'\nbaseline = 'known.toml'\n",
            "net.onnx": BAD,
        }
    )
    assert made.run("archlint", "--write-baseline", "as it was").returncode == 0
    made.git("add", "known.toml")
    made.git("commit", "--quiet", "-m", "What is known")
    known = (made.folder / "known.toml").read_text("utf-8")
    assert made.run("archlint", "--config-from", "HEAD").returncode == 0
    # a change of the baseline, of the configuration, or of both, does not count
    (made.folder / "known.toml").write_text("no TOML")
    (made.folder / "net.onnx").write_bytes(GOOD)
    (made.folder / "archlint.toml").write_text("batch = 'none'")
    done = made.run("archlint", "--config-from", "HEAD")
    assert done.returncode == 0, done.stdout
    assert "batch 8" in done.stdout
    # and what is new is not excused by it
    (made.folder / "known.toml").write_text(known.replace("net.onnx", "other.onnx"))
    (made.folder / "other.onnx").write_bytes(BAD)
    assert made.run("archlint", "--config-from", "HEAD", "other.onnx").returncode == 1
    done = made.run("archlint", "--config-from", "HEAD", "--baseline", "known.toml", "other.onnx")
    assert done.returncode == 1
    words = ("--batch", "8", "--target", "gtx1080ti", "--baseline", "known.toml", "other.onnx")
    assert made.run("archlint", "--isolated", *words).returncode == 0


@needs_git
def test_the_configuration_of_a_revision_is_the_nearest_that_it_has(project: Project) -> None:
    made = project({"pyproject.toml": "[tool.archlint]\nbatch = 300\n", "sub/net.onnx": GOOD})
    (made.folder / "sub/archlint.toml").write_text("batch = 400\n")
    (made.folder.parent / "archlint.toml").write_text("batch = 500\n")
    below = Repository(made.folder / "sub", made.environment)
    assert "batch 300" in below.run("archlint", "--config-from", "HEAD").stdout
    done = below.run("archlint", "--config-from", "HEAD", "--config", "archlint.toml")
    assert done.returncode == 2
    assert "archlint.toml: No such file or directory" in done.stdout
    made.git("rm", "--quiet", "--cached", "pyproject.toml")
    made.git("commit", "--quiet", "-m", "None")
    # none of a revision is none, though there is one above the repository
    assert "batch 256" in below.run("archlint", "--config-from", "HEAD").stdout


@needs_git
def test_targets_by_a_path_are_those_of_a_revision(project: Project) -> None:
    folder = EXAMPLES.parents[1] / "archlint/targets/gtx1080ti-cudnn7-fp32"
    mine = {f"targets/mine/{each.name}": each.read_bytes() for each in folder.iterdir()}
    text = mine["targets/mine/target.toml"].replace(b'"gtx1080ti-cudnn7-fp32"', b'"mine"')
    # of what it was before
    mine["targets/mine/target.toml"] = re.sub(b"(?m)^checksum = .*\n", b"", text)
    made = project({"net.onnx": GOOD, "archlint.toml": 'target-paths = "targets"\n', **mine})
    for each in mine:
        (made.folder / each).write_text("nothing")
    for target in ("mine", "targets/mine"):
        words = ("net.onnx", "--fail-on", "never", "--target", target)
        assert made.run("archlint", *words).returncode == 2
        done = made.run("archlint", *words, "--config-from", "HEAD")
        assert done.returncode == 0, done.stdout


@needs_git
@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("archlint.toml", "batch = [", ()),
        ("sub/known.toml", "version = 1", ("--baseline", "sub/known.toml")),
        ("mine/target.toml", "name = 1", ("--target", "./mine")),
        ("mine/target.toml", "name = ", ("--target", "./mine")),
    ],
)
def test_a_file_of_a_revision_is_called_as_git_calls_it(
    project: Project, file: str, text: str, words: tuple[str, ...]
) -> None:
    made = project({"net.onnx": GOOD, file: text})
    (made.folder / "archlint.toml").unlink(missing_ok=True)
    done = made.run("archlint", "--config-from", "HEAD", *words)
    assert done.returncode == 2
    first, *others = done.stdout.splitlines()
    assert first.startswith((f"archlint: HEAD:{file}:", f"archlint: {file}: "))
    assert not others
    assert "/tree/" not in done.stdout


@needs_git
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--isolated"], "--isolated and --config-from exclude each other"),
        (["--write-baseline", "a"], "a baseline of --config-from is not written"),
        (["--prune-baseline"], "a baseline of --config-from is not written"),
    ],
)
def test_what_does_not_go_with_a_revision(project: Project, words: list[str], said: str) -> None:
    made = project({"net.onnx": GOOD})
    done = made.run("archlint", "--config-from", "HEAD", *words)
    assert (done.returncode, done.stdout) == (2, f"archlint: {said}\n")
    for name in ("--output=x", "^HEAD"):
        done = made.run("archlint", "--config-from", name)
        assert done.stdout == f'archlint: git knows no revision "{name}"\n'


@needs_git
def test_a_model_that_became_a_link_is_no_model_that_went(project: Project, tmp_path: Path) -> None:
    made = project({"net.onnx": GOOD})
    (tmp_path / "secret.onnx").write_bytes(BAD)
    (made.folder / "net.onnx").unlink()
    (made.folder / "net.onnx").symlink_to(tmp_path / "secret.onnx")
    done = made.run("archlint", "diff", "--base", "HEAD", "--untrusted")
    said = "a link that leads out of the folder, which --untrusted does not follow"
    assert (done.returncode, done.stdout) == (2, f"archlint: net.onnx: {said}\n")


@needs_git
def test_a_folder_that_looks_like_a_repository_runs_nothing(
    project: Project, tmp_path: Path
) -> None:
    made = project({"net.onnx": GOOD})
    trap = made.folder / "trap"
    made.git("clone", "--quiet", "--bare", ".", str(trap))
    command = f"touch {tmp_path}/pwned; false"
    (trap / "config").write_text(
        f'[core]\nbare = false\nworktree = {made.folder}\nfsmonitor = "{command}"\n'
    )
    (trap / "net.onnx").write_bytes(GOOD)
    below = Repository(trap, made.environment)
    done = below.run("archlint", "diff", "--base", "HEAD", "--config-from", "HEAD", "net.onnx")
    assert done.returncode == 2
    assert done.stdout.count("\n") == 1
    assert not (tmp_path / "pwned").exists()
