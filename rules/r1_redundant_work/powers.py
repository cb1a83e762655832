"""Powers by a small constant: as products and roots, which need no logarithm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archlint.plugin import Operator, Rewrite, Silence, Tensor, View
from archlint.rules.r1_redundant_work.candidate import Candidate
from archlint.rules.r1_redundant_work.pieces import has_shapes

__all__ = ["find_powers"]


def find_powers(view: View) -> Iterator[Candidate | Silence]:
    """Every Pow by 2, 3 or 0.5."""
    for op in view.model.operators:
        if op.op_type != "Pow" or op.domain or op.malformed or len(op.inputs) != 2:
            continue
        if not has_shapes(op):
            continue
        base, power = op.inputs
        if base is None or power is None or base.constant or not power.values:
            continue
        if base.dtype != op.output.dtype or base.shape != op.output.shape or len(power.values) > 1:
            continue
        made = _instead(op, base, power.values[0])
        if not made:
            yield Silence((op.index,), f"a power of {power.values[0]:g} has no shorter form")
            continue
        yield Candidate(
            operators=(op.index,),
            what="power by a constant",
            summary=f"a power of {power.values[0]:g} is computed as any power",
            advice="write it as a product" if len(made) < 2 else "write it as two products",
            now=f"Pow by {power.values[0]:g}",
            instead=" and ".join(each.op_type for each in made),
            rewrite=Rewrite(frozenset({op.index}), made),
        )


def _instead(op: Operator, base: Tensor, power: float) -> tuple[Operator, ...]:
    def mul(one: Tensor, two: Tensor, out: Tensor) -> Operator:
        return Operator(op.index, out.name, "Mul", "", (one, two), (out,))

    if power == 2:
        return (mul(base, base, op.output),)
    if power == 3:
        square = replace(op.output, name=f"{op.output.name}.square")
        return (mul(base, base, square), mul(square, base, op.output))
    return ()
