"""Backends: a runtime that medleys and whole models are timed on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import onnx
from numpy.typing import NDArray

from archlint.cost.cpu import Cpu
from archlint.cost.kernels.kernel import Kernel
from archlint.measure.plan.medley import Medley, Timing

__all__ = ["Backend", "Provenance"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """What was measured on, as the machine names itself.

    `versions` are those of the runtime and of what it runs on (driver, CUDA, Python), `simd`
    the width of a vector in bits (0: not a CPU), `memory` what bounds the sizes, in bytes.
    `cpu` is what the CPU tells of itself, None where another device is measured.
    """

    device: str
    runtime: str
    versions: Mapping[str, str]
    dtype: str
    threads: int
    simd: int
    memory: int
    cpu: Cpu | None = None


class Backend(ABC):
    """One runtime with its settings (device, dtype, threads).

    Making one raises UsageError, in one line, where the runtime is not installed or the device
    is not there.
    """

    @abstractmethod
    def provenance(self) -> Provenance:
        """What the measurements are measurements of."""

    @abstractmethod
    def lowering(self) -> str:
        """What it does to operators before it runs them: a target file's [lowering], as TOML."""

    @abstractmethod
    def caches(self) -> tuple[int, int]:
        """The bytes of a core's own cache and of the last one; 0 if not told."""

    def most_batch(self) -> int:
        """The greatest batch to measure at; no less than that of the experiments."""
        return 8

    @abstractmethod
    def runs(self, kernel: Kernel) -> bool:
        """Whether it can build this kernel."""

    @abstractmethod
    def time(self, medley: Medley) -> Timing:
        """Run a medley in a fresh session; raises MeasureError if the runtime refuses it."""

    @abstractmethod
    def time_model(self, model: onnx.ModelProto, sessions: int) -> tuple[float, ...]:
        """The median seconds of a whole model with its weights, one figure per fresh session."""

    @abstractmethod
    def outputs(self, model: onnx.ModelProto) -> tuple[NDArray[Any], ...]:
        """What a whole model with its weights makes of random inputs.

        Raises MeasureError if the runtime refuses it.
        """
