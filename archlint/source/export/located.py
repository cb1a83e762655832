"""From the record of an export to where each operator is in the user's source."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable
from pathlib import Path

from archlint.graph.model import Model
from archlint.graph.operator import Operator
from archlint.graph.origin import Frame
from archlint.location import Call, Certainty, Location, Span
from archlint.source.export.exported import Exported, Recorded, Site
from archlint.source.export.failure import shown_path
from archlint.source.export.libraries import Libraries
from archlint.source.source_file import UNPARSABLE, SourceFile, called, read_text

__all__ = ["locate"]


def locate(model: Model, exported: Exported, start: str | None = None) -> dict[int, Location]:
    """Where each operator is, by its index; those without any trace of a source are left out.

    `model` has to be read from the export's proto with `origins=True`.  Paths are told from the
    folder `start`, by default the working folder.
    """
    locator = _Locator(exported, str(Path.cwd()) if start is None else start)
    found = {op.index: locator.location(op) for op in model.operators}
    return {index: each for index, each in found.items() if each is not None}


class _Locator:
    def __init__(self, exported: Exported, start: str) -> None:
        self._record = exported.record
        self._libraries = Libraries(exported.libraries)
        self._edits = exported.edits
        self._start = start
        self._files: dict[str, SourceFile | None] = {}
        self._calls: dict[tuple[Site, str], Call | None] = {}

    def location(self, operator: Operator) -> Location | None:
        path = self._module(operator)
        module = self._record.get(path)
        line = self._line_of_hook(operator)
        if line is None and (module is None or not module.library):
            line = self._line_of_forward(operator)
        if line is not None:
            return Location(line, Certainty.EXACT, self._chain(module))
        chain = self._chain(module)
        if chain:
            exact = module is not None and module.library
            certainty = Certainty.EXACT if exact else Certainty.MODULE
            return Location(chain[0].span, certainty, chain[1:], chain[0].inside)
        return self._around(path)

    def _module(self, operator: Operator) -> str:
        """The module that ran it; the weight's name is that of another one where these share it."""
        if operator.origin is not None:
            for path, _ in reversed(operator.origin.scopes):
                if path in self._record:
                    return path
        return operator.module

    def _line_of_hook(self, operator: Operator) -> Span | None:
        hook = operator.origin.hook if operator.origin is not None else None
        return None if hook is None else self._line(hook)

    def _line_of_forward(self, operator: Operator) -> Span | None:
        frames = operator.origin.frames if operator.origin is not None else ()
        for frame in reversed(frames):
            if not self._libraries.holds(frame.file):
                return self._line(frame)
        return None

    def _line(self, frame: Frame) -> Span | None:
        file = None if self._libraries.holds(frame.file) else self._file(frame.file)
        return file.expression_on(frame.line) if file is not None else None

    def _around(self, path: str) -> Location | None:
        """The constructor call of the nearest module around a path that has one."""
        while path:
            path = path.rpartition(".")[0]
            chain = self._chain(self._record.get(path))
            if chain:
                return Location(chain[0].span, Certainty.MODULE, chain[1:], chain[0].inside)
        return None

    def _chain(self, module: Recorded | None) -> tuple[Call, ...]:
        if module is None:
            return ()
        name = module.class_name.rpartition(".")[2]
        calls: Iterable[Call | None] = (
            self._call(site, name if place == 0 else "") for place, site in enumerate(module.sites)
        )
        return tuple(each for each in calls if each is not None)

    def _call(self, site: Site, name: str) -> Call | None:
        if (site, name) not in self._calls:
            self._calls[site, name] = self._make_call(site, name)
        return self._calls[site, name]

    def _make_call(self, site: Site, name: str) -> Call | None:
        file = self._file(site.file)
        if file is None:
            return None
        if site.column is None or site.end_line is None or site.end_column is None:
            # Python 3.10 knows the line, and of the function only the last part of its name
            found = file.call_on(site.line, name or "")
            span = file.expression_on(site.line) if found is None else file.span_of(found)
            inside = file.function_at(site.line)
        else:
            place = (site.line, site.column, site.end_line, site.end_column)
            found, span, inside = file.call_at(*place), file.span(*place), site.function
        return Call(span, _what(found, span), inside)

    def _file(self, path: str) -> SourceFile | None:
        if path not in self._files:
            text = self._edits.get(os.path.realpath(path))
            self._files[path] = _read(path, shown_path(path, self._start), text)
        return self._files[path]


def _what(call: ast.Call | None, span: Span) -> str:
    """`Bottleneck(...)`; what is no call, such as a property, is shown as it stands."""
    if call is None:
        end = span.end_column - 1 if span.end_line == span.line else None
        return span.text[span.column - 1 : end]
    return called(call)


def _read(path: str, shown: str, text: str | None) -> SourceFile | None:
    """The file; None where it is gone, or is no Python as it stands."""
    found = read_text(Path(path)) if text is None else text
    try:
        return None if found is None else SourceFile(shown, found)
    except UNPARSABLE:
        return None
