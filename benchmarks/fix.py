"""What `archlint fix` gains on this machine: examples before and after an edit of each kind.

Run from the repository, with PyTorch and ONNX Runtime, on a device with a measured target:
`python benchmarks/fix.py [TARGET] [--sessions 7] [--rounds 15] [--example vit_s16]`.  Both nets
are exported with weights; pairs of fresh sessions with one thread run in turns, and a round's
figure is the ratio of its two times.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch

from archlint.commands.fix import fix
from archlint.linter.source import SourceModel
from archlint.settings.options import Options
from archlint.source.export import ModelSpec

TARGET = "epyc-milan-ort-fp32-1t"
INPUT = "1x3x224x224"


@dataclass(frozen=True, slots=True)
class Case:
    """An example and the edit that is wanted of it."""

    kind: str
    factory: str
    rules: str
    redesign: bool = True


CASES = (
    Case("exact: branches folded", "examples/nets/repvgg.py:repvgg_a0", "G3", redesign=False),
    Case("activation", "examples/nets/mobilenet.py:mobilenet_v2", "G4"),
    Case("activation", "examples/nets/vit.py:vit_s16", "G4"),
    Case("groups and widths", "examples/nets/shufflenet.py:shufflenet_v1_g3", "G2"),
    Case("expansion and widths", "examples/nets/mobilenet.py:mobilenet_v2", "G1"),
)


def made(text: str, factory: str) -> Any:
    """The module that a factory of this text gives, in eval mode, with uneven statistics."""
    names: dict[str, Any] = {"__name__": "nets"}
    exec(compile(text, factory, "exec"), names)
    torch.manual_seed(0)
    module = names[factory.rpartition(":")[2]]().eval()
    for name, value in module.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2.0)
        elif name.endswith("running_mean"):
            value.normal_(0.0, 0.1)
    return module


def exported(module: Any, image: Any, path: Path) -> Path:
    """The file that PyTorch's exporter writes, with all weights."""
    program = torch.onnx.export(module, (image,), dynamo=True, verbose=False)
    assert program is not None
    program.save(path)
    return path


def timed(path: Path, image: Any) -> Callable[[], float]:
    """A fresh session, warmed up; a call runs it once and gives its seconds."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: image.numpy()}

    def once() -> float:
        start = time.perf_counter()
        session.run(None, feed)
        return time.perf_counter() - start

    for _ in range(3):
        once()
    return once


def compared(
    before: Path, after: Path, image: Any, sessions: int, rounds: int
) -> tuple[float, list[float]]:
    """The median seconds before, and for each pair of sessions the median ratio of its rounds."""
    seconds, ratios = [], []
    for number in range(sessions):
        order = (before, after) if number % 2 else (after, before)
        runs = {path: timed(path, image) for path in order}
        pairs = [(runs[before](), runs[after]()) for _ in range(rounds)]
        seconds += [one for one, _ in pairs]
        ratios.append(statistics.median(other / one for one, other in pairs))
    return statistics.median(seconds), ratios


def run(case: Case, target: str, sessions: int, rounds: int, folder: Path) -> str:
    """One row of the table."""
    select = (case.rules,)
    options = Options(targets=(target,), select=select)
    source = SourceModel(ModelSpec.parse(case.factory, [INPUT], "{}"))
    repair, _ = fix(source, options, redesign=case.redesign, notes=True, tell=_tell)
    (change,) = repair.changes
    image = torch.randn(*map(int, INPUT.split("x")), generator=torch.Generator().manual_seed(1))
    old, new = made(change.before, case.factory), made(change.after, case.factory)
    apart = ""
    if not case.redesign:
        new.load_state_dict(old.state_dict())
        with torch.no_grad():
            one, other = old(image).numpy(), new(image).numpy()
        apart = f"{np.abs(one - other).max() / np.abs(one).max():.1e}"
    before = exported(old, image, folder / "before.onnx")
    after = exported(new, image, folder / "after.onnx")
    seconds, ratios = compared(before, after, image, sessions, rounds)
    predicted = repair.before.seconds[target]
    to = repair.after.seconds[target]
    ratio = statistics.median(ratios)
    return (
        f"| {case.kind} | {case.factory.rpartition(':')[2]} "
        f"| {predicted * 1e3:.2f} -> {to * 1e3:.2f} ms ({to / predicted - 1:+.1%}) "
        f"| {seconds * 1e3:.2f} -> {seconds * ratio * 1e3:.2f} ms ({ratio - 1:+.1%}; "
        f"{min(ratios) - 1:+.1%} to {max(ratios) - 1:+.1%}) | {apart} |"
    )


def _tell(doing: str) -> None:
    print(f"trying: {doing}", file=sys.stderr)


def main() -> None:
    """Edit, export, run, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", default=TARGET)
    parser.add_argument("--sessions", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--example", default="", help="only this one")
    options = parser.parse_args()
    print("| edit | example | predicted | measured (all sessions) | outputs differ by |")
    print("|---|---|---|---|---|")
    for case in (each for each in CASES if each.factory.endswith(options.example)):
        with tempfile.TemporaryDirectory() as name:
            row = run(case, options.target, options.sessions, options.rounds, Path(name))
        print(row, flush=True)


if __name__ == "__main__":
    main()
