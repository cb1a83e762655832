"""A file that is made for a batch that the targets do not price, at the nearest that they do."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.cost.pricer import Pricer
from archlint.errors import ModelError, UsageError
from archlint.graph.model import Model
from archlint.linter.source import Loaded, build
from archlint.settings.options import Options

__all__ = ["at_priced_batch"]


def at_priced_batch(
    loaded: Loaded, model: Model, pricers: Sequence[Pricer], options: Options
) -> tuple[Model, tuple[str, ...]]:
    """The model at the nearest batch that all targets price, and a remark that says so.

    It stays as it is where its batch was asked for or is priced, where no batch is priced by all
    targets, and where not all of its FLOPs follow the batch exactly.
    """
    low = max((pricer.target.batches[0] for pricer in pricers), default=1)
    high = min((pricer.target.batches[1] for pricer in pricers), default=0)
    own = model.batch
    if own is None or options.batch or options.inputs or low > high or low <= own <= high:
        return model, ()
    nearest = min(max(own, low), high)
    try:
        other = build(loaded, options, nearest)
    except (ModelError, UsageError):
        return model, ()
    from archlint.graph.rebatch import unscaled  # few files come to this

    if unscaled(model, other) is not None:
        return model, ()
    priced = "target prices" if len(pricers) == 1 else "targets price"
    return other, (f"batch {nearest} for {own}: the nearest that the {priced}",)
