from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from archlint.limits.files import LARGEST_TEXT, read_bounded
from archlint.limits.toml_file import parse_toml
from tests.graph.making import PATHS

ROOT = Path(__file__).parents[2]


def told(folder: Path, *args: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "archlint", "-q", *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr.decode().splitlines()


def odd(kind: str, path: Path) -> str:
    """Put something there that is no file to read, and say how a message calls it."""
    if kind == "fifo":
        os.mkfifo(path)
        return "is not a regular file"
    if kind == "device":
        path.symlink_to("/dev/zero")
        return "is not a regular file"
    if kind == "folder":
        path.mkdir()
        return "Is a directory"
    with path.open("wb") as file:
        file.truncate(LARGEST_TEXT + 1)
    return "has more than 64 MiB"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has none of these")
@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "huge"])
@pytest.mark.parametrize("what", ["config", "baseline", "target", "rows"])
def test_what_is_no_file_to_read_is_one_line(kind: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / {"target": "gpu/target.toml", "rows": "gpu/rows.csv"}.get(what, "file.toml")
    path.parent.mkdir(exist_ok=True)
    said = odd(kind, path)
    if what == "rows":
        measured = ROOT / "archlint" / "targets" / "epyc-milan-ort-fp32-1t" / "target.toml"
        (path.parent / "target.toml").write_bytes(measured.read_bytes())
    option = ["--target", "./gpu"] if what in ("target", "rows") else [f"--{what}", str(path)]
    code, lines = told(tmp_path, *option, str(PATHS[0]))
    assert code == 2
    assert len(lines) == 1
    if (kind, what) == ("huge", "config"):
        said = "has more than 1 MiB"
    # what is no regular file is no target's file, nor its table
    if kind == "huge" or what in ("config", "baseline"):
        assert said in lines[0]


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    with file.open("wb") as stream:
        stream.truncate(LARGEST_TEXT)
    assert len(read_bounded(file)) == LARGEST_TEXT


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"batch = " + b"9" * 5000, "not valid TOML: Exceeds the limit (4300 digits)"),
        (b"\xff", "not UTF-8 text"),
        (b"a = " + b"[" * 20_000, "not valid TOML"),
        (b"a =", "not valid TOML: Invalid value (at end of document)"),
    ],
)
def test_what_is_no_toml_is_told_in_a_line(data: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(fault)}[^\n]*$"):
        parse_toml(data)
