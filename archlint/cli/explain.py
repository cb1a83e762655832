"""`archlint explain`: every operator of a model, and what each rule says of it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from archlint.cli.completers import complete_model
from archlint.cli.parameters import After
from archlint.results.shares import Sort
from archlint.settings.asked import Asked
from archlint.settings.setting import Panel

__all__ = ["explain"]


class Form(str, Enum):
    """The values of --format."""

    FULL = "full"
    JSON = "json"
    CSV = "csv"


def explain(
    asked: Asked,
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The model.", autocompletion=complete_model)
    ],
    operator: Annotated[
        str | None,
        typer.Argument(metavar="OPERATOR", help="Only this operator, by its name."),
    ] = None,
    top: Annotated[
        int | None,
        After("sort"),
        typer.Option(
            min=1,
            metavar="N",
            help="The N dearest operators.",
            rich_help_panel=Panel.OUTPUT.value,
        ),
    ] = None,
    form: Annotated[
        Form,
        After("top"),
        typer.Option(
            "--format",
            metavar="full|json|csv",
            help="For a person (the default), for machines, or a row an operator for a table.",
            show_default=False,
            rich_help_panel=Panel.OUTPUT.value,
        ),
    ] = Form.FULL,
) -> int:
    """Show each operator's kernel, price, and why rules fired."""
    from archlint.cli.another_device import tell_of_relatives
    from archlint.cli.output import screen, write_out
    from archlint.cli.progress import LINE
    from archlint.cli.reporting import complain_of_rules
    from archlint.cli.settings import sized
    from archlint.commands.explain import explain as explained
    from archlint.errors import UsageError
    from archlint.linter.found_models import find_model
    from archlint.report import explain_csv, explain_json, explain_text

    found = find_model(model, asked.models, asked.input_words, untrusted=asked.untrusted)
    if found.error is not None:
        raise UsageError(f"{found.path}: {found.error}")
    LINE.at("explaining", found.path)
    explanation = explained(found.source, operator, sized(asked, [found]))
    if asked.sort is not None or top is not None:
        explanation = explanation.dearest(asked.sort or Sort.TIME, top)
    if form is Form.JSON:
        write_out(explain_json.render(explanation))
    elif form is Form.CSV:
        write_out(explain_csv.render(explanation))
    else:
        style = screen(asked.color, verbose=asked.verbose)
        write_out(explain_text.render(explanation, style))
        tell_of_relatives(asked.options)
    return complain_of_rules(asked.options)
