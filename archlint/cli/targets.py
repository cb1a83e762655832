"""`archlint targets`: what can be priced for, and how well."""

from __future__ import annotations

from archlint.cli.arguments import ColorChoice, OutputKind, TextOrJson, Verbose

__all__ = ["targets"]


def targets(
    format_: TextOrJson = OutputKind.TEXT,
    color: ColorChoice = None,
    verbose: Verbose = False,
) -> int:
    """List the devices and runtimes that can be priced for."""
    from archlint.cli.output import screen, write_out
    from archlint.linter import targets as known_targets
    from archlint.report import targets_json, targets_text

    known = known_targets()
    if format_ is OutputKind.JSON:
        write_out(targets_json.render(known))
    else:
        style = screen(color and color.value, verbose=verbose)
        write_out(targets_text.render(known, style))
    return 0
