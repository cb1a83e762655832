"""From the operators of a file to lines of the source that made it, without running any of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from archlint.graph.model import Model
from archlint.graph.operator import Operator
from archlint.graph.origin import Frame
from archlint.location import Call, Certainty, Location, Span
from archlint.source.source_file import called
from archlint.source.static.evaluation.interpreter import Interpreter
from archlint.source.static.files.parsed import Parsed
from archlint.source.static.files.source_tree import SourceTree
from archlint.source.static.locating.entry import best_entry
from archlint.source.static.locating.matching import Match, Matcher
from archlint.source.static.locating.observed import module_path, observed
from archlint.source.static.values import value as v

__all__ = ["locate_statically"]

_MOST_PLACES = 8


def locate_statically(
    model: Model, roots: Sequence[Path], path_map: Mapping[str, str]
) -> Mapping[int, Location]:
    """Where each operator is in the Python files of the roots, by its index.

    `model` has to be read with `origins=True`.  `path_map` maps beginnings of the paths that the
    exporter recorded to folders here.  Operators that cannot be placed have no entry.
    """
    locator = _Locator(model, SourceTree(roots, Path.cwd().resolve()), path_map)
    found = {op.index: locator.location(op) for op in model.operators}
    return {index: each for index, each in found.items() if each is not None}


class _Locator:
    def __init__(self, model: Model, tree: SourceTree, path_map: Mapping[str, str]) -> None:
        self._tree = tree
        self._path_map = path_map
        self._interpreter = Interpreter(tree)
        self._matcher = Matcher(self._interpreter)
        self._recorded: dict[str, Parsed | None] = {}
        self._root = best_entry(
            self._interpreter, self._matcher, observed(model), self._forward_of(model)
        )
        self._start = self._root.made.site if self._root and self._root.made else None
        self._calls: dict[int, Call] = {}

    def _forward_of(self, model: Model) -> v.Function | None:
        """The forward in which most operators' traces begin."""
        places = Counter(
            (frame.file, frame.line)
            for op in model.operators
            if op.origin is not None
            for frame in [each for each in op.origin.frames if self._file(each.file)][:1]
        )
        for (recorded, line), _ in places.most_common(_MOST_PLACES):
            file = self._file(recorded)
            owner, _, name = file.function_at(line).rpartition(".") if file else ("", "", "")
            found = (
                self._interpreter.globals.value(file, owner) if file and name == "forward" else None
            )
            forward = (
                self._interpreter.classes.function(found, name)
                if isinstance(found, v.Class)
                else None
            )
            if forward is not None:
                return forward
        return None

    def location(self, operator: Operator) -> Location | None:
        match, is_whole = self._resolved(module_path(operator))
        made = match.made if match is not None else None
        is_library = made is not None and is_whole and self._is_library(made)
        chain = self._chain(made)
        line = self._line_of_hook(operator)
        if line is None and not is_library and not self._is_of_library(operator, is_whole):
            line = self._line_of_forward(operator)
        if line is not None:
            return Location(line, Certainty.EXACT, chain if is_whole else ())
        if not chain:
            return self._class_of(made)
        certainty = Certainty.EXACT if is_library else Certainty.MODULE
        return Location(chain[0].span, certainty, chain[1:], chain[0].inside)

    def _resolved(self, path: str) -> tuple[Match | None, bool]:
        """What a path is in the source, or the last of its parts that is found, and whether so."""
        match = self._root
        for part in path.split(".") if path else ():
            if match is None or part not in match.children:
                return match, False
            match = match.children[part]
        return match, match is not None

    def _is_library(self, made: v.Made) -> bool:
        return not isinstance(
            made.callee, v.Class
        ) or not self._interpreter.classes.has_own_forward(made.callee)

    def _is_of_library(self, operator: Operator, is_whole: bool) -> bool:
        """Whether its frames are not those of its module, or its module is told and no user's."""
        scopes = operator.origin.scopes if operator.origin is not None else ()
        if not scopes:
            return False
        path, kind = scopes[-1]
        if module_path(operator) != path:
            return True  # folded
        return not is_whole and not self._matcher.class_of(kind)

    def _chain(self, made: v.Made | None) -> tuple[Call, ...]:
        found: list[Call] = []
        site = made.site if made is not None else None
        while site is not None and site is not self._start:
            found.append(self._call(site))
            site = site.caller
        return tuple(found)

    def _call(self, site: v.Site) -> Call:
        key = id(site.call)
        if key not in self._calls:
            self._calls[key] = Call(site.file.span_of(site.call), called(site.call), site.inside)
        return self._calls[key]

    def _class_of(self, made: v.Made | None) -> Location | None:
        """The line that names the model's class, for what is made by nothing inside it."""
        if made is None or not isinstance(made.callee, v.Class):
            return None
        return Location(made.callee.file.name_of(made.callee.node), Certainty.MODULE)

    def _line_of_hook(self, operator: Operator) -> Span | None:
        hook = operator.origin.hook if operator.origin is not None else None
        return None if hook is None else self._line(hook)

    def _line_of_forward(self, operator: Operator) -> Span | None:
        frames = operator.origin.frames if operator.origin is not None else ()
        return next(filter(None, map(self._line, reversed(frames))), None)

    def _line(self, frame: Frame) -> Span | None:
        """The line of a frame, where a file here has its function there."""
        file = self._file(frame.file)
        if file is None:
            return None
        name = frame.function.rpartition(".")[2]
        if name.startswith("<") or name == file.function_at(frame.line).rpartition(".")[2]:
            return file.expression_on(frame.line)
        return None

    def _file(self, recorded: str) -> Parsed | None:
        if recorded not in self._recorded:
            path = self._tree.recorded(recorded, self._path_map)
            self._recorded[recorded] = self._tree.parsed(path) if path is not None else None
        return self._recorded[recorded]
