"""R1: the same outputs for less work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from archlint.plugin import Place, Rule, Silence, View
from archlint.rules.r1_redundant_work.before_pool import find_convs_before_pools
from archlint.rules.r1_redundant_work.before_upsampling import find_convs_behind_upsampling
from archlint.rules.r1_redundant_work.candidate import Candidate, places_of
from archlint.rules.r1_redundant_work.last_rows import find_unused_rows
from archlint.rules.r1_redundant_work.logits import find_logits_of_all_positions
from archlint.rules.r1_redundant_work.powers import find_powers
from archlint.rules.r1_redundant_work.shared_input import find_products_of_one_input
from archlint.rules.r1_redundant_work.stacked import find_stacked_sums
from archlint.rules.r1_redundant_work.transposes import find_transposes_of_transposes
from archlint.rules.r1_redundant_work.unfolded_norms import find_unfolded_norms

if TYPE_CHECKING:
    from archlint.plugin import Plot

__all__ = ["RedundantWork"]

REWRITES: tuple[Callable[[View], Iterator[Candidate | Silence]], ...] = (
    find_convs_behind_upsampling,
    find_convs_before_pools,
    find_products_of_one_input,
    find_unused_rows,
    find_logits_of_all_positions,
    find_stacked_sums,
    find_powers,
    find_unfolded_norms,
    find_transposes_of_transposes,
)


class RedundantWork(Rule):
    """Operators that have another form, with the same outputs, that costs the target less."""

    code = "R1"
    name = "redundant-work"
    summary = "The same outputs cost less work in another order or number of operators"

    def check(self, view: View) -> Iterator[Place | Silence]:
        """A place for each piece with another form, silences where a condition fails."""
        for find in REWRITES:
            candidates = []
            for said in find(view):
                if isinstance(said, Silence):
                    yield said
                else:
                    candidates.append(said)
            yield from places_of(view, candidates)

    @classmethod
    def plot(cls) -> Plot:
        """What a 1x1 conv at full size costs over one on a smaller map."""
        from archlint.rules.r1_redundant_work.plot import PLOT

        return PLOT
