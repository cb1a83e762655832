"""Damaged models: mutations of real ones, as bytes and as protobuf."""

from __future__ import annotations

import zipfile
from io import BytesIO
from math import prod
from pathlib import Path
from random import Random

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, shape_inference

from tests.fuzz.edits import EDITS

__all__ = ["mutated", "piece", "seeds"]

ROOT = Path(__file__).parents[2]
_NODES = 8

_LARGEST = 1500
"""Bytes of a weight: some more than the reader keeps."""

_HEADS = (
    b"", b"version https://git-lfs.github.com/spec/v1\n", b"PK\x03\x04", b"TFL3", b"ORTM",
    b"\x00\x00\x00\x00{\"", b"\x1f\x8b", b"\x89HDF", b"<!doctype html>", b"<html>", b"text\n",
    b"\xff\xfe", b"GGUF", b"name: caf\xc3", b"\x80\x04", b"\x7fELF", b"BZh",
)  # fmt: skip


def _zip(name: str) -> bytes:
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(name, b"1")
    return whole.getvalue()


_FILES = (_zip("net/data.pkl"), _zip("net/constants.pkl"), _zip("a.txt"), b"ir_version: 8\n" * 400)


def seeds() -> list[bytes]:
    """Pieces of a few operators from every model of the repository, and the small ones whole."""
    found = []
    for path in sorted((*ROOT.glob("examples/onnx/*.onnx"), *ROOT.glob("tests/models/*.onnx"))):
        whole = shape_inference.infer_shapes(onnx.load(str(path), load_external_data=False))
        starts = range(0, len(whole.graph.node), max(len(whole.graph.node) // 3, 1))
        found += [piece(whole, start) for start in starts]
    return found


def piece(whole: onnx.ModelProto, start: int, count: int = _NODES) -> bytes:
    """Some neighbouring nodes with the weights that they use; what they lack is an input."""
    nodes = list(whole.graph.node)[start : start + count]
    made = {name for node in nodes for name in node.output}
    used = dict.fromkeys(name for node in nodes for name in node.input if name)
    weights = [each for each in whole.graph.initializer if each.name in used]
    have = made | {each.name for each in weights}
    known = {
        each.name: [dim.dim_value or 1 for dim in each.type.tensor_type.shape.dim]
        for each in (*whole.graph.input, *whole.graph.value_info)
    }
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, known.get(name, [1, 8, 14, 14]))
        for name in used
        if name not in have
    ]
    outputs = [helper.make_empty_tensor_value_info(nodes[-1].output[0])]
    weights = [_with_payload(each, is_filled=start > 0) for each in weights]
    graph = helper.make_graph(nodes, "piece", inputs, outputs, weights)
    small = helper.make_model(graph, opset_imports=list(whole.opset_import))
    return bytes(small.SerializeToString())


def _with_payload(tensor: TensorProto, *, is_filled: bool) -> TensorProto:
    """A weight with few bytes of its own, so that there is something to leave out."""
    small = TensorProto()
    small.CopyFrom(tensor)
    small.raw_data = tensor.raw_data[:_LARGEST]
    del small.float_data[_LARGEST // 4 :]
    if tensor.data_type == TensorProto.FLOAT and is_filled and not tensor.raw_data:
        small.raw_data = bytes(min(4 * prod(tensor.dims), _LARGEST))
    return small


def mutated(random: Random, data: bytes) -> bytes:
    """The bytes of a model with one to three faults."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        data = _of_bytes(random, data) if random.random() < 0.25 else _of_model(random, data)
    return data


def _of_bytes(random: Random, data: bytes) -> bytes:
    if not data:
        return random.randbytes(random.randint(0, 64))
    at, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    kind = random.randrange(10)
    if kind == 9:  # a number in more bytes than it takes: the same one, to those who allow it
        return (
            data[:at]
            + bytes([data[at] | 0x80])
            + b"\x80" * random.randint(0, 8)
            + b"\0"
            + (data[at + 1 :])
            if at < len(data)
            else data
        )
    if kind == 8 and random.random() < 0.2:
        return random.choice(_FILES)
    if kind == 8:
        head = random.choice(_HEADS)
        return random.choice((head, head + data, data[:4] + head + data, b"\n" + head))
    if kind == 0:
        flipped = bytearray(data)
        for _ in range(random.randint(1, 8)):
            flipped[random.randrange(len(data))] ^= 1 << random.randrange(8)
        return bytes(flipped)
    if kind == 1:
        return data[:at]
    if kind == 2:
        return data[:at] + data[min(end, at + 200) :]
    if kind == 3:
        return data[:at] + data[at : at + 300] + data[at:]
    if kind == 4:
        return data[:at] + random.randbytes(random.randint(1, 12)) + data[at:]
    if kind == 5:
        return data[:at] + b"\xff" * random.randint(1, 11) + data[at + 1 :]
    if kind == 6:
        return data[at:] + data[:at]
    # a name that is no UTF-8: one byte of a text made invalid
    texts = [place for place in range(len(data) - 1) if data[place : place + 1].isalpha()]
    place = random.choice(texts) if texts else 0
    return data[:place] + b"\xfe" + data[place + 1 :]


def _of_model(random: Random, data: bytes) -> bytes:
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(data)
        for _ in range(random.choice((1, 1, 2))):
            random.choice(EDITS)(random, proto)
        return proto.SerializeToString()
    except (DecodeError, ValueError, TypeError, OverflowError, UnicodeError):
        return data  # damaged before: no longer a model to edit
