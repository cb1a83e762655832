"""Products of one input by several matrices: one product by a matrix of all their columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archlint.plugin import Limit, Operator, Rewrite, Severity, Silence, Tensor, View
from archlint.rules.r1_redundant_work.candidate import Candidate
from archlint.rules.r1_redundant_work.pieces import numbers

__all__ = ["find_products_of_one_input"]


_LIMIT = Limit(Severity.NOTE, "what small products save depends on what runs beside them")
"""Large ones save nothing; of small ones some measure faster as one, some slower."""


@dataclass(frozen=True, slots=True)
class _Product:
    """A product by constants, and the Add of a constant row behind it, if there is one."""

    product: Operator
    bias: Operator | None
    row: Tensor | None

    @property
    def output(self) -> Tensor:
        return (self.bias or self.product).output

    @property
    def operators(self) -> tuple[int, ...]:
        return (self.product.index, *(() if self.bias is None else (self.bias.index,)))


def find_products_of_one_input(view: View) -> Iterator[Candidate | Silence]:
    """Each set of MatMuls by constant matrices that read one tensor: q, k and v, gate and up."""
    readers: defaultdict[tuple[str, int], list[Operator]] = defaultdict(list)
    for op in view.model.operators:
        if _is_by_matrix(op):
            readers[op.activations[0].name, op.repeats].append(op)
    for products in readers.values():
        if len(products) < 2:
            continue
        with_bias = [_with_bias(view, op) for op in products]
        if any(each.bias is None for each in with_bias):
            with_bias = [_Product(each.product, None, None) for each in with_bias]
        yield _merged(view, with_bias)


def _is_by_matrix(op: Operator) -> bool:
    if op.op_type != "MatMul" or op.domain or op.malformed or op.weight is None:
        return False
    if op.weight.quantised or len(op.weight.shape or ()) != 2 or op.output.shape is None:
        return False
    return len(op.inputs) == 2 and op.inputs[1] is op.weight


def _with_bias(view: View, op: Operator) -> _Product:
    add = view.sole_reader(op.index)
    if add is None or add.op_type != "Add" or len(add.activations) != 1:
        return _Product(op, None, None)
    row = next(each for each in add.inputs if each is not None and each.constant)
    width = (op.output.shape or ())[-1]
    fits = row.shape == (width,) and not row.quantised and add.output.shape == op.output.shape
    return _Product(op, add, row) if fits else _Product(op, None, None)


def _merged(view: View, products: Sequence[_Product]) -> Candidate:
    first = products[0].product
    widths = [(each.output.shape or ())[-1] for each in products]
    shape = (*(first.output.shape or ())[:-1], sum(widths))
    name, weight = f"{first.output.name}.all", first.weight
    assert weight is not None
    matrix = replace(
        weight, name=f"{name}.weight", shape=((weight.shape or ())[0], sum(widths)), values=None
    )
    columns = tuple(each.product.weight for each in products)
    weights = [Operator(first.index, matrix.name, "Concat", "", columns, (matrix,), {"axis": 1})]
    made = replace(first.output, name=name, shape=shape)
    operators = [
        replace(first, inputs=(first.activations[0], matrix), outputs=(made,), weight=matrix)
    ]
    rows = [each.row for each in products if each.row is not None]
    if rows:
        row = replace(rows[0], name=f"{name}.bias", shape=(sum(widths),), values=None)
        weights.append(
            Operator(first.index, row.name, "Concat", "", tuple(rows), (row,), {"axis": 0})
        )
        biased = replace(made, name=f"{name}.biased")
        at = products[0].operators[-1]
        operators.append(Operator(at, biased.name, "Add", "", (made, row), (biased,)))
        made = biased
    operators.append(_split(view, products, made, widths))
    listed = ", ".join(map(str, widths))
    return Candidate(
        operators=tuple(each.product.index for each in products),
        what="products of one input",
        summary=f"{len(products)} products read one input",
        advice="make them one product, by a matrix of all their columns, and split what it makes",
        now=f"products of {(weight.shape or ())[0]}>{listed}",
        instead=f"one product of {(weight.shape or ())[0]}>{sum(widths)}, then a Split",
        rewrite=Rewrite(
            frozenset(index for each in products for index in each.operators),
            tuple(operators),
            tuple(weights),
        ),
        limit=_LIMIT,
    )


def _split(
    view: View, products: Sequence[_Product], tensor: Tensor, widths: Sequence[int]
) -> Operator:
    outputs = tuple(each.output for each in products)
    at, axis = products[-1].product.index, len(tensor.shape or ()) - 1
    name = f"{tensor.name}.split"
    if view.model.opset < 13:  # it is an attribute there
        attributes: dict[str, int | tuple[int, ...]] = {"axis": axis, "split": tuple(widths)}
        return Operator(at, name, "Split", "", (tensor,), outputs, attributes)
    sizes = numbers(f"{name}.sizes", widths)
    return Operator(at, name, "Split", "", (tensor, sizes), outputs, {"axis": axis})
