"""A runtime that computes its times: the same for a kernel, with noise where told."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnx
import tomli
from numpy.typing import NDArray

from archlint.cost.cpu import Cpu
from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.errors import MeasureError
from archlint.measure.backend import Backend, Provenance
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.medley import Medley, Timing
from archlint.measure.runner import Measured, Progress, Request, measure

LOWERING = """
[lowering]
fold = ["BatchNormalization"]
fuse = ["Relu"]
fuse_into = ["conv"]
rotation = [4, 40, 400]
"""


def lowering_of(backend: Backend) -> RuntimeRules:
    """What a backend says that it does to operators."""
    return RuntimeRules.parse(tomli.loads(backend.lowering())["lowering"])


def ideal(kernel: Kernel) -> float:
    """The seconds of a kernel on the fake at its usual speed."""
    return 1e-6 + kernel.flops / 1e10 + kernel.mac / 1e10


@dataclass
class FakeBackend(Backend):
    """`speed(n)` slows the n-th session down, `noisy` kernels take up to twice as long."""

    runtime: str = "Fake 1.0"
    threads: int = 1
    memory: int = 1 << 34
    refuses: frozenset[str] = frozenset()
    breaks: frozenset[str] = frozenset()
    noisy: frozenset[str] = frozenset()
    speed: Callable[[int], float] = lambda _: 1.0
    pause: float = 0.0
    cpu: Cpu | None = None
    medleys: list[Medley] = field(default_factory=list)

    def provenance(self) -> Provenance:
        versions = {"fake": "1.0", "python": "3"}
        return Provenance(
            "Fake CPU", self.runtime, versions, "float", self.threads, 256, self.memory, self.cpu
        )

    def lowering(self) -> str:
        return LOWERING

    def caches(self) -> tuple[int, int]:
        return 512 * 1024, 32 * 2**20

    def runs(self, kernel: Kernel) -> bool:
        return kernel.op not in self.refuses

    def time(self, medley: Medley) -> Timing:
        time.sleep(self.pause)
        slow = self.speed(len(self.medleys))
        self.medleys.append(medley)
        if any(kernel.op in self.breaks for kernel in medley.kernels):
            raise MeasureError("Fake: not implemented")
        seconds = tuple(
            slow * ideal(kernel) * (1 + medley.seed % 97 / 97 * (kernel.op in self.noisy))
            for kernel in medley.kernels
        )
        return Timing(seconds, sum(seconds))

    def time_model(self, model: onnx.ModelProto, sessions: int) -> tuple[float, ...]:
        raise NotImplementedError

    def outputs(self, model: onnx.ModelProto) -> tuple[NDArray[Any], ...]:
        raise NotImplementedError


def experiments(**texts: Sequence[str]) -> dict[str, Sequence[Experiment]]:
    return {
        folder: tuple(Experiment(text, "series") for text in of_folder)
        for folder, of_folder in texts.items()
    }


def convs(count: int, first: int = 8) -> list[str]:
    return [f"Conv {first + n}>64 k1x1 @28x28" for n in range(count)]


class Silent(Progress):
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int, str]] = []
        self.shares: list[float | None] = []

    def __call__(self, done: int, total: int, doing: str, share: float | None = None) -> None:
        self.told.append((done, total, doing))
        self.shares.append(share)


def no_finish(_: Path) -> None:
    pass


def run(request: Request, backend: Backend) -> Measured:
    return measure(request, backend, finish=no_finish, progress=Silent())
