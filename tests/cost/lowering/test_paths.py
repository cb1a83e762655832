"""Which way of the runtime a kernel takes, told by what an operator says beside its shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from archlint.cost.lowering.lower import lower
from archlint.graph.reader import read_model
from tests.cost.lowering.test_lower_blocked import ORT


def texts(
    op: str, shape: Sequence[int], out: Sequence[int], opset: int = 18, *,
    more: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.generic]]] = (), **attributes: Any,
) -> list[str]:  # fmt: skip
    weights = [numpy_helper.from_array(each, f"w{at}") for at, each in enumerate(more)]
    names = ["x", *([""] if op == "Resize" else ()), *(each.name for each in weights)]
    graph = helper.make_graph(
        [helper.make_node(op, names, ["y"], **attributes)], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)],
        weights,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    onnx.checker.check_model(model)
    return [placed.kernel.text for placed in lower(read_model(model), ORT).kernels]


@pytest.mark.parametrize(
    ("opset", "counts", "up", "path"),
    [(18, 0, 1, ""), (18, 1, 0, ""), (18, 1, 1, " (generic)"), (19, 0, 0, " (generic)")],
)
def test_the_general_pool_takes_newer_means_and_those_that_count_a_rounded_map(
    opset: int, counts: int, up: int, path: str
) -> None:
    found = texts(
        "AveragePool", (1, 18, 8, 8), (1, 18, 8, 8), opset,
        kernel_shape=[3, 3], pads=[1] * 4, ceil_mode=up, count_include_pad=counts,
    )  # fmt: skip
    assert found == [f"AveragePool 18 k3x3 @8x8{path}"]


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
def test_a_resize_tells_how_it_looks_between(mode: str) -> None:
    scales = np.array([1, 1, 2, 2], dtype=np.float32)
    found = texts("Resize", (1, 18, 8, 8), (1, 18, 16, 16), more=[scales], mode=mode)
    assert found == [f"Resize 18 @8x8>16x16{'' if mode == 'nearest' else f' ({mode})'}"]


@pytest.mark.parametrize(("exponent", "op"), [(2, "Mul"), (3, "Mul"), (0.5, "Pow"), (4, "Pow")])
def test_a_power_of_2_or_3_runs_as_a_product(exponent: float, op: str) -> None:
    found = texts("Pow", (1, 16, 64), (1, 16, 64), more=[np.array(exponent, dtype=np.float32)])
    assert found == [f"{op} 64 @16 n1 (scalar)"]


def test_a_gather_by_indices_of_several_dims_is_one_by_as_many() -> None:
    index = np.zeros((9, 16), dtype=np.int64)
    found = texts("Gather", (1, 32, 24, 2), (1, 32, 9, 16, 2), more=[index], axis=2)
    assert found == ["Gather 32 @144x2 (axis 2)"]
