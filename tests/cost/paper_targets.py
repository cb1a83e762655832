"""The two targets whose tables come from the paper, loaded without any rule."""

from __future__ import annotations

from archlint.cost.pricer import Pricer
from archlint.cost.target import Target, load_target
from archlint.cost.target_files import SHIPPED, list_targets

FILES = list_targets(SHIPPED)


def load(name: str) -> Target:
    return load_target(FILES[name])


GPU = load("gtx1080ti-cudnn7-fp32")
ARM = load("snapdragon810-neon-fp32")
GPU_PRICER = Pricer(GPU)
ARM_PRICER = Pricer(ARM)
