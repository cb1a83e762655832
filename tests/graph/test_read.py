from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from archlint.errors import ModelError
from archlint.graph import read_model
from archlint.graph.read import read_proto
from tests.graph.making import MODELS, PATHS, model, value, weight

_SMALL = model(
    [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Reshape", ["c", "s"], ["r"]),
        helper.make_node("Gemm", ["r", "v"], ["y"]),
    ],
    [value("x", ["n", 3, 8, 8])],
    weights=[
        weight("w", 4, 3, 3, 3),
        weight("v", 256, 10),
        helper.make_tensor("s", TensorProto.INT64, [2], [-1, 256]),
    ],
)


def _zip(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return file.getvalue()


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz"):
        pass
    return file.getvalue()


def _reason(parameter: object) -> str:
    """What names a test: not the data, which for archives hold the time."""
    is_reason = isinstance(parameter, str) and parameter.isascii()
    return str(parameter) if is_reason else "data"


def _no_graph() -> bytes:
    return onnx.ModelProto(ir_version=8, producer_name="p\x01q").SerializeToString()


def _no_nodes() -> bytes:
    proto = onnx.ModelProto(ir_version=8)
    proto.graph.name = "empty"
    return proto.SerializeToString()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"import torch\n", "is a text file, not an ONNX model"),
        ("é" * 3000, "is a text file, not an ONNX model"),
        ("Modell: ä\n".encode("utf-16"), "is a UTF-16 text file, not an ONNX model"),
        (
            b"\n<!DOCTYPE html><html><body>404</body></html>",
            "is an HTML page, not an ONNX model: the download may have failed",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
            "is a Git LFS pointer, not the model: run `git lfs pull`",
        ),
        (_tar(), "is a gzip archive, not an ONNX model"),
        (_zip("a.txt"), "is a zip archive, not an ONNX model"),
        (_zip("m/data.pkl"), "is a PyTorch checkpoint (zip), not an ONNX model"),
        (_zip("m/data.pkl", "m/constants.pkl"), "is a TorchScript model (zip), not an ONNX model"),
        (b"PK\x03\x04cut off", "is a broken zip archive, not an ONNX model"),
        (b"\x80\x04}\x94.", "is a Python pickle, not an ONNX model"),
        (b"\x1c\x00\x00\x00TFL3\x00\x00", "is a TensorFlow Lite model, not an ONNX model"),
        (b"\x1c\x00\x00\x00ORTM\x00\x00", "is an ONNX Runtime (.ort) model, not an ONNX model"),
        (b"\x10\x00\x00\x00\x00\x00\x00\x00{\"w\":{}}", "is a safetensors file, not an ONNX model"),
        (_no_graph(), "is not an ONNX model: a protobuf without a graph"),
        (_no_nodes(), "has an empty graph: no operators"),
        (
            _SMALL.SerializeToString()[:-40],
            "is truncated or not an ONNX model: "
            "the field at byte 2 is 34 bytes longer than what is left",
        ),
        (b"\x08\x08\x3a\x02\x0a\x09", None),
    ],
    ids=_reason,
)  # fmt: skip
def test_what_is_no_model_is_one_line_that_says_what_it_is(
    tmp_path: Path, data: bytes | str, reason: str | None
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    with pytest.raises(ModelError) as caught:
        read_proto(str(path))
    assert "\n" not in str(caught.value)
    if reason is not None:
        assert str(caught.value) == f"{path}: {reason}"


def test_a_missing_file_and_a_directory_are_named(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "none.onnx", "no such file"),
        (tmp_path, "is a directory, not an ONNX file"),
    ):
        with pytest.raises(ModelError) as caught:
            read_proto(str(path))
        assert str(caught.value) == f"{path}: {reason}"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(ModelError, match="is not a regular file"):
        read_proto(str(path))


def test_external_data_is_never_opened(tmp_path: Path) -> None:
    external = weight("w", 4, 3, 3, 3)
    external.data_location = TensorProto.EXTERNAL
    external.external_data.add(key="location", value="../../no/such/file")
    proto = model(
        [helper.make_node("Conv", ["x", "w"], ["y"])],
        [value("x", [1, 3, 8, 8])],
        weights=[external],
    )
    path = tmp_path / "external.onnx"
    path.write_bytes(proto.SerializeToString())
    read = read_model(str(path))
    assert read.operators[0].output.shape == (1, 4, 6, 6)
    assert read.parameters == 108


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged") / "damaged.onnx"


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_damage_to_a_file_raises_anything_but_a_model_error(
    scratch: Path, data: st.DataObject
) -> None:
    _read_damaged(_SMALL.SerializeToString(), scratch, data)


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_no_damage_to_a_real_model_raises_anything_but_a_model_error(
    scratch: Path, data: st.DataObject
) -> None:
    _read_damaged((MODELS / "var_resnet18_opset7.ts.onnx").read_bytes(), scratch, data)


def _read_damaged(whole: bytes, path: Path, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    last = len(damaged) - 1
    for _ in range(data.draw(st.integers(0, 6))):
        damaged[data.draw(st.integers(0, last))] ^= 1 << data.draw(st.integers(0, 7))
    end = data.draw(st.one_of(st.just(last + 1), st.integers(0, last)))
    path.write_bytes(damaged[:end])
    try:
        read_model(str(path))
    except ModelError as e:
        assert "\n" not in str(e)  # noqa: PT017 - most damaged files are still models


def test_a_dash_is_a_model_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    with PATHS[0].open("rb") as file:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(file))
        assert len(read_model("-").operators) == len(read_model(str(PATHS[0])).operators)
