"""What a target that is measured can begin from: the nearest of those there are."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.target import Target
from archlint.errors import UsageError
from archlint.linter.registry import locate, locate_all
from archlint.measure.backend import Backend
from archlint.measure.prior.nearest import nearest, same_runtime
from archlint.measure.runner import Request
from archlint.measure.target_file import base_of
from archlint.settings.options import Options

__all__ = ["with_bases"]

MOST = 2
"""Bases that are tried: the one that misses the kernels measured least is taken."""


def with_bases(request: Request, backend: Backend, base: str | None = None) -> Request:
    """The request with the targets that its own can begin from: this one, or the nearest.

    A target that has begun from one goes on with it.  Raises UsageError for a base that cannot be
    carried over to this device, and where one has to be and there is none.
    """
    here = backend.provenance()
    if base is not None:
        wanted = [each.target for each in locate(Options(targets=(base,)))]
        found = nearest(wanted, here)
        if not found:
            raise UsageError(f"--from {base}: {_why(wanted[0])}")
        return replace(request, bases=tuple(found))
    file = request.out / request.target / "target.toml"
    others = [each.target for each in locate_all(()) if each.place.file != file]
    found = nearest(others, here)
    if not request.calibrating:
        # another runtime has other kernels: a table that is to have all rows does without
        found = [each for each in found if same_runtime(each, here)]
    before = [each for each in found if each.name == base_of(file)]
    if request.calibrating and not found:
        raise UsageError(
            f"no target of dtype {here.dtype} can be carried over to {here.device}: "
            "`archlint measure` measures one"
        )
    return replace(request, bases=tuple(before or found[:MOST]))


def _why(target: Target) -> str:
    if target.transfer is not None:
        return f"it was itself carried over from {target.transfer.base}: name that one"
    if target.is_inferred:
        return "it comes from times of whole networks and has no rows that could be carried over"
    return (
        f"its rows are of {target.device}, {target.dtype}, which cannot be carried over to this "
        "device and dtype"
    )
