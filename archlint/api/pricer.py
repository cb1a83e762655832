"""Predict what models take, without a rule; kernels of one shape are priced once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import overload

from archlint.api.models import Model, asked_shapes, is_several, one_source, sources
from archlint.api.options import Paths, asked_options
from archlint.api.prediction import Comparison, Prediction
from archlint.cost.kernels.kernel import Kernel
from archlint.errors import ModelError, UsageError
from archlint.graph.collector import collector_paused
from archlint.linter.prepare import prepare
from archlint.linter.registry import find_pricers
from archlint.linter.shares import kind_shares
from archlint.linter.source import Source, load, name_of

__all__ = ["Pricer", "compare", "predict"]


class Pricer:
    """Predicts for one target; what it priced for one model serves the next.

    `target` is a name, a short one or a path, "" for the default; a group that is more than one
    target is a UsageError.  The other arguments are those of `archlint.predict`.
    """

    def __init__(
        self,
        target: str = "",
        *,
        batch: int | None = None,
        dims: Mapping[str, int] | None = None,
        allow_unknown: bool = False,
        target_paths: Paths = (),
    ) -> None:
        self._asked = asked_options(
            [target] if target else (), target_paths, batch, dims, {}, allow_unknown=allow_unknown
        )
        pricers = find_pricers(self._asked)
        if len(pricers) != 1:
            names = ", ".join(each.target.name for each in pricers)
            raise UsageError(f'"{target}" is several targets, and one is needed: {names}')
        (self._pricer,) = pricers

    @property
    def target(self) -> str:
        """The name of the target."""
        return self._pricer.target.name

    def predict(self, model: Model, inputs: object = None) -> Prediction:
        """What a model takes; raises ModelError where it has no price."""
        source = one_source(model, inputs)
        # hundreds of operators a model are no cycles to look for between two candidates
        with collector_paused():
            return self._predict(source, inputs)

    def predict_all(self, models: object, inputs: object = None) -> Iterator[Prediction]:
        """What each of several models takes, one after the other as they are asked for."""
        for each in sources(models, inputs):
            yield self._predict(each, inputs)

    def compare(self, a: Model | Prediction, b: Model | Prediction) -> Comparison:
        """The time of a over that of b, which may be predictions of this target."""
        one, other = self._predicted(a), self._predicted(b)
        found = self._pricer.compare(one.kernels, other.kernels)
        if found is None:
            raise UsageError("nothing to compare: a side has no price")
        if one.batch != other.batch:
            raise UsageError(f"batches {one.batch} and {other.batch} cannot be compared")
        return Comparison(one, other, found.slowdown, found.low, found.high, found.basis)

    def _predicted(self, model: Model | Prediction) -> Prediction:
        if not isinstance(model, Prediction):
            return self.predict(model)
        if model.target != self.target:
            raise UsageError(f"a prediction for {model.target}, not for {self.target}")
        return model

    def _predict(self, source: Source, inputs: object) -> Prediction:
        options = replace(self._asked, inputs=asked_shapes([source], inputs))
        loaded = load(source, options, [self._pricer])
        prepared = prepare(loaded, [self._pricer], options)
        if prepared.why_not is not None:
            raise ModelError(name_of(source), prepared.why_not)
        (priced,) = prepared.views.values()
        kernels: Counter[Kernel] = Counter()
        for placed in priced.view.lowered.kernels:
            if self._pricer.covers(placed.kernel):
                kernels[placed.kernel] += placed.repeats
        model, total = priced.view.model, priced.total
        return Prediction(
            model=name_of(source),
            target=self.target,
            batch=model.batch,
            seconds=total.seconds,
            low=total.low,
            high=total.high,
            basis=total.basis,
            coverage=priced.coverage,
            unpriced=priced.unpriced,
            flops=model.flops,
            mac_bytes=model.mac,
            parameters=model.parameters,
            kinds=kind_shares(priced.view, priced.times),
            operators=priced.operators(),
            remarks=(*loaded.remarks, *prepared.remarks, *prepared.model.assumptions),
            kernels=kernels,
        )


@overload
def predict(  # type: ignore[overload-overlap]  # a str is an iterable too, and one model
    model: Model,
    inputs: object = None,
    *,
    target: str = "",
    batch: int | None = None,
    dims: Mapping[str, int] | None = None,
    allow_unknown: bool = False,
    target_paths: Paths = (),
) -> Prediction: ...


@overload
def predict(
    model: Iterable[Model],
    inputs: object = None,
    *,
    target: str = "",
    batch: int | None = None,
    dims: Mapping[str, int] | None = None,
    allow_unknown: bool = False,
    target_paths: Paths = (),
) -> tuple[Prediction, ...]: ...


def predict(
    model: object,
    inputs: object = None,
    *,
    target: str = "",
    batch: int | None = None,
    dims: Mapping[str, int] | None = None,
    allow_unknown: bool = False,
    target_paths: Paths = (),
) -> Prediction | tuple[Prediction, ...]:
    """What a model takes on a target, or each of several, without running a rule.

    What a model may be, and the arguments, are those of `archlint.lint`; a list of models gives a
    tuple, and `target` is one.  Raises ModelError where a model has no price, UsageError for what
    is no model or no target.
    """
    pricer = Pricer(
        target, batch=batch, dims=dims, allow_unknown=allow_unknown, target_paths=target_paths
    )
    if is_several(model):
        return tuple(pricer.predict_all(model, inputs))
    return pricer.predict(model, inputs)  # type: ignore[arg-type]  # one_source looks at it


def compare(
    a: Model | Prediction,
    b: Model | Prediction,
    *,
    target: str = "",
    batch: int | None = None,
    target_paths: Paths = (),
) -> Comparison:
    """The time of one model over that of another on a target, and how sure that is."""
    return Pricer(target, batch=batch, target_paths=target_paths).compare(a, b)
