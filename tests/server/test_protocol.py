"""What comes on the server's stdin and is not what an editor sends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("pygls")

ROOT = Path(__file__).parents[2]


def frame(content: object) -> bytes:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(data), data)


def call(method: str, params: object = None, number: int | None = None) -> bytes:
    numbered = {} if number is None else {"id": number}
    return frame({"jsonrpc": "2.0", "method": method, "params": params, **numbered})


def opened(uri: str) -> bytes:
    document = {"uri": uri, "languageId": "x", "version": 1, "text": ""}
    return call("textDocument/didOpen", {"textDocument": document})


START = call("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, 1)
HOVER = call(
    "textDocument/hover",
    {"textDocument": {"uri": "file:///x.onnx"}, "position": {"line": 0, "character": 0}},
    7,
)
END = call("shutdown", None, 9) + call("exit")


def served(data: bytes) -> tuple[int, bytes, str]:
    done = subprocess.run(
        [sys.executable, "-m", "archlint", "server"],
        input=data, cwd=ROOT, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        frame(b"{{{"),
        frame(b"[" * 100_000),
        frame([]),
        frame(5),
        frame(b"\xff{}"),
        call("textDocument/hover", {"x": 3}, 3),
        b"".join(map(opened, ("", "http://[::", "file:///dev/zero.onnx", "file:///%00.onnx"))),
        call("workspace/executeCommand", {"command": "archlint.fix", "arguments": [3, {}]}, 4),
        call("workspace/executeCommand", {"command": "os.system", "arguments": ["id"]}, 5),
    ],
)
def test_a_message_that_is_none_costs_no_other(odd: bytes) -> None:
    code, out, err = served(START + odd + HOVER + END)
    assert b'"id": 7' in out or b'"id":7' in out
    assert (code, "I/O operation on closed file" in err) == (0, False)


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Length: 99999999999999\r\n\r\n{}",
        b"Content-Length: " + b"9" * 1_000_000 + b"\r\n\r\n",
    ],
)
def test_a_length_that_is_none_is_one_line(data: bytes) -> None:
    code, out, err = served(data)
    assert (code, out) == (2, b"")
    assert err.startswith("archlint: stdin: is not the language server protocol")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "data",
    [Random(1).randbytes(5_000), b"x" * 5_000_000, START[:-20], b"Content-Length: -5\r\n\r\n"],
)
def test_a_stream_that_ends_ends_the_server(data: bytes) -> None:
    assert served(data)[0] == 0
