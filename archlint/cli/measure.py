"""`archlint measure`: fill a target's cost tables on the device at hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archlint.cli.completers import complete_rules
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
    from archlint.measure.runner import Measured

__all__ = ["measure"]

_ROWS = "What is measured"


def measure(
    asked: Asked,  # noqa: ARG001 - the program reads --verbose from the words
    target: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What to call this device, runtime and dtype (laptop-ort-fp32), or DIR/NAME.",
            show_default=False,
            rich_help_panel=_ROWS,
        ),
    ],
    rule: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULES",
            autocompletion=complete_rules,
            help="Only what these rules need; a comma list, repeatable.",
            rich_help_panel=_ROWS,
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Stop after so long (15m, 1h30m); the most informative rows come first.",
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
    """Measure this device, so that models can be priced for it.

    Rows are kept as they come: after an interruption the same command goes on.
    """
    from archlint.cli.duration import parse_duration
    from archlint.cli.measure_progress import measure_progress
    from archlint.cli.output import complain, write_out
    from archlint.commands.measure import make_request, with_bases
    from archlint.measure.runner import Stopped
    from archlint.measure.runner import measure as run
    from archlint.settings.kinds.lists import commas

    seconds = None if budget is None else parse_duration(budget, "--budget")
    request = make_request(target, commas("--rule", rule or ()), seconds, out)
    runtime = asked_backend(backend, device, dtype, mode, threads)
    request = with_bases(request, runtime)
    try:
        with measure_progress(budget=seconds) as progress:
            measured = run(request, runtime, finish=_finish, progress=progress)
    except Stopped as stop:
        kept = stop.measured.before + stop.measured.rows
        complain(
            f"interrupted: {_rows(kept)} kept in {request.out}; the same command goes on from there"
        )
        return 130
    write_out(_summary(measured, target, request.out, named=out is not None))
    return 0


def _finish(file: Path) -> None:
    """Fit and calibrate what was measured, and write it into the target's file.

    What was carried over has been fitted with the transfer.
    """
    from archlint.cost.target import load_target
    from archlint.cost.target_files import files_of
    from archlint.measure.fit.calibrate_target import sections, tune_target
    from archlint.measure.target_file import put_sections

    target = load_target(files_of(file.parent))
    if target.transfer is None:
        put_sections(file, sections(tune_target(target)))


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _summary(measured: Measured, target: str, out: Path, *, named: bool) -> str:
    before = f", {measured.before} were there before" if measured.before else ""
    lines = [f"measured   {_rows(measured.rows)}{before}"]
    if measured.marked:
        lines.append(f"marked     {measured.marked}: their sessions differ too much to be a price")
    left = [
        (measured.left, "left for another run: the budget is spent"),
        (measured.refused, "that the runtime does not run"),
        (measured.too_big, "that the memory does not hold"),
    ]
    lines += [f"left out   {count} {why}" for count, why in left if count]
    lines.append(f"tables in  {out}")
    shown = f"{out}/{target}" if named else target
    lines.append(f"use them   archlint --target {shown} model.onnx")
    return "\n".join(lines) + "\n"
