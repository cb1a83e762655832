"""Where each module was constructed, recorded while that happens."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from types import CodeType, FrameType
from typing import Any

from torch import nn

from archlint.source.export.exported import Recorded, Site
from archlint.source.export.libraries import Libraries

__all__ = ["Recorder"]

_MARK = "_archlint_construction"
_MERGED = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
_Positions = tuple[int | None, int | None, int | None, int | None]


class Recorder:
    """Watches constructors; each module carries the number of its record, and so do its copies."""

    def __init__(self, libraries: Libraries) -> None:
        self._libraries = libraries
        self._found: list[tuple[Site, ...]] = []
        self._sites: dict[tuple[CodeType, int], Site] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Record every module that is constructed inside; the frames outside are the worker's."""
        original = nn.Module.__init__
        outside = sys._getframe(2)  # behind this one and that of the context manager

        def __init__(module: nn.Module, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            if _MARK not in module.__dict__:
                module.__dict__[_MARK] = len(self._found)
                self._found.append(tuple(self._walk(module, sys._getframe(1), outside)))
            original(module, *args, **kwargs)

        nn.Module.__init__ = __init__
        try:
            yield
        finally:
            nn.Module.__init__ = original

    def record_of(self, root: nn.Module) -> dict[str, Recorded]:
        """The record of each path; the marks are taken away."""
        found: dict[str, Recorded] = {}
        modules = list(root.named_modules(remove_duplicate=False))
        for path, module in modules:
            number = module.__dict__.get(_MARK)
            sites = () if number is None else self._found[number]
            kind = type(module)
            name = f"{kind.__module__}.{kind.__qualname__}"
            found[path] = Recorded(name, self._has_library_forward(kind), sites)
        for _, module in modules:
            module.__dict__.pop(_MARK, None)
        return found

    def _has_library_forward(self, kind: type) -> bool:
        forward = inspect.unwrap(getattr(kind, "forward", kind))
        code = getattr(forward, "__code__", None)
        if code is not None:
            return self._libraries.holds(code.co_filename)
        file = getattr(sys.modules.get(kind.__module__), "__file__", None)
        return file is None or self._libraries.holds(file)

    def _walk(
        self, module: nn.Module, start: FrameType | None, outside: FrameType
    ) -> Iterator[Site]:
        frame = _constructor_call(module, start)
        merged: CodeType | None = None
        while frame is not None and frame is not outside:
            code = frame.f_code
            if not self._libraries.holds(code.co_filename):
                if merged is None or merged not in code.co_consts:
                    yield self._site(frame)
                merged = code if code.co_name in _MERGED else None
            frame = frame.f_back

    def _site(self, frame: FrameType) -> Site:
        code, at = frame.f_code, frame.f_lasti
        known = self._sites.get((code, at))
        if known is None:
            line, end_line, column, end_column = _positions(frame)
            name = getattr(code, "co_qualname", code.co_name)
            for each in _MERGED:
                name = name.replace(f".<locals>.{each}", "")
            known = Site(
                code.co_filename, line or frame.f_lineno, end_line, column, end_column, name
            )
            self._sites[code, at] = known
        return known


def _constructor_call(module: nn.Module, frame: FrameType | None) -> FrameType | None:
    """The frame that called the class: those inside have the module as their first argument."""
    while frame is not None and _first_argument(frame) is module:
        frame = frame.f_back
    return frame


def _first_argument(frame: FrameType) -> object:
    code = frame.f_code
    if code.co_argcount:
        return frame.f_locals.get(code.co_varnames[0])
    if code.co_flags & inspect.CO_VARARGS:  # a wrapper of the constructor
        given = frame.f_locals.get(code.co_varnames[code.co_kwonlyargcount])
        return given[0] if isinstance(given, tuple) and given else None
    return None


def _positions(frame: FrameType) -> _Positions:
    if sys.version_info < (3, 11):
        return frame.f_lineno, None, None, None
    found: _Positions = next(
        islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), (None, None, None, None)
    )
    return found
