"""Which part of a model an exporter could not take, in one line."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator

from torch import fx, nn

from archlint.source.export.failure import one_line, shown_path
from archlint.source.export.libraries import Libraries

__all__ = ["reason_not_exported"]

_FRAME = re.compile(r'File "([^"\n]*)", line (\d{1,9}), in ')
_HEADINGS = ("failed to ", "step ", "## ", "<class ", "an error occurred when running")
_ASIDE = re.compile(r"\s*\((?:unhinted|Size-like symbols):.*$")
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
    elif isinstance(chain[-1], (LookupError, TypeError, ValueError)) or not text:
        text = f"{type(chain[-1]).__name__}{text and ': '}{text}"
    where = _where(chain, module, libraries, start)
    return f"{text} ({where})" if where else text


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _telling(text: str) -> str:
    for line in text.splitlines():
        if line.strip() and not line.strip().lower().startswith(_HEADINGS):
            return one_line(_ASIDE.sub("", line))
    return ""


def _where(chain: list[BaseException], module: nn.Module, libraries: Libraries, start: str) -> str:
    """`nets.py:12, blocks.0`: the user's innermost line and the module whose method it is in."""
    for error in reversed(chain):
        found = path = ""
        for frame, line in traceback.walk_tb(error.__traceback__):
            owner, node = frame.f_locals.get("self"), frame.f_locals.get("node")
            if isinstance(owner, nn.Module):
                path = _path_of(owner, module) or path
            if not libraries.holds(frame.f_code.co_filename):
                found = f"{shown_path(frame.f_code.co_filename, start)}:{line}"
            elif isinstance(node, fx.Node):
                found = _line_in(node.stack_trace or "", libraries, start) or found
                path = _path_of_node(node) or path
        if found:
            return f"{found}, {path}" if path else found
    return next(filter(None, (_line_in(str(each), libraries, start) for each in chain)), "")


def _line_in(text: str, libraries: Libraries, start: str) -> str:
    """The user's innermost line in a printed trace."""
    users = [each for each in _FRAME.findall(text) if not libraries.holds(each[0])]
    return f"{shown_path(users[-1][0], start)}:{users[-1][1]}" if users else ""


def _path_of(module: nn.Module, root: nn.Module) -> str:
    return next((path for path, each in root.named_modules() if each is module), "")


def _path_of_node(node: fx.Node) -> str:
    """The module that an operator of the captured graph is in."""
    stack = [path for path, _ in node.meta.get("nn_module_stack", {}).values()]
    return stack[-1] if stack else ""
