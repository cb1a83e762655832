"""Whether lowering gives the kernels of ONNX Runtime's own graph, on networks of four packages.

    python benchmarks/lowering.py [--exporter NAME] [--draw COUNT] [PACKAGE[:NAME,...] ...]

Run from the repository.  Exports each network with random weights in a process of its own, lets
ONNX Runtime optimise it for this CPU, and compares the kernels by operator, path, epilogue and the
sizes of their weights.  A row a network says what differs, with the effect in percent of its
predicted time: our kernels that the runtime doesn't run, less those of the runtime that we don't
have, each of these at the mean price of what we have instead of its operator, or else of all of
it.  `--keep` is where exported files stay and are found again; files there of any origin are
compared with `files`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean

import onnx
from networks import EXPORTERS, NAMES, drawn, exported

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from archlint.cost.lowering.lower import lower  # noqa: E402
from archlint.cost.pricer import Pricer  # noqa: E402
from archlint.cost.target import load_target  # noqa: E402
from archlint.cost.target_files import SHIPPED, files_of  # noqa: E402
from archlint.errors import ArchlintError  # noqa: E402
from archlint.graph.reader import read_model  # noqa: E402
from tests.measure.onnxruntime.ort_graph import (  # noqa: E402
    Signature,
    block_here,
    optimised,
    signatures_of_graph,
    signatures_of_kernels,
)

TARGET = "epyc-milan-ort-fp32-1t"
"""Whose prices weigh the differences."""


@dataclass(slots=True)
class Row:
    """What a network gave: kernels of ours that the runtime doesn't run, and the reverse."""

    name: str
    kernels: int = 0
    ours: Counter[Signature] = field(default_factory=Counter)
    theirs: Counter[Signature] = field(default_factory=Counter)
    effect: float = 0.0
    by_kind: Mapping[str, float] = field(default_factory=dict)
    error: str = ""


class Judge:
    """Compares the kernels of files with those of ONNX Runtime on this CPU."""

    def __init__(self, folder: Path) -> None:
        target = load_target(files_of(SHIPPED / TARGET))
        self._pricer, self._folder, self._block = Pricer(target), folder, block_here(folder)
        blocked = target.lowering.blocked
        if blocked is not None:
            blocked = replace(blocked, block=self._block) if self._block > 1 else None
        self._rules = replace(target.lowering, blocked=blocked)

    def row(self, file: Path) -> Row:
        """What differs in one file."""
        row = Row(file.stem)
        proto = onnx.load(file)
        try:
            theirs = signatures_of_graph(optimised(proto, self._folder), self._block)
        except Exception as error:
            row.error = f"ONNX Runtime: {' '.join(str(error).split())[:120]}"
            return row
        try:
            lowered = lower(read_model(proto), self._rules)
        except ArchlintError as error:
            row.error = str(error)
            return row
        ours = signatures_of_kernels(lowered, self._block)
        row.kernels, row.ours, row.theirs = sum(theirs.values()), ours - theirs, theirs - ours
        prices: defaultdict[Signature, list[float]] = defaultdict(list)
        by_op: defaultdict[str, list[float]] = defaultdict(list)
        for placed in lowered.kernels:
            one = replace(lowered, kernels=(placed,))
            (signature,) = signatures_of_kernels(one, self._block)
            seconds = self._pricer.seconds([placed.kernel])
            if seconds is not None:
                prices[signature].append(seconds)
                by_op[signature[0]].append(seconds)
        total = sum(map(sum, prices.values())) or 1.0
        everywhere = min(map(min, prices.values()), default=0.0)
        kinds: defaultdict[str, float] = defaultdict(float)
        for signature, count in row.ours.items():
            kinds[f"ours {kind_of(signature)}"] += count * fmean(prices[signature] or [0.0])
        instead: defaultdict[str, list[float]] = defaultdict(list)
        for signature in row.ours:
            instead[signature[0]].extend(prices[signature])
        for signature, count in row.theirs.items():
            mean = fmean(instead[signature[0]] or by_op[signature[0]] or [everywhere])
            kinds[f"runtime's {kind_of(signature)}"] -= count * mean
        row.by_kind = {kind: seconds / total for kind, seconds in kinds.items()}
        row.effect = sum(row.by_kind.values())
        return row


def kind_of(signature: Signature) -> str:
    """A signature without its sizes."""
    op, path, epilogue, _ = signature
    return " ".join(filter(None, (op, path, "+".join(epilogue) and f"+{'+'.join(epilogue)}")))


def _shown(counts: Counter[Signature]) -> str:
    kinds: Counter[str] = Counter()
    for signature, count in counts.items():
        kinds[kind_of(signature)] += count
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "none"


def _files(options: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Path | str]]:
    """Each network's file, or why there is none."""
    for asked in options.networks or NAMES:
        package, _, only = asked.partition(":")
        if package == "files":
            yield from ((each.stem, each) for each in sorted(folder.glob("*.onnx")))
            continue
        names = only.split(",") if only else NAMES[package]
        if options.draw:
            names = drawn(package, options.draw, options.seed)
        for name in names:
            for exporter in (options.exporter,) if options.exporter else EXPORTERS:
                try:
                    file = exported(package, name, exporter, folder, options.seconds)
                except ValueError as error:
                    yield f"{package}.{name}.{exporter}", str(error)
                else:
                    yield file.stem, file


def summary(rows: Sequence[Row]) -> None:
    """How many are equal, and what differs where they are not, by kind."""
    compared = [row for row in rows if not row.error]
    equal = [row for row in compared if not row.ours and not row.theirs]
    near = sum(abs(row.effect) < 0.01 for row in compared)
    print(
        f"\n{len(compared)} of {len(rows)} networks compared: {len(equal)} equal,"
        f" {near} within 1 % of the predicted time"
    )
    kinds: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in compared:
        counts: Counter[str] = Counter()
        for which, found in (("ours", row.ours), ("runtime's", row.theirs)):
            for signature, count in found.items():
                counts[f"{which} {kind_of(signature)}"] += count
        for kind, count in counts.items():
            kinds[kind].append((count, row.by_kind.get(kind, 0.0)))
    print(f"{'kind of difference':48} networks kernels  effect: mean, most")
    for kind, pairs in sorted(kinds.items(), key=lambda each: -len(each[1])):
        effects = [effect for _, effect in pairs]
        print(
            f"{kind:48} {len(pairs):8} {sum(count for count, _ in pairs):7}"
            f"  {fmean(effects):+.2%} {max(effects, key=abs):+.2%}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="PACKAGE[:NAME,...]")
    parser.add_argument("--exporter", choices=EXPORTERS, help="default: both")
    parser.add_argument("--draw", type=int, help="so many others of each package, at random")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--keep", type=Path, help="folder of the exported files")
    parser.add_argument("--seconds", type=float, default=60, help="for one export")
    options = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(exist_ok=True)
        judge = Judge(Path(scratch))
        for name, file in _files(options, folder):
            began = time.perf_counter()
            row = Row(name, error=file) if isinstance(file, str) else judge.row(file)
            rows.append(row)
            if row.error:
                print(f"{name:48} not compared: {row.error}", flush=True)
            elif row.ours or row.theirs:
                print(
                    f"{name:48} {row.effect:+7.2%} of {row.kernels} kernels:"
                    f" ours {_shown(row.ours)} | runtime's {_shown(row.theirs)}",
                    flush=True,
                )
            else:
                spent = time.perf_counter() - began
                print(f"{name:48} equal: {row.kernels} kernels ({spent:.1f} s)", flush=True)
    summary(rows)


if __name__ == "__main__":
    main()
