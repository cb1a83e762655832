"""Help in sections, in plain text, without loading rich."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

__all__ = ["GroupedHelp"]


class GroupedHelp(TyperCommand):
    """A command whose options are listed under their `rich_help_panel`."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write one section per panel, in the order in which the panels come up."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            if param.param_type_name == "argument":
                sections.setdefault("Arguments", []).append((str(param.metavar), record[1]))
            else:
                panel = getattr(param, "rich_help_panel", None) or "Other options"
                sections.setdefault(panel, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)
