"""One damaged text file through the command line: what must hold, whatever is in it."""

from __future__ import annotations

import contextlib
import io
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from archlint.cli import run
from archlint.cost.target_files import SHIPPED
from archlint.linter import registry
from tests.fuzz.texts import mutated_csv, mutated_toml

__all__ = ["KINDS", "Subject", "complaint"]

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "examples" / "onnx" / "shufflenet_v2.onnx"
CHANGED = ROOT / "examples" / "onnx" / "mobilenet_v2.onnx"
TARGETS = ("gtx1080ti-cudnn7-fp32", "amd-epyc-torch-fp32-1t")

SLOWEST = 20.0

_CONFIG = """\
target = ["gtx1080ti-cudnn7-fp32"]
select = ["G1", "G2", "G3", "G4"]
min-slowdown = 1.1
fail-on = "note"
format = ["concise"]
batch = 8
timeout = 30

[rules.G3]
min-width = 3

[[ignore]]
rule = "G4"
model = "*.onnx"
place = "head.*"
reason = "it stays"

[per-model-ignores]
"legacy/*.onnx" = ["G1"]
"""


class Subject:
    """A file that is damaged, and the command line that reads it.

    `code` is what the command gives on the file as it is.  With `is_kept` nothing but the file's
    own words may turn a 1 into a 0.
    """

    def __init__(
        self, file: Path, words: list[str], mutate: Callable[[Random, str], str], *, is_kept: bool
    ) -> None:
        self.file, self.words, self.mutate = file, words, mutate
        self.text, self.is_kept = file.read_text(encoding="utf-8"), is_kept
        self.code, self.said = _run(words)


def _table(name: str, file: str, mutate: Callable[[Random, str], str], folder: Path) -> Subject:
    shutil.copytree(SHIPPED / name, folder / "mine")
    words = ["--isolated", "--target", str(folder / "mine"), str(MODEL), "--fail-on", "note"]
    return Subject(folder / "mine" / file, words, mutate, is_kept=True)


def _diff(folder: Path) -> Subject:
    """A slow-down that the gate does not let pass."""
    shutil.copytree(SHIPPED / TARGETS[0], folder / "mine")
    words = ["diff", "--isolated", "--target", str(folder / "mine"), "--max-slowdown", "3%"]
    words += [str(MODEL), str(CHANGED)]
    return Subject(folder / "mine" / "rows.csv", words, mutated_csv, is_kept=True)


def _config(folder: Path) -> Subject:
    file = folder / "archlint.toml"
    file.write_text(_CONFIG, encoding="utf-8")
    words = ["--config", str(file), str(MODEL)]
    return Subject(file, words, mutated_toml, is_kept=False)


def _baseline(folder: Path) -> Subject:
    file = folder / "known.toml"
    words = [str(MODEL), "--isolated", "--baseline", str(file), "--fail-on", "note"]
    _run([*words, "--write-baseline", "known"])
    return Subject(file, words, mutated_toml, is_kept=False)


KINDS: dict[str, Callable[[Path], Subject]] = {
    "table": lambda folder: _table(TARGETS[0], "rows.csv", mutated_csv, folder),
    "target file": lambda folder: _table(TARGETS[0], "target.toml", mutated_toml, folder),
    "measured table": lambda folder: _table(TARGETS[1], "rows.csv", mutated_csv, folder),
    "measured target file": lambda folder: _table(TARGETS[1], "target.toml", mutated_toml, folder),
    "diff": _diff,
    "configuration": _config,
    "baseline": _baseline,
}


def complaint(subject: Subject, random: Random) -> tuple[str, bytes]:
    """What is wrong with how archlint takes the file with some fault, "" for nothing; the file."""
    data = subject.mutate(random, subject.text).encode("utf-8", "surrogateescape")
    subject.file.write_bytes(data)
    started = time.monotonic()
    code, said = _run(subject.words)
    seconds = time.monotonic() - started
    if seconds > SLOWEST:
        return f"took {seconds:.0f} s", data
    if code not in (0, 1, 2):
        return f"exit code {code}", data
    if "internal error" in said or "Traceback" in said or "crashed" in said or "Warning" in said:
        return said, data
    if code == 2 and not said.startswith("archlint: "):
        return f"exit code 2, and said {said!r}", data
    if any(not each.isprintable() and each != "\n" for each in said):
        return f"prints {said!r}", data
    if subject.is_kept and code != 2:
        if code != subject.code:
            return f"exit code {code}, not {subject.code}", data
        if said.count("\n") > 5:
            return f"many lines: {said!r}", data
    return "", data


def _run(words: list[str]) -> tuple[int, str]:
    """The exit code and what is said on stderr."""
    registry.load_found.cache_clear()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words)
    return code, err.getvalue()
