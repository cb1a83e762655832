"""A model on each target that is asked for, or why it is on none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archlint.cost.pricer import Pricer
from archlint.errors import BatchError, DtypeError, TargetError, UnpricedError
from archlint.graph.model import Model
from archlint.linter.priced_batch import AtBatches, at_priced_batches
from archlint.linter.reading import Readings, what_fits, what_prices
from archlint.linter.registry import locate_all
from archlint.linter.source import Loaded
from archlint.linter.unknown import why_unpriced
from archlint.linter.view import Priced, price_model
from archlint.settings.options import Options

__all__ = ["Prepared", "prepare", "prepare_model"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model on each target that fits it, and in `refusals` why the others do not.

    `unpriced` are those targets that fit it, and have no price for anything that it computes.
    `rebatched` are those that price it at another batch than `model` has, and `remarks` say which
    batches were taken.
    """

    model: Model
    views: dict[str, Priced]
    refusals: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()
    rebatched: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()

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


def prepare(loaded: Loaded, pricers: Sequence[Pricer], options: Options) -> Prepared:
    """The model that was read on each target that fits it, at the sizes asked for.

    Raises ModelError and UsageError where there is none of these sizes.
    """
    at = at_priced_batches(loaded, pricers, options)
    prepared = _prepared(at, pricers, options)
    rebatched = frozenset(name for name, each in at.others.items() if each is not at.model)
    return replace(prepared, rebatched=rebatched, remarks=at.remarks)


def prepare_model(model: Model, pricers: Sequence[Pricer], options: Options) -> Prepared:
    """A model as it is on each target that fits it."""
    return _prepared(AtBatches(model), pricers, options)


def _prepared(at: AtBatches, pricers: Sequence[Pricer], options: Options) -> Prepared:
    """The model on each target that fits it.

    Where its dtype or its batch is the reason that none does, the targets that price it are named.
    One with operators that compute and have no shapes fits none, unless these are allowed.
    """
    model = at.model
    if model.unread and not options.allow_unknown:
        return Prepared(model, {}, (f"{why_unpriced(model)}; --allow-unknown prices what is left",))
    readings: dict[int, Readings] = {}
    views: dict[str, Priced] = {}
    refusals = []
    unpriced = []
    dtype, batch = "", None
    for pricer in pricers:
        try:
            own = at.others.get(pricer.target.name, model)
            of_batch = readings.setdefault(id(own), Readings(own, options.as_stored))
            read = of_batch.on(pricer.target)
            views[pricer.target.name] = price_model(read.model, pricer, read.widths, read.stored)
        except DtypeError as refusal:
            dtype = refusal.dtype
            refusals.append(str(refusal))
        except UnpricedError as refusal:
            unpriced.append(str(refusal))
        except BatchError as refusal:
            batch = model.batch
            why_not = at.why_not.get(pricer.target.name)
            refusals.append(str(refusal) + (f": {why_not}" if why_not else ""))
        except TargetError as refusal:
            refusals.append(str(refusal))
    if (dtype or batch is not None) and not views:
        every = [each.target for each in locate_all(options.target_paths)]
        if dtype:
            refusals.append(what_fits(dtype, every, as_stored=options.as_stored))
        elif others := what_prices(batch, every):
            refusals.append(others)
    if unpriced and (why := why_unpriced(model)):
        # that nothing is left to price is the fault of the file
        return Prepared(model, views, (*refusals, why))
    return Prepared(model, views, tuple(refusals), tuple(unpriced))
