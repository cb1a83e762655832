"""The two targets whose tables come from the paper, loaded without any rule."""

from __future__ import annotations

from pathlib import Path

from archlint.cost.pricer import Pricer
from archlint.cost.target import Target, list_targets, load_target

RULES = Path(__file__).parents[2] / "rules"
_FILES = list_targets([RULES])


def load(name: str) -> Target:
    return load_target(_FILES[name], [RULES])


GPU = load("gtx1080ti-cudnn7-fp32")
ARM = load("snapdragon810-neon-fp32")
GPU_PRICER = Pricer(GPU)
ARM_PRICER = Pricer(ARM)
