"""`archlint rule`: a rule's page, or the list of rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO

from archlint.report.page import Page, Part
from archlint.report.style import Style
from archlint.results.target_summary import RulePage

__all__ = ["render_list", "render_page"]

_PICTURE = re.compile(r"!\[([^]]*)\]\(([^)]*)\)")


def render_list(rules: Sequence[RulePage], style: Style) -> str:
    """One line per rule."""
    page = Page(style.width, style.color)
    for rule in rules:
        parts: list[Part] = [(rule.code, "bold yellow"), " ", (rule.name, "bold"), ": "]
        page.line(*parts, rule.summary, hang=3)
    return page.text()


def render_page(rule: RulePage, style: Style) -> str:
    """The page, its Markdown drawn for a terminal of the style's width."""
    from rich.console import Console
    from rich.markdown import Markdown

    file = StringIO()
    console = Console(
        file=file,
        force_terminal=style.color,
        color_system="standard" if style.color else None,
        no_color=False,
        width=style.width,
        legacy_windows=False,
        force_jupyter=False,
    )
    # a terminal shows no picture, and rich would put an emoji in its place
    console.print(Markdown(_PICTURE.sub(r"\1 (\2)", rule.page)))
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())
