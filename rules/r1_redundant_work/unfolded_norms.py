"""A BatchNormalization behind a layer: the layer's weights can hold it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archlint.plugin import Operator, Rewrite, Silence, Tensor, View
from archlint.rules.r1_redundant_work.candidate import Candidate
from archlint.rules.r1_redundant_work.pieces import numbers

__all__ = ["find_unfolded_norms"]

_WEIGHTED = frozenset({"Conv", "ConvTranspose", "Gemm"})

_EPSILON = 1e-5
"""ONNX's own, where the operator does not say."""


def find_unfolded_norms(view: View) -> Iterator[Candidate | Silence]:
    """Every BatchNormalization that alone reads a layer with constant weights.

    A runtime that folds it by itself runs the same kernels for both forms.
    """
    for norm in view.model.operators:
        if norm.op_type != "BatchNormalization" or norm.domain or norm.malformed:
            continue
        maker = view.model.makers.get(norm.activations[0].name) if norm.activations else None
        layer = None if maker is None else view.model.operators[maker]
        if layer is None or layer.op_type not in _WEIGHTED or layer.domain:
            continue
        if view.sole_reader(layer.index) is not norm:
            yield Silence((norm.index,), "its layer is read elsewhere too")
        elif view.target.lowering.trains:
            yield Silence((norm.index,), "in a training step it takes the moments of its batch")
        elif len(norm.outputs) > 1 or norm.attributes.get("training_mode", 0):
            yield Silence((norm.index,), "it takes the moments of its batch")
        else:
            yield _folded(layer, norm) or Silence((norm.index,), "its weights are not all constant")


def _folded(layer: Operator, norm: Operator) -> Candidate | None:
    weight, axis = layer.weight, _axis_of_outputs(layer)
    bias = layer.inputs[2] if len(layer.inputs) > 2 else None
    if weight is None or axis is None or layer.inputs[1] is not weight or not weight.shape:
        return None
    vectors = [each for each in (*norm.inputs[1:5], bias) if each is not None]
    if any(not each.constant or each.shape != (weight.shape[axis],) for each in vectors):
        return None
    if any(each.quantised or each.dtype != weight.dtype for each in (weight, *vectors)):
        return None
    if len(vectors) != 4 + (bias is not None):
        return None
    weights = _Weights(layer.index, f"{layer.output.name}.folded", vectors[0])
    folded = weights.of(norm, weight, bias, axis)
    made = replace(layer, inputs=(layer.inputs[0], *folded), outputs=norm.outputs, weight=folded[0])
    return Candidate(
        operators=(norm.index, layer.index),
        what="batch-norm behind a layer",
        summary="BatchNormalization that the runtime does not fold into its layer",
        advice="fold it into the layer once the network is trained "
        "(torch.nn.utils.fuse_conv_bn_eval, fuse_linear_bn_eval)",
        now=f"{layer.op_type}, then BatchNormalization",
        instead=f"{layer.op_type} with the BatchNormalization in its weights",
        rewrite=Rewrite(frozenset({layer.index, norm.index}), (made,), tuple(weights.made)),
        whole_model=True,  # one call folds all of a model
    )


def _axis_of_outputs(layer: Operator) -> int | None:
    """The axis of the weights on which its outputs lie, None where no norm can be folded."""
    if layer.op_type == "Conv":
        return 0
    if layer.op_type == "ConvTranspose":
        return 1 if layer.groups == 1 else None
    if any(layer.attributes.get(name, 1.0) != 1.0 for name in ("alpha", "beta")):
        return None
    return 0 if layer.attributes.get("transB", 0) else 1


class _Weights:
    """Operators on constants: what a runtime computes when it loads the model."""

    def __init__(self, at: int, name: str, like: Tensor) -> None:
        self.made: list[Operator] = []
        self._at, self._name, self._like = at, name, like

    def of(
        self, norm: Operator, weight: Tensor, bias: Tensor | None, axis: int
    ) -> tuple[Tensor, Tensor]:
        """Weights times gamma / sqrt(variance + epsilon), and the bias that goes with them."""
        scale, shift, mean, variance = norm.inputs[1:5]
        epsilon = norm.attributes.get("epsilon", _EPSILON)
        assert isinstance(epsilon, float)
        small = Tensor(f"{self._name}.epsilon", (1,), self._like.dtype, True, (epsilon,))
        root = self._vector("Sqrt", self._vector("Add", variance, small))
        factor = self._vector("Div", scale, root)
        sizes = [-1 if at == axis else 1 for at in range(len(weight.shape or ()))]
        shaped = replace(
            factor, name=f"{self._name}.shaped",
            shape=tuple((weight.shape or ())[at] if n < 0 else 1 for at, n in enumerate(sizes)),
        )  # fmt: skip
        self._make("Reshape", shaped, factor, numbers(f"{self._name}.sizes", sizes))
        whole = replace(weight, name=f"{self._name}.weight", values=None)
        self._make("Mul", whole, weight, shaped)
        centred = self._vector("Sub", bias, mean) if bias else self._vector("Neg", mean)
        return whole, self._vector("Add", self._vector("Mul", centred, factor), shift)

    def _vector(self, op_type: str, *inputs: Tensor | None) -> Tensor:
        out = replace(self._like, name=f"{self._name}.{len(self.made)}", values=None)
        self._make(op_type, out, *inputs)
        return out

    def _make(self, op_type: str, out: Tensor, *inputs: Tensor | None) -> None:
        self.made.append(Operator(self._at, out.name, op_type, "", inputs, (out,)))
