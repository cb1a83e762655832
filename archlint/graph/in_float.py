"""A model of another dtype as the network in fp32 that it was made from."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import isclose

from archlint.graph.flops import cost_of
from archlint.graph.model import Model
from archlint.graph.operator import Operator, Tensor
from archlint.graph.operator_table import facts_of

__all__ = ["in_float"]

_REAL = frozenset({"bfloat16", "double", "float16"})
_BITS = {"uint4": 4, "int4": 4, "uint8": 8, "int8": 8, "uint16": 16, "int16": 16}
_STORED = frozenset({*_BITS, "int2", "uint2", "int32"})
"""What real numbers are quantised to; sums of their products are of 32 bits."""

_RECASTS = frozenset({"Cast", "CastLike"})
_PAIR = frozenset({"DequantizeLinear", "QuantizeLinear"})
_ON_INTEGERS = {"ConvInteger": "Conv", "MatMulInteger": "MatMul"}
_TO_SIX = tuple(Tensor("", (), "float", True, (each,)) for each in (0.0, 6.0))
_OF_BOTH_SIGNS = frozenset({"Add", "BatchNormalization", "Conv", "ConvTranspose", "Gemm", "MatMul"})


def in_float(model: Model) -> Model:
    """The same architecture with every real number in fp32.

    Casts between real numbers and quantisation are passed by, products of integers with scales
    around them and of packed weights are plain ones, and a quantisation that cuts off what is
    below zero is the Relu (or Relu6) that quantisers take out for it.  Operators keep their
    numbers, those passed by as well: `Model.passed_by` holds them.  Integers that are not
    quantised numbers (indices, shapes, images of bytes) stay what they are.
    """
    return _InFloat(model).model()


class _InFloat:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._uses = Counter(t.name for op in model.operators for t in op.inputs if t is not None)
        self._seen: dict[str, Tensor] = {}
        """What stands for a tensor, by its name in the file."""
        self._integers: set[str] = set()
        """The tensors that are integers in the file and real numbers here."""
        self._scales: set[str] = set()
        """The scales and zero points of each run, and what is computed of them alone."""
        self._operators: list[Operator] = []
        self._makers: dict[str, int] = {}
        self._passed_by: set[int] = set()
        self._without_bias: set[int] = set()

    def model(self) -> Model:
        for op in self._model.operators:
            self._operators.append(self._run(op))
            self._makers.update((tensor.name, op.index) for tensor in self._operators[-1].outputs)
        operators = tuple(
            op if op.index in self._passed_by else _costed(op) for op in self._operators
        )
        made = {
            tensor.name: op.index
            for op in operators
            if op.index not in self._passed_by
            for tensor in op.outputs
        }
        return replace(
            self._model,
            inputs=tuple(
                replace(each, dtype="float") if each.dtype in _REAL else each
                for each in self._model.inputs
            ),
            outputs=tuple(
                self._seen[name].name if name in self._seen else name
                for name in self._model.outputs
            ),
            operators=operators,
            makers=made,
            passed_by=frozenset(self._passed_by),
        )

    def _run(self, op: Operator) -> Operator:
        """What runs for an operator."""
        inputs = tuple([None if each is None else self._input(each) for each in op.inputs])
        source = inputs[0] if inputs else None
        needs = 2 if op.op_type in _PAIR or op.op_type in _ON_INTEGERS else 1
        if source is None or op.malformed or len(inputs) < needs:
            return self._same(op, inputs)
        if op.op_type == "DynamicQuantizeLinear":
            self._scales.update(tensor.name for tensor in op.outputs[1:])
            return self._pass_by(op, source)
        if op.op_type in _PAIR:
            return self._requantised(op, source)
        if op.op_type in _RECASTS and source.dtype == _real(op.output).dtype == "float":
            return self._pass_by(op, source)
        data = op.activations[0].name if op.activations else ""
        if op.op_type in _ON_INTEGERS and data in self._integers:
            return self._product(op, _ON_INTEGERS[op.op_type], inputs[1])
        if not self._scales.isdisjoint(tensor.name for tensor in op.activations):
            return self._scaled(op)
        if facts_of(op.op_type).packed:
            return self._product(op, "MatMul", _unpacked(op))
        if op.op_type == "Add" and self._is_bias(op):
            return self._pass_by(op, self._biased(op))
        return self._same(op, inputs)

    def _input(self, tensor: Tensor) -> Tensor:
        return self._seen.setdefault(tensor.name, _real(tensor))

    def _same(self, op: Operator, inputs: tuple[Tensor | None, ...]) -> Operator:
        """The operator on the tensors that it has here."""
        real = any(tensor.name in self._integers for tensor in op.activations)
        outputs = tuple([self._output(each, real=real) for each in op.outputs])
        weight = None if op.weight is None else self._input(op.weight)
        return replace(op, inputs=inputs, outputs=outputs, weight=weight)

    def _output(self, tensor: Tensor, *, real: bool = True) -> Tensor:
        made = _real(tensor)
        if real and tensor.dtype in _STORED:
            self._integers.add(tensor.name)
            made = replace(tensor, dtype="float")
        if made is not tensor:
            self._seen[tensor.name] = made
        return made

    def _pass_by(self, op: Operator, source: Tensor | None) -> Operator:
        """An operator that does not run: its first output is what it reads."""
        self._passed_by.add(op.index)
        if source is not None:
            self._seen[op.output.name] = source
            if op.output.dtype in _STORED:
                self._integers.add(op.output.name)
        return replace(
            op, op_type="Identity", domain="", inputs=(), attributes={}, weight=None, flops=0, mac=0
        )

    def _requantised(self, op: Operator, source: Tensor) -> Operator:
        if source.dtype in _STORED:  # an input of the model, or of integers made otherwise
            source = replace(source, dtype="float")
            if source.name in self._makers:
                return self._same(op, tuple(op.inputs))
        maker = self._makers.get(source.name)
        signed = maker is not None and self._operators[maker].op_type in _OF_BOTH_SIGNS
        if op.op_type == "QuantizeLinear" and signed and _starts_at_zero(op):
            made = self._output(op.output)
            name, bounds = ("Clip", _TO_SIX) if _ends_at_six(op) else ("Relu", ())
            inputs = (source, *bounds)
            return replace(op, op_type=name, inputs=inputs, outputs=(made,), attributes={})
        return self._pass_by(op, source)

    def _scaled(self, op: Operator) -> Operator:
        """A product with a scale is its other factor; what only scales go into is one."""
        others = [each for each in op.activations if each.name not in self._scales]
        if not others:
            self._scales.update(tensor.name for tensor in op.outputs)
        return self._pass_by(op, self._input(others[0]) if others else None)

    def _product(self, op: Operator, op_type: str, weight: Tensor | None) -> Operator:
        """A conv or product without its scales and zero points."""
        data = self._input(op.activations[0])
        weight = weight and replace(weight, dtype="float")
        made = self._output(op.output)
        if op_type == "Conv" or len(made.shape or ()) == 2:
            self._without_bias.add(op.index)
        return replace(
            op,
            op_type=op_type,
            domain="",
            inputs=(data, weight),
            outputs=(made,),
            attributes=op.attributes if op_type == "Conv" else {},
            weight=weight if weight is not None and weight.constant else None,
        )

    def _is_bias(self, op: Operator) -> bool:
        """Whether an Add is the bias of a conv or product of integers, which have none."""
        if (len(op.inputs), len(op.activations)) != (2, 1):
            return False
        if self._uses[op.activations[0].name] != 1:
            return False
        maker = self._makers.get(self._input(op.activations[0]).name)
        if maker not in self._without_bias:
            return False
        shape = self._operators[maker].output.shape or ()
        if len(shape) < 2:
            return False
        channels = shape[-1] if len(shape) == 2 else shape[1]
        return all(t is None or not t.constant or t.elements == channels for t in op.inputs)

    def _biased(self, op: Operator) -> Tensor:
        source = self._input(op.activations[0])
        maker = self._makers[source.name]
        self._without_bias.discard(maker)
        product = self._operators[maker]
        (bias,) = (_real(each) for each in op.inputs if each is not None and each.constant)
        self._operators[maker] = replace(
            product,
            op_type="Gemm" if product.op_type == "MatMul" else product.op_type,
            inputs=(*product.inputs, replace(bias, shape=(bias.elements or 0,))),
        )
        return source


def _real(tensor: Tensor) -> Tensor:
    """A tensor of real numbers in fp32, another as it is."""
    if tensor.quantised or tensor.dtype in _REAL:
        return replace(tensor, dtype="float", quantised=False)
    return tensor


def _starts_at_zero(op: Operator) -> bool:
    """Whether a quantisation has zero as its least value, so that nothing is below it."""
    bits = _BITS.get(op.output.dtype, 0)
    lowest = 0 if op.output.dtype.startswith("u") else -(1 << bits >> 1)
    point = op.inputs[2] if len(op.inputs) > 2 else None
    values = (0.0,) if point is None else point.values or ()
    return set(values) == {lowest}


def _ends_at_six(op: Operator) -> bool:
    """Whether its greatest value is six, as behind a Relu6 that is made use of."""
    scale, steps = op.inputs[1], (1 << _BITS.get(op.output.dtype, 0)) - 1
    values = () if scale is None else scale.values or ()
    return len(values) == 1 and isclose(values[0] * steps, 6.0, rel_tol=1e-3)


def _unpacked(op: Operator) -> Tensor | None:
    """The weight of MatMulNBits, as many columns as it makes and as many rows as it sums."""
    inner, packed = op.attributes.get("K"), op.weight
    if packed is None or not isinstance(inner, int) or not op.output.shape:
        return packed
    return replace(packed, shape=(inner, op.output.shape[-1]), dtype="float", values=None)


def _costed(op: Operator) -> Operator:
    if op.malformed:
        return op
    flops, mac = cost_of(op.op_type, op.domain, op.inputs, op.outputs, op.attributes)
    return replace(op, flops=flops, mac=mac)
