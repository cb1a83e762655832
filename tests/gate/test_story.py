"""The page that leads to a gate does what it says."""

from __future__ import annotations

from pathlib import Path
from shutil import which

import pytest

from tests.gate.repository import EXAMPLES, repository
from tests.gate.story import happened, scripts, team, told

pytestmark = pytest.mark.skipif(
    which("bash") is None or which("git") is None, reason="bash or git is not installed"
)


def test_the_page_shows_what_its_commands_print(tmp_path: Path) -> None:
    blocks = told()
    assert len(blocks) == 4
    assert happened(blocks, tmp_path) == blocks


def test_the_gate_turns_red_and_green() -> None:
    codes = [line for block in told() for line in block.splitlines() if line in ("0", "1", "2")]
    assert codes == ["0", "1", "0", "1", "0"]


@pytest.mark.parametrize("script", scripts())
def test_a_script_of_the_page_runs(script: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    main = repository(tmp_path / "main", home)
    main.write({"net.onnx": (EXAMPLES / "vgg16.onnx").read_bytes()})
    main.git("commit", "--quiet", "-m", "A network")
    made = repository(tmp_path / "clone", home)
    made.git("remote", "add", "origin", f"file://{main.folder}")
    made.git("fetch", "--quiet", "origin")
    made.git("switch", "--quiet", "--create", "branch", "origin/main")
    done = made.run("bash", "-e", "-c", script)
    assert done.returncode == 0, done.stdout


def test_the_readme_s_commands_for_a_team_turn_red_and_green(tmp_path: Path) -> None:
    made = repository(tmp_path / "project", tmp_path / "home")
    made.write({"net.onnx": (EXAMPLES / "mobilenet_v2.onnx").read_bytes()})
    made.git("commit", "--quiet", "-m", "A network")
    made.git("switch", "--quiet", "--create", "branch")
    commands = team()
    codes = [made.run("bash", "-c", each).returncode for each in commands]
    assert codes == [0, 1, 0, 0, 0]
    made.write({"net.onnx": (EXAMPLES / "repvgg_a0_train.onnx").read_bytes()})
    assert made.run("bash", "-c", commands[-1]).returncode == 1
