from __future__ import annotations

from math import log2

import numpy as np
import pytest

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.pricing.columns import Columns
from archlint.cost.pricing.features import FEATURES
from archlint.cost.pricing.machine import UNTOLD, Machine
from archlint.cost.pricing.terms import OF_NETWORKS, TERMS

MACHINE = Machine(near=2**19, far=2**25, block=8)


def kernels(*texts: str) -> list[Kernel]:
    return [kernel for text in texts for _, kernel in parse_chain(text)]


def term(name: str, text: str, machine: Machine = MACHINE) -> float:
    return float(TERMS[name](Columns(kernels(text)), machine)[0])


def feature(name: str, text: str, machine: Machine = MACHINE) -> float:
    return float(FEATURES[name](Columns(kernels(text)), machine)[0])


def test_flops_are_those_of_whole_blocks_where_the_path_pads() -> None:
    plain = 2 * 12 * 20 * 49
    assert term("flops", "Conv 12>20 k1x1 @7x7 (nchw)") == plain
    assert term("flops", "Conv 12>20 k1x1 @7x7 (nchwc)") == 2 * 16 * 24 * 49
    # an image is read as it is
    assert term("flops", "Conv 3>20 k3x3 @7x7 (nchwc from nchw)") == 2 * 3 * 24 * 9 * 49
    assert term("flops", "Conv 20>20 k3x3 g20 @7x7 (nchwc)") == 2 * 24 * 9 * 49


def test_lines_are_the_runs_of_the_innermost_loop() -> None:
    assert term("lines", "Conv 16>32 k3x3 @7x5 b2 (nchwc)") == 2 * 7 * (32 / 8) * 16 * 9
    assert term("lines", "Conv 32>32 k3x3 g32 @7x5 (nchwc)") == 7 * (32 / 8) * 9


def test_weights_come_from_a_cache_or_from_memory() -> None:
    weights = 4 * 512 * 512
    names = ("weights from cache", "weights from memory")
    for rotation, share in ((8, 0.0), (8.388608 * 8**0.5, 0.5), (68, 1.0), (0, 0.0)):
        text = f"MatMul 512>512 @4{f' /{round(rotation)}MB' if rotation else ''}"
        warm, cold = (term(name, text) for name in names)
        assert warm + cold == pytest.approx(weights)
        assert cold / weights == pytest.approx(share, abs=0.01)
    # of a machine that tells no cache, all stay
    assert term("weights from memory", "MatMul 512>512 @4 /68MB", UNTOLD) == 0


def test_activations_leave_a_core_s_cache_by_and_by() -> None:
    names = ("activations near", "activations far")
    # 2 x 4 bytes x 8 channels: a quarter of the cache, as much, and 256 times
    for width, share in ((64, 0.0), (128, 0.25), (2048, 1.0)):
        text = f"Relu 8 @{width}x{width // 2}"
        near, far = (term(name, text) for name in names)
        assert near + far == 2 * 4 * 8 * width * width // 2
        assert far / (near + far) == pytest.approx(share)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Relu 8 @7x7 b2", 1),
        ("Add 8 @7x7 b2 (by channel)", 16),
        ("Add 8 @49 b2 (by row)", 98),
        ("Concat 8>16 @7x7 b2 n2", 4),
        ("Concat 8>16 @49 n2 (by row)", 98),
        ("Split 16 @7x7", 2),
        ("Slice 8 @7x6", 1),
        ("Slice 8 @7x6 (axis 2)", 8),
        ("Slice 8 @7x6 (by row)", 56),
        ("Pad 8 @7x6", 56),
        ("Gather 64 @12", 12),
        ("ReduceMean 64 @7x7>1 b2 (map)", 128),
        ("ReduceMean 384>196 @196>1 (row)", 196),
        ("Transpose 4 @8x3x3 (perm 0-2-1-3-4)", 32),
        ("Transpose 4 @8x3 (perm 0-2-3-1)", 96),
        ("Transpose 1 @8x3 (perm 0-2-1-3)", 1),
    ],
)
def test_pieces_are_what_moves_or_is_mapped_in_one_go(text: str, pieces: int) -> None:
    # the first is in the launch
    assert term("pieces", text) == pieces - 1


def test_a_conv_in_no_blocked_layout_is_unfolded() -> None:
    assert term("unfolded", "Conv 8>16 k3x3 @7x7 b2") == 2 * 8 * 9 * 49
    assert term("unfolded", "Conv 8>16 k1x1 s2x2 @14x14>7x7") == 8 * 49
    # a matrix product as it stands
    assert term("unfolded", "Conv 8>16 k1x1 @7x7") == 0
    assert term("unfolded", "Conv 8>16 k3x3 @7x7 (nchwc)") == 0


def test_what_is_fused_counts_by_element() -> None:
    text = "Conv 8>16 k1x1 @7x7 (nchwc) +Relu +Sigmoid"
    assert term("fused Relu", text) == 16 * 49
    assert term("fused comparisons", text) == 0
    assert term("fused functions", text) == 16 * 49
    assert term("fused functions", "Conv 8>16 k1x1 @7x7 (nchwc) +Add") == 0


@pytest.mark.parametrize("op", ["Elu", "Selu", "Softplus", "Softsign", "Gelu", "SiLU"])
def test_a_fused_function_is_dear_to_terms_and_features_alike(op: str) -> None:
    text = f"MatMul 8>16 @49 +{op}"
    assert term("fused functions", text) == 16 * 49
    assert (feature("dear", text), feature("cheap", text)) == (1, 0)


@pytest.mark.parametrize("op", ["Clip", "LeakyRelu", "ThresholdedRelu"])
def test_a_fused_comparison_is_cheap_to_both(op: str) -> None:
    text = f"MatMul 8>16 @49 +{op}"
    assert term("fused comparisons", text) == 16 * 49
    assert (feature("dear", text), feature("cheap", text)) == (0, 1)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("in", "Conv 64>256 k1x1 g4 @28x28", 4),
        ("out", "Conv 64>256 k1x1 g4 @28x28", 6),
        ("groups", "Conv 64>256 k1x1 g4 @28x28", 2),
        ("window", "Conv 64>64 k2x4 @28x28", 3),
        ("positions", "Add 8 @16x8 b4", 9),
        ("strides", "Conv 8>8 k3x3 s2x2 @28x28>14x14", 2),
        ("batch", "Add 8 @16x8 b4", 2),
        ("line", "Add 8 @16x8", 3),
        ("line", "Add 8", 0),
        ("bytes", "Relu 8 @8x8", 12),
        ("cold", "MatMul 512>512 @4 /68MB", 2),
        ("fill", "Conv 8>16 k1x1 @7x7", 2),
        ("add", "Conv 8>16 k1x1 @7x7 +Add +Relu", 1),
        ("relu", "Conv 8>16 k1x1 @7x7 +Add +Relu", 1),
        ("cheap", "Conv 8>16 k1x1 @7x7 +Add +Relu", 0),
        ("cheap", "Conv 8>16 k1x1 @7x7 +Clip", 1),
        ("dear", "Conv 8>16 k1x1 @7x7 +Add +Relu", 0),
        ("dear", "Conv 8>16 k1x1 @7x7 +Sigmoid", 1),
        ("cheap", "Conv 8>16 k1x1 @7x7 +Sigmoid", 0),
        ("growth", "Resize 8 @7x7>14x14", 4),
        ("operands", "Concat 8>32 @7x7 n4", 2),
        # tokens x heads x 64 to heads x tokens x 64
        ("run", "Transpose 16 @4x64 (perm 0-2-1-3)", 6),
        ("rows", "Transpose 16 @4x64 (perm 0-2-1-3)", 4),
        ("columns", "Transpose 16 @4x64 (perm 0-2-1-3)", 2),
        ("jump", "Transpose 16 @4x64 (perm 0-2-1-3)", 8),
        ("loops", "Transpose 16 @4x64 b8 (perm 0-2-1-3)", 3),
        # maps of 4x2, which move as one
        ("run", "Transpose 2 @16x4x2 (perm 0-2-1-3-4)", 3),
        ("columns", "Transpose 2 @16x4x2 (perm 0-2-1-3-4)", 4),
        # to channels-last
        ("run", "Transpose 8 @16x4 (perm 0-2-3-1)", 0),
        ("rows", "Transpose 8 @16x4 (perm 0-2-3-1)", 3),
        ("columns", "Transpose 8 @16x4 (perm 0-2-3-1)", 6),
        ("conflict", "Transpose 8 @16x4 (perm 0-2-3-1)", 3),
        ("conflict", "Transpose 8 @7x7 (perm 0-2-3-1)", 0),
        ("jump", "ReorderInput 64 @7x7", log2(49)),
        ("conflict", "ReorderInput 64 @8x8", 3),
        ("jump", "Add 8 @16x4", 0),
        ("tail", "ReorderInput 12 @7x7", 2 * log2(16 / 12)),
        ("run", "Add 8 @16x4 (by channel)", 6),
        ("run", "Concat 8>16 @16x4 n2", 9),
    ],
)
def test_a_feature_is_in_octaves(name: str, text: str, value: float) -> None:
    assert feature(name, text) == pytest.approx(value)


def test_winograd_makes_whole_tiles() -> None:
    columns = Columns(kernels("Conv 16>32 k3x3 @14x13", "Conv 16>32 k3x3 @16x16"))
    whole = OF_NETWORKS["flops in tiles"](columns, UNTOLD)
    assert whole[0] == whole[1] == columns.flops[1]
    assert OF_NETWORKS["tiles read"](columns, UNTOLD)[0] == whole[0] / 32
    assert OF_NETWORKS["tiles written"](columns, UNTOLD)[0] == whole[0] / 16


def test_a_function_counts_by_element_where_it_runs_alone() -> None:
    columns = Columns(kernels("SiLU 8 @4x4", "Relu 8 @4x4", "Conv 8>8 k1x1 @4x4 +Sigmoid"))
    assert OF_NETWORKS["functions"](columns, UNTOLD).tolist() == [128, 0, 0]


def test_every_term_and_feature_has_one_finite_value_a_kernel() -> None:
    texts = (
        "Conv 3>64 k7x7 s2x2 @224x224>112x112 (nchwc from nchw) +Relu",
        "Conv 64>64 k3x3 g64 @14x14 (nchwc) +HardSwish",
        "MatMul 64>197 @197 b6 run-time",
        "Transpose 384 @197 (perm 0-2-1)",
        "Softmax 1000",
        "Reshape 8",
    )
    columns = Columns(kernels(*texts))
    for machine in (MACHINE, UNTOLD):
        for each in (*TERMS.values(), *OF_NETWORKS.values(), *FEATURES.values()):
            values = each(columns, machine)
            assert values.shape == (len(texts),)
            assert np.isfinite(values).all()
