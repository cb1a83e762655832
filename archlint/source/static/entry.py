"""What made the model: its class, or a function that calls it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from archlint.source.static.interpreter import Interpreter
from archlint.source.static.matching import Match, Matcher
from archlint.source.static.observed import Observed
from archlint.source.static.parsed import Parsed
from archlint.source.static.values import Arguments, Class, Function, Made, alternatives

__all__ = ["best_entry"]

_MOST_CLASSES = 40
_MOST_FUNCTIONS = 30
_OPEN = Arguments((), {}, True)


def best_entry(interpreter: Interpreter, matcher: Matcher, root: Observed) -> Match | None:
    """The construction that has most of the model's modules; None where nothing fits."""
    wanted = sum(1 for _ in root.walk())
    best: Match | None = None
    classes = matcher.class_of(root.kind) if root.kind else list(_classes(interpreter))
    for each in classes[:_MOST_CLASSES]:
        found = matcher.match(interpreter.call(each, _OPEN, None), root)
        if found.made is not None and (best is None or found.score > best.score):
            best = found
    if best is None or best.count >= wanted or best.made is None:
        return best
    owner = best.made.callee
    if isinstance(owner, Class):
        for function in _factories(interpreter, owner):
            value = interpreter.run(function, _OPEN, None)
            for one in alternatives(value):
                if isinstance(one, Made) and isinstance(one.callee, Class):
                    found = matcher.match(one, root) if one.callee.node is owner.node else Match()
                    if found.score > best.score:
                        best = found
    return best if best.children else None


def _classes(interpreter: Interpreter) -> Sequence[Class]:
    found: list[Class] = []
    for path, _ in interpreter.tree.with_forward():
        file = interpreter.tree.parsed(path)
        for name in file.bindings if file is not None else ():
            each = interpreter.globals.value(file, name) if file is not None else None
            if (
                isinstance(each, Class)
                and each.file is file
                and interpreter.classes.has_own_forward(each)
            ):
                found.append(each)
    return found


def _factories(interpreter: Interpreter, owner: Class) -> Iterator[Function]:
    """Functions of the class's file, its static methods aside, that name the class."""
    count = 0
    file: Parsed = owner.file
    for name, statements in file.bindings.items():
        statement = statements[-1]
        if not isinstance(statement, cst.FunctionDef) or count >= _MOST_FUNCTIONS:
            continue
        if owner.name in file.tree.code_for_node(statement):
            found = interpreter.globals.value(file, name)
            if isinstance(found, Function):
                count += 1
                yield found
