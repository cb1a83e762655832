"""Which target findings are verified on: one that was measured on this very device."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from archlint.cost.target import Target
from archlint.errors import MeasureError, NotHereError, UsageError
from archlint.linter.registry import Located, locate, locate_all
from archlint.measure.backend import Backend, Provenance
from archlint.measure.backends import backend_of
from archlint.measure.cpu import cpu_name
from archlint.settings.options import Options

__all__ = ["Chosen", "choose_target"]

_MINOR = re.compile(r"\D*\d+\.\d+")
"""A runtime's name and version up to what no patch changes."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A target with the backend that measured it; `remarks` are lines that the user should see.

    `options` are those that the target was chosen by, with this target in them.
    """

    located: Located
    backend: Backend
    options: Options
    remarks: tuple[str, ...]

    @property
    def target(self) -> Target:
        """The target."""
        return self.located.target


def choose_target(options: Options) -> Chosen:
    """The first of the targets asked for that was measured on this device, else the local one.

    The local one is the first of all by dtype (fp32 before others), threads and name.  Raises
    NotHereError where no target was measured on this device, or its runtime is not to be had.
    """
    wanted = locate(options) if options.targets else ()
    for located in wanted:
        backend, _ = _try(located.target)
        if backend is not None:
            return _chosen(located, backend, options, ())
    reasons = [f"{each.target.name}: {_try(each.target)[1]}" for each in wanted]
    refusals = []
    for located in sorted(locate_all(options.target_paths), key=_order):
        if not _may_be_here(located.target):
            continue
        backend, refusal = _try(located.target)
        if backend is not None:
            word = " instead" if wanted else ""
            line = f"verifying on {located.target.name}{word}, which was measured on this device"
            return _chosen(located, backend, options, (*reasons, line))
        refusals.append(f"{located.target.name}: {refusal}")
    raise NotHereError("\n".join([*reasons, *refusals, _nothing()]))


def _chosen(located: Located, backend: Backend, options: Options, lines: Sequence[str]) -> Chosen:
    now, then = backend.provenance().runtime, located.target.runtime
    remarks = list(lines)
    if now != then:
        remarks.append(f"{located.target.name} was measured with {then}; here is {now}")
    asked = replace(options, targets=(str(located.place.file),))
    return Chosen(located, backend, asked, tuple(remarks))


def _try(target: Target) -> tuple[Backend | None, str]:
    """The target's backend, or why it cannot run here what was measured there."""
    if target.is_inferred:
        return None, "it is inferred from times of whole networks, not measured"
    try:
        backend = backend_of(target)
    except (UsageError, MeasureError) as fault:
        return None, str(fault)
    refusal = _mismatch(target, backend.provenance())
    return (None, refusal) if refusal else (backend, "")


def _mismatch(target: Target, here: Provenance) -> str:
    if here.device != target.device:
        return f"it was measured on another device, {target.device}"
    then, now = _MINOR.match(target.runtime), _MINOR.match(here.runtime)
    if then is None or now is None or then[0] != now[0]:
        return f"it was measured with {target.runtime}, and here is {here.runtime}"
    return ""


def _may_be_here(target: Target) -> bool:
    """Whether to ask the runtime at all, which takes seconds to load; GPUs have to be asked."""
    return target.device == cpu_name() if target.threads else "CUDA" in target.runtime


def _order(located: Located) -> tuple[bool, int, bool, str]:
    target = located.target
    threads = int(target.threads or 0)
    return target.dtype != "float", threads or 1 << 16, "PyTorch" in target.runtime, target.name


def _nothing() -> str:
    return (
        f"no target was measured on this device ({cpu_name()}): `archlint calibrate` makes one "
        "in half a minute (or `verify --calibrate`), `archlint measure` measures one"
    )
