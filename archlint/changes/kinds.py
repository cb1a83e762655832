"""What operators are to a person who compares two graphs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

__all__ = ["BOOKKEEPING", "Category", "category_of"]


class Category(Enum):
    """Kinds of operators of which one may stand for another."""

    CONV = "conv"
    LINEAR = "linear"
    ACTIVATION = "activation"
    NORMALISATION = "normalisation"
    POOL = "pool"
    JOIN = "join"
    OTHER = "other"


BOOKKEEPING = frozenset({
    "BitShift", "Cast", "CastLike", "Compress", "Constant", "ConstantOfShape", "CumSum",
    "Dropout", "Expand", "EyeLike", "Flatten", "Gather", "GatherElements", "GatherND",
    "Identity", "IsInf", "IsNaN", "NonZero", "OneHot", "Pad", "Range", "Reshape",
    "ScatterElements", "ScatterND", "Shape", "Size", "Slice", "Split", "Squeeze", "Tile",
    "Transpose", "Trilu", "Unsqueeze", "Where",
})  # fmt: skip
"""Operators that compute nothing; exporters need more or fewer of them for one network."""

_CATEGORIES: Mapping[Category, str] = {
    Category.CONV: "Conv ConvInteger ConvTranspose DeformConv QLinearConv",
    Category.LINEAR: "Linear",
    Category.ACTIVATION: """
        BiasGelu Celu Clip Elu FastGelu Gelu HardSigmoid HardSwish LeakyRelu Mish PRelu QuickGelu
        Relu Relu6 Selu Shrink SiLU Sigmoid Softplus Softsign Swish Tanh ThresholdedRelu
        """,
    Category.NORMALISATION: """
        BatchNormalization GroupNorm GroupNormalization InstanceNormalization LRN
        LayerNormalization LpNormalization MeanVarianceNormalization RMSNormalization
        SimplifiedLayerNormalization
        """,
    Category.POOL: "AveragePool GlobalAveragePool GlobalLpPool GlobalMaxPool LpPool MaxPool",
    Category.JOIN: "Add Concat Div Max Mean Min Mul Sub",
}
_CATEGORY_OF = {name: category for category, names in _CATEGORIES.items() for name in names.split()}


def category_of(kind: str) -> Category:
    """The category of a step's kind."""
    return _CATEGORY_OF.get(kind, Category.OTHER)
