"""Explain a model: every operator's kernel and price, and what each rule says of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from archlint.did_you_mean import did_you_mean
from archlint.errors import ModelError, UsageError
from archlint.graph.model import Model
from archlint.graph.operator import Operator
from archlint.linter.activations import live_bytes
from archlint.linter.check_rule import PricedPlace, check_rule
from archlint.linter.limited import limited
from archlint.linter.prepare import prepare
from archlint.linter.reading import DTYPES
from archlint.linter.registry import find_pricers, select_rules
from archlint.linter.source import Source, load, name_of
from archlint.linter.told import told
from archlint.linter.view import Priced
from archlint.results.explanation import (
    ExplainedOperator,
    ExplainedPlace,
    ExplainedPrice,
    ExplainedSilence,
    ExplainedTarget,
    Explanation,
)
from archlint.results.findings import Variant
from archlint.rule import Nature, Rule, Silence, View
from archlint.settings.options import Options

__all__ = ["explain"]


def explain(source: Source, operator: str | None, options: Options) -> Explanation:
    """Explain a model's operators, or those whose name or module matches `operator` (a glob).

    Raises ModelError for an unreadable model or one that no target fits, UsageError for an
    operator, rule or target that does not exist.
    """
    with limited(source, options):
        return _explanation(source, operator, options)


def _explanation(source: Source, operator: str | None, options: Options) -> Explanation:
    pricers = find_pricers(options)
    rules = select_rules(options)
    path, loaded = name_of(source), load(source, options, pricers)
    prepared = prepare(loaded, pricers, options)
    model, views = prepared.model, prepared.views
    if prepared.why_not is not None:
        raise ModelError(path, prepared.why_not)
    said = _said(rules, views, options)
    live = {name: live_bytes(each.view) for name, each in views.items()}
    chosen = model.operators if operator is None else _matching(path, model, operator)
    return Explanation(
        path=path,
        predicted=tuple(
            ExplainedTarget(
                name, each.title, each.total.seconds * 1e3, each.total.low * 1e3,
                each.total.high * 1e3, *_peak(model, live[name]),
            )
            for name, each in views.items()
        ),
        operators=tuple(_explain(op, model, views, live, said) for op in chosen),
    )  # fmt: skip


def _peak(model: Model, live: Sequence[int] | None) -> tuple[int | None, str]:
    """The most that activations hold, and the operator at which they do."""
    if not live:
        return None, ""
    most = max(live)
    return most, model.operators[live.index(most)].name


def _matching(path: str, model: Model, wanted: str) -> tuple[Operator, ...]:
    found = tuple(
        op
        for op in model.operators
        if wanted in (op.name, op.module)
        or fnmatchcase(op.name, wanted)
        or (op.module and fnmatchcase(op.module, wanted))
    )
    if not found:
        names = [op.name for op in model.operators]
        names += list(dict.fromkeys(op.module for op in model.operators if op.module))
        raise UsageError(f'{path}: no operator or module "{wanted}"{did_you_mean(wanted, names)}')
    return found


def _said(
    rules: tuple[type[Rule], ...], views: Mapping[str, Priced], options: Options
) -> dict[int, list[ExplainedPlace | ExplainedSilence]]:
    """What each rule says of each operator that it considered."""
    said: dict[int, list[ExplainedPlace | ExplainedSilence]] = defaultdict(list)
    for rule in rules:
        given = options.rule_options.get(rule.code, {})
        heard = {name: tuple(check_rule(rule, each, given)) for name, each in views.items()}
        places = {
            name: [each for each in of_target if isinstance(each, PricedPlace)]
            for name, of_target in heard.items()
        }
        costly = told(places, options.min_slowdown)
        fired = {id(place) for of_target in costly.values() for place in of_target}
        for name, of_target in heard.items():
            for each in of_target:
                explained = (
                    ExplainedSilence(rule.code, name, each.reason)
                    if isinstance(each, Silence)
                    else _place(rule, each, views[name].view, fired=id(each) in fired)
                )
                for index in each.operators:
                    said[index].append(explained)
    return said


def _place(rule: type[Rule], place: PricedPlace, view: View, *, fired: bool) -> ExplainedPlace:
    ratio = place.comparison
    return ExplainedPlace(
        code=rule.code,
        target=view.target.name,
        fired=fired,
        operators=tuple(view.model.operators[index].name for index in place.operators),
        module=place.module,
        now=Variant(place.now, view.kernels(place.kernels)),
        instead=Variant(place.instead, place.instead_kernels),
        slowdown=ratio.slowdown,
        slowdown_low=ratio.low,
        slowdown_high=ratio.high,
        basis=ratio.basis,
        upper_bound=place.nature is Nature.UPPER_BOUND,
    )


def _explain(
    op: Operator,
    model: Model,
    views: Mapping[str, Priced],
    live: Mapping[str, Sequence[int] | None],
    said: Mapping[int, Sequence[ExplainedPlace | ExplainedSilence]],
) -> ExplainedOperator:
    convolution = op.op_type in ("Conv", "ConvTranspose", "Gemm", "MatMul")
    weight = op.weight.shape if convolution and op.weight is not None else None
    strides = op.attributes.get("strides")
    return ExplainedOperator(
        name=op.name,
        op_type=op.op_type,
        module=op.module,
        input_shapes=tuple(None if each is None else each.shape for each in op.inputs),
        output_shapes=tuple(each.shape for each in op.outputs),
        weight_shape=weight,
        groups=op.groups if op.op_type in ("Conv", "ConvTranspose") else None,
        strides=_strides(op, strides),
        flops=op.flops,
        mac_bytes=op.mac,
        kernel=_kernel(op, model, next(iter(views.values()))),
        prices=tuple(
            price
            for name, view in views.items()
            if (price := _price(op, name, view, live[name])) is not None
        ),
        rules=tuple(said.get(op.index, ())),
        parameters=sum(
            each.elements or 0
            for each in op.inputs
            if each is not None and each.constant
            if each is op.weight or each.dtype in DTYPES
        ),
    )


def _strides(op: Operator, value: object) -> tuple[int, ...] | None:
    if op.op_type not in ("Conv", "ConvTranspose"):
        return None
    if isinstance(value, tuple):
        return tuple(int(each) for each in value)
    weight = op.weight.shape if op.weight is not None else None
    return (1,) * (len(weight) - 2) if weight is not None else None


def _kernel(op: Operator, model: Model, priced: Priced) -> str:
    lowered = priced.view.lowered
    if op.malformed:
        return f"malformed: {op.malformed}"
    if op.index in lowered.unpriced:
        return "no shapes" if op.output.shape is None else "unpriced"
    if op.index in priced.view.model.passed_by:
        return "not there in the dtype priced"
    if op.index not in lowered.home:
        return "view, free"
    placed = lowered.kernels[lowered.home[op.index]]
    if placed.operators[0] == op.index:
        return placed.kernel.title
    main = model.operators[placed.operators[0]]
    return f"fused into {main.name}"


def _price(
    op: Operator, target: str, priced: Priced, live: Sequence[int] | None
) -> ExplainedPrice | None:
    lowered = priced.view.lowered
    number = lowered.home.get(op.index)
    if number is None or lowered.kernels[number].operators[0] != op.index:
        return None
    placed = lowered.kernels[number]
    price = priced.view.pricer.price(placed.kernel)
    if price is None:
        return None
    return ExplainedPrice(
        target, price.seconds * 1e3, price.low * 1e3, price.high * 1e3, price.basis,
        price.seconds * placed.repeats / priced.total.seconds,
        priced.view.pricer.bound(placed.kernel), None if live is None else live[op.index],
    )  # fmt: skip
