"""Whether archlint reads networks drawn at random: crashes, unknown shapes, FLOPs.

    python benchmarks/flops.py ROWS.jsonl [--draw COUNT] [PACKAGE[:NAME,...] ...]

Run from the repository.  Draws networks of timm, transformers and pytorchcv, exports each by one
of torch's two exporters in turn (by the other where that fails), lints it on each shipped target
(or on those that `--targets` names; those of int8 would say no more than that it is float), and
compares its FLOPs with those that torch's FlopCounterMode counts in the module, before any
export.  Compared are convs, transposed convs, products, contractions, recurrent operators and
attention, at 2 FLOPs for each multiply-add and none for a bias: the counter knows no others.  What
depends on no input is counted by neither, for it runs once for all, before the first run.

ROWS.jsonl has a row a network; what it has is not done again.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import cycle, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
from networks import EXPORTERS, drawn, torch_model

from archlint.api import lint
from archlint.graph import read_model
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import facts_of
from archlint.linter.registry import locate_all

if TYPE_CHECKING:
    from archlint.source.export.build import Built

PACKAGES = ("timm", "transformers", "pytorchcv")
_MOST_PARAMETERS = 100e6
"""Of a network that is looked at: the export of a larger one takes minutes."""
_MOST_APART = 0.02
_COUNTED = frozenset({
    Work.ATTENTION, Work.CONTRACTION, Work.CONV, Work.PRODUCT, Work.RECURRENCE,
    Work.TRANSPOSED_CONV,
})  # fmt: skip
"""The work whose FLOPs torch counts too."""
_EXAMPLE = Path(__file__).parents[1] / "examples/onnx/mobilenet_v2.onnx"


@dataclass(slots=True)
class Row:
    """What a network gave; `ours` and `theirs` are FLOPs by operator.

    `refused` says why it was not looked at.  `faults` are archlint's own: models and rules that
    crashed, operators and tensors without shapes.
    """

    name: str
    exporter: str
    refused: str = ""
    parameters: int = 0
    operators: int = 0
    findings: int = 0
    seconds: float = 0.0
    ours: Mapping[str, int] = field(default_factory=dict)
    theirs: Mapping[str, int] = field(default_factory=dict)
    faults: Sequence[str] = ()

    @property
    def apart(self) -> float:
        """Our FLOPs over torch's, less 1."""
        ours, theirs = sum(self.ours.values()), sum(self.theirs.values())
        return ours / theirs - 1 if theirs else float(ours > 0)


def _counted(built: Built) -> dict[str, int]:
    """The FLOPs of a module by torch's operators; attention is taken as its two products."""
    import torch
    from torch.multiprocessing.reductions import StorageWeakRef
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils._pytree import tree_leaves
    from torch.utils.flop_counter import FlopCounterMode

    def storages(values: object) -> set[StorageWeakRef]:
        tensors = (each for each in tree_leaves(values) if isinstance(each, torch.Tensor))
        return {StorageWeakRef(each.untyped_storage()) for each in tensors}

    class OfInputs(FlopCounterMode):
        """Counts what depends on an input, followed by storage, for views write to their base."""

        def _count_flops(self, packet: Any, out: Any, args: Any, kwargs: Any) -> Any:
            if dependent.isdisjoint(storages((args, kwargs))):
                return out
            dependent.update(storages(out))
            return super()._count_flops(packet, out, args, kwargs)

    torch.backends.mha.set_fastpath_enabled(False)  # its kernels are none that are counted
    built.module.requires_grad_(False)  # the counter hangs hooks on gradients, if there are any
    counter, dependent = OfInputs(display=False), storages((built.args, built.kwargs))
    with torch.no_grad(), built.mode(), sdpa_kernel(SDPBackend.MATH), counter:
        built.module(*built.args, **built.kwargs)
    return {str(op): flops for op, flops in counter.get_flop_counts()["Global"].items()}


def _made(name: str, *, fake: bool) -> Built:
    from archlint.source.export.build import make
    from archlint.source.export.spec import ModelSpec

    factory = partial(torch_model, *name.split("."))
    return make(ModelSpec("networks", "torch_model"), factory, fake=fake)


def _exported(name: str, exporter: str, built: Built) -> onnx.ModelProto:
    from archlint.source.export.to_onnx import to_onnx, to_onnx_by_tracing

    if exporter == "dynamo":
        return to_onnx(built)
    return to_onnx_by_tracing(built if built.fake is None else _made(name, fake=False))


def _export(row: Row) -> onnx.ModelProto:
    """Fill in what torch knows of a network, and export it; raises what torch raises."""
    try:
        built = _made(row.name, fake=True)
        row.theirs = _counted(built)
    except Exception:  # it looks at values, which tensors without memory do not have
        built = _made(row.name, fake=False)
        row.theirs = _counted(built)
    row.parameters = sum(each.numel() for each in built.module.parameters())
    if row.parameters > _MOST_PARAMETERS:
        raise ValueError(f"more than {_MOST_PARAMETERS / 1e6:.0f} M parameters")
    try:
        return _exported(row.name, row.exporter, built)
    except Exception:  # the other exporter knows other operators
        (row.exporter,) = {*EXPORTERS} - {row.exporter}
        return _exported(row.name, row.exporter, built)


def _look(name: str, exporter: str, targets: Sequence[str], file: Path) -> None:
    """Write the row of a network as a line of JSON."""
    row = Row(name, exporter)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # graphs of failed exports
    try:
        proto = _export(row)
    except Exception as error:
        row.refused = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
    else:
        began = time.perf_counter()
        report = lint(proto, targets=targets)
        (model,) = report.models
        row.faults = [
            *report.problems,
            *filter(None, (model.error, model.skipped)),
            *(f"unknown: {each}" for each in model.unknown_operators),
            *(f"malformed: {each}" for each in model.malformed),
            *(f"no shapes: {each.count} {each.op_type}" for each in model.shapeless),
        ]
        row.findings = len(model.findings)
        row.seconds = time.perf_counter() - began
        operators = read_model(proto).operators
        ours: Counter[str] = Counter()
        for op in operators:
            if facts_of(op.op_type).work in _COUNTED:
                ours[op.op_type] += (op.flops or 0) * op.repeats
        row.operators, row.ours = len(operators), dict(ours)
    file.write_text(json.dumps(asdict(row)) + "\n", encoding="utf-8")


def _rows(
    names: Sequence[str], targets: Sequence[str], file: Path, seconds: float, until: float
) -> Iterator[Row]:
    """The row of each network; a process for each, so that none costs the others theirs."""
    kept = file.read_text(encoding="utf-8").splitlines() if file.exists() else ()
    known = {row.name: row for row in (Row(**json.loads(each)) for each in kept)}
    fresh = file.with_suffix(".row")
    for name, exporter in zip(names, cycle(EXPORTERS), strict=False):
        if name not in known and time.monotonic() < until:
            fresh.unlink(missing_ok=True)
            process = multiprocessing.get_context("fork").Process(
                target=_look, args=(name, exporter, targets, fresh)
            )
            process.start()
            process.join(seconds)
            late = process.is_alive()
            process.kill()
            process.join()
            if not fresh.exists():
                row = Row(name, exporter)
                if late:
                    row.refused = f"not done within {seconds:.0f} s"
                else:
                    row.faults = [f"the process ended with code {process.exitcode}"]
                fresh.write_text(json.dumps(asdict(row)) + "\n", encoding="utf-8")
            line = fresh.read_text(encoding="utf-8")
            with file.open("a", encoding="utf-8") as rows:
                rows.write(line)
            known[name] = Row(**json.loads(line))
        if name in known:
            yield known[name]


def _print(row: Row) -> None:
    if row.refused:
        print(f"{row.name} by {row.exporter}: not looked at: {row.refused}", flush=True)
        return
    wrong = abs(row.apart) > _MOST_APART
    print(
        f"{row.name} by {row.exporter}: {row.operators} operators, {row.apart:+.2%}"
        f" ({row.seconds:.1f} s)",
        *([f"ours {dict(row.ours)} torch's {dict(row.theirs)}"] if wrong else ()),
        *row.faults,
        sep="\n    ",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path, metavar="ROWS.jsonl")
    parser.add_argument("networks", nargs="*", metavar="PACKAGE[:NAME,...]", default=PACKAGES)
    parser.add_argument("--targets", help="default: all that are shipped and price floats")
    parser.add_argument("--draw", type=int, default=250, help="so many of each package")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--seconds", type=float, default=100, help="for one network")
    parser.add_argument("--minutes", type=float, default=1e9, help="after which none is begun")
    options = parser.parse_intermixed_args()
    until = time.monotonic() + 60 * options.minutes
    os.environ["HF_HUB_OFFLINE"] = "1"
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    import torch

    torch.set_num_threads(1)
    chosen = []
    for asked in options.networks:
        package, _, only = asked.partition(":")
        names = only.split(",") if only else drawn(package, options.draw, options.seed)
        chosen.append([f"{package}.{each}" for each in names])
    floats = [each.target.name for each in locate_all(()) if each.target.dtype != "int8"]
    targets = options.targets.split(",") if options.targets else floats
    lint(str(_EXAMPLE), targets=targets)  # what each process is forked from has loaded everything
    rows = []
    names = [each for some in zip_longest(*chosen) for each in some if each]
    for row in _rows(names, targets, options.rows, options.seconds, until):
        _print(row)
        rows.append(row)
    looked = [row for row in rows if not row.refused]
    near = sum(abs(row.apart) <= _MOST_APART for row in looked)
    print(
        f"\n{len(looked)} of {len(rows)} networks looked at: {near} within {_MOST_APART:.0%} of"
        f" torch's FLOPs, {sum(bool(row.faults) for row in looked)} with faults"
    )


if __name__ == "__main__":
    main()
