"""Which operators with kernels a backend cannot make, and which no shipped target has a row of.

Both lists are reviewed: an operator that gets facts shows itself here, and so does one that gets
a maker or a row and still stands in a list.
"""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import KINDS, OPERANDS
from archlint.graph.operator_table import OPERATORS
from archlint.linter.registry import locate_all
from archlint.measure.onnxruntime.model import model_of
from archlint.measure.onnxruntime.nodes import can_make, feeds
from archlint.measure.plan.medley import Medley

KERNELS = frozenset(name for name in KINDS if not OPERATORS[name].runs_as)

WITHOUT_NODE = frozenset(
    """
    And ArgMax ArgMin BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor
    CenterCropPad Compress ConstantOfShape CumProd DepthToSpace Dropout EyeLike
    GatherElements GatherND LpNormalization MaxUnpool MeanVarianceNormalization Mish Not
    OneHot Or QuantizeLinear Range ReverseSequence Scatter ScatterElements ScatterND Shape
    Size SpaceToDepth TensorScatter Tile Trilu Xor
    """.split()
)
"""What ONNX Runtime's backend has no node for."""

WITHOUT_CALL = frozenset(
    """
    BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CenterCropPad Compress
    ConstantOfShape DequantizeLinear EyeLike GatherND GlobalLpPool LpNormalization LpPool
    MaxUnpool MeanVarianceNormalization OneHot QuantizeLinear Range ReduceLogSum ReduceProd
    ReduceSumSquare ReorderInput ReorderOutput ReverseSequence Scatter ScatterElements
    ScatterND TensorScatter
    """.split()
)
"""What torch's backend has no call for."""

WITHOUT_ROW = frozenset(
    """
    Abs Acos Acosh And ArgMax ArgMin Asin Asinh Atan Atanh BitCast BitShift BitwiseAnd
    BitwiseNot BitwiseOr BitwiseXor Ceil Celu CenterCropPad Compress ConstantOfShape Cos
    Cosh CumProd CumSum DepthToSpace Dropout Einsum Elu Equal Expand EyeLike Flatten Floor
    GRU GatherElements GatherND GlobalLpPool Greater GreaterOrEqual GridSample
    GroupNormalization Identity InstanceNormalization IsInf LRN LSTM Less LessOrEqual Log
    LogSoftmax LpNormalization LpPool MaxUnpool Mean MeanVarianceNormalization Mish Mod
    Not OneHot Or RMSNormalization RNN Range ReduceL1 ReduceL2 ReduceLogSum
    ReduceLogSumExp ReduceMin ReduceProd ReduceSumSquare ReverseSequence Round Scatter
    ScatterElements ScatterND Selu Shape Shrink Sign Sin Sinh Size Softplus Softsign
    SpaceToDepth Squeeze Tan TensorScatter ThresholdedRelu Tile Trilu Unsqueeze Xor
    """.split()
)
"""What is priced, if at all, from the rows of other operators of its kind."""


PATHS = {"Transpose": "perm 0-2-3-1", "Einsum": "ab,bc>ac", "GridSample": "linear"}


def _kernel(op: str) -> Kernel:
    """One of this operator, as a model may have it."""
    kind = KINDS[op]
    path = PATHS.get(op, "")
    if kind in (Kind.PRODUCT, Kind.CONTRACTION, Kind.RECURRENCE):
        return Kernel(kind, op, 8, 8, (4,), (4,), path=path)
    return Kernel(
        kind, op, 8, 8, (4, 4), () if kind is Kind.REDUCTION else (4, 4),
        operands=OPERANDS.get(op, 1), path=path,
    )  # fmt: skip


def test_what_onnx_runtime_s_backend_cannot_make_is_known() -> None:
    assert {op for op in KERNELS if not can_make(_kernel(op))} == WITHOUT_NODE


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch")
def test_what_torch_s_backend_cannot_call_is_known() -> None:
    from archlint.measure.torch.kernels import can_call

    assert {op for op in KERNELS if not can_call(_kernel(op))} == WITHOUT_CALL


def test_what_no_shipped_target_has_a_row_of_is_known() -> None:
    measured = {
        kernel.op
        for located in locate_all(())
        for row in located.target.rows
        for _, kernel in row.chain
    }
    assert KERNELS - measured == WITHOUT_ROW


def test_what_onnx_runtime_s_backend_makes_element_by_element_runs() -> None:
    runtime = pytest.importorskip("onnxruntime", reason="runs the nodes")
    made = [_kernel(op) for op in sorted(KERNELS) if KINDS[op] is Kind.ELEMENTWISE]
    model, _ = model_of(Medley(tuple(filter(can_make, made)), seed=0), block=8)
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    assert len(session.run(["end"], {"start": np.zeros(1, np.float32)})) == 1


@pytest.mark.parametrize("op", ["Equal", "IsInf", "Not", "Xor"])
def test_no_kernel_of_floats_reads_truth_values(op: str) -> None:
    assert not feeds(_kernel(op), _kernel("Relu"))
    assert feeds(_kernel("Mul"), _kernel("Relu"))
