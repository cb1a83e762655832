"""A target of one fake device to begin from, and another device that is faster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from archlint.cost.target import Target, load_target
from archlint.cost.target_files import files_of
from archlint.measure.fit.calibrate_target import sections, tune_target
from archlint.measure.prior.base import Base
from archlint.measure.runner import Request, measure
from archlint.measure.target_file import put_sections
from tests.measure.fake_backend import FakeBackend, Silent, convs, experiments

MADE = experiments(
    g1=convs(120),
    g4=[f"Add {n} @28x28" for n in range(1, 40)],
    shared=[f"Softmax {n}" for n in (9, 99)],
)
"""Kernels of 100 us and more, kernels of 2 to 40 us, and too few of one kind."""


def finish(file: Path) -> None:
    """What `archlint measure` does at the end."""
    target = load_target(files_of(file.parent))
    if target.transfer is None:
        put_sections(file, sections(tune_target(target)))


def base_target(out: Path) -> Target:
    """A target with rows of all that is made."""
    measure(Request("base", out, MADE), FakeBackend(), finish=finish, progress=Silent())
    return load_target(files_of(out / "base"))


def base_of(target: Target, block: int = 1) -> Base:
    """It as a base for a device with these blocks and its levels."""
    return Base(target, replace(target.machine, block=block), target.lowering.rotation)
