"""The convs found in torchvision's networks against the definitions in their papers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from archlint.graph import read_model
from tests.graph.making import MODELS

Conv = tuple[int, int, int, int, int, int]
"""Input channels, output channels, kernel, stride, groups, output side."""


def _resnet(blocks: tuple[int, ...], *, groups: int = 1, width: int = 64) -> Iterator[Conv]:
    """He et al., 2015, table 1; stride in the 3x3; Xie et al., 2016, for groups."""
    yield 3, 64, 7, 2, 1, 112
    channels, side = 64, 56
    for stage, count in enumerate(blocks):
        inner, outer = width << stage, 256 << stage
        for block in range(count):
            stride = 2 if stage and not block else 1
            yield channels, inner, 1, 1, 1, side
            side //= stride
            yield inner, inner, 3, stride, groups, side
            yield inner, outer, 1, 1, 1, side
            if not block:
                yield channels, outer, 1, stride, 1, side
            channels = outer


def _resnet18() -> Iterator[Conv]:
    yield 3, 64, 7, 2, 1, 112
    channels, side = 64, 56
    for stage in range(4):
        width = 64 << stage
        for block in range(2):
            stride = 2 if stage and not block else 1
            side //= stride
            yield channels, width, 3, stride, 1, side
            yield width, width, 3, 1, 1, side
            if stride == 2:
                yield channels, width, 1, 2, 1, side
            channels = width


def _mobilenet_v2() -> Iterator[Conv]:
    """Sandler et al., 2018, table 2."""
    yield 3, 32, 3, 2, 1, 112
    channels, side = 32, 112
    for expand, width, count, first_stride in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
        (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ):  # fmt: skip
        for block in range(count):
            stride = 1 if block else first_stride
            inner = channels * expand
            if expand > 1:
                yield channels, inner, 1, 1, 1, side
            side //= stride
            yield inner, inner, 3, stride, inner, side
            yield inner, width, 1, 1, 1, side
            channels = width
    yield 320, 1280, 1, 1, 1, 7


def _densenet121() -> Iterator[Conv]:
    """Huang et al., 2016, table 1, growth rate 32."""
    yield 3, 64, 7, 2, 1, 112
    channels, side = 64, 56
    for stage, layers in enumerate((6, 12, 24, 16)):
        for _ in range(layers):
            yield channels, 128, 1, 1, 1, side
            yield 128, 32, 3, 1, 1, side
            channels += 32
        if stage < 3:
            yield channels, channels // 2, 1, 1, 1, side
            channels //= 2
            side //= 2


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("tv_resnet50.dynamo", _resnet((3, 4, 6, 3))),
        ("tv_resnext50_32x4d.dynamo", _resnet((3, 4, 6, 3), groups=32, width=128)),
        ("var_resnet18_opset7.ts", _resnet18()),
        ("tv_mobilenet_v2.dynamo", _mobilenet_v2()),
        ("var_mobilenet_v2_dynbatchhw.ts", _mobilenet_v2()),
        ("tv_densenet121.ts", _densenet121()),
    ],
)
def test_the_convs_are_those_of_the_definition(file: str, expected: Iterator[Conv]) -> None:
    found: Counter[Conv] = Counter()
    for op in read_model(str(MODELS / f"{file}.onnx")).operators:
        if op.op_type != "Conv":
            continue
        assert op.weight is not None
        assert op.weight.shape is not None
        assert op.output.shape is not None
        groups, strides = op.attributes.get("group", 1), op.attributes.get("strides", (1, 1))
        assert isinstance(groups, int)
        assert isinstance(strides, tuple)
        out, per_group, kernel, _ = op.weight.shape
        side = op.output.shape[2]
        found[per_group * groups, out, kernel, int(strides[0]), groups, side] += 1
    assert found == Counter(expected)
