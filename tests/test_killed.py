from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.killed import WRITERS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks what it kills"),
]

MOMENTS = 200


@pytest.mark.parametrize("writer", list(WRITERS))
def test_a_writer_that_is_killed_leaves_nothing_half_and_loses_nothing(
    writer: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.killed", writer, str(MOMENTS), str(tmp_path)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
