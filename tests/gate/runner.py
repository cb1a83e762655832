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

_EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")


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
        said = {key: self._value(str(value)) for key, value in step["env"].items()}
        files = {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary"}
        for file in files.values():
            (self.home / file).touch()
        environment = {
            **self.repository.environment,
            **{key: str(self.home / file) for key, file in files.items()},
            "RUNNER_TEMP": str(self.home),
            "GITHUB_SHA": self.repository.git("rev-parse", "HEAD"),
            "GITHUB_REPOSITORY": "you/nets",
            "GITHUB_SERVER_URL": "https://github.com",
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
            elif part.startswith("steps.run.outputs."):
                value = self.output(part.removeprefix("steps.run.outputs."))
            else:
                value = self.event.get(part, "")
            if value:
                return value
        return ""


def _default(about: Mapping[str, Any]) -> str:
    return str(about["default"])
