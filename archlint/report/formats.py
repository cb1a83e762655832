"""The formats of `archlint check` by name; each is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast

from archlint.report.style import Style

if TYPE_CHECKING:
    from archlint.results.findings import Report

__all__ = ["FORMATS", "Format", "renderer"]

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "full": "archlint.report.full",
        "concise": "archlint.report.concise",
        "json": "archlint.report.as_json",
        "sarif": "archlint.report.sarif",
        "github": "archlint.report.github",
        "gitlab": "archlint.report.gitlab",
        "junit": "archlint.report.junit",
        "rdjson": "archlint.report.rdjson",
        "markdown": "archlint.report.markdown",
        "csv": "archlint.report.summary_csv",
        "html": "archlint.report.html",
        "model-explorer": "archlint.report.model_explorer",
    }
)


class Format(Protocol):
    """What a format's module holds."""

    def render(self, report: Report, style: Style) -> str:
        """Write the report as text that ends in a line break; same input, same text."""
        ...


def renderer(name: str) -> Format:
    """The format called `name`: a key of `FORMATS`, or what stands in place of one."""
    return cast("Format", import_module(FORMATS.get(name, f"archlint.report.{name}")))
