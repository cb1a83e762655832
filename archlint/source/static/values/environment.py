"""What the evaluators ask of each other, each of which knows only those below it."""

from __future__ import annotations

import ast
from typing import Protocol

from archlint.source.static.values import value as v
from archlint.source.static.values.regions import Regions

__all__ = ["Environment"]


class Environment(Protocol):
    """The way back to the top: an expression calls what has a body of statements."""

    @property
    def regions(self) -> Regions:
        """The branches and loops that are open."""

    def step(self) -> bool:
        """Count a step; False once there have been too many."""

    def value(self, node: ast.expr, scope: v.Scope) -> v.Value:
        """What an expression is; UNKNOWN where the source does not tell."""

    def assign(self, node: ast.Assign | ast.AnnAssign, scope: v.Scope) -> None:
        """Bind the targets of an assignment."""

    def call(self, function: v.Value, given: v.Arguments, site: v.Site | None) -> v.Value:
        """What a call gives."""

    def build(self, made: v.Made) -> None:
        """Follow the constructor of an instance, once."""
