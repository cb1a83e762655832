"""An abstract interpretation of constructors: which modules they make, and in which calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import libcst as cst

from archlint.source.static import containers
from archlint.source.static.builtin_calls import BUILTINS, call_builtin, call_external
from archlint.source.static.expressions import Expressions
from archlint.source.static.items import flat
from archlint.source.static.parsed import Parsed, statements_of
from archlint.source.static.regions import Regions
from archlint.source.static.source_tree import SourceTree
from archlint.source.static.statements import Flow, Statements
from archlint.source.static.values import (
    UNKNOWN,
    Arguments,
    Bound,
    Builtin,
    Class,
    Const,
    Either,
    External,
    Function,
    Item,
    Made,
    ModuleFile,
    Partial,
    Repeat,
    Scope,
    Series,
    Site,
    SuperOf,
    Table,
    Text,
    Union,
    Unknown,
    Value,
    alternatives,
    as_pattern,
    union,
)

__all__ = ["Interpreter"]

_MOST_STEPS = 400_000  # nodes evaluated; beyond, everything is unknown
_DEEPEST = 30  # calls
_MOST_AT_ONCE = 2  # calls of one function inside each other


class Interpreter:
    """Evaluates what the roots define; nothing of it is run.

    Constructors are followed when somebody asks for what they make.
    """

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.regions = Regions()
        self.expressions = Expressions(self)
        self.statements = Statements(self)
        self._steps = 0
        self._depth = 0
        self._active: dict[cst.CSTNode, int] = {}
        self._globals: dict[tuple[Parsed, str], Value | None] = {}
        self._members: dict[tuple[Class, str], Value | None] = {}
        self._bases: dict[Class, tuple[Value, ...]] = {}
        self._searched: set[tuple[int, str]] = set()

    def step(self) -> bool:
        """Count a step; False once there have been too many."""
        self._steps += 1
        return self._steps <= _MOST_STEPS

    # names

    def name(self, name: str, scope: Scope) -> Value:
        """What a name means in a scope."""
        inner: Scope | None = scope
        while inner is not None:
            if name in inner.names:
                return inner.names[name]
            if inner.is_class and inner.owner is not None and inner is scope:
                found = self._own_member(inner.owner, name)
                if found is not None:
                    return found
            inner = inner.around
        found = self.global_name(scope.file, name)
        if found is not None:
            return found
        return Builtin(name) if name in BUILTINS else UNKNOWN

    def global_name(self, file: Parsed, name: str) -> Value | None:
        """What a file binds to a name; None where it doesn't."""
        key = file, name
        if key not in self._globals:
            self._globals[key] = UNKNOWN  # while it is looked for
            with self.regions.aside():
                self._globals[key] = self._find_global(file, name)
        return self._globals[key]

    def _find_global(self, file: Parsed, name: str) -> Value | None:
        bound = file.bindings.get(name)
        if bound:
            found = [self._bound(file, each, name) for each in bound[-4:]]
            return union(*reversed([each for each in found if each is not UNKNOWN]))
        for each in file.bindings.get("*", ()):
            if isinstance(each, cst.ImportFrom):
                module = self._module(each, file)
                if isinstance(module, ModuleFile):
                    found_there = self.global_name(module.file, name)
                    if found_there is not None:
                        return found_there
        if file.path.name == "__init__.py":
            return self._submodule(file, name)
        return None

    def _submodule(self, file: Parsed, name: str) -> Value | None:
        path = self.tree.relative(name, 1, file.path)
        parsed = self.tree.parsed(path) if path is not None else None
        return ModuleFile(parsed) if parsed is not None and parsed is not file else None

    def _bound(self, file: Parsed, statement: cst.CSTNode, name: str) -> Value:
        scope = Scope(file, "<module>")
        if isinstance(statement, (cst.Import, cst.ImportFrom)):
            return self.imported(statement, file, name)
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            return self.defined(statement, scope)
        if isinstance(statement, (cst.Assign, cst.AnnAssign)):
            self.statements.assign(statement, scope)
            return scope.names.get(name, UNKNOWN)
        return UNKNOWN

    def imported(self, statement: cst.Import | cst.ImportFrom, file: Parsed, name: str) -> Value:
        """What an import binds to a name."""
        if isinstance(statement.names, cst.ImportStar):
            return UNKNOWN
        for alias in statement.names:
            dotted = _dotted(alias.name)
            as_name = alias.asname.name if alias.asname else None
            bound = as_name.value if isinstance(as_name, cst.Name) else None
            if isinstance(statement, cst.ImportFrom):
                if (bound or dotted) == name:
                    return self._member_of(self._module(statement, file), dotted)
            elif (bound or dotted.partition(".")[0]) == name:
                return self._imported_module(dotted if bound else name, file)
        return UNKNOWN

    def _module(self, statement: cst.ImportFrom, file: Parsed) -> Value:
        dotted = _dotted(statement.module) if statement.module is not None else ""
        if not statement.relative:
            return self._imported_module(dotted, file)
        path = self.tree.relative(dotted, len(statement.relative), file.path)
        parsed = self.tree.parsed(path) if path is not None else None
        return ModuleFile(parsed) if parsed is not None else External(dotted)

    def _imported_module(self, dotted: str, file: Parsed) -> Value:
        path = self.tree.imported(dotted, file.path)
        parsed = self.tree.parsed(path) if path is not None else None
        return ModuleFile(parsed) if parsed is not None else External(dotted)

    def _member_of(self, module: Value, name: str) -> Value:
        if isinstance(module, ModuleFile):
            found = self.global_name(module.file, name)
            return UNKNOWN if found is None else found
        return External(f"{module.name}.{name}") if isinstance(module, External) else UNKNOWN

    # classes and functions

    def defined(self, node: cst.FunctionDef | cst.ClassDef, scope: Scope) -> Value:
        """The value of a definition."""
        qualified = self.qualified(node.name.value, scope)
        around = None if scope.qualified == "<module>" else scope
        if isinstance(node, cst.ClassDef):
            return Class(scope.file, node, qualified, around)
        return Function(scope.file, node, qualified, around)

    def qualified(self, name: str, scope: Scope) -> str:
        """The qualified name of what is defined in a scope."""
        if scope.qualified == "<module>":
            return name
        return (
            f"{scope.qualified}.{name}" if scope.is_class else f"{scope.qualified}.<locals>.{name}"
        )

    def lineage(self, owner: Class) -> list[Class | External]:
        """The class and those it inherits from, in the order in which they are asked."""
        found: list[Class | External] = [owner]
        for base in self._bases_of(owner):
            further = self.lineage(base) if isinstance(base, Class) else [base]
            for each in further:
                if isinstance(each, (Class, External)):
                    found = [one for one in found if not _is_same(one, each)] + [each]
        return found

    def _bases_of(self, owner: Class) -> tuple[Value, ...]:
        if owner not in self._bases:
            self._bases[owner] = ()  # while they are looked for: no class inherits from itself
            scope = owner.around or Scope(owner.file, "<module>")
            found = [self.expressions.value(each.value, scope) for each in owner.node.bases]
            self._bases[owner] = tuple(
                next(
                    (one for one in alternatives(each) if isinstance(one, (Class, External))), each
                )
                for each in found
            )
        return self._bases[owner]

    def member(self, owner: Class, name: str, behind: Class | None = None) -> Value | None:
        """A class's attribute; with `behind`, that of those who are asked after this class."""
        lineage = self.lineage(owner)
        if behind is not None:
            places = [n for n, each in enumerate(lineage) if _is_same(each, behind)]
            lineage = lineage[places[0] + 1 :] if places else self.lineage(behind)[1:]
        for each in lineage:
            found = self._own_member(each, name) if isinstance(each, Class) else None
            if found is not None:
                return found
        return None

    def _own_member(self, owner: Class, name: str) -> Value | None:
        key = owner, name
        if key not in self._members:
            self._members[key] = None  # while it is looked for
            with self.regions.aside():
                self._members[key] = self._find_member(owner, name)
        return self._members[key]

    def _find_member(self, owner: Class, name: str) -> Value | None:
        scope = Scope(owner.file, owner.qualified, owner.around, owner=owner, is_class=True)
        found: Value | None = None
        for each in statements_of(owner.node.body):
            if isinstance(each, cst.FunctionDef) and each.name.value == name:
                qualified = f"{owner.qualified}.{name}"
                found = Function(owner.file, each, qualified, owner.around, owner)
            elif isinstance(each, cst.ClassDef) and each.name.value == name:
                found = self.defined(each, scope)
            elif isinstance(each, (cst.Assign, cst.AnnAssign)) and _assigns(each, name):
                self.statements.assign(each, scope)
                found = scope.names.get(name, found)
        return found

    def has_own_forward(self, owner: Class) -> bool:
        """Whether the forward of a class is in the roots."""
        return self.member(owner, "forward") is not None

    # objects

    def attribute(self, value: Value, name: str) -> Value:
        """`value.name`."""
        if isinstance(value, Union):
            return union(*(self.attribute(each, name) for each in value.values))
        if isinstance(value, External):
            return External(f"{value.name}.{name}")
        if isinstance(value, ModuleFile):
            return self._member_of(value, name)
        if isinstance(value, Class):
            found = self.member(value, name)
            if isinstance(found, Function) and "classmethod" in _decorators(found):
                return Bound(value, found)
            if found is None and name in ("__name__", "__qualname__"):
                return Const(value.name)
            return UNKNOWN if found is None else found
        if isinstance(value, SuperOf):
            return self._inherited(value, name)
        if isinstance(value, Made):
            return self._attribute_of(value, name)
        if isinstance(value, (Series, Table, Const)):
            return Bound(value, name)
        if isinstance(value, Partial) and name == "func":
            return value.function
        return UNKNOWN

    def _inherited(self, value: SuperOf, name: str) -> Value:
        instance = value.instance
        kind = instance.callee if isinstance(instance, Made) else instance
        if isinstance(kind, Class):
            found = self.member(kind, name, value.owner)
            if isinstance(found, Function):
                return self._method(instance, found)
            if found is not None:
                return found
        return Bound(instance, name) if isinstance(instance, Made) else UNKNOWN

    def _attribute_of(self, made: Made, name: str) -> Value:
        self.build(made)
        if name in made.names:
            return made.names[name]
        if name == "__class__" and made.callee is not UNKNOWN:
            return made.callee
        found = self.member(made.callee, name) if isinstance(made.callee, Class) else None
        if isinstance(found, Function):
            return self._method(made, found)
        if found is not None:
            return found
        return Bound(made, name) if name in containers.METHODS else UNKNOWN

    def _method(self, instance: Value, function: Function) -> Value:
        decorators = _decorators(function)
        if "staticmethod" in decorators:
            return function
        if "classmethod" in decorators and isinstance(instance, Made):
            return Bound(instance.callee, function)
        bound = Bound(instance, function)
        if decorators & {"property", "cached_property"}:
            return self.run(function, Arguments((instance,)), None)
        return bound

    def set_attribute(self, value: Value, name: str, new: Value) -> None:
        """`value.name = new`."""
        for each in alternatives(value):
            if isinstance(each, Made):
                surely = not isinstance(value, Union)
                old = each.names.get(name)
                self.regions.assign(
                    each.names, name, new if surely or old is None else union(old, new)
                )

    def set_named(self, value: Value, name: Value, new: Value) -> None:
        """`setattr`, with names of which only a part may be known."""
        for one in alternatives(name):
            if isinstance(one, Const) and isinstance(one.value, str):
                self.set_attribute(value, one.value, new)
                continue
            for each in alternatives(value):
                if isinstance(each, Made):
                    pattern = as_pattern(one)
                    old = each.patterns.get(pattern)
                    each.patterns[pattern] = new if old is None else union(old, new)

    def named(self, made: Made, name: str) -> Value | None:
        """The child of a name, from other methods than the constructor too."""
        self.build(made)
        found = containers.named(made, name)
        if found is None and isinstance(made.callee, Class):
            key = id(made), name
            if key not in self._searched:
                self._searched.add(key)
                self._run_methods_that_set(made, made.callee, name)
            found = containers.named(made, name)
        return found

    def _run_methods_that_set(self, made: Made, owner: Class, name: str) -> None:
        for each in self.lineage(owner):
            if not isinstance(each, Class):
                continue
            for statement in statements_of(each.node.body):
                if not isinstance(statement, cst.FunctionDef) or statement.name.value in _RUN:
                    continue
                code = each.file.tree.code_for_node(statement)
                if f"self.{name}" not in code and f'"{name}"' not in code:
                    continue
                method = self._own_member(each, statement.name.value)
                if isinstance(method, Function):
                    with self.regions.aside():
                        self.run(method, Arguments((made,), {}, True), made.site)
                if name in made.names:
                    return

    def build(self, made: Made) -> None:
        """Follow the constructor of an instance, once."""
        if made.is_built:
            return
        made.is_built = True
        if not isinstance(made.callee, Class):
            return
        constructor = self.member(made.callee, "__init__")
        with self.regions.aside():
            if isinstance(constructor, Function):
                given = replace(made.given, positional=(made, *made.given.positional))
                self.run(constructor, given, made.site)
            else:
                containers.fill(self, made, made.given)

    # calls

    def call(self, function: Value, given: Arguments, site: Site | None) -> Value:
        """What a call gives."""
        if not self.step():
            return UNKNOWN
        if isinstance(function, Union):
            return union(*(self.call(each, given, site) for each in function.values))
        if isinstance(function, Class):
            return Made(function, given, site, Series([], self.regions.level))
        if isinstance(function, Function):
            return self.run(function, given, site)
        if isinstance(function, Partial):
            return self.call(function.function, _joined(function.given, given), site)
        if isinstance(function, Bound):
            if isinstance(function.function, Function):
                own = replace(given, positional=(function.owner, *given.positional))
                return self.run(function.function, own, site)
            return containers.call_method(self, function.owner, function.function, given)
        if isinstance(function, Builtin):
            return call_builtin(self, function.name, given, site)
        if isinstance(function, External):
            return call_external(self, function, given, site)
        if isinstance(function, Made):
            method = self._called(function)
            return UNKNOWN if method is None else self.call(method, given, site)
        return self.made(UNKNOWN, given, site)

    def made(self, callee: Class | External | Unknown, given: Arguments, site: Site | None) -> Made:
        """A new instance; a container of torch's has its children at once."""
        found = Made(callee, given, site, Series([], self.regions.level))
        if isinstance(callee, External):
            containers.fill(self, found, given)
        return found

    def _called(self, made: Made) -> Value | None:
        if not isinstance(made.callee, Class) or self.has_own_forward(made.callee):
            return None
        found = self.member(made.callee, "__call__")
        return self._method(made, found) if isinstance(found, Function) else None

    def run(self, function: Function, given: Arguments, caller: Site | None) -> Value:
        """What a function returns when it is called with these arguments."""
        active = self._active.get(function.node, 0)
        if self._depth >= _DEEPEST or active >= _MOST_AT_ONCE or not self.step():
            return UNKNOWN
        scope = Scope(
            function.file, function.qualified, function.around, caller=caller, owner=function.owner
        )
        scope.yielded = Series([], self.regions.level)
        self._depth += 1
        self._active[function.node] = active + 1
        try:
            self.bind(function, given, scope)
            if isinstance(function.node, cst.Lambda):
                return self.expressions.value(function.node.body, scope)
            flow = self.statements.run(function.node.body, scope)
        except RecursionError:
            return UNKNOWN
        finally:
            self._depth -= 1
            self._active[function.node] = active
        if scope.yielded.items:
            return scope.yielded
        if flow is Flow.RAISE and not (scope.results or scope.unlikely_results):
            return UNKNOWN
        if flow is Flow.NEXT:
            scope.results.append(Const(None))
        return union(*scope.results, *scope.unlikely_results)

    def bind(self, function: Function, given: Arguments, scope: Scope) -> None:
        """Put arguments to the names of parameters."""
        parameters = function.node.params
        around = function.around or Scope(function.file, "<module>")
        if function.owner is not None:
            around = Scope(
                function.file, function.owner.qualified, function.around, owner=function.owner,
                is_class=True,
            )  # fmt: skip
        rest: list[Item] = list(given.positional)
        keywords = dict(given.keywords)
        for each in (*parameters.posonly_params, *parameters.params):
            name = each.name.value
            if rest and not isinstance(rest[0], (Repeat, Either)):
                scope.names[name] = rest[0]
                del rest[0]
                if scope.self_value is None and function.owner is not None:
                    scope.self_value = scope.names[name]
            elif name in keywords:
                scope.names[name] = keywords.pop(name)
            else:
                scope.names[name] = self._default(each, around, given, rest)
        if isinstance(parameters.star_arg, cst.Param):
            scope.names[parameters.star_arg.name.value] = Series(rest, self.regions.level)
        for each in parameters.kwonly_params:
            name = each.name.value
            known = keywords.pop(name, None)
            scope.names[name] = self._default(each, around, given, ()) if known is None else known
        if parameters.star_kwarg is not None:
            pairs: list[Item] = [Series([Const(key), one]) for key, one in keywords.items()]
            if given.is_open:
                pairs.append(Repeat((Series([Text(".*"), UNKNOWN]),)))
            table = Table(Series(pairs, self.regions.level))
            scope.names[parameters.star_kwarg.name.value] = table

    def _default(
        self, parameter: cst.Param, around: Scope, given: Arguments, rest: Sequence[Item]
    ) -> Value:
        found: Value = UNKNOWN
        if parameter.default is not None:
            found = self.expressions.value(parameter.default, around)
        if rest:
            return union(flat(rest), found)
        return union(found, self._told(parameter, around), UNKNOWN) if given.is_open else found

    def _told(self, parameter: cst.Param, scope: Scope) -> Value:
        """The classes of the roots that an annotation names."""
        if parameter.annotation is None:
            return UNKNOWN
        names = [each.value for each in _names_in(parameter.annotation.annotation)]
        found = [self.name(each, scope) for each in names]
        return union(*(each for each in found if isinstance(each, Class)))


_RUN = frozenset({"__init__", "forward"})


def _dotted(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def _names_in(node: cst.CSTNode) -> list[cst.Name]:
    if isinstance(node, cst.Name):
        return [node]
    return [name for child in node.children for name in _names_in(child)]


def _is_same(one: Class | External, other: Class | External) -> bool:
    if isinstance(one, Class) and isinstance(other, Class):
        return one.node is other.node
    return one == other


def _assigns(statement: cst.Assign | cst.AnnAssign, name: str) -> bool:
    targets = (
        [each.target for each in statement.targets]
        if isinstance(statement, cst.Assign)
        else [statement.target]
    )
    return any(each.value == name for target in targets for each in _names_in(target))


def _decorators(function: Function) -> set[str]:
    if isinstance(function.node, cst.Lambda):
        return set()
    names = [_dotted(each.decorator) for each in function.node.decorators]
    return {each.rpartition(".")[2] for each in names}


def _first_class(value: Value) -> Value:
    kinds = [each for each in alternatives(value) if isinstance(each, (Class, External))]
    return kinds[0] if kinds else value


def _joined(first: Arguments, then: Arguments) -> Arguments:
    return Arguments(
        (*first.positional, *then.positional),
        {**first.keywords, **then.keywords},
        first.is_open or then.is_open,
    )
