"""The kernels of functions that few networks have, from ONNX's operators."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archlint.cost.kernels.kernel import parse_term
from archlint.cost.lowering.make_kernel import make_kernel
from archlint.graph import Model, read_model
from archlint.measure.onnxruntime.nodes import can_make
from archlint.testing import Net

Made = Callable[[Net], str]


def model_of(make: Made, opset: int) -> Model:
    net = Net()
    proto = net.proto(make(net))
    proto.opset_import[0].version = opset
    return read_model(proto)


def grid(net: Net) -> str:
    return net.op("AffineGrid", net.input(2, 2, 3), net.constant([2, 3, 14, 14]))


def volume(net: Net) -> str:
    return net.op("AffineGrid", net.input(1, 3, 4), net.constant([1, 3, 4, 8, 8]))


def patches(net: Net) -> str:
    sizes = net.constant([28, 28]), net.constant([3, 3])
    return net.op("Col2Im", net.input(1, 144, 784), *sizes, pads=[1, 1, 1, 1])


def apart(net: Net) -> str:
    sizes = net.constant([32, 32]), net.constant([4, 4])
    return net.op("Col2Im", net.input(2, 48, 64), *sizes, strides=[4, 4])


def spectrum(net: Net) -> str:
    return net.op("DFT", net.input(16, 400, 1), axis=1, onesided=1)


def rows(net: Net) -> str:
    return net.op("DFT", net.input(2, 512, 64, 2), axis=1)


def frames(net: Net) -> str:
    step, window = net.constant([128]), net.weight("window", 512)
    return net.op("STFT", net.input(2, 16000, 1), step, window, onesided=1)


def boxes(net: Net) -> str:
    shapes = net.input(1, 8400, 4), net.input(1, 80, 8400, name="scores")
    return net.op("NonMaxSuppression", *shapes, net.constant([100]))


def distinct(net: Net) -> str:
    return net.op("Unique", net.input(64, 8))


def slices(net: Net) -> str:
    return net.op("Unique", net.input(64, 8), axis=0)


def determinant(net: Net) -> str:
    return net.op("Det", net.input(16, 3, 3))


def noise(net: Net) -> str:
    return net.op("RandomNormalLike", net.input(1, 4, 64, 64))


@pytest.mark.parametrize(
    ("make", "opset", "text"),
    [
        (grid, 20, "AffineGrid 2 @14x14 b2"),
        (volume, 20, "AffineGrid 3 @4x8x8"),
        (patches, 18, "Col2Im 144>16 k3x3 @28x28"),
        (apart, 18, "Col2Im 48>3 k4x4 s4x4 @8x8>32x32 b2"),
        (spectrum, 17, "DFT 400>201 @16 (any length)"),
        (rows, 17, "DFT 512 @128"),
        (frames, 17, "STFT 512>257 @122 b2"),
        (boxes, 11, "NonMaxSuppression 8400>100 @80 8B"),
        (distinct, 11, "Unique 1 @512"),
        (slices, 11, "Unique 8 @64"),
        (determinant, 22, "Det 3 @3 b16"),
        (noise, 22, "RandomNormalLike 4 @64x64"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_function_has_a_kernel_that_onnx_runtime_has_a_node_for(
    make: Made, opset: int, text: str
) -> None:
    operators = model_of(make, opset).operators
    (op,) = (each for each in operators if each.op_type == text.split(" ")[0])
    kernel = make_kernel(op)
    assert kernel is not None
    assert kernel.text == text
    assert parse_term(text) == (1, kernel)
    assert can_make(kernel)


def misfits(net: Net) -> str:
    sizes = net.constant([28, 28]), net.constant([3, 3])
    return net.op("Col2Im", net.input(1, 144, 784), *sizes)


def test_patches_that_do_not_fill_the_image_have_none() -> None:
    assert make_kernel(model_of(misfits, 18).operators[0]) is None


def test_transforms_are_counted_as_they_are_compared() -> None:
    assert model_of(rows, 17).operators[0].flops == 5 * 9 * 2 * 512 * 64
