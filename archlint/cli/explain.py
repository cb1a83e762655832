"""`archlint explain`: every operator of a model, and what each rule says of it."""

from __future__ import annotations

from typing import Annotated

import typer

from archlint.cli.completers import complete_model
from archlint.settings.asked import Asked

__all__ = ["explain"]


def explain(
    asked: Asked,
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The model.", autocompletion=complete_model)
    ],
    operator: Annotated[
        str | None,
        typer.Argument(metavar="OPERATOR", help="Only this operator, by its name."),
    ] = None,
) -> int:
    """Show each operator's kernel, price, and why rules fired."""
    from archlint.cli.another_device import tell_of_relatives
    from archlint.cli.output import screen, write_out
    from archlint.cli.reporting import complain_of_rules
    from archlint.cli.settings import sized
    from archlint.commands.explain import explain as explained
    from archlint.errors import UsageError
    from archlint.linter.found_models import find_model
    from archlint.report import explain_json, explain_text

    found = find_model(model, asked.models, asked.input_words, untrusted=asked.untrusted)
    if found.error is not None:
        raise UsageError(f"{found.path}: {found.error}")
    explanation = explained(found.source, operator, sized(asked, [found]))
    if asked.as_json:
        write_out(explain_json.render(explanation))
    else:
        style = screen(asked.color, verbose=asked.verbose)
        write_out(explain_text.render(explanation, style))
        tell_of_relatives(asked.options)
    return complain_of_rules(asked.options)
