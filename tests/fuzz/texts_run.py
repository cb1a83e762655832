"""Damaged files and command lines through the program: what must hold, whatever is in them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from unittest.mock import patch

import onnx
import tomli
import tomli_w
from onnx import shape_inference

from archlint.baseline import baseline_text
from archlint.cli import run
from archlint.cost.target_files import SHIPPED
from archlint.errors import ModelError
from archlint.limits import section
from archlint.linter import registry
from archlint.report.json_text import checksum
from tests.fuzz.apart import Done
from tests.fuzz.mutate import mutated, piece
from tests.fuzz.texts import mutated_csv, mutated_json, mutated_toml
from tests.fuzz.words import COMMAND_LINES, mutated_words

__all__ = ["KINDS", "Subject", "complaint"]

ROOT = Path(__file__).parents[2]
TARGETS = ("gtx1080ti-cudnn7-fp32", "epyc-milan-torch-fp32-1t")

SLOWEST = 20.0

_Mutate = Callable[[Random, str], str]

_CONFIG = """\
target = ["gtx1080ti-cudnn7-fp32"]
select = ["A1", "G1", "G2", "G3", "G4"]
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

_COMMIT = ("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-m", "x")


class Subject:
    """A file that is damaged, and the command line that reads it.

    `code` is what the command gives on the file as it is.  With `is_kept` nothing but the file's
    own words may turn a 1 into a 0.
    """

    def __init__(self, file: Path, words: list[str], mutate: _Mutate, *, is_kept: bool) -> None:
        self.file, self.words, self.mutate = file, words, mutate
        self.text, self.is_kept = file.read_text(encoding="utf-8"), is_kept
        self.code, self.said = _run(words)

    def damaged(self, random: Random) -> tuple[list[str], bytes]:
        """The command line with a fault in what it reads, and that file."""
        data = self.mutate(random, self.text).encode("utf-8", "surrogateescape")
        self.file.write_bytes(data)
        return self.words, data

    @contextlib.contextmanager
    def there(self) -> Iterator[None]:
        """Where the command runs."""
        yield


class _ChangedModel(Subject):
    """A model that is damaged, held against itself as it was."""

    def damaged(self, random: Random) -> tuple[list[str], bytes]:
        data = mutated(random, Path(self.words[-1]).read_bytes())
        self.file.write_bytes(data)
        sides = [self.words[-1], str(self.file)]
        return [*self.words[:-1], *(sides if random.random() < 0.7 else sides[::-1])], data


class _CommandLine(Subject):
    """A command line that is damaged itself, in a folder with what it reads and writes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.is_kept = folder, False
        (folder / "m.onnx").write_bytes(_model(24))
        (folder / "n.onnx").write_bytes(_model(16))
        (folder / "archlint.toml").write_text(_CONFIG, encoding="utf-8")
        (folder / "known.toml").write_text(baseline_text([]), encoding="utf-8")
        self._files = {each.name: each.read_bytes() for each in folder.iterdir()}
        for words in (["init", "-q"], ["add", "."], _COMMIT):
            subprocess.run(["git", *words], cwd=folder, check=True)
        with self.there():
            self.code, self.said = _run(["m.onnx"])

    def damaged(self, random: Random) -> tuple[list[str], bytes]:
        for each in self.folder.iterdir():
            if each.is_file() and each.name not in self._files:
                each.unlink()
        for name, data in self._files.items():
            (self.folder / name).write_bytes(data)
        words = mutated_words(random, random.choice(COMMAND_LINES).split())
        return words, "\n".join(words).encode("utf-8", "surrogateescape")

    @contextlib.contextmanager
    def there(self) -> Iterator[None]:
        before = os.getcwd()
        os.chdir(self.folder)
        try:
            yield
        finally:
            os.chdir(before)


def _model(count: int) -> bytes:
    """A network of some operators, which the rules have something to say of."""
    whole = onnx.load(str(ROOT / "examples" / "onnx" / "shufflenet_v1_g3.onnx"))
    return piece(shape_inference.infer_shapes(whole), 0, count)


def _target(name: str, folder: Path, *, signed: bool) -> str:
    """A target, which says how many rows it has and a checksum of it all unless not `signed`."""
    shutil.copytree(SHIPPED / name, folder / "mine")
    if not signed:
        file = folder / "mine" / "target.toml"
        said = tomli.loads(file.read_text(encoding="utf-8"))
        del said["checksum"], said["rows"]
        file.write_text(tomli_w.dumps(said), encoding="utf-8")
    return str(folder / "mine")


def _of_target(
    name: str, file: str, mutate: _Mutate, folder: Path, *, signed: bool = True
) -> Subject:
    target = _target(name, folder, signed=signed)
    (folder / "m.onnx").write_bytes(_model(24))
    words = ["--isolated", "--target", target, "--fail-on", "note", str(folder / "m.onnx")]
    return Subject(Path(target, file), words, mutate, is_kept=signed)


def _diff(folder: Path) -> Subject:
    """A slow-down that the gate does not let pass."""
    target = _target(TARGETS[0], folder, signed=True)
    (folder / "m.onnx").write_bytes(_model(16))
    (folder / "n.onnx").write_bytes(_model(24))
    words = ["diff", "--isolated", "--target", target, "--max-slowdown", "3%"]
    words += [str(folder / "m.onnx"), str(folder / "n.onnx")]
    return Subject(Path(target, "rows.csv"), words, mutated_csv, is_kept=True)


def _changed_model(folder: Path) -> Subject:
    (folder / "m.onnx").write_bytes(_model(16))
    (folder / "n.onnx").write_text("")
    words = ["diff", "--isolated", "--max-slowdown", "3%", "--fail-on-new", "--fail-on", "note"]
    return _ChangedModel(
        folder / "n.onnx", [*words, str(folder / "m.onnx")], mutated_toml, is_kept=False
    )


def _config(folder: Path) -> Subject:
    file = folder / "archlint.toml"
    file.write_text(_CONFIG, encoding="utf-8")
    (folder / "m.onnx").write_bytes(_model(24))
    return Subject(
        file, ["--config", str(file), str(folder / "m.onnx")], mutated_toml, is_kept=False
    )


def _baseline(folder: Path) -> Subject:
    file = folder / "known.toml"
    (folder / "m.onnx").write_bytes(_model(24))
    words = [str(folder / "m.onnx"), "--isolated", "--baseline", str(file), "--fail-on", "note"]
    _run([*words, "--write-baseline", "known"])
    return Subject(file, words, mutated_toml, is_kept=False)


def _reports(folder: Path, *, signed: bool = True) -> Subject:
    """A report of two that are merged, with the checksum that it has, or the one of its text."""
    files = [folder / f"{number}.json" for number in (1, 2)]
    for count, file in enumerate(files, 1):
        (folder / f"{count}.onnx").write_bytes(_model(8 * count))
        shard = f"--shard={count}/2"
        _run(["--isolated", f"--target={TARGETS[0]}", shard, f"--format=json={file}", str(folder)])
    words = ["merge", "--isolated", "--fail-on", "note", *map(str, files)]
    return Subject(files[0], words, mutated_json if signed else _signed_json, is_kept=signed)


def _signed_json(random: Random, text: str) -> str:
    changed = mutated_json(random, text)
    try:
        document = json.loads(changed)
        del document["checksum"]
        return json.dumps({**document, "checksum": checksum(document)})
    except (ValueError, KeyError, TypeError, RecursionError):
        return changed


KINDS: dict[str, Callable[[Path], Subject]] = {
    "table": partial(_of_target, TARGETS[0], "rows.csv", mutated_csv),
    "target file": partial(_of_target, TARGETS[0], "target.toml", mutated_toml),
    "measured table": partial(_of_target, TARGETS[1], "rows.csv", mutated_csv),
    "measured target file": partial(_of_target, TARGETS[1], "target.toml", mutated_toml),
    "table without a checksum": partial(
        _of_target, TARGETS[0], "rows.csv", mutated_csv, signed=False
    ),
    "target file without a checksum": partial(
        _of_target, TARGETS[0], "target.toml", mutated_toml, signed=False
    ),
    "measured table without a checksum": partial(
        _of_target, TARGETS[1], "rows.csv", mutated_csv, signed=False
    ),
    "diff": _diff,
    "changed model": _changed_model,
    "configuration": _config,
    "baseline": _baseline,
    "command line": _CommandLine,
    "merged report": _reports,
    "merged report with the checksum of its text": partial(_reports, signed=False),
}


def complaint(subject: Subject, random: Random, done: Done) -> tuple[str, bytes]:
    """What is wrong with how archlint takes the file with some fault, "" for nothing; the file.

    How it ended is counted in `done`.
    """
    words, data = subject.damaged(random)
    began = time.process_time()
    try:
        # the limits of a model are within those of the whole run here
        with section("", SLOWEST), subject.there(), patch(_SECTION, _within):
            code, said = _run(words)
    except ModelError as fault:
        return f"the whole run {fault.reason}", data
    seconds = time.process_time() - began
    done.ended(f"exit {code}", seconds)
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


_SECTION = "archlint.linter.limited.section"


@contextlib.contextmanager
def _within(_path: str, _seconds: float) -> Iterator[None]:
    yield


def _run(words: list[str]) -> tuple[int, str]:
    """The exit code and what is said on stderr."""
    registry.load_found.cache_clear()
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8", "surrogateescape"), io.StringIO()
    nothing = io.TextIOWrapper(io.BytesIO())
    with patch("sys.stdin", nothing), patch("sys.stdout", out), patch("sys.stderr", err):
        code = run(words)
    return code, err.getvalue()
