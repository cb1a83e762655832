"""A target for the device at hand out of that of the nearest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archlint.commands.measure.bases import with_bases
from archlint.commands.measure.what_to_measure import make_request
from archlint.cost.target import load_target
from archlint.cost.target_files import files_of
from archlint.errors import MeasureError, UsageError
from archlint.measure.backend import Backend
from archlint.measure.prior.nearest import same_runtime
from archlint.measure.runner import Progress, measure

__all__ = ["Calibrated", "calibrated_target", "default_name"]

_DTYPES = {"float": "fp32", "float16": "fp16", "bfloat16": "bf16"}
_RUNTIMES = {"ONNX": "ort", "PyTorch": "torch"}


def default_name(backend: Backend) -> str:
    """What a target of this device is called where nobody says: here-ort-fp32-1t."""
    here = backend.provenance()
    first, *_, last = here.runtime.split(" ")
    parts = ["here", _RUNTIMES.get(first, first.lower()), _DTYPES.get(here.dtype, here.dtype)]
    return "-".join([*parts, f"{here.threads}t" if here.simd else last])


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The folder of a target that was carried over, by so many kernels measured here.

    `is_alike` says that its base is of the same runtime and number of threads: where it is not,
    one factor says little of a network.
    """

    folder: Path
    kernels: int
    is_alike: bool


def calibrated_target(
    name: str, backend: Backend, base: str | None, out: Path | None, progress: Progress
) -> Calibrated:
    """Measure what tells how a base carries over, and write the target that comes of it.

    Raises UsageError for a target that is measured already and where nothing can be carried over,
    MeasureError where too little could be measured.
    """
    request = make_request(name, (), None, out, calibrating=True)
    file = request.out / request.target / "target.toml"
    if file.is_file() and load_target(files_of(file.parent)).is_measured:
        raise UsageError(f"{file}: it has rows of its own, so nothing has to be carried over to it")
    request = with_bases(request, backend, base)
    done = measure(request, backend, finish=_nothing, progress=progress)
    carried = load_target(files_of(file.parent)).transfer
    if carried is None:
        raise MeasureError(f"{file}: too few kernels could be measured to carry a base over")
    here = backend.provenance()
    is_alike = any(
        same_runtime(each, here) and int(each.threads or 0) == here.threads
        for each in request.bases
        if each.name == carried.base
    )
    return Calibrated(file.parent, done.rows, is_alike)


def _nothing(_: Path) -> None:
    """What was carried over is fitted already."""
