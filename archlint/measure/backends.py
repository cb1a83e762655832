"""Which backend measures what is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from archlint.cost.target import Target
from archlint.errors import UsageError
from archlint.measure.backend import Backend

__all__ = ["Settings", "backend_of", "make_backend"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What to measure on; None is the default of the others.

    `backend` is "ort", "openvino" or "torch", `device` "cpu" or "cuda", `mode` "eager" or "graph".
    """

    backend: str | None = None
    device: str | None = None
    dtype: str = "float"
    mode: str | None = None
    threads: int | None = None


def make_backend(settings: Settings) -> Backend:
    """The backend of these settings; raises UsageError where it is not to be had."""
    device = settings.device or "cpu"
    backend = settings.backend or ("torch" if device == "cuda" else "ort")
    if backend != "torch" and device == "cuda":
        raise UsageError(f"--backend {backend} measures CPUs; GPUs are measured by --backend torch")
    if settings.mode is not None and device == "cpu":
        raise UsageError("--mode is for GPUs (--device cuda): a CPU runs eagerly")
    if settings.threads is not None and device == "cuda":
        raise UsageError("--threads is for CPUs (--device cpu)")
    threads = settings.threads or 1
    if backend == "ort":
        from archlint.measure.onnxruntime.backend import OnnxRuntime

        return OnnxRuntime(threads, settings.dtype)
    if backend == "openvino":
        from archlint.measure.openvino.backend import OpenVino

        return OpenVino(threads, settings.dtype)
    from archlint.measure.torch.backend import Torch

    graph = settings.mode == "graph"
    return Torch(device=device, dtype=settings.dtype, threads=threads, graph=graph)


def backend_of(target: Target) -> Backend:
    """The backend that a target was measured on, with its settings.

    Raises UsageError where that is not to be had, or the target was measured by no backend.
    """
    threads = int(target.threads) if target.threads else None
    if target.runtime.startswith("ONNX Runtime"):
        return make_backend(Settings("ort", "cpu", target.dtype, None, threads))
    if target.runtime.startswith("OpenVINO"):
        return make_backend(Settings("openvino", "cpu", target.dtype, None, threads))
    if target.runtime.startswith("PyTorch"):
        if threads is not None:
            return make_backend(Settings("torch", "cpu", target.dtype, None, threads))
        mode = "graph" if target.runtime.endswith("graph") else "eager"
        return make_backend(Settings("torch", "cuda", target.dtype, mode, None))
    raise UsageError(f"{target.name} was not measured by archlint, so it cannot be run here")
