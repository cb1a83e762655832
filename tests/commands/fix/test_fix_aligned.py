"""A width that the source gives as a number, put on the target's fast path."""

from __future__ import annotations

from pathlib import Path

import pytest

from archlint.commands.fix import Files, fix
from archlint.linter.source import SourceModel
from archlint.results.fix_report import FixReport, Outcome
from archlint.settings.options import Options

pytest.importorskip("torch", reason="it exports")
pytest.importorskip("onnxscript", reason="the exporter needs it")

NET = """\
from torch import nn


class Block(nn.Module):
    def __init__(self, outer, inner):
        super().__init__()
        self.expand = nn.Conv2d(outer, inner, 1)
        self.depthwise = nn.Conv2d(inner, inner, 3, padding=1, groups=inner)
        self.project = nn.Conv2d(inner, outer, 1)

    def forward(self, x):
        return x + self.project(self.depthwise(self.expand(x)))


class Net(nn.Module):
    def __init__(self, inner=62):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, stride=4, padding=1)
        self.blocks = nn.Sequential(*[Block(16, inner) for _ in range(3)])
        self.head = nn.Conv2d(16, 8, 1)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)))
"""
HALVED = """\
import torch
from torch import nn


class Unit(nn.Module):
    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.branch = nn.Sequential(
            nn.Conv2d(half, half, 1), nn.ReLU(),
            nn.Conv2d(half, half, 3, padding=1, groups=half), nn.Conv2d(half, half, 1),
        )

    def forward(self, x):
        one, other = x.chunk(2, dim=1)
        return torch.cat((one, self.branch(other)), dim=1)


class Net(nn.Module):
    def __init__(self, channels=124):
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, stride=4, padding=1)
        self.units = nn.Sequential(*[Unit(channels) for _ in range(3)])
        self.head = nn.Conv2d(channels, 8, 1)

    def forward(self, x):
        return self.head(self.units(self.stem(x)))
"""


def fixed(text: str, folder: Path) -> tuple[FixReport, Files]:
    from archlint.source.export import ModelSpec

    (folder / "nets.py").write_text(text, encoding="utf-8")
    source = SourceModel(ModelSpec.parse("nets.py:Net", ["1x3x112x112"], "{}"))
    options = Options(select=("A1",), targets=("epyc-milan-ort-fp32-1t",))
    return fix(source, options, redesign=True, notes=True)


@pytest.mark.parametrize(
    ("text", "was", "now"),
    [(NET, "inner=62", "inner=64"), (HALVED, "channels=124", "channels=128")],
    ids=["the width", "twice the width"],
)
def test_the_number_that_gives_the_width_is_changed(
    text: str, was: str, now: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report, _ = fixed(text, tmp_path)
    (step,) = report.steps
    assert step.outcome is Outcome.FIXED
    (change,) = report.changes
    assert change.after == text.replace(was, now)
    (target,) = report.after.seconds
    assert report.after.seconds[target] < report.before.seconds[target]


def test_a_width_that_is_computed_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report, _ = fixed(NET.replace("inner=62", 'inner=int("62")'), tmp_path)
    (step,) = report.steps
    assert step.outcome is Outcome.NO_EDIT
    assert step.what == "no local edit: no literal in the source gives 62 channels"
