"""Reports: one file per format, each with `render(report, style) -> str`."""

from archlint.report.formats import FORMATS, Format, renderer
from archlint.report.style import Style

__all__ = ["FORMATS", "Format", "Style", "renderer"]
