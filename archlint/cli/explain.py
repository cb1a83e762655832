"""`archlint explain`: every operator of a model, and what each rule says of it."""

from __future__ import annotations

from typing import Annotated

import typer

from archlint.cli.arguments import (
    Batch,
    ColorChoice,
    ConfigFile,
    Dims,
    Inputs,
    Isolated,
    OutputKind,
    Targets,
    TextOrJson,
    Verbose,
)
from archlint.cli.completers import complete_model

__all__ = ["explain"]


def explain(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The model.", autocompletion=complete_model)
    ],
    operator: Annotated[
        str | None,
        typer.Argument(metavar="OPERATOR", help="Only this operator, by its name."),
    ] = None,
    target: Targets = None,
    batch: Batch = None,
    input_: Inputs = None,
    dim: Dims = None,
    format_: TextOrJson = OutputKind.TEXT,
    color: ColorChoice = None,
    verbose: Verbose = False,
    config: ConfigFile = None,
    isolated: Isolated = False,
) -> int:
    """Show each operator's kernel, price, and why rules fired."""
    from archlint.cli.output import screen, write_out
    from archlint.cli.paths import find_model
    from archlint.cli.settings import dims, options_of, sized, with_file
    from archlint.commands.explain import explain as explained
    from archlint.report import explain_json, explain_text
    from archlint.settings import Config

    flags = Config(
        target=tuple(target or ()),
        batch=batch,
        dim=dims(dim),
        color=color and color.value,
        verbose=verbose or None,
    )
    asked = with_file(flags, config, isolated=isolated)
    found = find_model(model, asked.models, input_)
    explanation = explained(found.source, operator, options_of(sized(asked, input_, [found])))
    if format_ is OutputKind.JSON:
        write_out(explain_json.render(explanation))
    else:
        style = screen(asked.color, verbose=bool(asked.verbose))
        write_out(explain_text.render(explanation, style))
    return 0
