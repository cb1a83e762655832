"""A target for the device at hand out of that of the nearest."""

from __future__ import annotations

from pathlib import Path

from archlint.commands.measure.bases import with_bases
from archlint.commands.measure.what_to_measure import make_request
from archlint.cost.target import load_target
from archlint.cost.target_files import files_of
from archlint.errors import MeasureError, UsageError
from archlint.measure.backend import Backend
from archlint.measure.runner import Progress, measure

__all__ = ["calibrated_target", "default_name"]

_DTYPES = {"float": "fp32", "float16": "fp16", "bfloat16": "bf16"}
_RUNTIMES = {"ONNX": "ort", "PyTorch": "torch"}


def default_name(backend: Backend) -> str:
    """What a target of this device is called where nobody says: here-ort-fp32-1t."""
    here = backend.provenance()
    first, *_, last = here.runtime.split(" ")
    parts = ["here", _RUNTIMES.get(first, first.lower()), _DTYPES.get(here.dtype, here.dtype)]
    return "-".join([*parts, f"{here.threads}t" if here.simd else last])


def calibrated_target(
    name: str, backend: Backend, base: str | None, out: Path | None, progress: Progress
) -> tuple[Path, int]:
    """Measure what tells how a base carries over, and write the target that comes of it.

    The target's folder, and how many kernels were measured.

    Raises UsageError for a target that is measured already and where nothing can be carried over,
    MeasureError where too little could be measured.
    """
    request = make_request(name, (), None, out, calibrating=True)
    file = request.out / request.target / "target.toml"
    if file.is_file() and load_target(files_of(file.parent)).is_measured:
        raise UsageError(f"{file}: it has rows of its own, so nothing has to be carried over to it")
    done = measure(with_bases(request, backend, base), backend, finish=_nothing, progress=progress)
    if load_target(files_of(file.parent)).transfer is None:
        raise MeasureError(f"{file}: too few kernels could be measured to carry a base over")
    return file.parent, done.rows


def _nothing(_: Path) -> None:
    """What was carried over is fitted already."""
