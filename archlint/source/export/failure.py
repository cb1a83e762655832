"""Why a model could not be exported, in one line."""

from __future__ import annotations

import os
import re
import traceback
from types import TracebackType

from archlint.source.export.libraries import Libraries

__all__ = ["Absent", "Failure", "one_line", "reason_of", "shown_path"]

_LONGEST = 300  # characters
_EXTRA = {"torch", "onnxscript", "onnx_ir"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Failure(Exception):  # noqa: N818, it is what the user's model has, not the program
    """A model that cannot be exported; the text is the reason."""


class Absent(Failure):
    """A model that is not there."""


def reason_of(error: BaseException, libraries: Libraries, start: str) -> str:
    """What was raised, and the user's innermost line; `start` is the folder paths are told from."""
    if isinstance(error, Failure):
        return str(error)
    where = _innermost(error.__traceback__, libraries, start)
    at = f" ({where})" if where else ""
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        if package in _EXTRA:
            return f"{package} is not installed: pip install archlint[torch]"
        return f"needs the package {package}, which is not installed{at}"
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        return f"ended the process with code {code}{at}"
    if isinstance(error, SyntaxError) and error.filename:
        place = f"{shown_path(error.filename, start)}:{error.lineno}"
        return f"{type(error).__name__}: {one_line(error.msg)} ({place})"
    text = one_line(str(error))
    return f"{type(error).__name__}{': ' if text else ''}{text}{at}"


def one_line(text: str) -> str:
    """The first line that says something, cut where it is long."""
    lines = (_CONTROL.sub(" ", each).strip() for each in text.splitlines())
    line = next((each for each in lines if each), "")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def shown_path(file: str, start: str) -> str:
    """A path from the folder `start` where it lies in it, with forward slashes."""
    relative = os.path.relpath(file, start) if file.startswith(os.path.join(start, "")) else file
    return relative.replace(os.sep, "/")


def _innermost(trace: TracebackType | None, libraries: Libraries, start: str) -> str:
    found = ""
    for frame, line in traceback.walk_tb(trace):
        if not libraries.holds(frame.f_code.co_filename):
            found = f"{shown_path(frame.f_code.co_filename, start)}:{line}"
    return found
