"""The scripts of `archlint completion`, run by their shells."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from shutil import which

import pytest

from archlint.cli import run
from archlint.cli.completion import Shell
from tests.gate.repository import environment

CONFIG = """\
target-paths = ["mine"]

[[models]]
name = "small"
factory = "nets.py:Small"
"""
SHELLS = pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("project")
    (made / "archlint.toml").write_text(CONFIG, "utf-8")
    for name in ("mine", "my nets", ".hidden"):
        (made / name).mkdir()
    for name in ("a.onnx", "nets.py", "notes.txt", "my nets/b.onnx", ".c.onnx"):
        (made / name).touch()
    return made


@pytest.fixture(scope="module")
def variables(folder: Path) -> Mapping[str, str]:
    return environment(folder.parent / f"{folder.name}-home")


@cache
def script_of(shell: str) -> str:
    command = [sys.executable, "-m", "archlint", "completion", shell]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def proposed(line: str, shell: str, folder: Path, variables: Mapping[str, str]) -> list[str]:
    """What a shell proposes at the end of a line."""
    if which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = script_of(shell)
    done = subprocess.run(
        [shell, "-c", _COMPLETE[shell](script, line)],
        cwd=folder, env=dict(variables), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return [each.split("\t")[0] for each in done.stdout.splitlines()]


def _bash(script: str, line: str) -> str:
    words = line.split(" ")
    return (
        f"{script}\nCOMP_WORDS=({shlex.join(words)}) COMP_CWORD={len(words) - 1}\n"
        "_archlint_completion archlint\n"
        '[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\\n" "${COMPREPLY[@]}"\n'
    )


def _zsh(script: str, line: str) -> str:
    # zsh's own `_arguments` evaluates the words in (( )) as this one does, and shows them
    return (
        'compdef() { }\n_files() { }\n_arguments() { local action="${1#*\\(\\(}" ws w\n'
        'eval "ws=( ${action%%\\)\\)*} )"; for w in $ws; do print -r -- "${${w%%:*}}"; done }\n'
        f"{script}\nwords=({shlex.join(line.split(' '))}) CURRENT={len(line.split(' '))}\n"
        "_archlint_completion\n"
    )


def _fish(script: str, line: str) -> str:
    return f"{script}\ncomplete --do-complete {shlex.quote(line)}\n"


_COMPLETE = {"bash": _bash, "zsh": _zsh, "fish": _fish}


@SHELLS
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("archlint mea", ["measure"]),
        ("archlint ver", ["verify"]),
        ("archlint --ba", ["--batch", "--baseline"]),
        ("archlint --target gtx", ["gtx1080ti-cudnn7-fp32"]),
        ("archlint a.onnx --fail-on n", ["note", "never"]),
        ("archlint check --format j", ["json", "junit"]),
        ("archlint check sm", ["small"]),
        ("archlint diff a", ["a.onnx"]),
        ("archlint explain n", ["nets.py"]),
        ("archlint rule G", ["G1", "G2", "G3", "G4"]),
        ("archlint --select G1,costly", ["G1,costly-elementwise"]),
        ("archlint targets gtx", ["gtx1080ti-cudnn7-fp32"]),
        ("archlint completion p", ["powershell"]),
        ("archlint schema d", ["diff"]),
    ],
)
def test_a_shell_proposes_what_comes_next(
    folder: Path, variables: Mapping[str, str], shell: str, line: str, expected: list[str]
) -> None:
    found = proposed(line, shell, folder, variables)
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_without_a_command_models_are_proposed_too(
    folder: Path, variables: Mapping[str, str], shell: str
) -> None:
    found = proposed("archlint ", shell, folder, variables)
    assert {"check", "init", "small", "a.onnx", "nets.py", "mine/"} <= set(found)
    assert not {"notes.txt", ".c.onnx", ".hidden/"} & set(found)
    assert [each.replace("\\", "") for each in found if "my" in each] == ["my nets/"]


@SHELLS
def test_names_of_strangers_are_never_evaluated(
    folder: Path, variables: Mapping[str, str], shell: str, tmp_path: Path
) -> None:
    evil = tmp_path / "repository"
    evil.mkdir()
    names = ["x$(touch pwned).onnx", "x`touch pwned`.onnx", "x\\$(touch pwned).onnx",
             "x';touch pwned;'.onnx", 'x";touch pwned;".onnx', "x;touch pwned.onnx",
             "x\ntouch pwned.onnx", "x) ); touch pwned; ((.onnx"]  # fmt: skip
    for name in names:
        (evil / name).touch()
    (evil / "archlint.toml").write_text(
        '[[models]]\nname = "x\\\\$(touch pwned)"\nfactory = "x\\\\$(touch pwned).py:X"\n', "utf-8"
    )
    assert folder.is_dir()
    proposed("archlint check x", shell, evil, variables)
    assert not list(evil.glob("pwned*"))
    assert {each.name for each in evil.iterdir()} == {*names, "archlint.toml"}


@SHELLS
def test_what_is_broken_proposes_nothing(
    variables: Mapping[str, str], shell: str, tmp_path: Path
) -> None:
    (tmp_path / "archlint.toml").write_text("target-paths = 7\n", "utf-8")
    assert proposed("archlint --target gtx", shell, tmp_path, variables) == []
    assert proposed("archlint check no/such/folder/x", shell, tmp_path, variables) == []


def test_powershell_has_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "powershell"]) == 0
    assert "Register-ArgumentCompleter -Native -CommandName archlint" in capsys.readouterr().out


def test_another_shell_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "tcsh"]) == 2
    assert capsys.readouterr().err.startswith("archlint: invalid value for 'SHELL': 'tcsh'")


def test_every_shell_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "--help"]) == 0
    assert "bash, zsh, fish or powershell." in capsys.readouterr().out
    assert [each.value for each in Shell] == ["bash", "zsh", "fish", "powershell"]
