"""Mutations in a process of their own, so that one that hangs or ends it is found too."""

from __future__ import annotations

import json
import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from archlint.limits.watchdog import DiedError, watched

__all__ = ["Done", "Total"]


@dataclass(slots=True)
class Done:
    """What came of some mutations: complaints by the mutation's name, and how many ended how."""

    found: dict[str, str] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0

    def ended(self, how: str, seconds: float) -> None:
        """Count one more."""
        self.ends[how] = self.ends.get(how, 0) + 1
        self.slowest = max(self.slowest, seconds)


class Total:
    """What came of all mutations so far."""

    def __init__(self, folder: Path) -> None:
        self.found: list[str] = []
        self._ends: Counter[str] = Counter()
        self._slowest, self._began = 0.0, time.monotonic()
        self._answer = folder / "done.json"

    def add(self, name: str, work: Callable[[], Done]) -> list[str]:
        """Do some work in a process of its own, and say in a line each what it complains of.

        What took too long is done once more: the machine may have been asleep.
        """
        done = self._apart(name, work)
        if any("took" in each for each in done.found.values()):
            done = self._apart(name, work)
        self.found += done.found.values()
        self._ends.update(done.ends)
        self._slowest = max(self._slowest, done.slowest)
        return [f"{each}: {problem}" for each, problem in done.found.items()]

    def _apart(self, name: str, work: Callable[[], Done]) -> Done:
        self._answer.unlink(missing_ok=True)

        def answer() -> int:
            self._answer.write_text(json.dumps(asdict(work())))
            return 0

        try:
            watched(answer)
            return Done(**json.loads(self._answer.read_text()))
        except (DiedError, FileNotFoundError) as fault:
            return Done({name: str(fault)})

    def __str__(self) -> str:
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**10
        ends = ", ".join(f"{count} {how}" for how, count in sorted(self._ends.items()))
        return (
            f"{self._ends.total()} mutations in {time.monotonic() - self._began:.0f} s: {ends};"
            f" {len(self.found)} complaints of {len(set(self.found))} kinds; slowest"
            f" {self._slowest:.2f} s, {memory:.0f} MiB"
        )
