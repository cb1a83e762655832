"""`archlint calibrate`: carry a target over to the device at hand, in half a minute."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archlint.cli.completers import complete_target
from archlint.cli.device_options import (
    BackendOption,
    Device,
    DeviceOption,
    DtypeOption,
    ModeOption,
    ThreadsOption,
    asked_backend,
    out_option,
)
from archlint.settings.asked import Asked

if TYPE_CHECKING:
    from archlint.commands.measure import Calibrated
    from archlint.results.target_summary import TargetSummary

__all__ = ["calibrate"]

_ROWS = "What is calibrated"

BUSY = 1.2
"""How far apart the ends of the factor's interval are on a machine that does something else."""


def calibrate(
    asked: Asked,  # noqa: ARG001 - the program reads --verbose from the words
    target: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What to call this device, runtime and dtype (default: here-ort-fp32-1t).",
            show_default=False,
            rich_help_panel=_ROWS,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="BASE",
            autocompletion=complete_target,
            help="The target to begin from; by default that of the nearest device.",
            show_default=False,
            rich_help_panel=_ROWS,
        ),
    ] = None,
    out: Annotated[Path | None, out_option(_ROWS)] = None,
    backend: BackendOption = None,
    device: DeviceOption = Device.CPU,
    dtype: DtypeOption = "float",
    mode: ModeOption = None,
    threads: ThreadsOption = None,
) -> int:
    """Make a target for this device out of the nearest one.

    It measures some 80 kernels, and takes of another device's rows what these say.
    """
    from archlint.cli.measure_progress import measure_progress
    from archlint.cli.output import complain, write_out
    from archlint.commands.measure import calibrated_target, default_name
    from archlint.linter import targets

    runtime = asked_backend(backend, device, dtype, mode, threads)
    name = target or default_name(runtime)
    begun = time.monotonic()
    with measure_progress("calibrating", "kernels") as progress:
        made = calibrated_target(name, runtime, base, out, progress)
    (summary,) = targets((), [str(made.folder)])
    if summary.carried is not None and summary.carried.high > BUSY * summary.carried.low:
        complain(
            "the factor is hardly known: did something else run? On an idle machine calibrate again"
        )
    write_out(_summary(summary, made, time.monotonic() - begun, out))
    return 0


def _summary(target: TargetSummary, made: Calibrated, seconds: float, out: Path | None) -> str:
    from archlint.cli.duration import duration_text
    from archlint.report.transfer_text import transfer_text

    shown = target.target if out is None else f"{out}/{target.target}"
    lines = [f"measured   {made.kernels} kernels in {duration_text(seconds)}"]
    if target.carried is not None:
        lines.append(f"base       {transfer_text(target.carried)}")
    lines += [
        *(_GOOD_FOR if made.is_alike else _HARDLY_GOOD_FOR),
        f"tables in  {target.folder}",
        f"use it     archlint --target {shown} model.onnx",
        f"better     archlint measure --target {shown}, which goes on from here",
    ]
    return "\n".join(lines) + "\n"


# what was found on networks: docs/calibrate.md
_GOOD_FOR = (
    "good for   totals within 10 % for about 8 networks of 10, slow-downs as in the base, both",
    "           with wider bands; findings are warnings at most",
)
_HARDLY_GOOD_FOR = (
    "good for   a first idea: the base is of another runtime or number of threads, of which one",
    "           factor says little: about half of the networks come within 10 %, or in their bands",
)
