"""The types of outputs of operators for classical machine learning (the domain ai.onnx.ml).

As ONNX's operator specification has them; its own inference knows few of these.
"""

from __future__ import annotations

from math import prod

import onnx

from archlint.graph.shapes import TensorType

__all__ = ["CLASSICAL", "infer_classical"]

CLASSICAL = "ai.onnx.ml"

_MAPS = frozenset({"Binarizer", "Imputer", "Normalizer", "Scaler"})
_REGRESSORS = {
    "LinearRegressor": "targets", "SVMRegressor": "", "TreeEnsembleRegressor": "n_targets",
}  # fmt: skip
_CLASSIFIERS = frozenset({"LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier"})
_LABELS = ("classlabels_int64s", "classlabels_ints", "classlabels_strings", "classlabels_int64")


def infer_classical(
    node: onnx.NodeProto, first: TensorType, second: TensorType | None
) -> dict[str, TensorType]:
    """The types that follow from those of the first two inputs, the first of which is known."""
    attributes = {each.name: each for each in node.attribute}
    shape, op_type = first.shape, node.op_type
    if not shape or not node.output:
        return {}
    rows = shape[0] if len(shape) > 1 else 1
    if op_type in _MAPS:
        kept = op_type in ("Binarizer", "Imputer")
        return {node.output[0]: first if kept else TensorType("float", shape)}
    if op_type == "ArrayFeatureExtractor" and second is not None and second.shape is not None:
        # one row of what is asked for, where there is but one
        left = shape[:-1] if len(shape) > 1 else (1,)
        return {node.output[0]: TensorType(first.dtype, (*left, prod(second.shape)))}
    if op_type in _REGRESSORS:
        targets = attributes.get(_REGRESSORS[op_type])
        return {node.output[0]: TensorType("float", (rows, max(targets.i, 1) if targets else 1))}
    if op_type in _CLASSIFIERS:
        found = (attributes[each] for each in _LABELS if each in attributes)
        sizes = [(len(each.ints) or len(each.strings), bool(each.strings)) for each in found]
        count, is_text = max(sizes, default=(0, False))
        types = [TensorType("string" if is_text else "int64", (rows,))]
        types += [TensorType("float", (rows, count))] if count else []
        return dict(zip(node.output, types, strict=False))
    return {}
