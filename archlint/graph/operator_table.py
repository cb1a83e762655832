"""The facts of every operator type that archlint knows, one line each.

Besides ONNX's own, as `onnx.defs` lists them, these are contributed operators of runtimes, the
functions that exporters write as several operators (SiLU, QuickGelu) and what a runtime puts in
by itself (ReorderInput).

A new operator is a line here.  If its work is a sort that kernels do, it has a price from then
on, modelled by its kind until a table has rows of it, unless it is slow.  A backend needs a maker
of it where its node or call is not like the others of its sort;
tests/measure/test_operators_of_backends.py lists what has none.
"""

from __future__ import annotations

from collections.abc import Mapping

from archlint.graph.operator_facts import (
    NO_FACTS,
    Category,
    Elements,
    OperatorFacts,
    Per,
    Reads,
    Work,
)

__all__ = ["OPERATORS", "facts_of", "operators_that"]

_Facts = OperatorFacts
_INPUT, _FORMULA, _UNKNOWN = Per.INPUT, Per.FORMULA, Per.UNKNOWN
_FIRST, _KEPT, _PICKED, _NOTHING = Reads.FIRST, Reads.KEPT, Reads.PICKED, Reads.NOTHING
_WHOLE, _TRUTH = Elements.WHOLE, Elements.TRUTH

OPERATORS: Mapping[str, OperatorFacts] = {
    # convs and products
    "Conv": _Facts(Work.CONV, per=_FORMULA, weights=(1,)),
    "ConvInteger": _Facts(Work.CONV, per=_FORMULA, weights=(1,)),
    "ConvTranspose": _Facts(Work.TRANSPOSED_CONV, per=_FORMULA, weights=(1,)),
    "CausalConvWithState": _Facts(Work.CONV, per=_FORMULA, weights=(1,), unpriced=True),
    "DeformConv": _Facts(Work.CONV, per=_FORMULA, weights=(1,)),
    "QLinearConv": _Facts(Work.CONV, per=_UNKNOWN, unpriced=True),
    "MatMul": _Facts(Work.PRODUCT, per=_FORMULA, weights=(1, 0)),
    "FusedMatMul": _Facts(Work.PRODUCT, per=_FORMULA, weights=(1, 0), runs_as="MatMul"),
    "Gemm": _Facts(Work.PRODUCT, per=_FORMULA, weights=(1, 0), runs_as="MatMul"),
    "MatMulInteger": _Facts(Work.PRODUCT, per=_FORMULA, weights=(1, 0)),
    "MatMulIntegerToFloat": _Facts(Work.PRODUCT, per=_FORMULA, weights=(1, 0)),
    "DynamicQuantizeMatMul": _Facts(Work.PRODUCT, per=_FORMULA, weights=(1,)),
    "MatMulBnb4": _Facts(Work.PRODUCT, per=_FORMULA, weights=(1,), packed=True),
    "MatMulNBits": _Facts(Work.PRODUCT, per=_FORMULA, weights=(1,), packed=True),
    "MoE": _Facts(Work.PRODUCT, per=_FORMULA, weights=(2,), unpriced=True),
    "QMoE": _Facts(Work.PRODUCT, per=_FORMULA, weights=(2,), unpriced=True),
    "QLinearMatMul": _Facts(Work.PRODUCT, per=_UNKNOWN, unpriced=True),
    "Einsum": _Facts(Work.CONTRACTION, per=_FORMULA),
    # pools; global ones are reductions
    "AveragePool": _Facts(Work.POOL, per=_FORMULA),
    "LpPool": _Facts(Work.POOL, per=_FORMULA),
    "MaxPool": _Facts(Work.POOL, per=_FORMULA),
    "MaxRoiPool": _Facts(Work.FUNCTION, per=_UNKNOWN, reads=_PICKED),
    "RoiAlign": _Facts(Work.FUNCTION, per=_FORMULA, reads=_PICKED),
    # activations
    "BiasGelu": _Facts(Work.ACTIVATION, 6, slow=True, unpriced=True),
    "Celu": _Facts(Work.ACTIVATION, 4, slow=True),
    "Clip": _Facts(Work.ACTIVATION, 2, reads=_FIRST),
    "Elu": _Facts(Work.ACTIVATION, 3, slow=True),
    # takes 0.8 to 0.9 of the time of ONNX Runtime's Gelu by Erf
    "FastGelu": _Facts(Work.ACTIVATION, 5, slow=True, runs_as="Gelu"),
    "Gelu": _Facts(Work.ACTIVATION, 5, slow=True),
    "HardSigmoid": _Facts(Work.ACTIVATION, 4, slow=True),
    "HardSwish": _Facts(Work.ACTIVATION, 5, slow=True),
    "LeakyRelu": _Facts(Work.ACTIVATION, 2),
    "Mish": _Facts(Work.ACTIVATION, 5, slow=True),
    "PRelu": _Facts(Work.ACTIVATION, 2),
    "QuickGelu": _Facts(Work.ACTIVATION, 6, slow=True),
    "Relu": _Facts(Work.ACTIVATION, 1),
    "Selu": _Facts(Work.ACTIVATION, 4, slow=True),
    "Shrink": _Facts(Work.ACTIVATION, 3, slow=True),
    "SiLU": _Facts(Work.ACTIVATION, 5, slow=True),
    "Sigmoid": _Facts(Work.ACTIVATION, 4, slow=True),
    "Softplus": _Facts(Work.ACTIVATION, 3, slow=True),
    "Softsign": _Facts(Work.ACTIVATION, 3, slow=True),
    "SwiGLU": _Facts(Work.OTHER, per=_UNKNOWN),
    "Swish": _Facts(Work.ACTIVATION, 5, slow=True, runs_as="SiLU"),
    "Tanh": _Facts(Work.ACTIVATION, 1, slow=True),
    "ThresholdedRelu": _Facts(Work.ACTIVATION, 1),
    # element by element, of one tensor
    "Abs": _Facts(Work.ELEMENTWISE, 1),
    "Acos": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Acosh": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Asin": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Asinh": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Atan": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Atanh": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "BitwiseNot": _Facts(Work.ELEMENTWISE, 1, elements=_WHOLE),
    "Ceil": _Facts(Work.ELEMENTWISE, 1),
    "Cos": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Cosh": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Erf": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Exp": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Floor": _Facts(Work.ELEMENTWISE, 1),
    "IsInf": _Facts(Work.ELEMENTWISE, 1, gives_truth=True),
    "IsNaN": _Facts(Work.ELEMENTWISE, 1, gives_truth=True),
    "Log": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Neg": _Facts(Work.ELEMENTWISE, 1),
    "Not": _Facts(Work.ELEMENTWISE, 1, elements=_TRUTH, gives_truth=True),
    "Reciprocal": _Facts(Work.ELEMENTWISE, 1),
    "Round": _Facts(Work.ELEMENTWISE, 1),
    "Sign": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Sin": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Sinh": _Facts(Work.ELEMENTWISE, 1, slow=True),
    "Sqrt": _Facts(Work.ELEMENTWISE, 1),
    "Tan": _Facts(Work.ELEMENTWISE, 1, slow=True),
    # element by element, of several tensors
    "Add": _Facts(Work.ELEMENTWISE, 1, operands=2, stands_for=Category.JOIN),
    "And": _Facts(Work.ELEMENTWISE, 1, operands=2, elements=_TRUTH, gives_truth=True),
    "BitShift": _Facts(Work.ELEMENTWISE, 1, operands=2, elements=_WHOLE),
    "BitwiseAnd": _Facts(Work.ELEMENTWISE, 1, operands=2, elements=_WHOLE),
    "BitwiseOr": _Facts(Work.ELEMENTWISE, 1, operands=2, elements=_WHOLE),
    "BitwiseXor": _Facts(Work.ELEMENTWISE, 1, operands=2, elements=_WHOLE),
    "Div": _Facts(Work.ELEMENTWISE, 1, operands=2, stands_for=Category.JOIN),
    "Equal": _Facts(Work.ELEMENTWISE, 1, operands=2, gives_truth=True),
    "Greater": _Facts(Work.ELEMENTWISE, 1, operands=2, gives_truth=True),
    "GreaterOrEqual": _Facts(Work.ELEMENTWISE, 1, operands=2, gives_truth=True),
    "Less": _Facts(Work.ELEMENTWISE, 1, operands=2, gives_truth=True),
    "LessOrEqual": _Facts(Work.ELEMENTWISE, 1, operands=2, gives_truth=True),
    "Max": _Facts(Work.ELEMENTWISE, per=_FORMULA, operands=2, stands_for=Category.JOIN),
    "Mean": _Facts(Work.ELEMENTWISE, per=_FORMULA, operands=2, stands_for=Category.JOIN),
    "Min": _Facts(Work.ELEMENTWISE, per=_FORMULA, operands=2, stands_for=Category.JOIN),
    "Mod": _Facts(Work.ELEMENTWISE, 1, operands=2, slow=True),
    "Mul": _Facts(Work.ELEMENTWISE, 1, operands=2, stands_for=Category.JOIN),
    "Or": _Facts(Work.ELEMENTWISE, 1, operands=2, elements=_TRUTH, gives_truth=True),
    "Pow": _Facts(Work.ELEMENTWISE, 1, operands=2, slow=True),
    "Sub": _Facts(Work.ELEMENTWISE, 1, operands=2, stands_for=Category.JOIN),
    "Sum": _Facts(Work.ELEMENTWISE, per=_FORMULA, operands=2, stands_for=Category.JOIN),
    "Where": _Facts(Work.ELEMENTWISE, 1, operands=3, stands_for=Category.BOOKKEEPING),
    "Xor": _Facts(Work.ELEMENTWISE, 1, operands=2, elements=_TRUTH, gives_truth=True),
    # normalisations and softmax: mean, variance, scaling, affine; maximum, exponential, sum
    "BatchNormalization": _Facts(Work.NORMALISATION, 2, _INPUT),
    "GroupNorm": _Facts(Work.NORMALISATION, 7, _INPUT, unpriced=True),
    "GroupNormalization": _Facts(Work.NORMALISATION, 7, _INPUT),
    "InstanceNormalization": _Facts(Work.NORMALISATION, 7, _INPUT),
    "LRN": _Facts(Work.NORMALISATION, per=_FORMULA),
    "LayerNormalization": _Facts(Work.NORMALISATION, 7, _INPUT),
    "LpNormalization": _Facts(Work.NORMALISATION, 3, _INPUT),
    "MeanVarianceNormalization": _Facts(Work.NORMALISATION, 5, _INPUT),
    "RMSNormalization": _Facts(Work.NORMALISATION, 4, _INPUT),
    "SimplifiedLayerNormalization": _Facts(
        Work.NORMALISATION, 4, _INPUT, runs_as="RMSNormalization"
    ),
    "SkipGroupNorm": _Facts(Work.NORMALISATION, 8, _INPUT, unpriced=True),
    "SkipLayerNormalization": _Facts(Work.NORMALISATION, 8, _INPUT, operands=2),
    "SkipSimplifiedLayerNormalization": _Facts(
        Work.NORMALISATION, 5, _INPUT, operands=2, unpriced=True
    ),
    "Hardmax": _Facts(Work.SOFTMAX, 2, _INPUT),
    "LogSoftmax": _Facts(Work.SOFTMAX, 6, _INPUT),
    "Softmax": _Facts(Work.SOFTMAX, 5, _INPUT),
    # reductions and what goes along an axis
    "ArgMax": _Facts(Work.REDUCTION, 1, _INPUT),
    "ArgMin": _Facts(Work.REDUCTION, 1, _INPUT),
    "GlobalAveragePool": _Facts(Work.REDUCTION, 1, _INPUT, stands_for=Category.POOL),
    "GlobalLpPool": _Facts(Work.REDUCTION, 2, _INPUT, stands_for=Category.POOL),
    "GlobalMaxPool": _Facts(Work.REDUCTION, 1, _INPUT, stands_for=Category.POOL),
    "ReduceL1": _Facts(Work.REDUCTION, 2, _INPUT, _FIRST),
    "ReduceL2": _Facts(Work.REDUCTION, 2, _INPUT, _FIRST),
    "ReduceLogSum": _Facts(Work.REDUCTION, 1, _INPUT, _FIRST),
    "ReduceLogSumExp": _Facts(Work.REDUCTION, 2, _INPUT, _FIRST, slow=True),
    "ReduceMax": _Facts(Work.REDUCTION, 1, _INPUT, _FIRST),
    "ReduceMean": _Facts(Work.REDUCTION, 1, _INPUT, _FIRST),
    "ReduceMin": _Facts(Work.REDUCTION, 1, _INPUT, _FIRST),
    "ReduceProd": _Facts(Work.REDUCTION, 1, _INPUT, _FIRST),
    "ReduceSum": _Facts(Work.REDUCTION, 1, _INPUT, _FIRST),
    "ReduceSumSquare": _Facts(Work.REDUCTION, 2, _INPUT, _FIRST),
    "CumProd": _Facts(Work.SCAN, 1, _INPUT, _FIRST),
    "CumSum": _Facts(Work.SCAN, 1, _INPUT, _FIRST),
    "TopK": _Facts(Work.FUNCTION, 1, _INPUT, _FIRST),
    # movement: casts and quantisation change the format
    "Cast": _Facts(Work.MOVEMENT, recasts=True),
    "CastLike": _Facts(Work.MOVEMENT, reads=_FIRST, recasts=True, runs_as="Cast"),
    "CenterCropPad": _Facts(Work.MOVEMENT, reads=_FIRST),
    "Compress": _Facts(Work.MOVEMENT, reads=_KEPT),
    "Concat": _Facts(Work.MOVEMENT, along_axis=True, stands_for=Category.JOIN),
    "DepthToSpace": _Facts(Work.MOVEMENT, same_elements=True, stands_for=Category.OTHER),
    "DequantizeLinear": _Facts(Work.MOVEMENT, recasts=True, stands_for=Category.OTHER),
    "DynamicQuantizeLinear": _Facts(Work.FUNCTION),
    "Expand": _Facts(Work.MOVEMENT, reads=_FIRST),
    "Gather": _Facts(Work.MOVEMENT, reads=_PICKED, along_axis=True),
    "GatherElements": _Facts(Work.MOVEMENT, reads=_PICKED),
    "GatherBlockQuantized": _Facts(Work.MOVEMENT, reads=_PICKED, unpriced=True),
    "GatherND": _Facts(Work.MOVEMENT, reads=_PICKED),
    "MaxUnpool": _Facts(Work.MOVEMENT, stands_for=Category.OTHER),
    "OneHot": _Facts(Work.MOVEMENT, reads=_FIRST),
    "Pad": _Facts(Work.MOVEMENT, reads=_FIRST),
    "QuantizeLinear": _Facts(Work.MOVEMENT, recasts=True, stands_for=Category.OTHER),
    "ReorderInput": _Facts(Work.MOVEMENT, same_elements=True, stands_for=Category.OTHER),
    "ReorderOutput": _Facts(Work.MOVEMENT, same_elements=True, stands_for=Category.OTHER),
    "Resize": _Facts(Work.MOVEMENT, per=_FORMULA, reads=_FIRST, stands_for=Category.OTHER),
    "ReverseSequence": _Facts(Work.MOVEMENT, reads=_FIRST, stands_for=Category.OTHER),
    "Scatter": _Facts(Work.MOVEMENT, runs_as="ScatterElements"),
    "ScatterElements": _Facts(Work.MOVEMENT),
    "ScatterND": _Facts(Work.MOVEMENT),
    "Slice": _Facts(Work.MOVEMENT, reads=_KEPT, along_axis=True),
    "SpaceToDepth": _Facts(Work.MOVEMENT, same_elements=True, stands_for=Category.OTHER),
    "Split": _Facts(Work.MOVEMENT, reads=_KEPT, along_axis=True),
    "TensorScatter": _Facts(Work.MOVEMENT, stands_for=Category.OTHER),
    "Tile": _Facts(Work.MOVEMENT, reads=_FIRST),
    "Transpose": _Facts(Work.MOVEMENT, same_elements=True),
    "Trilu": _Facts(Work.MOVEMENT, reads=_FIRST),
    "Upsample": _Facts(
        Work.MOVEMENT, per=_FORMULA, reads=_FIRST, runs_as="Resize", stands_for=Category.OTHER
    ),
    # views
    "BitCast": _Facts(Work.VIEW, reads=_NOTHING),
    "Dropout": _Facts(Work.IDENTITY, reads=_NOTHING, same_elements=True),
    "Flatten": _Facts(Work.VIEW, reads=_NOTHING, same_elements=True),
    "Identity": _Facts(Work.IDENTITY, reads=_NOTHING, same_elements=True),
    "Reshape": _Facts(Work.VIEW, reads=_NOTHING, same_elements=True),
    "Shape": _Facts(Work.VIEW, reads=_NOTHING),
    "Size": _Facts(Work.VIEW, reads=_NOTHING),
    "Squeeze": _Facts(Work.VIEW, reads=_NOTHING, same_elements=True),
    "Unsqueeze": _Facts(Work.VIEW, reads=_NOTHING, same_elements=True),
    # what makes elements of none or of a few
    "Constant": _Facts(Work.SOURCE, reads=_NOTHING, unpriced=True),
    "ConstantOfShape": _Facts(Work.SOURCE),
    "EyeLike": _Facts(Work.SOURCE),
    "Range": _Facts(Work.SOURCE),
    # a draw, and what makes it normal: a logarithm, a root, a cosine, a product
    "Bernoulli": _Facts(Work.RANDOM, 2),
    "Multinomial": _Facts(Work.RANDOM, 1, _INPUT),
    "RandomNormal": _Facts(Work.RANDOM, 4, runs_as="RandomNormalLike"),
    "RandomNormalLike": _Facts(Work.RANDOM, 4),
    "RandomUniform": _Facts(Work.RANDOM, 1, runs_as="RandomUniformLike"),
    "RandomUniformLike": _Facts(Work.RANDOM, 1),
    # whole functions
    "Attention": _Facts(Work.ATTENTION, per=_FORMULA, weights=(1,)),
    "GroupQueryAttention": _Facts(Work.ATTENTION, per=_FORMULA),
    "LinearAttention": _Facts(Work.ATTENTION, per=_FORMULA, unpriced=True),
    "MultiHeadAttention": _Facts(Work.ATTENTION, per=_FORMULA),
    "PagedAttention": _Facts(Work.FUNCTION, per=_UNKNOWN, unpriced=True),
    "SparseAttention": _Facts(Work.FUNCTION, per=_UNKNOWN, unpriced=True),
    "DynamicQuantizeLSTM": _Facts(Work.RECURRENCE, per=_FORMULA),
    "GRU": _Facts(Work.RECURRENCE, per=_FORMULA),
    "LSTM": _Facts(Work.RECURRENCE, per=_FORMULA),
    "RNN": _Facts(Work.RECURRENCE, per=_FORMULA),
    "If": _Facts(Work.CONTROL, per=_UNKNOWN),
    "Loop": _Facts(Work.CONTROL, per=_UNKNOWN),
    "Scan": _Facts(Work.CONTROL, per=_UNKNOWN),
    "SequenceMap": _Facts(Work.CONTROL, per=_UNKNOWN),
    "AffineGrid": _Facts(Work.FUNCTION, 6, reads=_FIRST),
    "BlackmanWindow": _Facts(Work.OTHER, per=_UNKNOWN),
    "Col2Im": _Facts(Work.FUNCTION, 1, _INPUT, _FIRST),
    "DFT": _Facts(Work.FUNCTION, per=_FORMULA, reads=_FIRST),
    "Det": _Facts(Work.FUNCTION, per=_UNKNOWN),
    "GridSample": _Facts(Work.SAMPLING, per=_FORMULA),
    "HammingWindow": _Facts(Work.OTHER, per=_UNKNOWN),
    "HannWindow": _Facts(Work.OTHER, per=_UNKNOWN),
    "MelWeightMatrix": _Facts(Work.OTHER, per=_UNKNOWN),
    "NonMaxSuppression": _Facts(Work.FUNCTION, per=_UNKNOWN),
    "NonZero": _Facts(Work.FUNCTION, stands_for=Category.BOOKKEEPING),
    "RotaryEmbedding": _Facts(Work.FUNCTION, 3),
    "STFT": _Facts(Work.FUNCTION, per=_FORMULA, reads=_FIRST),
    "Unique": _Facts(Work.FUNCTION, 1, _INPUT),
}


def facts_of(op_type: str) -> OperatorFacts:
    """The facts of an operator type, NO_FACTS for one that is not known."""
    return OPERATORS.get(op_type, NO_FACTS)


def operators_that(*works: Work) -> frozenset[str]:
    """The operator types that do one of these sorts of work."""
    return frozenset(name for name, facts in OPERATORS.items() if facts.work in works)
