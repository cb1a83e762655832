"""How well a target that was carried over from another device's predicts networks and slow-downs.

Run from the repository.  Networks are timed once and kept, so that all else takes minutes:
`python benchmarks/transfer.py networks FILE.jsonl FOLDER ...`
On the device at hand, from a base of another one (N repeats of `calibrate`, then budgets):
`python benchmarks/transfer.py here FILE.jsonl --base NAME [--repeats 5] [--budgets 1m 2m 5m]`
Without measuring, by a table of the device at hand that was measured before: its rows, with the
noise of their sessions, are what a session gives, and the clock is what sessions take:
`python benchmarks/transfer.py replay FILE.jsonl --base NAME --table NAME [--repeats 5] ...`
By a target as it is: `python benchmarks/transfer.py judge FILE.jsonl --base NAME`, and
with `--write FILE.csv` each network, for `benchmarks/pictures.py` to draw.
Slow-downs are those of pairs of equal FLOPs among the rows of `--table` that the target has not.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from math import log
from pathlib import Path
from random import Random
from statistics import median

import numpy as np
import onnx
import tomli
import tomli_w

from archlint.cli.duration import duration_text, parse_duration
from archlint.commands.measure import make_request, with_bases
from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.lowering.lower import lower
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.price import Price
from archlint.cost.target import Target, load_target
from archlint.cost.target_files import SHIPPED, TargetFiles, files_of
from archlint.errors import ArchlintError
from archlint.graph.model import Model
from archlint.graph.reader import read_model
from archlint.measure.backend import Backend, Provenance
from archlint.measure.backends import Settings, make_backend
from archlint.measure.fit.calibrate_target import sections, tune_target
from archlint.measure.plan.medley import Medley, Timing
from archlint.measure.random_weights import with_random_weights
from archlint.measure.runner import measure
from archlint.measure.target_file import put_sections

EQUAL = 0.15
"""How far (log) the FLOPs of two rows of a series may differ for a pair."""
SHORTEST = 5e-6
"""Seconds: the slow-down of kernels below it is that of their launches."""
PAIRS = 800
SESSION, RUNS, RUN_FOR = 0.12, (9, 102), 0.2
"""What a session takes beside its runs, and how many runs, in a replay."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A network and the seconds that it takes."""

    name: str
    model: Model
    seconds: float


@dataclass(frozen=True, slots=True)
class Judged:
    """How a target predicts networks, and slow-downs of kernels that it has no rows of."""

    errors: Sequence[float]
    inside: Sequence[bool]
    slowdowns: Sequence[float]
    slowdowns_inside: Sequence[bool]

    def __str__(self) -> str:
        """One line."""
        misses = np.abs(self.errors)
        text = (
            f"within 10 % {np.mean(misses <= 0.1):.1%}, median {np.median(misses):.1%}, worst"
            f" {misses.max():.1%}, beyond 30 % {int((misses > 0.3).sum())}, in band"
            f" {np.mean(self.inside):.1%}"
        )
        if not self.slowdowns:
            return text
        return (
            f"{text}; slow-downs median {np.median(self.slowdowns):.1%}, p90"
            f" {np.quantile(self.slowdowns, 0.9):.1%}, in band {np.mean(self.slowdowns_inside):.1%}"
        )


class Replay(Backend):
    """A device of which a table is known: what it says, with the noise of its rows."""

    def __init__(self, files: TargetFiles, seed: int) -> None:
        self._target, self._random = load_target(files), Random(seed)
        self._lowering = tomli.loads(files.file.read_text(encoding="utf-8"))["lowering"]
        self._now = 0.0

    def clock(self) -> float:
        """The time that sessions have taken so far."""
        return self._now

    @cached_property
    def _rows(self) -> dict[str, tuple[float, float]]:
        found = {}
        for row in self._target.rows:
            low, high = row.p10_s or row.median_s, row.p90_s or row.median_s
            found[row.kernels] = row.median_s, log(high / low) / 2.56
        return found

    def provenance(self) -> Provenance:
        """That of the table."""
        of = self._target
        return Provenance(of.device, of.runtime, {}, of.dtype, int(of.threads), 1, 1 << 36)

    def lowering(self) -> str:
        """That of the table."""
        return tomli_w.dumps({"lowering": self._lowering})

    def caches(self) -> tuple[int, int]:
        """Those of the table."""
        return self._target.machine.near, self._target.machine.far

    def runs(self, kernel: Kernel) -> bool:
        """Whether the table has it."""
        return kernel.text in self._rows

    def time(self, medley: Medley) -> Timing:
        """What the rows say."""
        seconds = []
        for kernel in medley.kernels:
            middle, spread = self._rows[kernel.text]
            seconds.append(middle * self._random.lognormvariate(0.0, spread))
        run = sum(seconds)
        least, most = RUNS
        self._now += SESSION + 2 * max(least * run, min(RUN_FOR, most * run))
        return Timing(tuple(seconds), run)

    def time_model(self, model: onnx.ModelProto, sessions: int) -> tuple[float, ...]:
        """A table has no models."""
        raise NotImplementedError


class Judge:
    """Networks with their times, and pairs of rows of a table."""

    def __init__(self, truth: Sequence[Path], table: Target | None) -> None:
        self._networks = list(_read(truth))
        self._pairs = _pairs(table) if table is not None else []

    def __len__(self) -> int:
        return len(self._networks)

    def priced(self, target: Target, pricer: Pricer) -> Iterator[tuple[Timed, Price]]:
        """Each network with what this target predicts."""
        for each in self._networks:
            kernels = [placed.kernel for placed in lower(each.model, target.lowering).kernels]
            total = pricer.total([kernel for kernel in kernels if pricer.covers(kernel)])
            if total is not None:
                yield each, total

    def judge(self, target: Target) -> Judged:
        """How this target predicts them."""
        pricer, errors, inside = Pricer(target), [], []
        for each, total in self.priced(target, pricer):
            errors.append(total.seconds / each.seconds - 1)
            inside.append(total.low <= each.seconds <= total.high)
        own = {row.kernels for row in target.rows if not row.carried}
        slow, slow_inside = [], []
        for left, right, slowdown in self._pairs:
            if own.isdisjoint((left.text, right.text)):
                compared = pricer.compare([left], [right])
                if compared is not None:
                    slow.append(abs(compared.slowdown / slowdown - 1))
                    slow_inside.append(compared.low <= slowdown <= compared.high)
        return Judged(errors, inside, slow, slow_inside)


def _read(truth: Sequence[Path]) -> Iterator[Timed]:
    for path in truth:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "walls" in row:
                model = read_model(row["file"], batch=1)
                yield Timed(row["file"], model, median(row["walls"]) / row.get("drift", 1.0))


def _pairs(table: Target) -> list[tuple[Kernel, Kernel, float]]:
    series = defaultdict(list)
    for row in table.rows:
        ((_, kernel),) = parse_chain(row.kernels)
        if kernel.flops and row.median_s >= SHORTEST:
            series[row.rule, row.series].append((kernel, row.median_s))
    found = [
        (one, other, first / second)
        for members in series.values()
        for (one, first), (other, second) in combinations(members, 2)
        if abs(log(one.flops / other.flops)) <= EQUAL
    ]
    return Random(0).sample(found, min(PAIRS, len(found)))


def _files(name: str) -> TargetFiles:
    return files_of(Path(name) if Path(name).is_dir() else SHIPPED / name)


def _finish(file: Path) -> None:
    """Fit what has no rows of a base, as `archlint measure` does."""
    target = load_target(files_of(file.parent))
    if target.transfer is None:
        put_sections(file, sections(tune_target(target)))


def _say(done: int, total: int, doing: str, share: float | None = None) -> None:  # noqa: ARG001
    if sys.stderr.isatty():
        print(f"\r{done} of {total}, {doing[:60]:60}", end="", file=sys.stderr)


def run(
    judge: Judge, base: str, budgets: Sequence[str], repeats: int, device: Callable[[int], Backend]
) -> None:
    """Calibrate so many times, then measure with each budget; print what comes of it."""
    print(f"{len(judge)} networks; base {base} as it is: {judge.judge(load_target(_files(base)))}")
    asked: list[tuple[str, float | None, int]] = [("calibrate", None, n) for n in range(repeats)]
    asked += [(f"--budget {each}", parse_duration(each, "--budgets"), 0) for each in budgets]
    for what, budget, seed in asked:
        with tempfile.TemporaryDirectory() as folder:
            done, made = _made(Path(folder), base, budget, device(seed))
            print(f"{what}: {done}: {judge.judge(made)}", flush=True)


def _made(out: Path, base: str, budget: float | None, backend: Backend) -> tuple[str, Target]:
    """What was done, in words, and the target that came of it."""
    clock = backend.clock if isinstance(backend, Replay) else time.monotonic
    begun = clock()
    request = make_request("made", (), budget, out, calibrating=budget is None)
    request = with_bases(request, backend, base)
    done = measure(request, backend, finish=_finish, progress=_say, clock=clock)
    seconds = clock() - begun
    made = load_target(files_of(out / "made"))
    carried, text = made.transfer, "no base"
    if carried is not None:
        text = (
            f"x {carried.factor:.3f} ({carried.low:.3f} to {carried.high:.3f}),"
            f" launch {1e6 * carried.launch:+.2f} us"
        )
    # its rows are gone with its folder
    made = replace(made, rows=tuple(made.rows))
    return f"{done.rows} rows in {duration_text(seconds)}, {text}", made


def time_networks(file: Path, folders: Sequence[Path], backend: Backend, sessions: int) -> None:
    """Time every network of these folders that the file does not hold, and keep it there."""
    known = set()
    if file.exists():
        known = {json.loads(line)["file"] for line in file.read_text("utf-8").splitlines()}
    for path in (each for folder in folders for each in sorted(folder.glob("*.onnx"))):
        if str(path) in known:
            continue
        row: dict[str, object] = {"file": str(path)}
        try:
            proto = with_random_weights(onnx.load(str(path), load_external_data=False), 0)
            row["walls"] = backend.time_model(proto, sessions)
        except ArchlintError as fault:
            row["error"] = str(fault)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(row) + "\n")
        print(path.name, row.get("walls", row.get("error")), flush=True)


def write_networks(file: Path, judge: Judge, target: Target) -> None:
    """A line for each network, in ms: its name, as measured, and as predicted with its band."""
    lines = sorted(
        (
            Path(each.name).stem,
            *(f"{1e3 * s:.4g}" for s in (each.seconds, p.seconds, p.low, p.high)),
        )
        for each, p in judge.priced(target, Pricer(target))
    )
    with file.open("w", encoding="utf-8", newline="") as made:
        rows = csv.writer(made, lineterminator="\n")
        rows.writerow(("network", "measured_ms", "predicted_ms", "low_ms", "high_ms"))
        rows.writerows(lines)


def main() -> None:
    """Time networks, or judge what is carried over here or in a replay."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("networks", "here", "replay", "judge"))
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--base", default="epyc-milan-ort-fp32-1t")
    parser.add_argument("--table")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--budgets", nargs="*", default=["1m", "2m", "5m"])
    parser.add_argument("--backend", default="ort")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sessions", type=int, default=3)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    if options.what in ("networks", "here"):
        backend = make_backend(Settings(options.backend, threads=options.threads))
    if options.what == "networks":
        time_networks(options.paths[0], options.paths[1:], backend, options.sessions)
        return
    table = load_target(_files(options.table)) if options.table else None
    judge = Judge(options.paths, table)
    if options.what == "judge":
        target = load_target(_files(options.base))
        print(f"{options.base}: {judge.judge(target)}")
        if options.write is not None:
            write_networks(options.write, judge, target)
        return

    def device(seed: int) -> Backend:
        return Replay(_files(options.table), seed) if options.what == "replay" else backend

    run(judge, options.base, options.budgets, options.repeats, device)


if __name__ == "__main__":
    main()
