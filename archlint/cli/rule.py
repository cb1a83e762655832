"""`archlint rule`: the documentation of a rule."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from archlint.cli.arguments import ColorChoice, Verbose

__all__ = ["rule"]


def rule(
    name: Annotated[
        str | None,
        typer.Argument(metavar="CODE|NAME", help="The rule; without one, all are listed."),
    ] = None,
    color: ColorChoice = None,
    verbose: Verbose = False,
) -> int:
    """Explain a rule: what it finds, and why that is slow."""
    from archlint.cli.output import screen, write_out
    from archlint.linter import rule_page, rules
    from archlint.report.rule_text import render_list, render_page

    style = screen(color and color.value, verbose=verbose)
    if name is None:
        write_out(render_list(rules(), style))
        return 0
    page = rule_page(name)
    write_out(render_page(page, style) if sys.stdout.isatty() else f"{page.page.rstrip()}\n")
    return 0
