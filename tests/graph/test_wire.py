from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from archlint.graph.wire import MOST_FIELDS, TooLargeError, WireError, read_weightless
from tests.graph.making import PATHS, model, value

_FLOATS = [0.5] * 1000


def _read(data: bytes) -> onnx.ModelProto:
    return onnx.ModelProto.FromString(read_weightless(io.BytesIO(data)))


def _field(number: int, body: bytes) -> bytes:
    length = len(body)
    out = bytearray([number << 3 | 2])
    while length > 0x7F:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*out, length]) + body


def _large(name: str = "w") -> onnx.TensorProto:
    return helper.make_tensor(name, TensorProto.FLOAT, [1000], _FLOATS)


def _bare(tensor: onnx.TensorProto) -> onnx.TensorProto:
    return TensorProto(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_a_model_without_large_payloads_is_read_whole(path: Path) -> None:
    assert _read(path.read_bytes()) == onnx.load(path, load_external_data=False)


@pytest.mark.parametrize(
    "name", ["tv_mobilenet_v2.dynamo", "timm_mixnet_s.ts", "ptcv_shufflenet_g3_w1.dynamo"]
)
def test_weights_are_dropped_and_nothing_else(name: str) -> None:
    bare = onnx.load(next(path for path in PATHS if path.name == f"{name}.onnx"))
    full = onnx.ModelProto()
    full.CopyFrom(bare)
    filled = 0
    for tensor in full.graph.initializer:
        count = 1
        for dim in tensor.dims:
            count *= dim
        if not tensor.HasField("raw_data"):
            tensor.raw_data = bytes(4 * count)
            filled += 1
    assert filled > 50
    assert _read(full.SerializeToString()) == bare


@pytest.mark.parametrize(
    ("field", "dtype", "numbers"),
    [
        ("float_data", TensorProto.FLOAT, _FLOATS),
        ("int32_data", TensorProto.INT8, [100] * 2000),
        ("int64_data", TensorProto.INT64, [1 << 40] * 500),
        ("double_data", TensorProto.DOUBLE, _FLOATS),
        ("uint64_data", TensorProto.UINT64, [1 << 40] * 500),
        ("string_data", TensorProto.STRING, [b"word"] * 500),
        ("raw_data", TensorProto.FLOAT, bytes(4000)),
    ],
)
def test_each_large_payload_is_dropped(field: str, dtype: int, numbers: Any) -> None:
    payload: dict[str, Any] = {field: numbers}
    tensor = TensorProto(name="w", data_type=dtype, dims=[1000], **payload)
    proto = model([helper.make_node("Relu", ["w"], ["y"])], [], weights=[tensor])
    assert _read(proto.SerializeToString()).graph.initializer[0] == _bare(tensor)


def test_a_payload_of_1024_bytes_is_kept_and_a_larger_one_dropped() -> None:
    for size, kept in ((1024, True), (1028, False)):
        tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[size // 4])
        tensor.raw_data = bytes(size)
        proto = model([helper.make_node("Relu", ["w"], ["y"])], [], weights=[tensor])
        read = _read(proto.SerializeToString()).graph.initializer[0]
        assert (read == tensor) is kept


def test_payloads_are_dropped_in_attributes_subgraphs_functions_and_sparse_tensors() -> None:
    inner = helper.make_graph(
        [helper.make_node("Constant", [], ["c"], value=_large("c"))],
        "branch",
        [],
        [value("c", [1000])],
        [_large("inner")],
    )
    nodes = [
        helper.make_node("Constant", [], ["k"], value=_large("k")),
        helper.make_node("If", ["b"], ["y"], then_branch=inner, else_branch=inner),
    ]
    proto = model(nodes, [value("b", [], TensorProto.BOOL)])
    proto.functions.add(name="f", domain="d").node.append(nodes[0])
    sparse = proto.graph.sparse_initializer.add(dims=[9000])
    sparse.values.CopyFrom(_large("sparse"))
    sparse.indices.CopyFrom(helper.make_tensor("at", TensorProto.INT64, [1000], list(range(1000))))
    whole = proto.SerializeToString()
    read = _read(whole)
    assert len(whole) > 30_000
    assert len(read.SerializeToString()) < 1000
    assert read.graph.node[0].attribute[0].t == _bare(_large("k"))
    branch = read.graph.node[1].attribute[0].g
    assert branch.node[0].attribute[0].t == _bare(_large("c"))
    assert branch.initializer[0] == _bare(_large("inner"))
    assert read.functions[0].node[0].attribute[0].t == _bare(_large("k"))
    assert read.graph.sparse_initializer[0].values == _bare(_large("sparse"))


def test_an_unpacked_payload_is_dropped_as_a_whole() -> None:
    tensor = _bare(_large()).SerializeToString()
    floats = struct.pack("<Bf", 4 << 3 | 5, 0.5) * 1000
    graph = _field(5, floats + tensor)
    assert _read(_field(7, graph)).graph.initializer[0] == _bare(_large())


def test_unknown_fields_are_kept() -> None:
    unknown = _field(15, b"later") + bytes([13 << 3, 0x96, 0x01])
    graph = _field(5, _field(15, b"x" * 2000) + _large().SerializeToString())
    assert read_weightless(io.BytesIO(unknown)) == unknown
    assert b"x" * 2000 in read_weightless(io.BytesIO(_field(7, graph)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x0b\x0c", "a protobuf group at byte 0"),
        (b"\x0e", "unknown wire type 6 at byte 0"),
        (b"\x02\x00", "field number 0 at byte 0"),
        (b"\x3a\x05ab", "the field at byte 0 is 3 bytes longer than what is left"),
        (b"\x08\x80", "a number at byte 1 is cut off"),
        (b"\x08" + b"\x80" * 12, "a number longer than 10 bytes at byte 1"),
        (b"\x0d\x00", "the field at byte 0 is 3 bytes longer than what is left"),
    ],
)
def test_broken_bytes_are_refused_with_the_place(data: bytes, reason: str) -> None:
    with pytest.raises(WireError) as caught:
        read_weightless(io.BytesIO(data))
    assert str(caught.value) == reason


def test_endless_nesting_is_refused() -> None:
    attribute = b"x" * 2000
    for _ in range(60):
        attribute = _field(6, _field(1, _field(5, attribute)))
    with pytest.raises(WireError, match="nested more than 100 deep"):
        read_weightless(io.BytesIO(_field(7, _field(1, _field(5, attribute)))))


def test_payloads_are_not_read() -> None:
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.taken += len(data)
            return data

    weights = []
    for number in range(20):
        tensor = TensorProto(name=f"w{number}", data_type=TensorProto.FLOAT, dims=[1 << 16])
        tensor.raw_data = bytes(4 << 16)
        weights.append(tensor)
    proto = model([helper.make_node("Relu", ["w0"], ["y"])], [], weights=weights)
    file = Counting(proto.SerializeToString())
    read_weightless(file)
    assert file.taken < 200_000


@pytest.mark.parametrize("number", [1, 5, 11])
def test_a_few_bytes_are_not_made_millions_of_operators(number: int) -> None:
    most = _field(7, _field(number, b"") * MOST_FIELDS)
    with pytest.raises(TooLargeError, match="has more than 500000 operators, weights and shapes"):
        read_weightless(io.BytesIO(most))
    fewer = _field(7, _field(number, b"") * (MOST_FIELDS - 1))
    assert read_weightless(io.BytesIO(fewer)) == fewer
