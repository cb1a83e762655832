"""What an exporter says of the source of an operator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from archlint.graph.module_path import METADATA_KEYS, metadata_scopes

__all__ = ["ORIGIN_KEYS", "Frame", "Origin", "origin_of"]

_TRACE = "pkg.torch.onnx.stack_trace"
ORIGIN_KEYS = METADATA_KEYS | {_TRACE}

_FRAME = re.compile(r'^ *File "([^"\n]*)", line (\d{1,9}), in (.*)$', re.M)
_OLD_FRAME = re.compile(r"^(.+)\((\d{1,9})\): (.*)$", re.M)
_MOST_FRAMES = 1000  # Python's own limit of calls


@dataclass(frozen=True, slots=True)
class Frame:
    """A line of a stack trace; `file` is as the exporting machine had it."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an operator comes from, as far as its exporter says; what is not said is empty.

    `scopes` are path and qualified class of the modules around it, from the outermost, whose
    path is "", to the innermost.  `frames` are the calls that led to it, the outermost first.
    """

    scopes: tuple[tuple[str, str], ...] = ()
    frames: tuple[Frame, ...] = ()


def origin_of(metadata: Mapping[str, str], doc_string: str) -> Origin:
    """Read the metadata of a node, or its doc string, where the older exporter writes a trace."""
    found = _FRAME.findall(metadata.get(_TRACE, "")) or _OLD_FRAME.findall(doc_string)[::-1]
    frames = [Frame(file, int(line), name) for file, line, name in found[-_MOST_FRAMES:]]
    return Origin(tuple(metadata_scopes(metadata)), tuple(frames))
