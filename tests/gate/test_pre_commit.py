"""The hooks, run by the real pre-commit in real repositories."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest

from tests.gate.repository import EXAMPLES, ROOT, Repository, repository

pytestmark = [
    pytest.mark.skipif(find_spec("pre_commit") is None, reason="pre-commit is not installed"),
    pytest.mark.skipif(which("git") is None, reason="git is not installed"),
]
GOOD = (EXAMPLES / "vgg16.onnx").read_bytes()
BAD = (EXAMPLES / "mobilenet_v2.onnx").read_bytes()
CONFIG = 'batch = 8\ntarget = "gtx1080ti-cudnn7-fp32"\n'
NETS = """\
from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(*[nn.Conv2d(480, 480, 1) for _ in range(4)])
"""
MODELS = """
[[models]]
name = "net"
factory = "nets.py:Net"
inputs = ["8x480x28x28"]
"""
needs_torch = pytest.mark.skipif(
    find_spec("torch") is None or find_spec("onnxscript") is None, reason="it exports"
)
Project = Callable[..., Repository]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository whose commits are gated by hooks, as a user's is.

    The hooks are the project's own, but for the environment that pre-commit would install.
    """

    def project(*hooks: str, config: str = CONFIG) -> Repository:
        home = tmp_path / "home"
        shelf = repository(tmp_path / "shelf", home)
        manifest = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
        assert "language: python\n" in manifest
        shelf.write(
            {".pre-commit-hooks.yaml": manifest.replace("language: python", "language: system")}
        )
        shelf.git("commit", "--quiet", "-m", "The hooks")
        made = repository(tmp_path / "project", home)
        entries = "".join(f"      - {hook}\n" for hook in hooks)
        made.write(
            {
                ".pre-commit-config.yaml": f"repos:\n  - repo: {shelf.folder}\n"
                f"    rev: {shelf.git('rev-parse', 'HEAD')}\n    hooks:\n{entries}",
                "archlint.toml": config,
            }
        )
        made.git("commit", "--quiet", "-m", "The configuration")
        installed = made.run(sys.executable, "-m", "pre_commit", "install")
        assert installed.returncode == 0, installed.stdout
        return made

    return project


def test_a_good_commit_goes_through_and_a_bad_one_does_not(project: Project) -> None:
    made = project("id: archlint")
    made.write({"good.onnx": GOOD})
    good = made.run("git", "commit", "-m", "A good model")
    assert good.returncode == 0, good.stdout
    assert "archlint" in good.stdout
    assert "Passed" in good.stdout
    before = made.git("rev-parse", "HEAD")
    made.write({"my nets/bad.ONNX": BAD})
    bad = made.run("git", "commit", "-m", "A bad model")
    assert bad.returncode == 1
    assert "- exit code: 1" in bad.stdout
    assert "warning G1 unbalanced-channel-width" in bad.stdout
    assert "my nets/bad.ONNX\n  priced for NVIDIA GTX 1080 Ti, cuDNN 7.0" in bad.stdout
    assert "--> blocks.*.expand.*  4 places" in bad.stdout
    assert made.git("rev-parse", "HEAD") == before


def test_what_is_no_model_stops_the_commit_in_one_line(project: Project) -> None:
    made = project("id: archlint")
    made.write({"net.onnx": "version https://git-lfs.github.com/spec/v1\n"})
    done = made.run("git", "commit", "-m", "A pointer")
    assert done.returncode == 1
    assert "- exit code: 2" in done.stdout
    assert done.stdout.count("net.onnx: ") == 1
    assert "Traceback" not in done.stdout


def test_other_files_run_no_hook(project: Project) -> None:
    made = project("id: archlint", "id: archlint-models")
    made.write({"README.txt": "no model"})
    done = made.run("git", "commit", "-m", "Words")
    assert done.returncode == 0
    assert done.stdout.count("(no files to check)Skipped") == 2


def test_excluded_models_are_not_linted(project: Project) -> None:
    made = project("{id: archlint, exclude: ^legacy/}")
    made.write({"legacy/bad.onnx": BAD, "good.onnx": GOOD})
    done = made.run("git", "commit", "-m", "An old model")
    assert done.returncode == 0, done.stdout


def test_many_models_in_parallel_are_each_linted_once(project: Project) -> None:
    # the configuration's output is one file: runs in parallel must not write to it
    config = f'{CONFIG}format = ["json"]\noutput = ["report.json"]\n'
    config += '[[ignore]]\nrule = "G1"\nmodel = "other.onnx"\nreason = "not in this commit"\n'
    args = "args: [--quiet, --format, concise]"
    made = project(f"{{id: archlint, {args}}}", config=config)
    made.write({f"zoo/{number:02}.onnx": BAD if number % 7 == 0 else GOOD for number in range(40)})
    done = made.run("git", "commit", "-m", "A zoo")
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if ".onnx" in line]
    assert sorted(line.partition(":")[0] for line in lines) == sorted(
        f"zoo/{number:02}.onnx" for number in range(0, 40, 7) for _ in range(2)
    )
    assert not (made.folder / "report.json").exists()


def test_the_configured_output_is_left_alone(project: Project) -> None:
    made = project("id: archlint", config=f'{CONFIG}format = ["json"]\noutput = ["report.json"]\n')
    made.write({"bad.onnx": BAD})
    done = made.run("git", "commit", "-m", "A bad model")
    assert "warning G1 unbalanced-channel-width" in done.stdout
    assert not (made.folder / "report.json").exists()


@needs_torch
def test_configured_models_are_linted_when_their_source_changes(project: Project) -> None:
    made = project("id: archlint-models", config=CONFIG + MODELS)
    made.write({"nets.py": NETS})
    good = made.run("git", "commit", "-m", "A good model")
    assert good.returncode == 0, good.stdout
    assert "Passed" in good.stdout
    before = made.git("rev-parse", "HEAD")
    made.write({"nets.py": NETS.replace("480, 1", "480, 1, groups=8")})
    bad = made.run("git", "commit", "-m", "Groups")
    assert bad.returncode == 1
    assert "error G2 excessive-group-convolution" in bad.stdout
    assert "--> nets.py:6:" in bad.stdout
    assert made.git("rev-parse", "HEAD") == before


@needs_torch
def test_configured_models_are_linted_when_the_configuration_changes(project: Project) -> None:
    made = project("id: archlint-models", config=CONFIG + MODELS)
    made.write({"nets.py": NETS})
    made.git("commit", "--quiet", "--no-verify", "-m", "The model")
    made.write({"archlint.toml": CONFIG + MODELS.replace("480", "3")})
    done = made.run("git", "commit", "-m", "Too few channels")
    assert done.returncode == 1
    assert "- exit code: 2" in done.stdout
    assert "Traceback" not in done.stdout
