"""`archlint verify`: have findings measured on the device at hand."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from archlint.cli.completers import complete_model
from archlint.cli.parameters import After
from archlint.settings.asked import Asked
from archlint.settings.setting import Panel

if TYPE_CHECKING:
    from archlint.commands.verify import Chosen, Request
    from archlint.linter.found_models import FoundModel
    from archlint.results.verification import Verification
    from archlint.settings.options import Options

__all__ = ["verify"]

_RUNS = "How they are run"


class Lowest(str, Enum):
    """The values of --severity; a test holds them against `archlint.results.findings.Severity`."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


def verify(
    asked: Asked,
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL",
            autocompletion=complete_model,
            help="Models, folders to search for *.onnx, and models of Python source.",
            show_default=False,
        ),
    ],
    severity: Annotated[
        Lowest,
        After("ignore"),
        typer.Option(
            metavar="error|warning|note",
            help="From this severity on (default: note, all findings).",
            show_default=False,
            rich_help_panel=Panel.FINDINGS.value,
        ),
    ] = Lowest.NOTE,
    places: Annotated[
        int,
        After("severity"),
        typer.Option(
            min=1,
            metavar="N",
            help="Run at most N places of a finding, those that save most (default: 3).",
            show_default=False,
            rich_help_panel=_RUNS,
        ),
    ] = 3,
    sessions: Annotated[
        int,
        After("places"),
        typer.Option(
            min=2,
            metavar="N",
            help="Pairs of fresh sessions, now and instead, of each place (default: 7).",
            show_default=False,
            rich_help_panel=_RUNS,
        ),
    ] = 7,
    model: Annotated[
        bool,
        After("sessions"),
        typer.Option(
            "--model",
            help="Run whole models too, against their predicted time.",
            rich_help_panel=_RUNS,
        ),
    ] = False,
    calibrate: Annotated[
        bool,
        After("model"),
        typer.Option(
            "--calibrate",
            help="Where no target is of this device, make one first, in half a minute.",
            rich_help_panel=_RUNS,
        ),
    ] = False,
    keep: Annotated[
        bool,
        After("calibrate"),
        typer.Option(
            "--keep",
            help="Add what was measured to a table of yours, to price with from now on.",
            rich_help_panel=_RUNS,
        ),
    ] = False,
) -> int:
    """Have findings measured, to prove them on this device.

    Their kernels run now against instead, with random weights: a model needs none.  Exit code 1
    when a finding is refuted, when what it proposes is surely slower.
    """
    from archlint.cli.output import complain, screen, write_out
    from archlint.cli.settings import sized
    from archlint.commands.verify import Request, choose_target
    from archlint.linter.found_models import find_models
    from archlint.report import verify_json, verify_text
    from archlint.results.findings import Severity

    found = find_models(models, asked.models, asked.input_words)
    options = sized(asked, found)
    chosen = _calibrated(options) if calibrate else choose_target(options)
    for remark in chosen.remarks:
        complain(remark)
    request = Request(sessions, places, Severity(severity.value), whole=model)
    verification = _run(found, chosen, request, keep=keep)
    if asked.as_json:
        write_out(verify_json.render(verification))
    else:
        style = screen(asked.color, verbose=asked.verbose)
        write_out(verify_text.render(verification, style))
    for error in verification.errors:
        complain(error)
    return verification.exit_code


def _calibrated(options: Options) -> Chosen:
    """The target of this device, which is made out of the nearest where there is none."""
    from archlint.cli.measure_progress import measure_progress
    from archlint.cli.output import complain
    from archlint.commands.measure import calibrated_target, default_name
    from archlint.commands.verify import choose_target
    from archlint.errors import NotHereError
    from archlint.measure.backends import Settings, make_backend

    try:
        return choose_target(options)
    except NotHereError:
        runtime = make_backend(Settings())
        with measure_progress("calibrating", "kernels") as progress:
            made = calibrated_target(default_name(runtime), runtime, None, None, progress)
        complain(f"calibrated {made.folder}")
        return choose_target(options)


def _run(
    found: Iterable[FoundModel], chosen: Chosen, request: Request, *, keep: bool
) -> Verification:
    """Lint what can be read, run what was found, and say what could not be read."""
    from dataclasses import replace

    from archlint.cli.measure_progress import measure_progress
    from archlint.cli.progress import LINE
    from archlint.commands.verify import Keeper, verify
    from archlint.linter import examine
    from archlint.results.verification import VerifiedModel

    found = tuple(found)
    keeper = Keeper(chosen.located, chosen.backend) if keep else None
    readable = [each.source for each in found if each.error is None]
    examined, report = examine(readable, chosen.options, LINE.linting)
    with measure_progress("verifying", "pairs of sessions") as progress:
        verification = verify(
            examined, chosen, request, progress=progress, keeper=keeper, problems=report.problems
        )
    verified = iter(verification.models)
    models = tuple(
        next(verified) if each.error is None else VerifiedModel(each.path, error=each.error)
        for each in found
    )
    return replace(verification, models=models)
