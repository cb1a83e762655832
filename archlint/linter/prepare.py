"""A model on each target that is asked for, or why it is on none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archlint.cost.pricer import Pricer
from archlint.errors import DtypeError, TargetError, UnpricedError
from archlint.graph.model import Model
from archlint.linter.reading import Readings, what_fits
from archlint.linter.registry import locate_all
from archlint.linter.unknown import why_unpriced
from archlint.linter.view import Priced, price_model
from archlint.settings.options import Options

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model on each target that fits it, and in `refusals` why the others do not.

    `unpriced` are those targets that fit it, and have no price for anything that it computes.
    """

    views: dict[str, Priced]
    refusals: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()

    @property
    def skipped(self) -> str | None:
        """Why it is not priced where that is no fault: the targets fit it and have no price."""
        return None if self.refusals else "; ".join(self.unpriced) or None

    @property
    def error(self) -> str | None:
        """Why some target does not price it where that is a fault."""
        return "; ".join(self.refusals + self.unpriced) if self.refusals else None

    @property
    def why_not(self) -> str | None:
        """Why some target does not price it, be it a fault or none."""
        return self.error or self.skipped


def prepare(model: Model, pricers: Sequence[Pricer], options: Options) -> Prepared:
    """The model on each target that fits it.

    Where its dtype is the reason that none does, the targets that price it are named.  One with
    operators that compute and have no shapes fits none, unless these are allowed.
    """
    if model.unread and not options.allow_unknown:
        return Prepared({}, (f"{why_unpriced(model)}; --allow-unknown prices what is left",))
    readings = Readings(model, options.as_stored)
    views: dict[str, Priced] = {}
    refusals = []
    unpriced = []
    dtype = ""
    for pricer in pricers:
        try:
            read = readings.on(pricer.target)
            views[pricer.target.name] = price_model(read.model, pricer, read.widths, read.stored)
        except DtypeError as refusal:
            dtype = refusal.dtype
            refusals.append(str(refusal))
        except UnpricedError as refusal:
            unpriced.append(str(refusal))
        except TargetError as refusal:
            refusals.append(str(refusal))
    if dtype and not views:
        every = [each.target for each in locate_all(options.target_paths)]
        refusals.append(what_fits(dtype, every, as_stored=options.as_stored))
    if unpriced and (why := why_unpriced(model)):
        # that nothing is left to price is the fault of the file
        return Prepared(views, (*refusals, why))
    return Prepared(views, tuple(refusals), tuple(unpriced))
