"""A request done by a process of its own, which a cancelled task takes along."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from archlint.errors import ArchlintError

__all__ = ["ask_child"]

_ROOT = Path(__file__).resolve().parents[2]
_START = """
import sys
if sys.path[:1] == [""]:
    del sys.path[0]  # a file of the user's may be called like a module that the worker imports
sys.path.append(sys.argv[1])
from archlint.server.worker import main
main()
"""
_TO_STOP = 5.0  # s; for an export to be ended
_LONGEST = 1 << 28  # bytes of an answer


async def ask_child(
    request: Mapping[str, object], folder: Path, tell: Callable[[str, int | None], None]
) -> Any:
    """The worker's answer, asked in this working folder; raises ArchlintError.

    `tell` hears what is being done, and how many percent are.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _START, str(_ROOT), stdin=PIPE, stdout=PIPE, cwd=folder,
        limit=_LONGEST,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(f"{json.dumps(request)}\n".encode())
        await process.stdin.drain()
        async for line in process.stdout:
            said = json.loads(line)
            if "doing" not in said:
                break
            tell(said["doing"], said.get("percentage"))
        else:
            raise ArchlintError(f"the process ended with code {await process.wait()}")
    finally:
        await _end(process)
    if "fault" in said:
        raise ArchlintError(said["fault"])
    return said["answer"]


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    try:
        process.terminate()
        await asyncio.wait_for(process.wait(), _TO_STOP)
    except ProcessLookupError:
        return  # it has gone by itself
    except asyncio.TimeoutError:
        process.kill()
