"""Which operators with kernels a backend cannot make, and which no shipped target has a row of.

Both lists are reviewed: an operator that gets facts shows itself here, and so does one that gets
a maker or a row and still stands in a list.
"""

from __future__ import annotations

import importlib.util
from types import ModuleType

import numpy as np
import pytest

from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import KINDS, OPERANDS
from archlint.graph.operator_table import OPERATORS
from archlint.linter.registry import locate_all
from archlint.measure.onnxruntime.element_types import feeds
from archlint.measure.onnxruntime.model import model_of
from archlint.measure.onnxruntime.nodes import can_make
from archlint.measure.plan.medley import Medley
from archlint.measure.plan.sampling import drawn
from archlint.measure.workloads import (
    attention,
    integer_products,
    picking,
    rare_functions,
    rare_operators,
)

KERNELS = frozenset(name for name in KINDS if not OPERATORS[name].runs_as)

WITHOUT_NODE = frozenset(
    """
    BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CenterCropPad Dropout Mish
    Multinomial QuantizeLinear Shape Size
    """.split()
)
"""What ONNX Runtime's backend has no node for."""

WITHOUT_CALL = frozenset(
    """
    AffineGrid Bernoulli BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CenterCropPad
    Col2Im Compress ConstantOfShape ConvInteger DFT DequantizeLinear Det DynamicQuantizeLSTM
    DynamicQuantizeLinear DynamicQuantizeMatMul EyeLike GatherND GlobalLpPool
    GroupQueryAttention Hardmax LpNormalization LpPool MatMulInteger MatMulIntegerToFloat
    MatMulNBits MaxRoiPool MaxUnpool MeanVarianceNormalization MultiHeadAttention Multinomial
    NonMaxSuppression NonZero OneHot QuantizeLinear RandomNormalLike RandomUniformLike Range
    ReduceLogSum ReduceProd ReduceSumSquare ReorderInput ReorderOutput ReverseSequence RoiAlign
    RotaryEmbedding STFT ScatterElements ScatterND TensorScatter TopK Unique
    """.split()
)
"""What torch's backend has no call for."""

WITHOUT_ROW = frozenset(
    """
    Bernoulli BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CenterCropPad Dropout
    EyeLike
    Flatten Identity Mish Multinomial Shape Size Squeeze Unsqueeze
    """.split()
)
"""What is priced, if at all, from the rows of other operators of its kind."""


ROWS = frozenset({"GatherElements", "GatherND", "ScatterElements", "ScatterND"})
"""Of which each kernel has one dim besides its channels."""

PATHS = {"Transpose": "perm 0-2-3-1", "Einsum": "ab,bc>ac", "GridSample": "linear"}


def _kernel(op: str) -> Kernel:
    """One of this operator, as a model may have it."""
    kind = KINDS[op]
    path = PATHS.get(op, "")
    if kind in (Kind.PRODUCT, Kind.CONTRACTION, Kind.RECURRENCE, Kind.ATTENTION) or op in ROWS:
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


@pytest.mark.parametrize(
    "workload",
    [attention, integer_products, picking, rare_functions, rare_operators],
    ids=lambda each: each.__name__,
)
def test_one_of_each_operator_runs(workload: ModuleType) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="runs the nodes")
    found = [parse_term(each.kernels)[1] for each in drawn([workload.sample])]
    least = {each.op: each for each in sorted(found, key=lambda each: each.mac, reverse=True)}
    model, _ = model_of(Medley(tuple(least.values()), seed=0, linked=True), block=8)
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    assert len(session.run(["end"], {"start": np.zeros(1, np.float32)})) == 1


@pytest.mark.parametrize("op", ["Equal", "IsInf", "Not", "Xor"])
def test_no_kernel_of_floats_reads_truth_values(op: str) -> None:
    assert not feeds(_kernel(op), _kernel("Relu"))
    assert feeds(_kernel("Mul"), _kernel("Relu"))
