"""One activation for another: constructor calls, functions, and classes that are handed on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from archlint.location import Location, Span
from archlint.source.rewrites.edit import Edit, Read, Splice
from archlint.source.rewrites.source_text import SourceText, Unfixable, name_of
from archlint.source.rewrites.torch_names import CLASSES, FUNCTIONS, POSITIONS

__all__ = ["replace_activation"]

_KEPT = "inplace"
"""The argument that activations have in common."""


def replace_activation(now: str, instead: str, locations: Sequence[Location], read: Read) -> Edit:
    """Replace what makes these operators; names are those of ONNX.

    Raises Unfixable where there is nothing to replace at any location.
    """
    if now not in CLASSES or instead not in CLASSES:
        raise Unfixable(f"PyTorch has no one name for {now}")
    swap = _Swap(now, instead, read)
    missing = sum(not swap.at(location) for location in locations)
    if not swap.splices:
        classes = " or ".join(f"nn.{each}" for each in CLASSES[now])
        raise Unfixable(f"no {classes} and no function of that name where it is made")
    places = len({(each.path, each.start) for each in swap.splices})
    what = f"{CLASSES[instead][0]} for {' and '.join(sorted(swap.replaced))}"
    what += f" at {places} place{'s' if places > 1 else ''} of the source"
    if missing:
        what += f" ({missing} of {len(locations)} operators come from elsewhere)"
    return Edit(what, tuple(sorted(set(swap.splices))))


class _Swap:
    def __init__(self, now: str, instead: str, read: Read) -> None:
        self._classes, self._functions = CLASSES[now], FUNCTIONS[now]
        self._is_silu = "SiLU" in self._classes
        self._class, self._function = CLASSES[instead][0], FUNCTIONS[instead][0]
        self._read = read
        self._known: dict[tuple[Span, ...], bool] = {}
        self.splices: list[Splice] = []
        self.replaced: set[str] = set()

    def at(self, location: Location) -> bool:
        """Replace what made an operator; False where nothing of it was found."""
        spans = (location.span, *(call.span for call in location.chain))
        if spans not in self._known:
            self._known[spans] = self._replace(spans)
        return self._known[spans]

    def _replace(self, spans: tuple[Span, ...]) -> bool:
        source = self._read(spans[0].path)
        node = source.expression_at(spans[0])
        if node is not None and self._expression(source, node):
            return True
        for span in spans:
            found = list(self._handed_on(span))
            if found:
                for where, each in found:
                    self._name(where, each)
                return True
        return False

    def _expression(self, source: SourceText, node: cst.CSTNode) -> bool:
        """Replace calls of the activation in an expression."""
        if isinstance(node, cst.BinaryOperation) and self._gated(source, node):
            return True
        if isinstance(node, cst.Call):
            last = _last(node.func)
            if last in self._classes and name_of(node.func):
                self._call(source, node, self._class, POSITIONS.get(last, ()))
                return True
            if last in self._functions:
                self._call(source, node, self._function, None)
                return True
        found = [self._expression(source, child) for child in node.children]
        return any(found)

    def _gated(self, source: SourceText, node: cst.BinaryOperation) -> bool:
        """Replace `x * torch.sigmoid(x)`."""
        if not self._is_silu or not isinstance(node.operator, cst.Multiply):
            return False
        for x, gate in ((node.left, node.right), (node.right, node.left)):
            if not isinstance(gate, cst.Call) or _last(gate.func) != "sigmoid":
                continue
            given = gate.args[0].value if gate.args else None
            if isinstance(gate.func, cst.Attribute) and given is None:
                given = gate.func.value
            if given is not None and source.code(given) == source.code(x):
                start, end = source.offsets(node)
                called = _relu(source, self._function)
                text = f"{called}({source.code(x)})"
                self.splices.append(Splice(source.path, start, end, text))
                self.replaced.add("x * sigmoid(x)")
                return True
        return False

    def _call(
        self, source: SourceText, call: cst.Call, name: str, positions: tuple[str, ...] | None
    ) -> None:
        """Replace a call's name and drop what the other activation does not take.

        `positions` are the names of a constructor's arguments, None for a function.
        """
        kept = []
        for place, arg in enumerate(call.args):
            named = arg.keyword.value if arg.keyword is not None else ""
            if positions is None and not named and place == 0 and not _is_method(call):
                kept.append(source.code(arg.value))
            elif positions is not None and not named and place < len(positions):
                named = positions[place]
            if named == _KEPT:
                alone = positions == (_KEPT,) and arg.keyword is None
                kept.append(
                    source.code(arg.value) if alone else f"{_KEPT}={source.code(arg.value)}"
                )
        if len(kept) < len(call.args):
            _, begin = source.offsets(call.func)
            _, end = source.offsets(call)
            self.splices.append(Splice(source.path, begin, end, f"({', '.join(kept)})"))
        self._name(source, call.func, name)

    def _handed_on(self, span: Span) -> Iterator[tuple[SourceText, cst.BaseExpression]]:
        """Literal names of the activation in a call's arguments, or else around the call."""
        source = self._read(span.path)
        call = source.expression_at(span)
        if call is None:
            return
        given = call.args if isinstance(call, cst.Call) else ()
        found = [each for arg in given for each in self._references(source, arg.value)]
        if not found:
            found = [each for node in _scope(source, call) for each in self._mentions(source, node)]
        for each in found:
            yield source, each

    def _references(self, source: SourceText, node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
        """Names of the activation in an argument, a partial(...) too, but no other call."""
        if isinstance(node, cst.Call) and _last(node.func) != "partial":
            return
        if isinstance(node, (cst.Name, cst.Attribute)):
            if self._is_named(source, node):
                yield node
            return
        for child in node.children:
            yield from self._references(source, child)

    def _mentions(self, source: SourceText, node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
        """Names of the activation as values, not where they are called or imported."""
        if isinstance(node, (cst.Import, cst.ImportFrom, cst.Annotation)):
            return
        if isinstance(node, cst.Call):
            for arg in node.args:
                yield from self._mentions(source, arg.value)
            return
        if isinstance(node, (cst.Name, cst.Attribute)):
            if self._is_named(source, node):
                yield node
            return
        for child in node.children:
            yield from self._mentions(source, child)

    def _is_named(self, source: SourceText, node: cst.Name | cst.Attribute) -> bool:
        if isinstance(node, cst.Name):
            return node.value in source.imported and node.value in (
                *self._classes, *self._functions
            )  # fmt: skip
        before = name_of(node.value).rpartition(".")[2]
        return (before == "nn" and node.attr.value in self._classes) or (
            before in ("F", "functional", "torch") and node.attr.value in self._functions
        )

    def _name(self, source: SourceText, node: cst.BaseExpression, name: str = "") -> None:
        """Replace the last part of a name; one that stands alone has to be imported."""
        last = node.attr if isinstance(node, cst.Attribute) else node
        if not isinstance(last, cst.Name):
            return
        is_class = last.value in self._classes
        name = name or (self._class if is_class else self._function)
        self.replaced.add(last.value)
        if not isinstance(node, cst.Attribute) and name not in source.imported:
            name = _qualified(source, name, is_class=is_class)
        start, end = source.offsets(last)
        self.splices.append(Splice(source.path, start, end, name))


def _last(func: cst.BaseExpression) -> str:
    if isinstance(func, cst.Attribute):
        return func.attr.value
    return func.value if isinstance(func, cst.Name) else ""


def _is_method(call: cst.Call) -> bool:
    """Whether it is `x.sigmoid()` and not `torch.sigmoid(x)`."""
    return isinstance(call.func, cst.Attribute) and not call.args


def _relu(source: SourceText, name: str) -> str:
    return f"torch.{name}" if "torch" in source.imported else _qualified(source, name)


def _qualified(source: SourceText, name: str, *, is_class: bool = False) -> str:
    """A name of torch.nn or torch.nn.functional as the module's imports can say it."""
    if is_class:
        if "nn" in source.imported:
            return f"nn.{name}"
    elif "F" in source.imported:
        return f"F.{name}"
    elif "nn" in source.imported:
        return f"nn.functional.{name}"
    if "torch" in source.imported:
        return f"torch.nn.{name}" if is_class else f"torch.nn.functional.{name}"
    raise Unfixable(f"{source.path} imports neither torch nor nn")


def _scope(source: SourceText, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The function around a call, and what its class and its module assign."""
    function = source.around(node, cst.FunctionDef)
    if function is None:
        return
    yield function.params
    yield function.body
    around = source.around(function, cst.ClassDef)
    bodies = [around.body.body] if around is not None else []
    names = {each.value for each in source.inside(function) if isinstance(each, cst.Name)}
    for body in (*bodies, source.module.body):
        for statement in body:
            for each in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
                if isinstance(each, (cst.Assign, cst.AnnAssign)) and names & _targets(each):
                    yield each


def _targets(statement: cst.Assign | cst.AnnAssign) -> set[str]:
    targets = (
        [statement.target]
        if isinstance(statement, cst.AnnAssign)
        else [each.target for each in statement.targets]
    )
    return {each.value for each in targets if isinstance(each, cst.Name)}
