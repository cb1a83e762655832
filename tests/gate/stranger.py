"""A pull request of a stranger's: what it brings tries to run, to write, and to pass."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from zipfile import ZipFile

from tests.gate.repository import EXAMPLES, ROOT, Repository, repository
from tests.gate.runner import REPOSITORY, Runner, pull_request

__all__ = ["BAD", "GOOD", "TRAPS", "Stranger", "stranger", "wheel"]

GOOD = (EXAMPLES / "vgg16.onnx").read_bytes()
BAD = (EXAMPLES / "mobilenet_v2.onnx").read_bytes()

_TRAP = """\
import os
open(os.path.join(os.environ["MARKS"], __name__), "w").close()
"""
_MODULES = (
    "pip venv ensurepip sitecustomize usercustomize conftest setup onnx numpy networkx tomli typer "
    "json re rule nets archlint/__init__ archlint/__main__"
)
TRAPS: Mapping[str, str] = {
    **{f"{each}.py": _TRAP for each in _MODULES.split()},
    "rule-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: rule\nVersion: 1.0\n",
    "rule-1.0.dist-info/entry_points.txt": "[archlint.rules]\nX1 = rule:Rule\n",
    "trap.pth": "import rule\n",
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "setup"\n',
}
"""Files that Python, pip or archlint would run or read if the checkout were on a path of theirs.

Each of Python leaves a file of its module's name in the folder $MARKS.
"""

CONFIG = """\
fail-on = "never"
ignore = ["A1", "G1", "G2", "G3", "G4"]
baseline = "excused.toml"
format = ["sarif=../written.sarif"]
target-paths = ["targets"]

[[models]]
name = "net"
factory = "nets.py:Net"
inputs = ["1x3x224x224"]
"""
"""A configuration that runs code, writes outside and finds nothing."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A server with a repository, and a checkout of the stranger's pull request onto its main.

    `marks` is where the traps leave their marks; `base` is the commit that main is at.
    """

    server: Repository
    checkout: Repository
    home: Path
    marks: Path
    base: str

    def runner(self, head: str = "stranger/nets", **inputs: str) -> Runner:
        """The action in a pull request from a repository, by default a fork."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        server = f"file://{self.server.folder.parents[1]}"
        event = {**pull_request(self.base, head), "github.server_url": server}
        return Runner(self.checkout, self.home, given, event)

    def sprung(self) -> list[str]:
        """The traps that went off."""
        return sorted(each.name for each in self.marks.iterdir())


def stranger(
    folder: Path, files: Mapping[str, str | bytes], links: Mapping[str, str] | None = None
) -> Stranger:
    """A pull request with these files and links, checked out as actions/checkout does it."""
    home, marks = folder / "home", folder / "marks"
    marks.mkdir(parents=True)
    server = repository(folder / "server" / REPOSITORY, home)
    server.write({"archlint.toml": "batch = 8\ntarget = 'gtx1080ti'\n", "net.onnx": GOOD})
    server.git("commit", "--quiet", "-m", "A good model")
    base = server.git("rev-parse", "HEAD")
    server.git("switch", "--quiet", "--create", "theirs")
    for name, goal in (links or {}).items():
        (server.folder / name).unlink(missing_ok=True)
        (server.folder / name).symlink_to(goal)
        server.git("add", "--", name)
    server.write(files)
    server.git("commit", "--quiet", "--allow-empty", "-m", "A stranger's")
    server.git("switch", "--quiet", "--detach", "main")
    server.git("merge", "--quiet", "--no-ff", "-m", "Merge", "theirs")
    server.git("update-ref", "refs/pull/7/merge", "HEAD")
    server.git("switch", "--quiet", "main")
    made = repository(folder / "checkout", home)
    made.git("remote", "add", "origin", f"file://{server.folder}")
    made.git("fetch", "--quiet", "--depth=2", "origin", "refs/pull/7/merge")
    made.git("switch", "--quiet", "--detach", "FETCH_HEAD")
    environment = {**made.environment, "MARKS": str(marks)}
    return Stranger(server, Repository(made.folder, environment), home, marks, base)


def wheel(folder: Path) -> Path:
    """A wheel of archlint 9.9 that runs the code under test, to be installed without a network."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [str(ROOT), *(each for each in sys.path if each.endswith("-packages"))]
    script = f"import sys\nsys.path += {paths!r}\nfrom archlint.cli import program\n"
    about = "Metadata-Version: 2.1\nName: archlint\nVersion: 9.9\n"
    kind = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rules = "".join(
        f"{each.name} = {each.value}\n"
        for each in entry_points(group="archlint.rules")
        if each.value.startswith("archlint.")
    )
    files = {
        "archlint_under_test.py": script,
        "archlint-9.9.dist-info/METADATA": about,
        "archlint-9.9.dist-info/WHEEL": kind,
        "archlint-9.9.dist-info/entry_points.txt": (
            f"[console_scripts]\narchlint = archlint_under_test:program\n[archlint.rules]\n{rules}"
        ),
    }
    record = "archlint-9.9.dist-info/RECORD"
    lines = "".join(f"{name},,\n" for name in (*files, record))
    with ZipFile(folder / "archlint-9.9-py3-none-any.whl", "w") as archive:
        for name, text in {**files, record: lines}.items():
            archive.writestr(name, text)
    return folder
