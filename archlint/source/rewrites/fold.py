"""Linear branches as one convolution in eval mode; training and the state dict stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from archlint.location import Location
from archlint.source.rewrites.edit import Edit, Read, Splice
from archlint.source.rewrites.fold_function import NAME, fold_function
from archlint.source.rewrites.source_text import SourceText, Unfixable
from archlint.source.rewrites.sums import Found, Term, find_sum

__all__ = ["fold_branches"]

_MERGED = "merged"


def fold_branches(locations: Sequence[Location], read: Read) -> Edit:
    """Let the forwards that add branches up at these lines run one conv in eval mode.

    Raises Unfixable where a forward is of a shape that this does not know.
    """
    lines = dict.fromkeys((each.span.path, each.span.line) for each in locations)
    edits: dict[tuple[str, int], _Forward] = {}
    for path, line in lines:
        source = read(path)
        function = source.node_on(line, cst.FunctionDef)
        if function is None:
            raise Unfixable(f"{path}:{line} is in no function")
        edits.setdefault(
            (path, source.place(function).start.line), _Forward(source, function, line)
        )
    splices = [splice for each in edits.values() for splice in each.splices()]
    for path in {path for path, _ in edits}:
        forwards = [each for (where, _), each in edits.items() if where == path]
        splices += _function(forwards[0].source, forwards)
    names = " and ".join(dict.fromkeys(each.name for each in edits.values()))
    return Edit(f"{names} runs one folded conv in eval mode", tuple(sorted(splices)))


class _Forward:
    """One forward: its sum of branches, and the text that takes its place."""

    def __init__(self, source: SourceText, function: cst.FunctionDef, line: int) -> None:
        self.source, self._function = source, function
        around = source.around(function, cst.ClassDef)
        if around is None or source.around(function, cst.FunctionDef) is not None:
            raise self._unknown("is no method of a class")
        self.name = f"{around.name.value}.{function.name.value}"
        if not isinstance(function.body, cst.IndentedBlock):
            raise self._unknown("is on one line")
        self._body = [each for each in function.body.body if isinstance(each, cst.BaseStatement)]
        found = find_sum(source, function, self._body, line)
        if found is None:
            raise self._unknown("adds its branches up in a way that archlint cannot read")
        self._found: Found = found
        if not any(each.layers for each in found.sum.terms):
            raise self._unknown("has no layers in its branches")

    def _unknown(self, why: str) -> Unfixable:
        line = self.source.place(self._function).start.line
        return Unfixable(f"{self._function.name.value} at {self.source.path}:{line} {why}")

    def splices(self) -> list[Splice]:
        """The statements that add up for training, and one call for eval mode."""
        found, source = self._found, self.source
        name = found.name or self._free_name()
        first = found.sum.first
        last = found.last if found.expression is None else found.last - 1
        self._check_hidden(first, found.last, name)
        # the statement itself stays behind where the sum is only part of it
        start = self._line_of(first if first <= last else found.last)
        end = self._end_line_of(last) if first <= last else start - 1
        lines = source.lines
        newline = source.module.default_newline
        step = source.module.default_indent
        pad = lines[start - 1][: len(lines[start - 1]) - len(lines[start - 1].lstrip())]
        self._check_strings(start, end)
        inside = [step + each if each.strip() else each for each in lines[start - 1 : end]]
        if found.expression is not None:
            inside.append(f"{pad}{step}{name} = {source.code(found.expression)}{newline}")
        text = f"{pad}if {self._self}.training:{newline}{''.join(inside)}"
        text += f"{pad}else:{newline}{pad}{step}{name} = {self._call}{newline}"
        begin = len("".join(lines[: start - 1]).encode())
        finish = len("".join(lines[:end]).encode())
        splices = [Splice(source.path, begin, finish, text)]
        if found.expression is not None:
            splices.append(Splice(source.path, *source.offsets(found.expression), name))
        return splices

    @property
    def _self(self) -> str:
        return self._function.params.params[0].name.value

    @property
    def _call(self) -> str:
        sum_ = self._found.sum
        return f"{NAME}({', '.join([sum_.input, *map(_argument, sum_.terms)])})"

    def _free_name(self) -> str:
        taken = {
            each.value for each in self.source.inside(self._function) if isinstance(each, cst.Name)
        }
        name = _MERGED
        while name in taken:
            name += "_"
        return name

    def _line_of(self, index: int) -> int:
        return self.source.place(self._body[index]).start.line

    def _end_line_of(self, index: int) -> int:
        return self.source.place(self._body[index]).end.line

    def _check_hidden(self, first: int, last: int, name: str) -> None:
        """No name that the statements in between make may be read behind them."""
        source, found = self.source, self._found
        made = set()
        inner = self._body[first : last + (found.expression is None)]
        for statement in inner:
            for node in source.inside(statement):
                if isinstance(node, (cst.Return, cst.Raise, cst.Yield)):
                    raise self._unknown("returns while it adds its branches up")
                target = getattr(node, "target", None)
                if isinstance(target, cst.Name):
                    made.add(target.value)
        made.discard(name)
        own = {id(each) for each in source.inside(found.expression)} if found.expression else set()
        for statement in self._body[last + (found.expression is None) :]:
            for node in source.inside(statement):
                if isinstance(node, cst.Name) and node.value in made and id(node) not in own:
                    raise self._unknown(f"reads {node.value} behind the sum too")

    def _check_strings(self, start: int, end: int) -> None:
        for node in self.source.inside(self._function.body):
            if isinstance(node, (cst.SimpleString, cst.FormattedString)):
                place = self.source.place(node)
                if place.start.line < place.end.line and start <= place.start.line <= end:
                    raise self._unknown("has text of several lines among its branches")


def _argument(term: Term) -> str:
    if term.looped:
        layers = term.layers[0]
        return f"*({layers} if {term.condition} else ())" if term.condition else f"*{layers}"
    alone = ", ".join(term.layers)
    text = alone if len(term.layers) == 1 else f"({alone})"
    if term.condition in ("", f"{text} is not None", text):
        return text
    return f"{text} if {term.condition} else None"


def _function(source: SourceText, forwards: Sequence[_Forward]) -> list[Splice]:
    """The function before the first class that uses it, and an import where torch has none."""
    names = [each.name.value for each in source.module.body if isinstance(each, cst.FunctionDef)]
    text = fold_function("torch", _torch_nn(source), source.module.default_indent)
    text = text.replace("\n", source.module.default_newline)
    if NAME in names:
        written = next(
            each
            for each in source.module.body
            if isinstance(each, cst.FunctionDef) and each.name.value == NAME
        )
        if source.code(written).strip() == text.strip():
            return []
        raise Unfixable(f"{source.path} has another {NAME} already")
    newline = source.module.default_newline
    classes = [source.top_level(each._function) for each in forwards]
    first = min(classes, key=lambda each: source.place(each).start.line)
    line = _first_line(source, first)
    lines = source.lines
    at = len("".join(lines[: line - 1]).encode())
    splices = [Splice(source.path, at, at, f"{text}{newline}{newline}")]
    if "torch" not in source.imported:
        splices.append(_import(source))
    return splices


def _first_line(source: SourceText, node: cst.CSTNode) -> int:
    """The line of a class's first decorator, or its own, with the comments right above."""
    decorators = getattr(node, "decorators", ())
    line = source.place(decorators[0] if decorators else node).start.line
    lines = source.lines
    while line > 1 and lines[line - 2].startswith("#"):
        line -= 1
    return line


def _torch_nn(source: SourceText) -> str:
    return "nn" if "nn" in source.imported else "torch.nn"


def _import(source: SourceText) -> Splice:
    """`import torch`, before the first import that is not of __future__."""
    for statement in source.module.body:
        for each in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            is_future = isinstance(each, cst.ImportFrom) and (
                each.module is not None and source.code(each.module) == "__future__"
            )
            if isinstance(each, (cst.Import, cst.ImportFrom)) and not is_future:
                at, _ = source.offsets(each)
                return Splice(source.path, at, at, f"import torch{source.module.default_newline}")
    raise Unfixable(f"{source.path} imports no torch")
