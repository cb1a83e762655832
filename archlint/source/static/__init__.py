"""From an ONNX file and folders of source to the lines that made its operators; runs no code."""

from archlint.source.static.locating.locate import locate_statically

__all__ = ["locate_statically"]
