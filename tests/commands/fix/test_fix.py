"""Numbers of the source that decide, turned together with the widths that keep the FLOPs."""

from __future__ import annotations

from pathlib import Path

import pytest

from archlint.commands.fix import Files, fix
from archlint.linter.source import SourceModel
from archlint.results.fix_report import FixReport, Outcome
from archlint.settings.options import Options

pytest.importorskip("torch", reason="it exports")
pytest.importorskip("onnxscript", reason="the exporter needs it")

GROUPED = """\
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
        )  # the body
        self.head = nn.Conv2d(width, 8, 1)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)))
"""
EXPANDED = """\
from torch import nn

EXPANSION = 8  # as published


class Block(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.expand = nn.Conv2d(width, inner, 1)
        self.project = nn.Conv2d(inner, width, 1)

    def forward(self, x):
        return x + self.project(self.expand(x).relu())


class Net(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, stride=2, padding=1)
        self.blocks = nn.Sequential(*[Block(width, EXPANSION * width) for _ in range(3)])
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))
"""
BEHIND = """\
from torch import nn

WIDTH = int("64")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, WIDTH, 3, stride=2, padding=1)
        self.expand = nn.Conv2d(WIDTH, WIDTH * 8, 1)
        self.norm = nn.BatchNorm2d(WIDTH * 8)
        self.project = nn.Conv2d(WIDTH * 8, WIDTH, 1)
        self.head = nn.Conv2d(WIDTH, 1024, 1)

    def forward(self, x):
        x = self.stem(x)
        return self.head(x + self.project(self.norm(self.expand(x)).relu()))
"""
TRANSITION = """\
from torch import nn


class Transition(nn.Sequential):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.conv = nn.Conv2d(width, width // 2, 1, bias=False)
        self.pool = nn.AvgPool2d(2)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 256, 3, padding=1)
        self.first = Transition(256)
        self.second = Transition(128)

    def forward(self, x):
        return self.second(self.first(self.stem(x)))
"""
WRITTEN_THRICE = BEHIND.replace('int("64")', "64").replace("1024", "8").replace("WIDTH", "width")


EPYC = "epyc-milan-ort-fp32-1t"


def fixed(text: str, rule: str, folder: Path, *targets: str) -> tuple[FixReport, Files]:
    from archlint.source.export import ModelSpec

    (folder / "nets.py").write_text(text, encoding="utf-8")
    source = SourceModel(ModelSpec.parse("nets.py:Net", ["8x3x112x112"], "{}"))
    return fix(source, Options(select=(rule,), targets=targets), redesign=True, notes=True)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_no_edit_changes_what_the_model_gives(tmp_path: Path) -> None:
    """More channels of the head alone would keep the FLOPs."""
    fix_report, _ = fixed(BEHIND, "G1", tmp_path)
    (step,) = fix_report.steps
    assert step.outcome is Outcome.NO_EDIT
    assert fix_report.changes == ()


@pytest.mark.parametrize(
    ("text", "rule", "decided", "changed"),
    [
        (GROUPED, "G2", "groups 3 -> 1", [5]),
        (EXPANDED, "G1", "EXPANSION 8 -> ", [3, 17]),
        (WRITTEN_THRICE, "G1", "width * 8 -> ", [3, 10, 11, 12]),
    ],
    ids=["groups", "expansion", "expansion written thrice"],
)
def test_a_number_is_turned_with_the_width_that_keeps_the_flops(
    text: str, rule: str, decided: str, changed: list[int], tmp_path: Path
) -> None:
    fix_report, files = fixed(text, rule, tmp_path)
    (step,) = fix_report.steps
    assert step.outcome is Outcome.FIXED
    assert step.what.startswith(decided)
    assert "width" in step.what
    assert 1.0 <= fix_report.after.flops / fix_report.before.flops <= 1.03
    (target,) = fix_report.titles
    assert fix_report.after.seconds[target] < fix_report.before.seconds[target]
    (change,) = fix_report.changes
    pairs = zip(text.splitlines(), change.after.splitlines(), strict=True)
    assert [line for line, (old, new) in enumerate(pairs, 1) if old != new] == changed
    assert (tmp_path / "nets.py").read_text(encoding="utf-8") == text
    files.write()
    assert (tmp_path / "nets.py").read_text(encoding="utf-8") == change.after


def test_a_conv_and_an_average_pool_change_places(tmp_path: Path) -> None:
    report, files = fixed(TRANSITION, "R1", tmp_path, EPYC)
    (step,) = report.steps
    assert (step.outcome, step.exact) == (Outcome.FIXED, True)
    assert step.what == "Transition.conv and Transition.pool change places"
    (text,) = files.edits.values()
    assert text.index("self.pool =") < text.index("self.conv =")


PADDED = (
    TRANSITION.replace("width):", "width, padding=0):")
    .replace(", bias=False", "")
    .replace("AvgPool2d(2)", "AvgPool2d(2, padding=padding)")
)


def test_layers_of_one_class_change_places_where_the_class_may(tmp_path: Path) -> None:
    report, _ = fixed(PADDED, "R1", tmp_path, EPYC)
    assert [each.outcome for each in report.steps] == [Outcome.FIXED]


def test_a_class_that_one_instance_needs_as_it_is_is_left(tmp_path: Path) -> None:
    """The bias of the second one counts less at the borders, where the mean is of zeros too."""
    report, files = fixed(PADDED.replace("(128)", "(128, padding=1)"), "R1", tmp_path, EPYC)
    (step,) = report.steps
    assert step.outcome is Outcome.NO_EDIT
    assert step.what == (
        "no local edit: nets.py:9 makes other layers too, whose order no finding changes"
    )
    assert files.edits == {}
