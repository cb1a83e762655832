"""What a forward adds up: branches of one input, read off its statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import libcst as cst

from archlint.source.rewrites.source_text import SourceText, name_of

__all__ = ["Found", "Sum", "Term", "find_sum"]


@dataclass(frozen=True, slots=True)
class Term:
    """One branch: the layers that the input goes through, as they are written, first to last.

    No layers are the input itself.  `condition` is when the branch is there, "" for always.
    `looped` says that `layers` is one iterable of branches.
    """

    layers: tuple[str, ...]
    condition: str = ""
    looped: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """Branches of `input`, with the first statement that made one of them."""

    input: str
    terms: tuple[Term, ...]
    first: int

    @property
    def layered(self) -> bool:
        """Whether it is one branch, which another layer can take."""
        return len(self.terms) == 1 and not self.terms[0].condition and not self.terms[0].looped


@dataclass(frozen=True, slots=True)
class Found:
    """A sum: the value of `name` after the statement `last`, or an expression inside that."""

    sum: Sum
    last: int
    name: str
    expression: cst.BaseExpression | None


def find_sum(
    source: SourceText, function: cst.FunctionDef, body: Sequence[cst.BaseStatement], line: int
) -> Found | None:
    """The largest sum of branches that a line of a forward belongs to."""
    reader = _Reader(source, function)
    at = next((i for i, each in enumerate(body) if _holds(source, each, line)), None)
    if at is None:
        return None
    for index in range(at + 1):
        reader.read(body[index], index)
    found = _found(reader, body, at)
    if found is None:
        return None
    hidden = range(found.sum.first, found.last + (found.expression is None))
    return None if reader.unread & set(hidden) else found


def _found(reader: _Reader, body: Sequence[cst.BaseStatement], at: int) -> Found | None:
    name = _assigned(body[at])
    if name and _is_sum(reader.env.get(name)):
        return _grown(reader, body, at, name)
    for node in reader.source.inside(body[at]):
        if isinstance(node, (cst.BinaryOperation, cst.Call)):
            made = reader.before.evaluated(node, at)
            if made is not None and _is_sum(made):
                return Found(made, at, "", node)
    return None


def _grown(reader: _Reader, body: Sequence[cst.BaseStatement], at: int, name: str) -> Found | None:
    """The sum after the statements that go on adding to it."""
    last, found = at, reader.env[name]
    for index in range(at + 1, len(body)):
        reader.read(body[index], index)
        grown = reader.env.get(name)
        if _assigned(body[index]) != name or grown is None or found is None:
            break
        if grown.terms[: len(found.terms)] != found.terms:
            break
        last, found = index, grown
    return None if found is None else Found(found, last, name, None)


def _is_sum(value: Sum | None) -> bool:
    return value is not None and (len(value.terms) > 1 or any(t.looped for t in value.terms))


class _Reader:
    """Follows what names hold; `before` is the same without the statement read last.

    `unread` are the statements that do anything else than make sums: these have to stay.
    """

    def __init__(self, source: SourceText, function: cst.FunctionDef) -> None:
        self.source = source
        params = [each.name.value for each in function.params.params]
        self._self = params[0] if params else ""
        self.env: dict[str, Sum | None] = {each: Sum(each, (Term(()),), -1) for each in params[1:]}
        self.before = self
        self.unread: set[int] = set()

    def _copy(self) -> _Reader:
        copy: _Reader = object.__new__(_Reader)
        copy.source, copy._self, copy.env = self.source, self._self, dict(self.env)
        copy.before = copy
        copy.unread = self.unread
        return copy

    def read(self, statement: cst.BaseStatement, index: int) -> None:
        """Take one statement in."""
        self.before = self._copy()
        self._read(statement, index)

    def _read(self, statement: cst.BaseStatement, index: int) -> None:
        if isinstance(statement, cst.SimpleStatementLine):
            for each in statement.body:
                self._small(each, index)
        elif isinstance(statement, cst.If):
            self._if(statement, index)
        elif isinstance(statement, cst.For):
            self._for(statement, index)
        else:
            self._forget(statement, index)

    def _small(self, statement: cst.BaseSmallStatement, index: int) -> None:
        if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
            target = statement.targets[0].target
            if isinstance(target, cst.Name):
                self._make(target.value, self.evaluated(statement.value, index), index)
                return
        if isinstance(statement, cst.AugAssign) and isinstance(statement.target, cst.Name):
            name = statement.target.value
            made = None
            if isinstance(statement.operator, cst.AddAssign):
                made = _added(self.env.get(name), self.evaluated(statement.value, index))
            self._make(name, made, index)
            return
        self._forget(statement, index)

    def _make(self, name: str, value: Sum | None, index: int) -> None:
        if value is None:
            self.unread.add(index)
        self._set(name, value, index)

    def _set(self, name: str, value: Sum | None, index: int) -> None:
        """Give a name its value; what was an input of branches is one no more."""
        for other, each in list(self.env.items()):
            if each is not None and each.input == name and other != name:
                self.env[other] = None
        if value is not None and value.input == name:
            value = None
        if value is not None and value.first < 0:
            value = replace(value, first=index)
        self.env[name] = value

    def _if(self, statement: cst.If, index: int) -> None:
        condition = self.source.code(statement.test)
        yes, no = self._copy(), self._copy()
        yes._block(statement.body, index)
        if isinstance(statement.orelse, cst.If):
            no._read(statement.orelse, index)
        elif statement.orelse is not None:
            no._block(statement.orelse.body, index)
        for name in {*yes.env, *no.env}:
            one, other = yes.env.get(name), no.env.get(name)
            if one != other:
                self._set(name, _either(one, other, condition), index)

    def _block(self, block: cst.BaseSuite, index: int) -> None:
        for each in block.body:
            if isinstance(each, cst.BaseStatement):
                self._read(each, index)
            elif isinstance(each, cst.BaseSmallStatement):
                self._small(each, index)

    def _for(self, statement: cst.For, index: int) -> None:
        inside = self._copy()
        variable = name_of(statement.target)
        before = dict(inside.env)
        inside._block(statement.body, index)
        changed = [name for name, value in inside.env.items() if value != before.get(name)]
        if len(changed) != 1 or not variable or statement.orelse is not None:
            self._forget(statement, index)
            return
        was, value = before.get(changed[0]), inside.env[changed[0]]
        known = was.terms if was is not None else ()
        added = value.terms[len(known) :] if value is not None else ()
        if value is None or value.terms[: len(known)] != known or len(added) != 1:
            self._forget(statement, index)
            return
        if added[0].condition or added[0].looped or not added[0].layers:
            self._forget(statement, index)
            return
        iterable = self.source.code(statement.iter)
        if added[0].layers != (variable,):
            layers = ", ".join(added[0].layers)
            branch = layers if len(added[0].layers) == 1 else f"({layers})"
            iterable = f"[{branch} for {variable} in {iterable}]"
        loop = Term((iterable,), looped=True)
        self._set(changed[0], replace(value, terms=(*known, loop)), index)

    def _forget(self, node: cst.CSTNode, index: int) -> None:
        """Whatever is assigned in here is not known any more."""
        self.unread.add(index)
        for each in self.source.inside(node):
            target = getattr(each, "target", None)
            if isinstance(target, cst.CSTNode):
                for name in self.source.inside(target):
                    if isinstance(name, cst.Name):
                        self._set(name.value, None, 0)

    def evaluated(self, node: cst.BaseExpression, index: int) -> Sum | None:
        """What an expression is, None where it is no sum of branches."""
        if isinstance(node, cst.Name):
            return self.env.get(node.value)
        if isinstance(node, (cst.Integer, cst.Float)):
            return Sum("", (), index) if float(node.evaluated_value) == 0 else None
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            left = self.evaluated(node.left, index)
            return _added(left, self.evaluated(node.right, index))
        if isinstance(node, cst.IfExp):
            one, other = self.evaluated(node.body, index), self.evaluated(node.orelse, index)
            return _either(one, other, self.source.code(node.test))
        if isinstance(node, cst.Call):
            return self._called(node, index)
        return None

    def _called(self, call: cst.Call, index: int) -> Sum | None:
        if len(call.args) != 1 or call.args[0].keyword is not None or call.args[0].star:
            return None
        argument = call.args[0].value
        if name_of(call.func) == "sum":
            return self._summed(argument, index)
        given = self.evaluated(argument, index)
        if given is None or not given.layered or not self._is_layer(call.func):
            return None
        layers = (*given.terms[0].layers, self.source.code(call.func))
        first = index if given.first < 0 else given.first
        return Sum(given.input, (Term(layers),), first)

    def _summed(self, argument: cst.BaseExpression, index: int) -> Sum | None:
        """`sum(branch(x) for branch in self.branches)`."""
        if not isinstance(argument, (cst.GeneratorExp, cst.ListComp)):
            return None
        loop, element = argument.for_in, argument.elt
        if loop.ifs or loop.inner_for_in is not None or not isinstance(element, cst.Call):
            return None
        variable = name_of(loop.target)
        if not variable or name_of(element.func) != variable or len(element.args) != 1:
            return None
        given = self.evaluated(element.args[0].value, index)
        if given is None or given.terms != (Term(()),):
            return None
        return Sum(given.input, (Term((self.source.code(loop.iter),), looped=True),), index)

    def _is_layer(self, func: cst.BaseExpression) -> bool:
        """`self.conv`, `self.convs[0]`, or a variable of a loop over layers."""
        if isinstance(func, cst.Name):
            return func.value not in self.env and func.value not in self.source.imported
        while isinstance(func, (cst.Attribute, cst.Subscript)):
            func = func.value
        return isinstance(func, cst.Name) and func.value == self._self


def _added(one: Sum | None, other: Sum | None) -> Sum | None:
    if one is None or other is None:
        return None
    inputs = {each.input for each in (one, other) if each.terms}
    if len(inputs) > 1:
        return None
    made = [each.first for each in (one, other) if each.first >= 0]
    return Sum(next(iter(inputs), ""), one.terms + other.terms, min(made, default=-1))


def _either(yes: Sum | None, no: Sum | None, condition: str) -> Sum | None:
    """What they share, and the rest on their conditions."""
    if yes is None or no is None:
        return None
    inputs = {each.input for each in (yes, no) if each.terms}
    if len(inputs) > 1:
        return None
    shared = 0
    while yes.terms[shared : shared + 1] and (
        yes.terms[shared : shared + 1] == no.terms[shared : shared + 1]
    ):
        shared += 1
    left = [(each, condition) for each in yes.terms[shared:]]
    left += [(each, _not(condition)) for each in no.terms[shared:]]
    if any(each.condition for each, _ in left):
        return None
    made = [each.first for each in (yes, no) if each.first >= 0]
    rest = tuple(replace(each, condition=when) for each, when in left)
    return Sum(next(iter(inputs), ""), yes.terms[:shared] + rest, min(made, default=-1))


def _not(condition: str) -> str:
    for one, other in ((" is not None", " is None"), (" is None", " is not None")):
        if condition.endswith(one) and " " not in condition.removesuffix(one):
            return condition.removesuffix(one) + other
    return f"not {condition}" if condition.replace(".", "").isidentifier() else f"not ({condition})"


def _assigned(statement: cst.BaseStatement) -> str:
    """The one name that a statement gives a value, "" where it is none or several."""
    names = set()
    blocks = [statement]
    while blocks:
        block = blocks.pop()
        if isinstance(block, cst.SimpleStatementLine):
            for each in block.body:
                if isinstance(each, cst.Assign):
                    names |= {name_of(target.target) for target in each.targets}
                elif isinstance(each, cst.AugAssign):
                    names.add(name_of(each.target))
                else:
                    names.add("")
        elif isinstance(block, (cst.If, cst.For)):
            blocks += [each for each in block.body.body if isinstance(each, cst.BaseStatement)]
            if isinstance(block, cst.If) and isinstance(block.orelse, cst.If):
                blocks.append(block.orelse)
            elif block.orelse is not None and isinstance(block.orelse, cst.Else):
                inner = block.orelse.body.body
                blocks += [each for each in inner if isinstance(each, cst.BaseStatement)]
        else:
            names.add("")
    return names.pop() if len(names) == 1 else ""


def _holds(source: SourceText, node: cst.CSTNode, line: int) -> bool:
    place = source.place(node)
    return place.start.line <= line <= place.end.line
