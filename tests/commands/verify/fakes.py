"""A runtime whose kernels take what a target predicts, and models linted on that target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import onnx

from archlint.commands.verify import Chosen, Request, verify
from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricer import Pricer
from archlint.errors import MeasureError
from archlint.linter.pipeline import Examined, examine
from archlint.linter.registry import Located, locate
from archlint.measure.plan.medley import Medley, Timing
from archlint.results.verification import Verification, VerifiedFinding
from archlint.settings.options import Options
from tests.cost.paper_targets import GPU_PRICER
from tests.measure.fake_backend import FakeBackend

ROOT = Path(__file__).parents[3]
GPU = "gtx1080ti-cudnn7-fp32"
MOBILENET = str(ROOT / "examples/onnx/mobilenet_v2.onnx")


@dataclass
class Predicted(FakeBackend):
    """Takes the seconds that a target predicts, times a factor for some operators or kernels."""

    pricer: Pricer = GPU_PRICER
    slower: Mapping[str, float] = field(default_factory=dict)
    whole: tuple[float, ...] = (0.004, 0.005, 0.004)
    no_model: str = ""
    ran: list[onnx.ModelProto] = field(default_factory=list)

    def time(self, medley: Medley) -> Timing:
        slow = self.speed(len(self.medleys))
        self.medleys.append(medley)
        if any(kernel.op in self.breaks for kernel in medley.kernels):
            raise MeasureError("Fake: not implemented")
        seconds = tuple(slow * self._seconds(kernel) for kernel in medley.kernels)
        return Timing(seconds, sum(seconds))

    def time_model(self, model: onnx.ModelProto, sessions: int) -> tuple[float, ...]:
        assert sessions > 0
        if self.no_model:
            raise MeasureError(self.no_model)
        self.ran.append(model)
        return self.whole

    def _seconds(self, kernel: Kernel) -> float:
        seconds = self.pricer.seconds([kernel])
        return (1e-6 if seconds is None else seconds) * self.slower.get(kernel.text, 1.0)


class Silent:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int, str]] = []

    def __call__(self, done: int, total: int, doing: str) -> None:
        self.told.append((done, total, doing))


def located(name: str = GPU) -> Located:
    return locate(Options(targets=(name,)))[0]


def chosen(backend: FakeBackend, options: Options | None = None) -> Chosen:
    return Chosen(located(), backend, options or Options(targets=(GPU,)), ())


def examined(path: str = MOBILENET, **options: object) -> tuple[Examined, ...]:
    return examine([path], Options(targets=(GPU,), **options))[0]  # type: ignore[arg-type]


def verified(
    backend: FakeBackend, request: Request | None = None, path: str = MOBILENET
) -> Verification:
    return verify(
        examined(path), chosen(backend), request or Request(sessions=3), progress=Silent()
    )


def findings(verification: Verification) -> tuple[VerifiedFinding, ...]:
    return tuple(finding for model in verification.models for finding in model.findings)
