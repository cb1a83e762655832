"""Common dominators in a graph without cycles."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["OUTSIDE", "Dominators"]

OUTSIDE = -1
"""What comes before every operator: the model's inputs."""


class Dominators:
    """The dominator tree of operators, which are added in topological order.

    Without cycles an operator's immediate dominator is the lowest common ancestor, in the tree
    so far, of what it reads.  Each node also points further up (a skew-binary jump pointer,
    Myers 1983), so that an ancestor is found in logarithmically many steps; networkx's
    `immediate_dominators` climbs one by one and is quadratic where every block skips to the end.
    """

    def __init__(self) -> None:
        self._depth = {OUTSIDE: 0}
        self._up = {OUTSIDE: OUTSIDE}
        self._jump = {OUTSIDE: OUTSIDE}

    def add(self, index: int, reads: Iterable[int]) -> None:
        """Add an operator and the operators that it reads (OUTSIDE for a model's input)."""
        up = self.common(reads)
        jump = self._jump[up]
        depth = self._depth
        self._depth[index], self._up[index] = depth[up] + 1, up
        even = depth[up] - depth[jump] == depth[jump] - depth[self._jump[jump]]
        self._jump[index] = self._jump[jump] if even else up

    def common(self, indices: Iterable[int]) -> int:
        """The last operator that every path to these has to pass, one of them perhaps."""
        rest = iter(indices)
        found = next(rest, OUTSIDE)
        for index in rest:
            found = self._lowest(found, index)
        return found

    def _lowest(self, left: int, right: int) -> int:
        depth, up, jump = self._depth, self._up, self._jump
        if depth[left] < depth[right]:
            left, right = right, left
        while depth[left] > depth[right]:
            left = jump[left] if depth[jump[left]] >= depth[right] else up[left]
        while left != right:
            step = jump if jump[left] != jump[right] else up
            left, right = step[left], step[right]
        return left
