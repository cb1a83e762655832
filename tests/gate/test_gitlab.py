"""What the script of GitLab's template does, run with sh in real repositories."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from shutil import which

import pytest

from tests.gate.ci_page import gitlab
from tests.gate.repository import EXAMPLES, Repository, repository

pytestmark = pytest.mark.skipif(
    which("sh") is None or which("git") is None, reason="sh or git is not installed"
)
GOOD = (EXAMPLES / "vgg16.onnx").read_bytes()
BAD = (EXAMPLES / "mobilenet_v2.onnx").read_bytes()
NEW_ONLY = {"ARCHLINT_FAIL_ON": "never", "ARCHLINT_FAIL_ON_NEW": "warning"}


@pytest.fixture
def project(tmp_path: Path) -> Repository:
    """A repository with a good model, and a bad one in a later commit."""
    made = repository(tmp_path / "project", tmp_path / "home")
    made.write({"archlint.toml": "batch = 8\ntarget = 'gtx1080ti'\n", "net.onnx": GOOD})
    made.git("commit", "--quiet", "-m", "A good model")
    made.write({"net.onnx": BAD})
    made.git("commit", "--quiet", "-m", "A bad model")
    return made


def pipeline(
    project: Repository, variables: Mapping[str, str] | None = None, base: str | None = None
) -> subprocess.CompletedProcess[str]:
    """The job's script without what installs archlint; `base` is that of a merge request."""
    said = gitlab()
    install, run = said["archlint"]["script"]
    assert "pip install" in install
    environment = {**project.environment, **said["variables"], **(variables or {})}
    if base is not None:
        environment["CI_MERGE_REQUEST_DIFF_BASE_SHA"] = project.git("rev-parse", base)
    return Repository(project.folder, environment).run("sh", "-e", "-c", run)


def test_a_bad_model_fails_with_its_reports(project: Repository) -> None:
    done = pipeline(project)
    assert done.returncode == 1
    assert "warning G1 unbalanced-channel-width" in done.stdout
    quality = json.loads((project.folder / "gl-code-quality-report.json").read_text("utf-8"))
    assert {each["location"]["path"] for each in quality} == {"net.onnx"}
    assert (project.folder / "archlint-junit.xml").is_file()
    assert not (project.folder / "archlint-diff.md").exists()


def test_a_merge_request_is_held_against_its_base(project: Repository) -> None:
    done = pipeline(project, NEW_ONLY, "HEAD~")
    assert done.returncode == 1
    report = (project.folder / "archlint-diff.md").read_text("utf-8")
    assert report.startswith("**archlint diff**: 3 new findings")
    assert pipeline(project, NEW_ONLY, "HEAD").returncode == 0


def test_what_the_baseline_knows_is_not_new(project: Repository) -> None:
    project.run("archlint", "--baseline", "known.toml", "--write-baseline", "as it was")
    done = pipeline(project, {**NEW_ONLY, "ARCHLINT_BASELINE": "known.toml"}, "HEAD~")
    assert done.returncode == 0, done.stdout


def test_a_slower_model_fails(project: Repository) -> None:
    project.write({"net.onnx": GOOD})
    project.git("commit", "--quiet", "-m", "Back")
    assert pipeline(project, {"ARCHLINT_MAX_SLOWDOWN": "3%"}, "HEAD~").returncode == 1
    assert pipeline(project, {}, "HEAD~").returncode == 0


def test_a_wrong_variable_is_a_wrong_call(project: Repository) -> None:
    done = pipeline(project, {"ARCHLINT_TARGETS": "no-such-target"})
    assert done.returncode == 2
    assert 'archlint: unknown target "no-such-target"' in done.stdout


def test_lines_of_variables_are_words_whatever_is_in_them(project: Repository) -> None:
    project.write({"my nets/$(touch pwned) *.onnx": GOOD, "-v.onnx": GOOD})
    variables = {
        "ARCHLINT_MODELS": "my nets/$(touch pwned) *.onnx\n-v.onnx",
        "ARCHLINT_TARGETS": "gtx1080ti-cudnn7-fp32\nepyc-milan-ort-fp32-1t",
        "ARCHLINT_CONFIG": "archlint.toml",
        "ARCHLINT_FAIL_ON": "never",
    }
    done = pipeline(project, variables)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("my nets/$(touch pwned) *.onnx\n") == 1
    assert done.stdout.count("-v.onnx\n") == 1
    assert not (project.folder / "pwned").exists()


def test_reports_replace_links(project: Repository, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("as it was")
    reports = ("gl-code-quality-report.json", "archlint-junit.xml", "archlint-diff.md")
    for name in reports:
        (project.folder / name).symlink_to(theirs)
    assert pipeline(project, NEW_ONLY, "HEAD~").returncode == 1
    assert theirs.read_text() == "as it was"
    for name in reports:
        assert (project.folder / name).is_file()
        assert not (project.folder / name).is_symlink()


FORK = {"CI_MERGE_REQUEST_PROJECT_ID": "1", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2"}


def test_a_fork_is_judged_by_the_configuration_of_the_base(project: Repository) -> None:
    files = {"archlint.toml": 'select = ["G3"]\n', "onnx.py": "raise SystemExit(0)\n"}
    project.write(files)
    project.git("commit", "--quiet", "-m", "A looser gate")
    ours = {"CI_MERGE_REQUEST_PROJECT_ID": "1", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1"}
    path = {"PYTHONPATH": f"{project.environment['PYTHONPATH']}:{project.folder}"}
    assert pipeline(project, {**ours, "ARCHLINT_TRUST": "base"}, "HEAD~2").returncode == 1
    assert pipeline(project, {**FORK, **path}, "HEAD~2").returncode == 1
    assert pipeline(project, ours, "HEAD~2").returncode == 0
    done = pipeline(project, FORK)
    assert (done.returncode, done.stdout) == (2, "archlint: trust: base needs a base\n")
    done = pipeline(project, {"ARCHLINT_TRUST": "yes"}, "HEAD~2")
    assert done.returncode == 2
    done = pipeline(project, {**FORK, "ARCHLINT_MODELS": "nets.py:Net"}, "HEAD~2")
    assert done.returncode == 2
    assert "nets.py:Net: Python source, whose code --untrusted does not run" in done.stdout


@pytest.mark.parametrize(
    ("variables", "installed"),
    [
        ({}, "archlint"),
        ({"ARCHLINT_VERSION": "0.1.0"}, "archlint==0.1.0"),
        ({"ARCHLINT_VERSION": "0.1.0", "ARCHLINT_EXTRAS": "torch"}, "archlint[torch]==0.1.0"),
    ],
)
def test_what_is_installed(
    project: Repository, tmp_path: Path, variables: dict[str, str], installed: str
) -> None:
    # pip itself is the runner's: what it is asked for is what counts here
    (tmp_path / "home/bin/python").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', "utf-8")
    said = gitlab()
    environment = {**project.environment, **said["variables"], **variables}
    script = said["archlint"]["script"][0]
    done = Repository(project.folder, environment).run("sh", "-e", "-c", script)
    assert done.stdout.splitlines() == ["-I", "-m", "pip", "install", installed]
