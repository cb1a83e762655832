"""A server as an editor uses it: open, type, save, hover, act."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest
from lsprotocol import types

from tests.server.session import session

pytestmark = pytest.mark.slow
pytest.importorskip("torch", reason="it exports")
pytest.importorskip("onnxscript", reason="the exporter needs it")

NET = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, width=240, groups=3):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, stride=4, padding=1)
        self.blocks = nn.Sequential(
            *[nn.Sequential(
                nn.Conv2d(width, width // 4, 1, groups=groups), nn.ReLU(),
                nn.Conv2d(width // 4, width, 1, groups=groups),
            ) for _ in range(4)]
        )
        self.head = nn.Conv2d(width, 8, 1)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)))
"""
STEM = "self.stem = nn.Conv2d(3, width, 3, stride=4, padding=1)"
GROUPED = "nn.Conv2d(width, width // 4, 1, groups=groups), nn.ReLU(),"
WIDE = "nn.Conv2d(width // 4, width, 1, groups=groups),"
HEAD = "self.head = nn.Conv2d(width, 8, 1)"
SLEEPS = """\
import os
import time
with open("pid", "w") as file:
    file.write(str(os.getpid()))
time.sleep(600)
"""
CONFIG = """\
target = "epyc-milan-ort-fp32-1t"
select = ["G2"]

[[models]]
name = "net"
factory = "nets.py:Net"
inputs = ["1x3x224x224"]
"""


@pytest.fixture
def nets(tmp_path: Path) -> Path:
    (tmp_path / "archlint.toml").write_text(CONFIG)
    path = tmp_path / "nets.py"
    path.write_text(NET)
    return path


def test_an_edit_that_is_saved_has_other_findings_and_times(nets: Path) -> None:
    async def edit() -> None:
        async with session(nets.parent) as editor:
            editor.open(nets)
            await editor.until(lambda: nets.as_uri() in editor.diagnostics)
            codes = {each.code for each in editor.diagnostics[nets.as_uri()]}
            assert codes == {"G2"}
            before = await editor.hints(nets)
            assert set(before) == {STEM, GROUPED, WIDE, HEAD}
            for label in before.values():
                assert re.fullmatch(r"\d+(\.\d+)? ms, (\d+\.\d|<0\.1) %", label)
            table = await editor.hover(nets, STEM)
            assert f"**{before[STEM].partition(',')[0]}**" in table
            assert "| stem |" in table
            assert "`Conv " in table

            editor.type(nets, NET.replace("groups=3", "groups=1"))
            assert await editor.hints(nets) == {}
            editor.type(nets, NET)
            assert await editor.hints(nets) == before
            editor.type(nets, NET.replace("width=240", "width=480").replace("groups=3", "groups=1"))
            editor.save(nets)
            assert await editor.hints(nets) == {}
            await editor.publishing()
            assert editor.diagnostics[nets.as_uri()] == []
            after = await editor.hints(nets)
            assert set(after) == set(before)
            assert after[STEM] != before[STEM]

    asyncio.run(edit())


def test_a_finding_is_ignored_by_an_action(nets: Path) -> None:
    async def ignore() -> None:
        async with session(nets.parent) as editor:
            editor.open(nets)
            await editor.until(lambda: nets.as_uri() in editor.diagnostics)
            assert await editor.actions(nets, STEM) == []
            (found,) = [
                each for each in await editor.actions(nets, GROUPED) if each.edit is not None
            ]
            editor.apply(found.edit or types.WorkspaceEdit())
            editor.save(nets)
            assert f"{GROUPED}  # archlint: ignore[G2] TODO: why\n" in nets.read_text()
            await editor.publishing()
            lines = NET.splitlines()
            left = [lines[each.range.start.line] for each in editor.diagnostics[nets.as_uri()]]
            assert GROUPED not in map(str.strip, left)

    asyncio.run(ignore())


def test_fix_hands_its_edits_over(nets: Path) -> None:
    async def fix() -> None:
        async with session(nets.parent) as editor:
            editor.open(nets)
            await editor.until(lambda: nets.as_uri() in editor.diagnostics)
            (found,) = [
                each for each in await editor.actions(nets, GROUPED) if each.command is not None
            ]
            await editor.run(found)
            await editor.until(lambda: bool(editor.messages))
            assert "-> " in editor.messages[0], editor.messages
            (edit,) = editor.edits
            editor.apply(edit)
            editor.save(nets)
            assert "groups=3" not in nets.read_text()
            await editor.publishing()
            assert editor.diagnostics[nets.as_uri()] == []

    asyncio.run(fix())


def test_a_save_begins_the_run_again(nets: Path) -> None:
    """The first run is given up: its model never is done."""

    async def save_twice() -> None:
        async with session(nets.parent) as editor:
            editor.open(nets)
            editor.type(nets, "import time\ntime.sleep(600)\n")
            editor.save(nets)
            await editor.until(lambda: editor.count("report") > 0)
            editor.type(nets, NET)
            editor.save(nets)
            await editor.until(lambda: nets.as_uri() in editor.diagnostics)
            assert await editor.hints(nets) != {}
            begun = editor.count("begin")
            assert editor.count("end") == begun > 1

    asyncio.run(save_twice())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_an_export_ends_with_the_server(nets: Path) -> None:
    pid = nets.with_name("pid")

    async def leave() -> None:
        async with session(nets.parent) as editor:
            editor.open(nets)
            editor.type(nets, SLEEPS)
            editor.save(nets)
            while not (pid.exists() and pid.read_text()):
                await asyncio.sleep(0.05)

    asyncio.run(leave())
    process = Path("/proc", pid.read_text(), "stat")
    while process.exists() and ") Z " not in process.read_text():
        time.sleep(0.05)  # the server has gone at once, its worker is going


def test_faults_are_where_the_configuration_names_the_model(nets: Path) -> None:
    config = nets.parent / "archlint.toml"

    async def break_it() -> None:
        async with session(nets.parent) as editor:
            nets.write_text("def Net(:\n")
            editor.open(nets)
            await editor.publishing()
            (fault,) = editor.diagnostics[config.as_uri()]
            assert fault.range.start.line == 4
            assert fault.severity is types.DiagnosticSeverity.Error
            editor.open(config, "toml")
            editor.type(config, CONFIG.replace("target =", "taget ="))
            editor.save(config)
            await editor.publishing()
            (fault,) = editor.diagnostics[config.as_uri()]
            assert fault.message == 'taget: unknown key (did you mean "target"?)'

    asyncio.run(break_it())
