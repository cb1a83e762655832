"""The formats of `archlint diff` by name: three of its own, and those that tell what is new."""

from __future__ import annotations

from archlint.report.formats import renderer
from archlint.report.style import Style
from archlint.results.model_diff import DiffReport

__all__ = ["render"]


def render(report: DiffReport, format_: str, style: Style) -> str:
    """A diff in a format of `archlint.report.formats.FORMATS`."""
    if format_ == "full":
        from archlint.report import diff_text

        return diff_text.render(report, style)
    if format_ == "json":
        from archlint.report import diff_json

        return diff_json.render(report, style)
    if format_ == "markdown":
        from archlint.report import diff_markdown

        return diff_markdown.render(report, style)
    return renderer(format_).render(report.after, style)
