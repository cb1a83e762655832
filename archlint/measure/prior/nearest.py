"""Which targets can be carried over to the device at hand, and which of them is nearest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import log2

from archlint.cost.cpu import Cpu
from archlint.cost.target import Target
from archlint.measure.backend import Provenance

__all__ = ["nearest", "same_runtime"]

_RUNTIME = re.compile(r"[A-Za-z ]*[A-Za-z]")


def nearest(targets: Iterable[Target], here: Provenance) -> list[Target]:
    """The targets whose rows can be carried over to this device, the nearest first.

    They are of its dtype, of a CPU for a CPU, whole, and measured where they are from, kernel by
    kernel.
    """
    fitting = [
        target
        for target in targets
        if target.is_measured
        and not target.is_inferred
        and target.dtype == here.dtype
        and bool(target.threads) == bool(here.threads)
        and not any(spec.kinds for spec in target.families)
    ]
    return sorted(fitting, key=lambda target: _distance(target, here))


def same_runtime(target: Target, here: Provenance) -> bool:
    """Whether it was measured with this runtime, whatever its version."""
    return _words(target.runtime) == _words(here.runtime)


def _distance(target: Target, here: Provenance) -> tuple[float, ...]:
    """The runtime matters more than the CPU, its threads more than which CPU it is.

    Of the same CPU another runtime was nearer in totals than another CPU, but it has other
    kernels: what it fuses and how it lays out tensors is not carried over.
    """
    threads = abs(log2(int(target.threads or 1) / max(here.threads, 1)))
    likeness = (here.cpu or Cpu()).likeness(target.cpu or Cpu())
    return (
        not same_runtime(target, here),
        threads,
        target.device != here.device,
        *(-each for each in likeness),
        -sum(target.counted.rows.values()),
    )


def _words(runtime: str) -> tuple[str, ...]:
    """A runtime's name and mode without its version."""
    return tuple(each.strip() for each in _RUNTIME.findall(runtime))
