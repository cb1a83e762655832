"""What made the model: its class, or a function that calls it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from archlint.source.static.evaluation.interpreter import Interpreter
from archlint.source.static.files.parsed import Parsed
from archlint.source.static.locating.matching import Match, Matcher
from archlint.source.static.locating.observed import Observed
from archlint.source.static.values import value as v
from archlint.source.static.values.unions import alternatives

__all__ = ["best_entry"]

_MOST_CLASSES = 200
_MOST_STEPS = 1_000_000
_MOST_FILES = 12  # of those in which the model's class is looked for
_MOST_FUNCTIONS = 30
_OPEN = v.Arguments((), {}, True)


def best_entry(
    interpreter: Interpreter, matcher: Matcher, root: Observed, forward: v.Function | None = None
) -> Match | None:
    """The construction that has most of the model's modules; None where nothing fits.

    `forward` is the model's own where a trace tells it.  Of classes that have equally many, the
    one that has fewest others is taken, then the first by path and line; of very many files,
    those with most of the modules' names come first.
    """
    wanted = sum(1 for _ in root.walk())
    best: Match | None = None
    classes = matcher.class_of(root.kind) if root.kind else _candidates(interpreter, root)
    if forward is not None and not root.kind:
        classes = [each for each in classes if _runs(interpreter, each, forward)] or classes
    steps = 0
    for each in classes[:_MOST_CLASSES]:
        if steps > _MOST_STEPS:
            break
        interpreter.renew()
        found = matcher.match(interpreter.call(each, _OPEN, None), root)
        steps += interpreter.steps
        if found.made is not None and (best is None or _rank(found) > _rank(best)):
            best = found
    if best is None or best.count >= wanted or best.made is None:
        return best
    interpreter.renew()
    owner = best.made.callee
    if isinstance(owner, v.Class):
        for function in _factories(interpreter, owner):
            value = interpreter.call(function, _OPEN, None)
            for one in alternatives(value):
                if isinstance(one, v.Made) and isinstance(one.callee, v.Class):
                    found = matcher.match(one, root) if one.callee.node is owner.node else Match()
                    if found.score > best.score:
                        best = found
    return best if best.children else None


def _rank(match: Match) -> tuple[int, int]:
    made = match.made
    if made is None:
        return 0, 0
    held = [name for name, value in made.names.items() if name not in match.children]
    others = [
        name for name in held if any(isinstance(e, v.Made) for e in alternatives(made.names[name]))
    ]
    return match.score, -len(others)


def _runs(interpreter: Interpreter, owner: v.Class, forward: v.Function) -> bool:
    found = interpreter.classes.function(owner, "forward")
    return found is not None and found.node is forward.node


def _candidates(interpreter: Interpreter, root: Observed) -> Sequence[v.Class]:
    """Classes with a forward, from the files that have most of the names of the model's modules.

    Parsing takes long: of many files only some can be looked at.
    """
    told = {name for each in root.walk() for name in each.children if name.isidentifier()}
    names = [re.compile(rf"\b{re.escape(name)}\b") for name in sorted(told)]
    paths = [path for path, _ in interpreter.tree.with_forward()]
    if len(paths) > _MOST_FILES:
        texts = {path: interpreter.tree.text(path) or "" for path in paths}
        count = {path: sum(1 for each in names if each.search(texts[path])) for path in paths}
        paths = sorted(paths, key=lambda path: -count[path])[:_MOST_FILES]
    files = [file for path in paths if (file := interpreter.tree.parsed(path)) is not None]
    return [each for file in files for each in interpreter.networks(file) if each.file is file]


def _factories(interpreter: Interpreter, owner: v.Class) -> Iterator[v.Function]:
    """Functions of the class's file, its static methods aside, that name the class."""
    count = 0
    file: Parsed = owner.file
    for name, statements in file.bindings.items():
        statement = statements[-1]
        if not isinstance(statement, ast.FunctionDef) or count >= _MOST_FUNCTIONS:
            continue
        if owner.name in file.text_of(statement):
            found = interpreter.globals.value(file, name)
            if isinstance(found, v.Function):
                count += 1
                yield found
