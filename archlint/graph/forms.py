"""The forms that exporters give to activations and normalisations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import pi, sqrt

from archlint.graph.model import Model
from archlint.graph.operands import (
    both_ways,
    bound_of,
    is_near,
    scalar_of,
    with_scalar,
    without_constant,
)
from archlint.graph.operator import Operator, Tensor

__all__ = ["Forms", "Match"]

_LONGEST_PRODUCT = 8  # operators; the forms have fewer


@dataclass(frozen=True, slots=True)
class Match:
    """A form found: the input of the function and its operators, in any order."""

    kind: str
    source: Tensor
    operators: tuple[Operator, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a form: what it computes from, by which operators."""

    source: Tensor
    operators: tuple[Operator, ...]


@dataclass(frozen=True, slots=True)
class _Product:
    """Nested Mul and Div taken apart: tensors to multiply, and all scalars as one."""

    factors: tuple[Tensor, ...]
    scale: float
    operators: tuple[Operator, ...]


class Forms:
    """The forms of one model, each seen from its last operator."""

    def __init__(self, model: Model) -> None:
        self._makers = {t.name: op for op in model.operators for t in op.outputs if t.name}
        self._uses = Counter(t.name for op in model.operators for t in op.inputs if t is not None)
        self._uses.update(model.outputs)

    def of(self, root: Operator) -> Iterator[Match]:
        """Every form that ends at `root`, the larger first."""
        if root.op_type in ("Mul", "Div"):
            yield from self._activations(root)
        if root.op_type == "Clip":
            part = self._hard_sigmoid_clip(root.output)
            if part is not None:
                yield Match("HardSigmoid", part.source, part.operators)
        if root.op_type in ("Add", "Mul", "Div"):
            yield from self._normalisations(root)

    def is_closed(self, match: Match) -> bool:
        """Whether what is made inside is read inside only, and the source is made outside."""
        operators = {op.index: op for op in match.operators}
        inner = Counter(t.name for op in operators.values() for t in op.inputs if t is not None)
        root = max(operators)
        return not any(
            tensor.name == match.source.name
            or (op.index != root and self._uses[tensor.name] != inner[tensor.name])
            for op in operators.values()
            for tensor in op.outputs
            if tensor.name
        )

    def maker_of(self, tensor: Tensor) -> int | None:
        """The index of the operator that makes a tensor."""
        op = self._makers.get(tensor.name)
        return None if op is None else op.index

    def _maker(self, tensor: Tensor | None, *op_types: str) -> Operator | None:
        op = self._makers.get(tensor.name) if tensor is not None else None
        return op if op is not None and op.op_type in op_types and not op.domain else None

    def _activations(self, root: Operator) -> Iterator[Match]:
        product = self._product(root)
        if len(product.factors) == 1 and is_near(product.scale, 1 / 6):
            part = self._relu6_of_sum(product.factors[0])
            if part is not None:
                yield Match("HardSigmoid", part.source, product.operators + part.operators)
        if len(product.factors) != 2:
            return
        for x, gate in (product.factors, product.factors[::-1]):
            for kind, scale, part in self._gates(gate):
                if (
                    part is not None
                    and part.source.name == x.name
                    and is_near(product.scale, scale)
                ):
                    yield Match(kind, x, product.operators + part.operators)

    def _gates(self, gate: Tensor) -> Iterator[tuple[str, float, _Part | None]]:
        """What x may be multiplied with, and the scale of the whole product."""
        op = self._maker(gate, "Sigmoid", "HardSigmoid", "Clip", "Add", "Tanh")
        if op is None or op.inputs[0] is None:
            return
        if op.op_type == "Sigmoid":
            yield "SiLU", 1.0, _Part(op.inputs[0], (op,))
            yield "QuickGelu", 1.0, self._scaled(op.inputs[0], 1.702, (op,))
        elif op.op_type == "HardSigmoid":
            alpha, beta = op.attributes.get("alpha", 0.2), op.attributes.get("beta", 0.5)
            if is_near(alpha, 1 / 6) and is_near(beta, 0.5):
                yield "HardSwish", 1.0, _Part(op.inputs[0], (op,))
        elif op.op_type == "Clip":
            yield "HardSwish", 1 / 6, self._relu6_of_sum(gate)
            yield "HardSwish", 1.0, self._hard_sigmoid_clip(gate)
        elif op.op_type == "Add":
            yield "Gelu", 0.5, self._one_plus_erf(op)
            yield "Gelu", 0.5, self._one_plus_tanh(op)
        else:
            yield "Mish", 1.0, self._tanh_of_softplus(op)

    def _scaled(self, tensor: Tensor, scale: float, after: tuple[Operator, ...]) -> _Part | None:
        """A tensor that is one other tensor times `scale`."""
        op = self._maker(tensor, "Mul", "Div")
        if op is None:
            return None
        product = self._product(op)
        if len(product.factors) != 1 or not is_near(product.scale, scale):
            return None
        return _Part(product.factors[0], after + product.operators)

    def _relu6_of_sum(self, tensor: Tensor) -> _Part | None:
        """Clip(x + 3, 0, 6)."""
        return self._clipped_sum(tensor, 3.0, 6.0)

    def _hard_sigmoid_clip(self, tensor: Tensor) -> _Part | None:
        """Clip(x / 6 + 0.5, 0, 1)."""
        part = self._clipped_sum(tensor, 0.5, 1.0)
        return None if part is None else self._scaled(part.source, 1 / 6, part.operators)

    def _clipped_sum(self, tensor: Tensor, addend: float, highest: float) -> _Part | None:
        clip = self._maker(tensor, "Clip")
        if clip is None or not is_near(bound_of(clip, 1, "min"), 0.0):
            return None
        add = self._maker(clip.inputs[0], "Add")
        if add is None or not is_near(bound_of(clip, 2, "max"), highest):
            return None
        x, value = with_scalar(add)
        return _Part(x, (clip, add)) if x is not None and is_near(value, addend) else None

    def _one_plus_erf(self, add: Operator) -> _Part | None:
        """1 + Erf(x / sqrt 2)."""
        inner, one = with_scalar(add)
        erf = self._maker(inner, "Erf")
        if erf is None or erf.inputs[0] is None or not is_near(one, 1.0):
            return None
        return self._scaled(erf.inputs[0], sqrt(0.5), (add, erf))

    def _one_plus_tanh(self, add: Operator) -> _Part | None:
        """1 + Tanh(sqrt(2 / pi) (x + 0.044715 x^3)), or with x taken out of the sum."""
        inner, one = with_scalar(add)
        tanh = self._maker(inner, "Tanh")
        scaled = self._maker(tanh.inputs[0], "Mul") if tanh is not None else None
        if tanh is None or scaled is None or not is_near(one, 1.0):
            return None
        outer = self._product(scaled)
        if not is_near(outer.scale, sqrt(2 / pi)):
            return None
        taken = (add, tanh, *outer.operators)
        if len(outer.factors) == 1:
            total = self._maker(outer.factors[0], "Add")
            for x, cubic in both_ways(total):
                part = self._power(cubic, 3)
                if total is not None and part is not None and part.source.name == x.name:
                    return _Part(x, (*taken, total, *part.operators))
        if len(outer.factors) == 2:
            for x, factor in (outer.factors, outer.factors[::-1]):
                total = self._maker(factor, "Add")
                square, one = with_scalar(total)
                part = self._power(square, 2)
                if total is None or part is None or not is_near(one, 1.0):
                    continue
                if part.source.name == x.name:
                    return _Part(x, (*taken, total, *part.operators))
        return None

    def _power(self, tensor: Tensor | None, exponent: int) -> _Part | None:
        """0.044715 x^exponent, with Pow or as a product."""
        op = self._maker(tensor, "Mul")
        if op is None:
            return None
        product = self._product(op)
        if not is_near(product.scale, 0.044715):
            return None
        if len(product.factors) == exponent and len({x.name for x in product.factors}) == 1:
            return _Part(product.factors[0], product.operators)
        power = self._maker(product.factors[0], "Pow") if len(product.factors) == 1 else None
        x, value = with_scalar(power)
        if power is None or x is None or not is_near(value, exponent):
            return None
        return _Part(x, (*product.operators, power))

    def _tanh_of_softplus(self, tanh: Operator) -> _Part | None:
        """Tanh(Softplus(x)), also as Tanh(Log(1 + Exp(x)))."""
        softplus = self._maker(tanh.inputs[0], "Softplus", "Log")
        if softplus is None or softplus.inputs[0] is None:
            return None
        if softplus.op_type == "Softplus":
            return _Part(softplus.inputs[0], (tanh, softplus))
        add = self._maker(softplus.inputs[0], "Add")
        inner, one = with_scalar(add)
        exp = self._maker(inner, "Exp")
        if add is None or exp is None or exp.inputs[0] is None or not is_near(one, 1.0):
            return None
        return _Part(exp.inputs[0], (tanh, softplus, add, exp))

    def _normalisations(self, root: Operator) -> Iterator[Match]:
        """(x - mean) / sqrt(variance + eps), then perhaps times a weight, then plus a bias."""
        outer: tuple[Operator, ...] = ()
        op: Operator | None = root
        for affine in ("Add", "Mul"):
            if op is not None and op.op_type == affine:
                inner = without_constant(op)
                if inner is not None:
                    inner, casts = self._before_cast(inner)
                    outer += (op, *casts)
                    op = self._maker(inner, "Mul", "Div")
        if op is None:
            return
        part = self._normalised(op)
        if part is None:
            return
        centred = self._centred(part.source)
        if centred is None:
            yield Match("RMSNormalization", part.source, outer + part.operators)
        else:
            yield Match(
                "LayerNormalization", centred.source, outer + part.operators + centred.operators
            )

    def _before_cast(self, tensor: Tensor) -> tuple[Tensor, tuple[Operator, ...]]:
        """What a Cast that changes no dtype hands on: networks in half precision have some."""
        cast = self._maker(tensor, "Cast")
        source = cast.inputs[0] if cast is not None else None
        if cast is None or source is None or source.dtype != tensor.dtype:
            return tensor, ()
        return source, (cast,)

    def _normalised(self, op: Operator) -> _Part | None:
        """Divide x by sqrt(mean(x^2) + eps), or multiply it with the reciprocal."""
        for x, divisor in both_ways(op) if op.op_type == "Mul" else both_ways(op)[:1]:
            taken: tuple[Operator, ...] = (op,)
            root: Tensor | None = divisor
            if op.op_type == "Mul":
                inverse = self._maker(divisor, "Reciprocal", "Div")
                if inverse is None:
                    continue
                if inverse.op_type == "Div" and not is_near(scalar_of(inverse.inputs[0]), 1.0):
                    continue
                root = inverse.inputs[-1]
                taken += (inverse,)
            part = self._root_mean_square(root)
            if part is None:
                continue
            if part.source.name == x.name:
                return _Part(x, taken + part.operators)
            one, other = self._centred(x), self._centred(part.source)
            if one is not None and other is not None and one.source.name == other.source.name:
                return _Part(x, taken + part.operators + other.operators)
        return None

    def _root_mean_square(self, tensor: Tensor | None) -> _Part | None:
        """Sqrt(ReduceMean(x^2) + eps)."""
        root = self._maker(tensor, "Sqrt")
        add = self._maker(root.inputs[0], "Add") if root is not None else None
        inner, _ = with_scalar(add)
        mean = self._maker(inner, "ReduceMean")
        square = self._maker(mean.inputs[0], "Pow", "Mul") if mean is not None else None
        if root is None or add is None or mean is None or square is None:
            return None
        for x, other in both_ways(square)[:1]:
            is_square = is_near(scalar_of(other), 2.0) if square.op_type == "Pow" else x == other
            if is_square:
                return _Part(x, (root, add, mean, square))
        return None

    def _centred(self, tensor: Tensor) -> _Part | None:
        """Subtract its mean from x."""
        minus = self._maker(tensor, "Sub")
        for x, other in both_ways(minus)[:1]:
            mean = self._maker(other, "ReduceMean")
            if minus is not None and mean is not None and mean.inputs[0] is not None:
                return _Part(x, (minus, mean)) if mean.inputs[0].name == x.name else None
        return None

    def _product(self, root: Operator) -> _Product:
        """Take apart a Mul or Div and those above it that only it reads."""
        factors: list[Tensor] = []
        scale = 1.0
        operators = []
        pending = [root]
        while pending:
            op = pending.pop()
            operators.append(op)
            for position, tensor in enumerate(op.inputs):
                if tensor is None:
                    continue
                value = scalar_of(tensor)
                divides = op.op_type == "Div" and position == 1
                above = None
                if not divides and len(operators) + len(pending) < _LONGEST_PRODUCT:
                    above = self._maker(tensor, "Mul", "Div")
                if value is not None and not (divides and value == 0):
                    scale = scale / value if divides else scale * value
                elif above is not None and self._uses[tensor.name] == 1:
                    pending.append(above)
                else:
                    factors.append(tensor)
                    if divides:
                        scale = 0.0
        return _Product(tuple(factors), scale, tuple(operators))
