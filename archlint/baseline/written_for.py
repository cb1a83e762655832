"""What a baseline was written for: places cost something else at another batch or target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archlint.cost.target_files import name_now

__all__ = ["WrittenFor", "parse"]


@dataclass(frozen=True, slots=True)
class WrittenFor:
    """The targets, and the batch that was asked for; None where each model had its own."""

    targets: tuple[str, ...]
    batch: int | None = None

    @property
    def lines(self) -> str:
        """As the file says it."""
        targets = ", ".join(f'"{each}"' for each in self.targets)
        batch = "" if self.batch is None else f"batch = {self.batch}\n"
        return f"targets = [{targets}]\n{batch}"

    def with_targets(self, before: WrittenFor | None) -> WrittenFor:
        """This, on the targets of before too: places keep what they cost there."""
        others = () if before is None else before.targets
        return WrittenFor(tuple(sorted({*others, *self.targets})), self.batch)

    def mismatch(self, run: WrittenFor) -> str:
        """How a run differs from this in one line; "" where it does not."""
        said = []
        if run.batch != self.batch:
            said.append(f"for {_batch(self.batch)}, not {_batch(run.batch)}")
        others = [each for each in run.targets if each not in self.targets]
        if others:
            said.append(f"on {', '.join(self.targets)}, not {', '.join(others)}")
        return f"written {' and '.join(said)}: what it knows may be dearer now" if said else ""


def parse(table: Mapping[str, object]) -> WrittenFor | str | None:
    """What the file says, what is wrong with it, or None: earlier files do not say."""
    targets, batch = table.get("targets"), table.get("batch")
    if targets is None and batch is None:
        return None
    if not isinstance(targets, list) or not all(isinstance(each, str) for each in targets):
        return "targets: expected a list of names"
    if batch is not None and (not isinstance(batch, int) or isinstance(batch, bool) or batch < 1):
        return "batch: expected a number from 1"
    return WrittenFor(tuple(map(name_now, targets)), batch)


def _batch(batch: int | None) -> str:
    return "the batch of each model" if batch is None else f"batch {batch}"
