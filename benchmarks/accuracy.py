"""How well measured targets predict fresh work: kernels off their tables, and whole networks.

Run from the repository, on the device that the targets were measured on:
`python benchmarks/accuracy.py [TARGET ...] [--networks FOLDER ...] [--kernels 480] [--sessions 3]
[--json FILE]`.  A target is a name or its folder; networks are those of the examples and of the
tests, and every .onnx file of the folders given (`benchmarks/lowering.py --keep` exports some).
Everything is measured and predicted in one run.  Times are corrected by the drift of the
target's reference medley since its tables were measured; the drift is printed, and with it what
the figures would be without.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from math import log
from pathlib import Path
from statistics import median

import numpy as np
import onnx

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.lowering.lower import lower
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.table import SHARED, TableFile, read_table
from archlint.cost.target import load_target
from archlint.cost.target_files import FILE, ROWS, SHIPPED, TargetFiles, files_of, list_targets
from archlint.errors import ArchlintError
from archlint.graph.reader import read_model
from archlint.linter.registry import all_rules
from archlint.measure.backend import Backend
from archlint.measure.backends import backend_of
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.medley import Medley
from archlint.measure.plan.plan import MB
from archlint.measure.plan.sampling import drawn
from archlint.measure.random_weights import with_random_weights
from archlint.measure.runner import Request, measure
from archlint.measure.target_file import reference_of
from archlint.measure.workloads.shared import SHARED_WORKLOADS

ROOT = Path(__file__).parents[1]
EQUAL = 0.15
"""How far (log) the FLOPs of two kernels of a series may differ for a pair."""
FRESH = 20261122
"""The seed of kernels that no table holds."""


@dataclass(frozen=True, slots=True)
class Missed:
    """One kernel, what it took and what was predicted, in seconds, and the band."""

    kernel: str
    series: str
    measured: float
    predicted: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """The absolute error as a share of the measured time."""
        return abs(self.predicted / self.measured - 1)

    @property
    def inside(self) -> bool:
        """Whether the measured time lies within the band."""
        return self.low <= self.measured <= self.high


@dataclass(frozen=True, slots=True)
class Network:
    """A whole network: its time, what was predicted, and its kernels' errors."""

    name: str
    measured: float
    predicted: float
    low: float
    high: float
    median_error: float
    p90_error: float
    coverage: float
    kernels: int

    @property
    def error(self) -> float:
        """The error as a share of the measured time, with its sign."""
        return self.predicted / self.measured - 1


class Judge:
    """One target with its backend; times are corrected by the machine's drift."""

    def __init__(self, files: TargetFiles, sessions: int) -> None:
        self.target, self._sessions = load_target(files), sessions
        self.pricer = Pricer(self.target)
        self.backend: Backend = backend_of(self.target)
        self._file, self._reference = files.file, reference_of(files.file)
        self.drifts: list[float] = []

    def drift(self) -> float:
        """How much slower the machine is now than when the tables were measured."""
        self.drifts.append(self._reference.drift(self.backend))
        return self.drifts[-1]

    def kernels(self, count: int) -> tuple[list[Missed], int]:
        """Fresh kernels, measured like those of the tables, and how many were too uncertain."""
        found, marked = [], 0
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            home = out / self.target.name
            home.mkdir()
            # its reference medley tells the drift since the tables were measured
            shutil.copy(self._file, home / FILE)
            request = Request(self.target.name, out, _fresh(count))
            measure(request, self.backend, finish=_nothing, progress=_say)
            held = {(row.rule, row.kernels) for row in self.target.rows}
            for row in read_table(TableFile(home / ROWS)):
                price = self.pricer.price(_kernel(row.kernels))
                marked += row.marked
                if price is None or row.marked or (row.rule, row.kernels) in held:
                    continue
                found.append(
                    Missed(
                        row.kernels, row.series, row.median_s, price.seconds, price.low, price.high
                    )
                )
        return found, marked

    def slowdowns(self, kernels: Sequence[Missed]) -> list[bool]:
        """Of each pair of equal FLOPs in a series, whether its slow-down lies in the band."""
        inside = []
        for one, other in combinations(kernels, 2):
            if one.series != other.series:
                continue
            left, right = _kernel(one.kernel), _kernel(other.kernel)
            if not left.flops or abs(log(left.flops / right.flops)) > EQUAL:
                continue
            compared = self.pricer.compare([left], [right])
            if compared is not None:
                inside.append(compared.low <= one.measured / other.measured <= compared.high)
        return inside

    def network(self, path: Path) -> Network:
        """The kernels of a network in medleys of its own, and the whole of it."""
        model = read_model(str(path), batch=1)
        kernels = [placed.kernel for placed in lower(model, self.target.lowering).kernels]
        priced = [each for each in kernels if self.pricer.covers(each)]
        total = self.pricer.total(priced)
        if total is None:
            raise ValueError(f"{path.name}: nothing priced")
        drift = self.drift()
        times: dict[Kernel, list[float]] = defaultdict(list)
        runnable = [each for each in priced if self.backend.runs(each)]
        level = max((*self.target.lowering.rotation, 0)) * MB
        rotating = min(self.target.lowering.rotates(kernels), level)
        for session in range(self._sessions):
            order = random.Random(session).sample(runnable, len(runnable))
            for start in range(0, len(order), 40):
                part = tuple(order[start : start + 40])
                timing = self.backend.time(Medley(part, session, rotating))
                for kernel, seconds in zip(part, timing.kernels, strict=True):
                    times[kernel].append(seconds)
        errors = []
        for kernel in runnable:
            predicted = self.pricer.seconds([kernel]) or 0.0
            errors.append(abs(predicted * drift / median(times[kernel]) - 1))
        proto = with_random_weights(onnx.load(str(path), load_external_data=False), 0)
        whole = median(self.backend.time_model(proto, self._sessions)) / drift
        return Network(
            path.name.removesuffix(".onnx"), whole, total.seconds, total.low, total.high,
            float(np.median(errors)), float(np.quantile(errors, 0.9)),
            sum(each.mac for each in priced) / sum(each.mac for each in kernels), len(kernels),
        )  # fmt: skip


def _nothing(_: Path) -> None:
    """The fresh kernels' tables need no families."""


def _say(done: int, total: int, doing: str, share: float | None = None) -> None:  # noqa: ARG001
    if sys.stderr.isatty():
        print(f"\r{done} of {total}, {doing[:60]:60}", end="", file=sys.stderr)


def _fresh(count: int) -> dict[str, Sequence[Experiment]]:
    """A like share of every rule's fresh experiments, a few of which a table may hold.

    As many as the plan sorts into batches at once, or the company of small kernels is not that
    of the tables.
    """
    asked = {rule.code: rule.workloads() for rule in all_rules()} | {SHARED: SHARED_WORKLOADS}
    every = {rule: drawn(each, FRESH) for rule, each in asked.items()}
    total = sum(len(each) for each in every.values())
    return {rule: each[: 1 + count * len(each) // total] for rule, each in every.items()}


def _kernel(text: str) -> Kernel:
    ((_, kernel),) = parse_chain(text)
    return kernel


def networks(folders: Sequence[Path]) -> Iterator[Path]:
    """The networks of the examples, of the tests and of these folders."""
    for folder in (ROOT / "examples" / "onnx", ROOT / "tests" / "models", *folders):
        yield from sorted(folder.glob("*.onnx"))


def judge(name: str, kernels: int, sessions: int, folders: Sequence[Path]) -> dict[str, object]:
    """Measure, predict, print; returns all figures."""
    one = Judge(files_of(Path(name) if Path(name).is_dir() else SHIPPED / name), sessions)
    print(f"\n{name}: {one.target.device}, {one.target.runtime}, {one.target.threads} thread(s)")
    fresh, marked = one.kernels(kernels)
    inside = one.slowdowns(fresh)
    errors = [each.error for each in fresh]
    print(
        f"{len(fresh)} kernels off the table ({marked} more too uncertain):"
        f" median {np.median(errors):.1%},"
        f" p90 {np.quantile(errors, 0.9):.1%}, mean {np.mean(errors):.1%},"
        f" within their band {np.mean([each.inside for each in fresh]):.1%};"
        f" slow-downs of {len(inside)} pairs within theirs {np.mean(inside):.1%}"
    )
    figures: dict[str, object] = {"target": name, "kernels": [asdict(each) for each in fresh]}
    if one.target.dtype != "float":
        print("no whole networks: those at hand are of floats")
        return figures
    print(f"{'network':36} {'measured':>10} {'predicted':>10} {'error':>7}  kernels: median, p90")
    whole = []
    for path in networks(folders):
        try:
            each = one.network(path)
        except (ArchlintError, ValueError) as fault:
            print(f"{path.name}: {fault}")
            continue
        whole.append(each)
        print(
            f"{each.name:36} {each.measured * 1e3:7.2f} ms {each.predicted * 1e3:7.2f} ms"
            f" {each.error:+7.1%}  {each.median_error:5.1%} {each.p90_error:6.1%}"
            f"  covered {each.coverage:.1%}",
            flush=True,
        )
    misses = [abs(each.error) for each in whole]
    print(
        f"within 10 %: {np.mean([e <= 0.1 for e in misses]):.0%} of {len(whole)}, the worst"
        f" {max(misses):.1%};"
        f" kernels' median above 10 % in {sum(e.median_error > 0.1 for e in whole)};"
        f" least coverage {min(e.coverage for e in whole):.1%};"
        f" within the band {np.mean([e.low <= e.measured <= e.high for e in whole]):.0%}"
    )
    print(f"drift {min(one.drifts):.3f} to {max(one.drifts):.3f}")
    return {**figures, "networks": [asdict(each) for each in whole], "drifts": one.drifts}


def main() -> None:
    """All shipped targets that were measured on ONNX Runtime, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--networks", type=Path, action="append", default=[])
    parser.add_argument("--kernels", type=int, default=480)
    parser.add_argument("--sessions", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    names = options.targets or [name for name in list_targets(SHIPPED) if "-ort-" in name]
    found = [judge(name, options.kernels, options.sessions, options.networks) for name in names]
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
