from __future__ import annotations

import pytest

from archlint.cost.kernels.kernel import parse_chain
from archlint.cost.pricing.table import Table
from archlint.cost.pricing.variety import sort_of, variety_of
from archlint.cost.target_files import TargetFiles
from tests.cost.paper_targets import FILES


@pytest.mark.parametrize(
    ("text", "variety"),
    [
        ("Conv 64>64 k1x1 @28x28 (nchwc)", "conv 1x1 nchwc"),
        ("Conv 64>64 k1x1 s2x2 @28x28>14x14 (nchwc)", "conv kxk nchwc"),
        ("Conv 3>64 k7x7 s2x2 @224x224>112x112 (nchwc from nchw)", "conv kxk nchwc from nchw"),
        ("Conv 64>64 k3x3 @28x28", "conv kxk"),
        ("Conv 64>64 k1x1 g4 @28x28 (nchw)", "group conv 1x1 nchw"),
        ("Conv 64>64 k3x3 g64 @28x28 (nchwc)", "depthwise conv nchwc"),
        ("MatMul 384>384 @197", "matrix product"),
        ("MatMul 384>384 @1", "matrix product of one row"),
        ("MatMul 64>197 @197 b6 run-time", "matrix product of activations"),
        ("LayerNormalization 384 @197", "normalisation LayerNormalization"),
        ("ReorderInput 64 @28x28", "reorder"),
        ("ReorderOutput 64 @28x28", "reorder"),
        ("Transpose 384 @197 (perm 0-2-1)", "transpose of elements"),
        ("Transpose 2 @58x28x28 (perm 0-2-1-3-4)", "transpose of runs"),
        ("Concat 64>128 @28x28 n2", "concat"),
        ("Slice 64 @28x28 (axis 2)", "slice"),
        ("Tile 64 @28x28", "copy"),
        ("MaxPool 64 k3x3 s2x2 @112x112>56x56 (nchwc)", "pool nchwc"),
        ("Add 64 @28x28", "element-wise"),
    ],
)
def test_kernels_that_run_by_one_code_are_of_one_variety(text: str, variety: str) -> None:
    ((_, kernel),) = parse_chain(text)
    assert variety_of(kernel) == variety


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_kernels_of_one_variety_are_of_one_sort(files: TargetFiles) -> None:
    sorts: dict[str, str] = {}
    for text in Table(*files.tables).texts():
        for count, kernel in parse_chain(text):
            if count == 1:
                variety = variety_of(kernel)
                assert sorts.setdefault(variety, sort_of(kernel.text)) == sort_of(kernel.text), text


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Conv 64>64 k1x1 @28x28 (nchwc)", "Conv 64>64 k1 @784 (nchwc)"),
        ("Conv 64>64 k1x1 s2x2 @28x28>14x14", "Conv 64>64 k3x3 @28x28"),
        ("Conv 64>64 k1x1 s2x2 g64 @28x28>14x14", "Conv 64>64 k1x1 g64 @28x28"),
        ("MaxPool 64 k3x3 @28x28", "AveragePool 64 k2x2 s2x2 @28x28>14x14"),
        ("MatMul 64>64 /8MB", "MatMul 64>10 @1x1 /67MB"),
        ("MatMul 64>64 b8 /8MB", "MatMul 64>10 @12 /67MB"),
    ],
)
def test_odd_kernels_of_one_variety_are_of_one_sort(left: str, right: str) -> None:
    kernels = [parse_chain(text)[0][1] for text in (left, right)]
    assert variety_of(kernels[0]) == variety_of(kernels[1])
    assert sort_of(left) == sort_of(right)
    assert [kernel.text for kernel in kernels] == [left, right]
