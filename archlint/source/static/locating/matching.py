"""Which of the modules that the source makes are those of the model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from archlint.source.static.evaluation.interpreter import Interpreter
from archlint.source.static.locating.alignment import aligned
from archlint.source.static.locating.observed import Observed
from archlint.source.static.values import value as v
from archlint.source.static.values.items import at
from archlint.source.static.values.unions import alternatives

__all__ = ["Match", "Matcher"]

_DEEPEST = 40
_LAYERS = ("encoder_layer", "decoder_layer")
_RENAMED = re.compile(r"^(?:Parametrized|Lazy|FSDP)")
_AGAIN = re.compile(r"_\d+$")
_MAKERS = {
    "Conv": "Conv", "ConvTranspose": "ConvTranspose", "Gemm": "Linear", "MatMul": "Linear",
    "BatchNormalization": "BatchNorm", "Relu": "ReLU", "Clip": "ReLU6|Hardtanh",
    "MaxPool": "MaxPool",
    "AveragePool": "AvgPool", "GlobalAveragePool": "AvgPool", "LayerNormalization": "LayerNorm",
    "HardSwish": "Hardswish", "HardSigmoid": "Hardsigmoid", "Gelu": "GELU", "Sigmoid": "Sigmoid",
    "PRelu": "PReLU", "Gather": "Embedding", "Softmax": "Softmax", "Resize": "Upsample",
    "LSTM": "LSTM", "GRU": "GRU", "Elu": "ELU", "LeakyRelu": "LeakyReLU", "Tanh": "Tanh",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Match:
    """What a module of the model is in the source; None where nothing fits.

    `score` counts the modules at and below it that fit, twice where the class is told and thrice
    where the source tells the same; `count` counts each once.
    """

    made: v.Made | None = None
    score: int = 0
    count: int = 0
    children: dict[str, Match] = field(default_factory=dict)


_NOTHING = Match()


class Matcher:
    """Compares the tree that constructors make with the modules of the model."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._known: dict[tuple[int, int], Match] = {}
        self._kept: list[v.Value] = []
        self._depth = 0

    def match(self, value: v.Value, node: Observed) -> Match:
        """The alternative of a value that fits a module best; of equal ones the first."""
        key = id(value), id(node)
        if key not in self._known:
            self._kept.append(value)
            self._known[key] = _NOTHING  # while it is looked for
            if self._depth < _DEEPEST:
                self._depth += 1
                try:
                    found = [self._made(each, node) for each in alternatives(value)]
                except RecursionError:
                    found = []
                finally:
                    self._depth -= 1
                self._known[key] = max(found, key=lambda each: each.score, default=_NOTHING)
        return self._known[key]

    def _made(self, value: v.Value, node: Observed) -> Match:
        if not isinstance(value, v.Made):
            return _NOTHING
        if isinstance(value.callee, v.Class):
            return self._of_class(value, value.callee, node)
        if isinstance(value.callee, v.External):
            return self._of_library(value, value.callee, node)
        told = self.class_of(node.kind)
        if told:
            found = [self._of_class(self._as(value, each), each, node) for each in told]
            return max(found, key=lambda each: each.score)
        if node.kind or not node.children:
            return self._of_library(value, None, node)
        return self._guessed(value, node)

    def _as(self, value: v.Made, owner: v.Class) -> v.Made:
        if owner not in value.variants:
            made = self._interpreter.call(owner, value.given, value.site)
            if isinstance(made, v.Made):
                value.variants[owner] = made
        return value.variants.get(owner, value)

    def _guessed(self, value: v.Made, node: Observed) -> Match:
        """The class of the same file that has most of the children."""
        best = Match(value, 1, 1)
        for each in self._interpreter.networks(value.site.file) if value.site is not None else ():
            found = self._of_class(self._as(value, each), each, node)
            if found.score > max(best.score, 1) and len(found.children) == len(node.children):
                best = found
        return best

    def class_of(self, kind: str) -> Sequence[v.Class]:
        """The classes of the roots that a qualified class may be."""
        module, _, name = kind.rpartition(".")
        module = module.partition(".<locals>")[0]
        tree = self._interpreter.tree
        if not name or module.startswith("torch.nn."):
            return ()
        paths = tree.with_module(module)[:4] if module else []
        found = self._classes(paths, name)
        return found or (
            self._classes(tree.with_class(name)[:8], name) if "__main__" in module else ()
        )

    def _classes(self, paths: Sequence[Path], name: str) -> list[v.Class]:
        found: list[v.Class] = []
        for path in paths:
            file = self._interpreter.tree.parsed(path)
            each = self._interpreter.globals.value(file, name) if file is not None else None
            if isinstance(each, v.Class) and each.file is file:
                found.append(each)
                break
        return found

    def _of_class(self, made: v.Made, owner: v.Class, node: Observed) -> Match:
        if node.kind and not self._is_told(owner, node.kind):
            return _NOTHING
        self._interpreter.build(made)
        return self._with_children(made, node, 3 if node.kind else 1)

    def _is_told(self, owner: v.Class, kind: str) -> bool:
        module, _, name = kind.rpartition(".")
        if _RENAMED.sub("", name) != owner.name and name != owner.name:
            return False
        return not module.startswith("torch.nn.modules")

    def _of_library(self, made: v.Made, callee: v.External | None, node: Observed) -> Match:
        told = node.kind.rpartition(".")[2]
        own = 2 if told else 1
        if callee is not None and callee.last[:1].isupper():
            if told:
                if _RENAMED.sub("", told) != _RENAMED.sub("", callee.last):
                    return _NOTHING
                own = 3
            elif node.operators and not node.children:
                own = max(_fit(callee.last, each) for each in node.operators)
                if not own:
                    return _NOTHING
        elif callee is not None and told and self.class_of(node.kind):
            return _NOTHING
        return self._with_children(made, node, own)

    def _with_children(self, made: v.Made, node: Observed, own: int) -> Match:
        found = Match(made, own, 1)
        numbers = [int(name) for name in node.children if name.isdecimal() and len(name) < 6]
        placed: dict[int, v.Value] = {}
        items = made.items.items
        if items and numbers:
            # names that were given count too: what is appended to them has a later number
            first = min(numbers) if made.names or made.patterns else 0

            def score(value: v.Value, place: int) -> int:
                child = node.children.get(str(place + first))
                return self.match(value, child).score if child is not None else 0

            found_places = aligned(items, frozenset(each - first for each in numbers), score)
            placed = {place + first: value for place, value in found_places.items()}
        for name, child in node.children.items():
            value = placed.get(int(name)) if name.isdecimal() and len(name) < 6 else None
            if value is None:
                value = self._named(made, name)
            match = self.match(value, child) if value is not None else _NOTHING
            if match.made is None and isinstance(made.callee, v.External):
                match = self._inside_library(made, name, child)
            if match.made is not None:
                found.children[name] = match
                found.score += match.score
                found.count += match.count
        return found

    def _named(self, made: v.Made, name: str) -> v.Value | None:
        found = self._interpreter.attributes.child(made, name)
        if found is None and _AGAIN.search(name):
            # the older exporter numbers the calls of one module
            return self._interpreter.attributes.child(made, _AGAIN.sub("", name))
        return found

    def _inside_library(self, made: v.Made, name: str, node: Observed) -> Match:
        """A module that a library's module makes, by the same call, or has been given."""
        kind = made.callee.last if isinstance(made.callee, v.External) else ""
        if kind in ("Sequential", "ModuleList", "ModuleDict"):
            return _NOTHING
        given = made.given.keywords
        if name == "layers" and kind.startswith("Transformer"):
            layer = next((given[each] for each in _LAYERS if each in given), v.UNKNOWN)
            if made.given.positional:
                layer = at(made.given.positional, v.Const(0))
            match = Match(made, 2, 1)
            for index, child in node.children.items():
                inner = self.match(layer, child)
                inner = inner if inner.made is not None else Match(made, 2, 1)
                match.children[index] = inner
                match.count += inner.count
            return match
        if name in given:
            match = self.match(given[name], node)
            if match.made is not None:
                return match
        if self.class_of(node.kind):
            return _NOTHING
        return self._with_children(made, node, 2 if node.kind else 1)


def _fit(name: str, operator: str) -> int:
    makes = _MAKERS.get(operator)
    if makes is None or not any(re.search(each, name) for each in _MAKERS.values()):
        return 1
    return 2 if re.search(makes, name) else 0
