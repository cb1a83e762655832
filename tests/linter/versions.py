"""The same network in another version of its file, where nothing old may turn new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from tests.exported import EXAMPLES, exported_example

NETWORKS = tuple(sorted(each.stem for each in (EXAMPLES / "onnx").glob("*.onnx")))

__all__ = ["CASES", "NETWORKS", "VERSIONS", "file_of"]


def file_of(name: str) -> Path:
    """The file of an example."""
    return EXAMPLES / "onnx" / f"{name}.onnx"


def _renamed(name: str) -> onnx.ModelProto:
    """Other names for nodes and for what they make; no metadata."""
    model = onnx.load(file_of(name))
    graph = model.graph
    kept = {each.name for each in (*graph.input, *graph.output)}
    kept |= {each.name for each in graph.initializer}
    made = [output for node in graph.node for output in node.output if output not in kept]
    names = {old: f"value_{number}" for number, old in enumerate(made)}
    for number, node in enumerate(graph.node):
        node.name = f"operator_{number}"
        del node.metadata_props[:]
        for ends in (node.input, node.output):
            ends[:] = [names.get(each, each) for each in ends]
    for value in graph.value_info:
        value.name = names.get(value.name, value.name)
    return model


def _weights_renamed(name: str) -> onnx.ModelProto:
    """As `_renamed`, and no name of a weight tells a module either."""
    model = _renamed(name)
    graph = model.graph
    names = {each.name: f"weight_{number}" for number, each in enumerate(graph.initializer)}
    for tensor in graph.initializer:
        tensor.name = names[tensor.name]
    for node in graph.node:
        node.input[:] = [names.get(each, each) for each in node.input]
    return model


def _with_a_block_at_the_front(name: str) -> onnx.ModelProto:
    """A conv and a ReLU that keep the image's size, before all else."""
    model = onnx.load(file_of(name))
    graph = model.graph
    image = graph.input[0].name
    for node in graph.node:
        node.input[:] = ["front" if each == image else each for each in node.input]
    weight = np.zeros((3, 3, 3, 3), np.float32)
    graph.initializer.append(numpy_helper.from_array(weight, "front.conv.weight"))
    conv = helper.make_node(
        "Conv", [image, "front.conv.weight"], ["front_conv"], name="front_conv", pads=[1] * 4
    )
    graph.node.insert(0, helper.make_node("Relu", ["front_conv"], ["front"], name="front_relu"))
    graph.node.insert(0, conv)
    return model


def _by_the_older_exporter(name: str) -> onnx.ModelProto:
    return exported_example(name, "older", _trace)


def _trace(net: Any, buffer: BytesIO) -> None:
    import torch

    torch.onnx.export(
        net, (torch.zeros(2, 3, 224, 224),), buffer, dynamo=False,
        input_names=["image"], dynamic_axes={"image": {0: "batch"}},
    )  # fmt: skip


VERSIONS: Mapping[str, Callable[[str], onnx.ModelProto]] = {
    "renamed": _renamed,
    "weights renamed": _weights_renamed,
    "with a block at the front": _with_a_block_at_the_front,
    "by the older exporter": _by_the_older_exporter,
}

CASES = [
    *(name for name, make in VERSIONS.items() if make is not _by_the_older_exporter),
    pytest.param("by the older exporter", marks=pytest.mark.slow),
]
"""The names of the versions, for a test of each."""
