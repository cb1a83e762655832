"""ONNX files without their weights: large payloads are skipped on the protobuf wire format.

Field numbers are those of onnx.proto3; see https://protobuf.dev/programming-guides/encoding.
The file is read in windows and not mapped: a mapped file that shrinks kills the process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

__all__ = [
    "LARGEST_PAYLOAD",
    "MOST_FIELDS",
    "MOST_KEPT",
    "TooLargeError",
    "WireError",
    "read_weightless",
]

LARGEST_PAYLOAD = 1024  # bytes; shapes, axes and scales are smaller
MOST_KEPT = 1 << 28  # bytes; the largest graphs have a tenth of that
MOST_FIELDS = 500_000
"""Operators, weights, shapes, and what is in the large ones of them."""
_LARGEST_STRING = 1 << 16  # bytes; engine blobs of vendors' operators are larger
_DEEPEST = 100  # levels; protobuf's own limit
_WINDOW = 1 << 16  # bytes
_WINDOW_AFTER_JUMP = 1 << 11  # bytes; what follows a payload is most often a name and a payload
_LONGEST_VARINT = 10  # bytes

_VARINT, _FIXED64, _BYTES, _GROUP, _END_GROUP, _FIXED32 = range(6)


class WireError(ValueError):
    """The bytes are not protobuf, or not all of it; the text says what was found."""


class TooLargeError(WireError):
    """A file that holds more than any graph does."""


@dataclass(frozen=True, slots=True)
class _Message:
    """What to do with a message's fields: descend into `children`, drop large `payload`."""

    children: dict[int, _Message] = field(default_factory=dict)
    payload: frozenset[int] = frozenset()
    strings: frozenset[int] = frozenset()


_TENSOR = _Message(payload=frozenset({4, 5, 6, 7, 9, 10, 11}))
_SPARSE_TENSOR = _Message({1: _TENSOR, 2: _TENSOR})
_ATTRIBUTE = _Message(
    {5: _TENSOR, 10: _TENSOR, 22: _SPARSE_TENSOR, 23: _SPARSE_TENSOR}, strings=frozenset({4, 9})
)
_NODE = _Message({5: _ATTRIBUTE})
_GRAPH = _Message({1: _NODE, 5: _TENSOR, 15: _SPARSE_TENSOR})
_ATTRIBUTE.children.update({6: _GRAPH, 11: _GRAPH})
_MODEL = _Message({7: _GRAPH, 20: _Message({1: _GRAPH, 2: _GRAPH}), 25: _Message({7: _NODE})})


def read_weightless(file: BinaryIO) -> bytes:
    """Return the bytes of a ModelProto less every tensor payload over `LARGEST_PAYLOAD`.

    Unknown fields are kept.  Raises WireError on broken tags, lengths and groups, and
    TooLargeError for more than `MOST_KEPT` bytes to keep or `MOST_FIELDS` fields.
    """
    size = file.seek(0, 2)
    parts = _Walk(file).strip(0, size, _MODEL, 0)
    return b"".join(parts)


class _Walk:
    """A walk over a file that reads the bytes around tags and the bytes to keep."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._base = self._kept = self._fields = 0
        self._window = b""

    def strip(self, start: int, end: int, message: _Message, depth: int) -> list[bytes]:
        """The bytes to keep of the message in [start, end), in order."""
        if depth > _DEEPEST:
            raise WireError(f"messages are nested more than {_DEEPEST} deep")
        if message.payload:
            return self._strip_tensor(start, end, message.payload)
        parts: list[bytes] = []
        kept = position = start
        while position < end:
            at = position
            number, wire, body, position = self._field(at, end)
            self._fields += 1
            if self._fields > MOST_FIELDS:
                raise TooLargeError(f"has more than {MOST_FIELDS} operators, weights and shapes")
            if position - at <= LARGEST_PAYLOAD or wire != _BYTES:
                continue
            child = message.children.get(number)
            if child is not None:
                inner = self.strip(body, position, child, depth + 1)
                length = sum(map(len, inner))
                if length < position - body:
                    parts += [self._bytes(kept, at), _varint(number << 3 | _BYTES), _varint(length)]
                    parts += inner
                    kept = position
            elif number in message.strings and position - body > _LARGEST_STRING:
                parts.append(self._bytes(kept, at))
                kept = position
        parts.append(self._bytes(kept, end))
        return parts

    def _strip_tensor(self, start: int, end: int, payload: frozenset[int]) -> list[bytes]:
        dropped: list[tuple[int, int]] = []
        total = 0
        position = start
        while position < end:
            at = position
            number, _, body, position = self._field(at, end)
            if number in payload:
                total += position - body
                if dropped and dropped[-1][1] == at:
                    dropped[-1] = (dropped[-1][0], position)
                else:
                    dropped.append((at, position))
        if total <= LARGEST_PAYLOAD:
            return [self._bytes(start, end)]
        parts = []
        for first, last in dropped:
            parts.append(self._bytes(start, first))
            start = last
        parts.append(self._bytes(start, end))
        return parts

    def _field(self, at: int, end: int) -> tuple[int, int, int, int]:
        """Field number, wire type, start and end of the body of the field at `at`.

        Most fields are bytes with a key of one byte and a length of one or two.
        """
        window = self._window
        offset = at - self._base
        if 0 <= offset < len(window) - 2:
            key, length = window[offset], window[offset + 1]
            if key & 0x87 == _BYTES and key > 7:
                position = at + 2
                if length > 0x7F:
                    position = at + 3
                    length = length & 0x7F | window[offset + 2] << 7
                if length < 0x4000 and position + length <= end:
                    return key >> 3, _BYTES, position, position + length
        key, position = self._read_varint(at, end)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise WireError(f"field number 0 at byte {at}")
        if wire == _BYTES:
            length, position = self._read_varint(position, end)
            stop = position + length
        elif wire == _VARINT:
            _, stop = self._read_varint(position, end)
        elif wire == _FIXED32:
            stop = position + 4
        elif wire == _FIXED64:
            stop = position + 8
        elif wire in (_GROUP, _END_GROUP):
            raise WireError(f"a protobuf group at byte {at}")
        else:
            raise WireError(f"unknown wire type {wire} at byte {at}")
        if stop > end:
            raise WireError(
                f"the field at byte {at} is {stop - end} bytes longer than what is left"
            )
        return number, wire, position, stop

    def _read_varint(self, at: int, end: int) -> tuple[int, int]:
        offset = at - self._base
        if not 0 <= offset <= len(self._window) - _LONGEST_VARINT:
            self._fill(at)
            offset = 0
        window = self._window
        if window and window[offset] < 0x80 and at < end:
            return window[offset], at + 1
        value = shift = 0
        for position in range(offset, min(offset + _LONGEST_VARINT, len(window))):
            byte = window[position]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                after = self._base + position + 1
                if after > end:
                    break
                return value, after
            shift += 7
        else:
            if len(window) - offset >= _LONGEST_VARINT:
                raise WireError(f"a number longer than {_LONGEST_VARINT} bytes at byte {at}")
        raise WireError(f"a number at byte {at} is cut off")

    def _fill(self, at: int) -> None:
        jumped = not self._base <= at <= self._base + len(self._window)
        self._file.seek(at)
        self._window = self._file.read(_WINDOW_AFTER_JUMP if jumped else _WINDOW)
        self._base = at

    def _bytes(self, start: int, end: int) -> bytes:
        self._kept += end - start
        if self._kept > MOST_KEPT:
            raise TooLargeError(f"has more than {MOST_KEPT >> 20} MiB besides its weights")
        offset = start - self._base
        if offset >= 0 and end <= self._base + len(self._window):
            return self._window[offset : offset + end - start]
        if start == end:
            return b""
        self._file.seek(start)
        return self._file.read(end - start)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
