"""Real git repositories, and the program as their hooks and scripts find it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples/onnx"
_CONSOLE_SCRIPT = f"""\
import sys
sys.path.insert(1, {str(ROOT)!r})
from archlint.cli import program
program()
"""


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository in `folder`; its commands run in `environment`."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it; stderr comes with stdout, as on a screen."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def git(self, *words: str) -> str:
        """Run git, which must not fail."""
        done = self.run("git", *words)
        assert done.returncode == 0, done.stdout
        return done.stdout.strip()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files and add them to the index."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--", *files)


def repository(folder: Path, home: Path) -> Repository:
    """A new repository with no commit yet, where `archlint` is the code under test.

    Whatever git and the hooks keep for themselves goes to `home`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = Repository(folder, environment(home))
    made.git("init", "--quiet", "--initial-branch", "main")
    return made


def environment(home: Path) -> dict[str, str]:
    """Variables for commands, with programs in `home` that run the code under test."""
    programs = home / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    # as pip writes it: nothing of the working folder is on its path
    _executable(programs / "archlint", f"#!{sys.executable}\n{_CONSOLE_SCRIPT}")
    _executable(programs / "python", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    person = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "A Tester"), ("EMAIL", "tester@example.com"))
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {
        **kept,
        **person,
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }


def _executable(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
