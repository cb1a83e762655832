"""The module tree of a model, as far as its operators tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from archlint.graph.model import Model
from archlint.graph.operator import Operator

__all__ = ["Observed", "module_path", "observed"]

_MOST_PARTS = 64
_OWN_WEIGHT = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})


@dataclass(slots=True, eq=False)
class Observed:
    """A module; `kind` is its qualified class, "" where the exporter does not tell it.

    `operators` are the types of the operators that are its own.
    """

    kind: str = ""
    children: dict[str, Observed] = field(default_factory=dict)
    operators: set[str] = field(default_factory=set)

    def at(self, path: str) -> Observed:
        """The module of a path, made where it is not there."""
        node = self
        for part in path.split(".")[:_MOST_PARTS] if path else ():
            node = node.children.setdefault(part, Observed())
        return node

    def walk(self) -> Iterator[Observed]:
        """The module and all those inside it."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(node.children.values())


def module_path(operator: Operator) -> str:
    """The path of the module that an operator is of.

    A convolution with a batch-norm folded into it carries the batch-norm's scopes; so its weight
    tells.  Else the scopes do: a weight that modules share has only one name.
    """
    scopes = operator.origin.scopes if operator.origin is not None else ()
    if not scopes or not scopes[-1][0]:
        return operator.module
    path, kind = scopes[-1]
    is_folded = operator.op_type in _OWN_WEIGHT and "Norm" in kind.rpartition(".")[2]
    return operator.module if is_folded and operator.module else path


def observed(model: Model) -> Observed:
    """The tree of all modules that the operators name."""
    root = Observed()
    for operator in model.operators:
        path = module_path(operator)
        root.at(path).operators.add(operator.op_type)
        if operator.origin is not None:
            for scope, kind in operator.origin.scopes:
                node = root.at(scope)
                node.kind = node.kind or kind
    return root
