"""Files to weightless protos, with one clear line for every file that is no model."""

from __future__ import annotations

import os
import stat
import sys
import zipfile
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from typing import BinaryIO

import onnx
from google.protobuf.message import DecodeError

from archlint.errors import AbsentError, ModelError
from archlint.graph.wire import TooLargeError, WireError, read_weightless
from archlint.limits.files import LARGEST_MESSAGE, seekable

__all__ = ["STDIN", "read_bytes", "read_proto"]

STDIN = "-"
"""The path that stands for a model on standard input."""

_HEAD = 4096  # bytes
_MAGIC = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x80\x02", "a Python pickle, perhaps an old PyTorch checkpoint"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x89HDF", "an HDF5 file, perhaps a Keras model"),
    (b"\x89PNG", "a PNG image"),
    (b"%PDF", "a PDF document"),
    (b"GGUF", "a GGUF file"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\x7fELF", "an ELF binary"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\xff\xfe", "a UTF-16 text file"),
    (b"\xfe\xff", "a UTF-16 text file"),
)
_LFS = b"version https://git-lfs"


def read_proto(path: str) -> onnx.ModelProto:
    """Read an ONNX file without its weights: payloads over 1 KB are left out, dims stay.

    Files of external data are never opened.  `path` may be STDIN.  Raises ModelError for
    whatever cannot be read.
    """
    try:
        with _opened(path) as file:
            return _read(path, file)
    except FileNotFoundError as e:
        raise AbsentError(path, "no such file") from e
    except OSError as e:
        raise ModelError(path, f"cannot be read: {e.strerror or e}") from e
    except ValueError as e:
        raise ModelError(path, f"is not a path: {e}") from e


def read_bytes(data: bytes, name: str) -> onnx.ModelProto:
    """Read the bytes of an ONNX file as `read_proto` does; raises ModelError."""
    return _read(name, BytesIO(data))


def _read(path: str, file: BinaryIO) -> onnx.ModelProto:
    head = file.read(_HEAD)
    found = _foreign_format(path, head)
    if found:
        raise ModelError(path, found)
    try:
        data = read_weightless(file)
    except TooLargeError as e:
        raise ModelError(path, str(e)) from e
    except WireError as e:
        raise ModelError(path, f"is truncated or not an ONNX model: {e}") from e
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(data)
    except DecodeError as e:
        raise ModelError(path, "is not an ONNX model: its protobuf does not parse") from e
    _check_graph(path, proto)
    return proto


def _opened(path: str) -> AbstractContextManager[BinaryIO]:
    if path == STDIN:
        file = seekable(sys.stdin.buffer)
        if file.seek(0, os.SEEK_END) > LARGEST_MESSAGE:
            raise ModelError(
                path, f"brings more than the {LARGEST_MESSAGE >> 30} GiB of a protobuf file"
            )
        file.seek(0)
        return nullcontext(file)
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise ModelError(path, "is a directory, not an ONNX file")
    if not stat.S_ISREG(mode):
        raise ModelError(path, "is not a regular file")
    return open(path, "rb", buffering=0)


def _check_graph(path: str, proto: onnx.ModelProto) -> None:
    if not proto.HasField("graph"):
        raise ModelError(path, "is not an ONNX model: a protobuf without a graph")
    if not proto.graph.node:
        raise ModelError(path, "has an empty graph: no operators")


def _foreign_format(path: str, head: bytes) -> str:
    """What the file is, if its first bytes say that it is no ONNX model."""
    if not head:
        return "is empty"
    if head.startswith(_LFS):
        return "is a Git LFS pointer, not the model: run `git lfs pull`"
    if head.startswith(b"PK\x03\x04"):
        return f"is {_zip_kind(path)}, not an ONNX model"
    if head[4:8] == b"TFL3":
        return "is a TensorFlow Lite model, not an ONNX model"
    if head[4:8] == b"ORTM":
        return "is an ONNX Runtime (.ort) model, not an ONNX model"
    if head[8:10] == b'{"':
        return "is a safetensors file, not an ONNX model"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return f"is {kind}, not an ONNX model"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "is an HTML page, not an ONNX model: the download may have failed"
    if _is_text(head):
        return "is a text file, not an ONNX model"
    return ""


def _is_text(head: bytes) -> bool:
    if any(byte < 0x20 and byte not in b"\t\n\r\f" for byte in head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as e:
        return e.start > 0 and e.start >= len(head) - 3
    return True


def _zip_kind(path: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "a broken zip archive"
    if any(name.endswith("constants.pkl") for name in names):
        return "a TorchScript model (zip)"
    if any(name.endswith("data.pkl") for name in names):
        return "a PyTorch checkpoint (zip)"
    return "a zip archive"
