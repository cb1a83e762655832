"""What an exporter says of the source of an operator."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archlint.graph.module_path import METADATA_KEYS, metadata_scopes

__all__ = ["ORIGIN_KEYS", "Frame", "Origin", "hooks_in", "origin_of"]

_TRACE = "pkg.torch.onnx.stack_trace"
ORIGIN_KEYS = METADATA_KEYS | {_TRACE}

_FRAME = re.compile(r'^ *File "([^"\n]*)", line (\d{1,9}), in (.*)$', re.M)
_OLD_FRAME = re.compile(r"^(.+)\((\d{1,9})\): (.*)$", re.M)
_MOST_FRAMES = 1000  # Python's own limit of calls
_CALL = "/nn/modules/module.py"
"""Where torch calls a module, and its hooks before and behind that, in torch's folder."""


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

    @property
    def hook(self) -> Frame | None:
        """The line of a module's hook that made it, None where its forward did."""
        found = hooks_in(self.frames)
        if not found:
            return None
        _, hook = found[-1]
        in_a_module = any(each.function == "forward" for each in self.frames[hook + 1 :])
        return None if in_a_module else self.frames[hook]


def hooks_in(frames: Sequence[Frame]) -> list[tuple[int, int]]:
    """The frames in which torch calls a module, with those that it calls beside its forward.

    They are told by their numbers.
    """
    found: list[tuple[int, int]] = []
    torch, call = "", 0
    for number, frame in enumerate(frames):
        file = frame.file.replace("\\", "/")
        if file.endswith(_CALL):
            torch, call = file.removesuffix(_CALL), number
        elif frame.function == "forward":
            torch = ""
        elif torch and not file.startswith(torch):
            found.append((call, number))
            torch = ""
    return found


def origin_of(metadata: Mapping[str, str], doc_string: str) -> Origin:
    """Read the metadata of a node, or its doc string, where the older exporter writes a trace."""
    found = _FRAME.findall(metadata.get(_TRACE, "")) or _OLD_FRAME.findall(doc_string)[::-1]
    frames = [Frame(file, int(line), name) for file, line, name in found[-_MOST_FRAMES:]]
    return Origin(tuple(metadata_scopes(metadata)), tuple(frames))
