"""How much memory a model's activations hold while it runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from archlint.cost.kernels.ops import VIEWS
from archlint.graph.operator import Operator, Tensor
from archlint.rule import View

__all__ = ["live_bytes"]

_HALVES = ("float16", "bfloat16")
"""Dtypes of targets that price a model which is read in fp32 (see `reading`)."""


def live_bytes(view: View) -> tuple[int, ...] | None:
    """Bytes of activations that are held while each operator runs; None where a shape is unknown.

    Kernels run in the file's order.  What lives is what a kernel reads and writes and what a later
    one reads: what is fused never leaves its kernel, a view is the tensor that it views, and
    nothing is computed in place.  Floats take what the target's dtype does.  Workspaces of the
    runtime and weights are not in it.
    """
    steps, halves = _steps(view), view.target.dtype in _HALVES
    at = {op.index: number for number, step in enumerate(steps) for op in step}
    of: dict[str, str] = {}
    sizes: dict[str, int] = {}
    first: dict[str, int] = dict.fromkeys((given.name for given in view.model.inputs), 0)
    last: dict[str, int] = defaultdict(int)
    for op in view.model.operators:
        number = at[op.index]
        seen = _activations(op)
        if any(each.bytes is None for each in seen):
            return None
        for each in op.outputs:
            is_view = op.op_type in VIEWS and bool(op.activations)
            of[each.name] = _root(of, op.activations[0].name) if is_view else each.name
        for each in seen:
            root = _root(of, each.name)
            size = (each.bytes or 0) // (2 if halves and each.dtype == "float" else 1)
            sizes[root] = max(sizes.get(root, 0), size)
            first.setdefault(root, number)
            last[root] = max(last[root], number)
    for name in view.model.outputs:
        last[_root(of, name)] = len(steps)
    changes = [0] * (len(steps) + 2)
    inside = _inside(view, steps)
    for root, size in sizes.items():
        if root not in inside:
            changes[first[root]] += size
            changes[last[root] + 1] -= size
    held, total = [], 0
    for change in changes:
        total += change
        held.append(total)
    return tuple(held[at[op.index]] for op in view.model.operators)


def _steps(view: View) -> list[list[Operator]]:
    """The operators of each kernel, each when all that it reads is there."""
    steps: dict[object, list[Operator]] = defaultdict(list)
    for op in view.model.operators:
        home = view.lowered.home.get(op.index)
        steps[("alone", op.index) if home is None else home].append(op)
    return sorted(steps.values(), key=lambda step: step[-1].index)


def _activations(op: Operator) -> list[Tensor]:
    return [each for each in (*op.activations, *op.outputs) if each.name and not each.constant]


def _root(of: dict[str, str], name: str) -> str:
    return of.get(name, name)


def _inside(view: View, steps: Sequence[Sequence[Operator]]) -> set[str]:
    """The tensors that only the kernel reads which makes them."""
    outputs, found = set(view.model.outputs), set()
    for step in steps:
        own = {op.index for op in step}
        for op in step:
            if own.issuperset(view.model.after(op.index)) and op is not step[-1]:
                found |= {each.name for each in op.outputs} - outputs
    return found
