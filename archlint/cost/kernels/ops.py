"""Which operator types do which sort of work, and how many tensors they read."""

from __future__ import annotations

from archlint.cost.kernels.kind import Kind

__all__ = [
    "ACTIVATIONS",
    "ELEMENTWISE",
    "KINDS",
    "MOVEMENT",
    "NORMALISATIONS",
    "OPERANDS",
    "POOLS",
    "REDUCTIONS",
    "REORDERS",
    "VIEWS",
]

ACTIVATIONS = frozenset(
    """
    Relu Clip LeakyRelu PRelu Elu Celu Selu Sigmoid HardSigmoid HardSwish Gelu GELU Tanh
    Softplus Softsign Mish SiLU Swish Silu ThresholdedRelu QuickGelu
    """.split()
)
VIEWS = frozenset(
    """
    Reshape Flatten Squeeze Unsqueeze Identity Dropout Shape Size ConstantOfShape
    """.split()
)
POOLS = frozenset(
    """
    MaxPool AveragePool LpPool
    """.split()
)
NORMALISATIONS = frozenset(
    """
    BatchNormalization LayerNormalization InstanceNormalization GroupNormalization LayerNorm
    RMSNormalization SkipLayerNormalization LRN LpNormalization MeanVarianceNormalization
    """.split()
)
REDUCTIONS = frozenset(
    """
    GlobalAveragePool GlobalMaxPool GlobalLpPool ReduceMean ReduceSum ReduceMax ReduceMin
    ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare ArgMax ArgMin
    """.split()
)
MOVEMENT = frozenset(
    """
    Transpose Concat Split Slice Pad Gather GatherElements GatherND ScatterElements
    ScatterND Expand Tile DepthToSpace SpaceToDepth Resize Upsample Cast Trilu OneHot
    ReorderInput ReorderOutput QuantizeLinear DequantizeLinear
    """.split()
)
ELEMENTWISE = frozenset(
    """
    Add Sub Mul Div Pow Sqrt Exp Log Neg Abs Erf Reciprocal Sum Mean Max Min Mod Floor Ceil
    Round Sign Sin Cos Where Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor Not
    IsNaN IsInf
    """.split()
)

REORDERS = frozenset({"ReorderInput", "ReorderOutput"})
"""Into and out of a blocked layout; of MOVEMENT."""

KINDS = {
    "ConvTranspose": Kind.TRANSPOSED_CONV,
    "MatMul": Kind.PRODUCT,
    "Softmax": Kind.SOFTMAX,
    "LogSoftmax": Kind.SOFTMAX,
    **dict.fromkeys(ACTIVATIONS | ELEMENTWISE, Kind.ELEMENTWISE),
    **dict.fromkeys(POOLS, Kind.POOL),
    **dict.fromkeys(NORMALISATIONS, Kind.NORMALISATION),
    **dict.fromkeys(REDUCTIONS, Kind.REDUCTION),
    **dict.fromkeys(MOVEMENT, Kind.MOVEMENT),
    **dict.fromkeys(VIEWS, Kind.VIEW),
}
"""The kind of the kernel that runs an operator type; a Conv's kind goes by its groups."""

OPERANDS = {
    **dict.fromkeys("Add Sum Sub Mul Div Max Min Mean Pow Equal Greater Less And Or".split(), 2),
    "SkipLayerNormalization": 2,
    "Where": 3,
}
"""How many tensors of its output's size an operator type reads, where it is not one."""
