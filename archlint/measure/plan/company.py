"""Which kernels share a session: those of like size, and others each time."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2
from random import Random

from archlint.cost.kernels.kernel import Kernel

__all__ = ["SIZE", "companies", "size_of"]

SIZE = 40
"""Kernels of a session: with so many, what ran just before a kernel is another one each time."""

BLUR = 1.0
"""Octaves of size that a kernel's neighbours differ by at random."""


def size_of(kernel: Kernel) -> float:
    """About the time that a kernel takes, in octaves of whatever unit."""
    return log2(1e5 + kernel.flops + 10 * kernel.mac)


def companies(kernels: Sequence[Kernel], most: int, room: float, seed: int) -> list[list[int]]:
    """The places of the kernels, by session; all of them once.

    In a network small kernels run among small ones and find the caches warm: between large
    ones the same kernel takes up to three times as long.  The footprint of a session is no more
    than the rotation that it is timed in, `most` bytes if not 0, and no more than `room` bytes.
    """
    random = Random(seed)
    blurred = {at: size_of(each) + random.uniform(-BLUR, BLUR) for at, each in enumerate(kernels)}
    left = sorted(blurred, key=blurred.__getitem__)
    sessions: list[list[int]] = []
    while left:
        # of equal length: a short rest would be poor company
        length = ceil(len(left) / ceil(len(left) / SIZE))
        session: list[int] = []
        total = weights = largest = 0
        for at in left:
            own = weights + kernels[at].weight_bytes
            # larger ones than half of it leave no cache warm by themselves
            wide = max(largest, min(kernels[at].activation_bytes, most // 2))
            fits = not most or own + wide <= most
            if fits and total + kernels[at].mac <= room and len(session) < length:
                session.append(at)
                total, weights, largest = total + kernels[at].mac, own, wide
        # one that fills all of it runs alone
        session = session or left[:1]
        random.shuffle(session)
        sessions.append(session)
        taken = set(session)
        left = [at for at in left if at not in taken]
    return sessions
