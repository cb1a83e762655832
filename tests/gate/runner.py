"""The steps of the action as a runner of GitHub's runs them, in a repository of the test's."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.gate.ci_page import action
from tests.gate.repository import ROOT, Repository

REPOSITORY = "you/nets"
_EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")


def pull_request(base: str, head: str = REPOSITORY) -> Mapping[str, str]:
    """The event of a pull request onto a commit, from a branch of this repository or a fork's."""
    return {
        "github.event_name": "pull_request",
        "github.event.pull_request.base.sha": base,
        "github.event.pull_request.head.repo.full_name": head,
        "github.event.pull_request.number": "7",
    }


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs steps of the action; `event` are values of expressions such as `github.token`."""

    repository: Repository
    home: Path
    inputs: Mapping[str, str]
    event: Mapping[str, str]

    @property
    def summary(self) -> str:
        """What the steps so far wrote into the summary."""
        return (self.home / "summary").read_text("utf-8")

    def step(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run a step by its name."""
        (step,) = (each for each in action()["runs"]["steps"] if each["name"] == name)
        script = self.home / "step.sh"
        script.write_text(step["run"], "utf-8")
        files = {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary"}
        for file in files.values():
            (self.home / file).touch()
        said = {key: self._value(str(value)) for key, value in step["env"].items()}
        environment = {
            **self.repository.environment,
            **{key: str(self.home / file) for key, file in files.items()},
            "RUNNER_TEMP": str(self.home),
            "GITHUB_EVENT_NAME": self.event.get("github.event_name", "push"),
            "GITHUB_SHA": self.repository.git("rev-parse", "HEAD"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SERVER_URL": self.event.get("github.server_url", "https://github.com"),
            "GITHUB_RUN_ID": "7",
            "GITHUB_ACTION_PATH": str(ROOT),
            **said,
        }
        assert step["shell"] == "bash"
        # the command of GitHub's `shell: bash`
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        return Repository(self.repository.folder, environment).run(*command)

    def output(self, name: str) -> str:
        """What the steps so far gave as an output, or nothing."""
        lines = (self.home / "output").read_text("utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines).get(name, "")

    def _value(self, text: str) -> str:
        return _EXPRESSION.sub(lambda match: self._of(match[1]), text)

    def _of(self, expression: str) -> str:
        for part in expression.split(" || "):
            kind, _, name = part.partition(".")
            if kind == "inputs":
                value = self.inputs.get(name, _default(action()["inputs"][name]))
            elif kind == "steps":
                value = self.output(name.rpartition(".outputs.")[2])
            elif part.startswith("'"):
                value = part.strip("'")
            else:
                value = self.event.get(part, "")
            if value:
                return value
        return ""


def _default(about: Mapping[str, Any]) -> str:
    return str(about["default"])
