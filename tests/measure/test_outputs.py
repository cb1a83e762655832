"""The runtimes compute the same outputs of a model: what `verify` compares them by."""

from __future__ import annotations

import numpy as np
import pytest

from archlint.measure.backends import Settings, make_backend
from archlint.measure.onnxruntime.backend import OnnxRuntime
from archlint.measure.random_weights import with_random_weights
from archlint.testing import Net


@pytest.mark.parametrize(("runtime", "package"), [("torch", "torch"), ("openvino", "openvino")])
def test_they_are_those_of_onnx_runtime(runtime: str, package: str) -> None:
    pytest.importorskip(package)
    net = Net()
    x = net.conv(net.input(1, 8, 14, 14), 16, 3)
    y = net.op("Relu", x, name="map")
    net.op("GlobalAveragePool", y, name="mean")
    proto = with_random_weights(net.proto("map", "mean"), seed=1)
    found = make_backend(Settings(backend=runtime, threads=1)).outputs(proto)
    expected = OnnxRuntime(1).outputs(proto)
    assert [each.shape for each in found] == [(1, 16, 14, 14), (1, 16, 1, 1)]
    for one, two in zip(found, expected, strict=True):
        assert np.abs(one - two).max() <= 1e-5 * np.abs(two).max()
