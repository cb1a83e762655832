"""Which part of a model an exporter could not take, in one line."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator

from torch import nn

from archlint.source.export.failure import one_line, shown_path
from archlint.source.export.libraries import Libraries

__all__ = ["reason_not_exported"]

_FRAME = re.compile(r'File "([^"\n]*)", line (\d{1,9}), in ')
_HEADINGS = ("failed to ", "step ", "## ", "<class ", "an error occurred when running")
_OPERATOR = re.compile(
    r"No ONNX function found for <OpOverload\(op='([^']+)'(?:, overload='([^']*)')?\)>"
)


def reason_not_exported(
    error: BaseException, module: nn.Module, libraries: Libraries, start: str
) -> str:
    """The first line of the exporter's that says something, the user's line, and its module."""
    chain = list(_causes(error))
    text = next(filter(None, (_telling(str(each)) for each in reversed(chain))), "")
    missing = _OPERATOR.search("\n".join(map(str, chain)))
    if missing:
        text = f"ONNX has nothing for {missing[1]}"
    name = type(chain[-1]).__name__
    where = _where(chain, module, libraries, start)
    said = text if text and (missing or not text.isidentifier()) else f"{name}: {text}".rstrip(": ")
    return f"{said}{f' ({where})' if where else ''}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _telling(text: str) -> str:
    for line in text.splitlines():
        if line.strip() and not line.strip().lower().startswith(_HEADINGS):
            return one_line(line)
    return ""


def _where(chain: list[BaseException], module: nn.Module, libraries: Libraries, start: str) -> str:
    """`nets.py:12, blocks.0`: the user's innermost line and the module whose method it is in."""
    for error in reversed(chain):
        found = path = ""
        for frame, line in traceback.walk_tb(error.__traceback__):
            owner = frame.f_locals.get("self")
            if isinstance(owner, nn.Module):
                path = _path_of(owner, module) or path
            if not libraries.holds(frame.f_code.co_filename):
                found = f"{shown_path(frame.f_code.co_filename, start)}:{line}"
        if found:
            return f"{found}, {path}" if path else found
    for error in reversed(chain):
        users = [each for each in _FRAME.findall(str(error)) if not libraries.holds(each[0])]
        if users:
            return f"{shown_path(users[-1][0], start)}:{users[-1][1]}"
    return ""


def _path_of(module: nn.Module, root: nn.Module) -> str:
    return next((path for path, each in root.named_modules() if each is module), "")
