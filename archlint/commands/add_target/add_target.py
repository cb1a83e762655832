"""`archlint targets add`: a target from times of whole networks that somebody has measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import tomli
import tomli_w

from archlint.commands.add_target.times import Timed, read_times
from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.lower import lower
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.table import HEADER, TableFile
from archlint.cost.target import Calibration, Target, checksum_of
from archlint.cost.target_files import FILE, ROWS, SHIPPED
from archlint.doing import doing
from archlint.errors import UsageError
from archlint.limits.files import read_bounded
from archlint.linter.pipeline import Progress
from archlint.linter.registry import locate
from archlint.linter.source import SourceModel, build, load
from archlint.measure.fit.infer import Believed, Prior, infer
from archlint.measure.fit.inferred_sections import inferred_sections
from archlint.measure.fit.network_row import NetworkRow
from archlint.measure.fit.networks_left_out import calibrated, leave_families_out
from archlint.settings.options import Options
from archlint.source.export.spec import InputSpec, ModelSpec, Value
from archlint.whole_file import write_whole

__all__ = ["FEWEST", "add_target"]

FEWEST = 10
"""Networks: of fewer, folds that are left out tell nothing."""

_DOUBT = 0.3
"""How far (log) the coefficients of two devices differ, one from the other, beside their scale."""


def add_target(
    times: Path, like: str, options: Options, folder: Path, progress: Progress | None = None
) -> tuple[Calibration, int]:
    """Write the target that `folder` is to be, from a file of times.

    Gives how it fares on networks left out, and their number.  It is lowered as the target `like`
    is, whose coefficients are believed but for their scale.
    Raises UsageError for times that tell no target.
    """
    if (SHIPPED / folder.name).is_dir():
        raise UsageError(f'archlint has a target "{folder.name}" of its own')
    (located,) = locate(replace(options, targets=(like,)))
    base = located.target
    timed = read_times(times)
    if len(timed) < FEWEST:
        raise UsageError(f"{times}: {len(timed)} networks, expected {FEWEST} and more")
    rows = []
    for number, each in enumerate(timed):
        if progress is not None:
            progress(number, len(timed), each.network)
        rows.append(_row(each, base, times.parent, options))
    doing("fitting, and once more without each family")
    data = tomli.loads(read_bounded(located.place.file).decode())
    pricer = Pricer(base)
    for row in rows:
        if not any(pricer.covers(kernel) for _, kernel in row.kernels):
            raise UsageError(f"{times}: {like} has no price for any operator of {row.name}")
    prior = _prior(pricer, rows)
    calibration = calibrated(leave_families_out(base, rows, prior))
    batches = [row.batch for row in rows]
    written: dict[str, Any] = {
        **_kept(data),
        "name": folder.name,
        "device": folder.name,
        "measured": date.today().isoformat(),
        "source": f"archlint targets add --networks {times.name} --like {like}",
        "notes": [f"Inferred from {len(rows)} networks; kernels as on {like}."],
        "batches": [min(batches), max(batches)],
        **inferred_sections(infer(rows, prior, base.machine), calibration),
    }
    _write(folder, written)
    return calibration, len(rows)


_OF_THE_FIT = frozenset({
    "calibration", "checksum", "cpu", "families", "marked", "peak", "reference", "rows", "started",
    "unfinished", "versions", "simd",
})  # fmt: skip


def _kept(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the file of another target says of the runtime."""
    return {key: value for key, value in data.items() if key not in _OF_THE_FIT}


def _write(folder: Path, data: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / ROWS, HEADER.encode())
    data = {**data, "checksum": checksum_of(data, TableFile(folder / ROWS).read())}
    head = "# Written by `archlint targets add`.\n"
    write_whole(folder / FILE, (head + tomli_w.dumps(data)).encode())


def _row(timed: Timed, base: Target, beside: Path, options: Options) -> NetworkRow:
    """The network as the base target runs it, at the batch that it was timed at."""
    source: str | SourceModel = str(beside / timed.network)
    if not timed.network.endswith(".onnx"):
        image = InputSpec((timed.batch, 3, timed.image, timed.image))
        kwargs: dict[str, Value] = {"model_name": timed.network, "pretrained": False}
        source = SourceModel(ModelSpec("timm", "create_model", (image,), kwargs), timed.network)
    loaded = load(source, options, (Pricer(base),))
    model = build(loaded, options, timed.batch)
    counts = Counter[Kernel]()
    for placed in lower(model, base.lowering).kernels:
        counts[placed.kernel] += placed.repeats
    return NetworkRow(
        name=timed.network,
        family=timed.family,
        batch=timed.batch,
        seconds=timed.seconds,
        kernels=tuple((count, kernel) for kernel, count in counts.items()),
    )


def _prior(pricer: Pricer, rows: Sequence[NetworkRow]) -> Prior:
    """The coefficients of a target's own fits, by variety."""
    believed: dict[str, Mapping[str, Believed]] = {}
    for row in rows:
        for _, kernel in row.kernels:
            family = pricer.family(kernel)
            if family is not None and family.spec.name not in believed:
                pairs = zip(family.spec.terms, family.coefficients.tolist(), strict=True)
                believed[family.spec.name] = {
                    term: Believed(seconds, _DOUBT) for term, seconds in pairs if seconds > 0
                }
    return lambda variety: believed.get(variety, {})
