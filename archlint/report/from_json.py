"""A report out of the JSON of `archlint check`: what `as_json` writes, read back.

What the JSON has not is not there: each operator's time, measured rows, a rule's page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

from archlint.cost.kernels.kernel import parse_term
from archlint.cost.pricing.price import Basis
from archlint.location import Call, Certainty, Location, Span
from archlint.report.json_text import SCHEMA_VERSION, checksum
from archlint.results.findings import (
    Finding,
    FindingAtBatch,
    FoundPlace,
    IgnoredFinding,
    ModelReport,
    PricedChoice,
    PricedOn,
    Report,
    RuleSaving,
    Severity,
    TargetReport,
    Variant,
)
from archlint.results.judgement import Dearer, DearerOn
from archlint.results.shares import BlockShare, KindShare

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["report_of"]

_ALSO = {float: int}
"""What else may stand for a type in JSON."""

T = TypeVar("T")
D = TypeVar("D", bound="DataclassInstance")


def report_of(document: object) -> Report:
    """The report that a document holds; raises ValueError, with what is wrong in one line."""
    version = document.get("schema_version") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or version is None or "models" not in document:
        raise ValueError("not a JSON report of `archlint check`")
    if version != SCHEMA_VERSION:
        raise ValueError(f"schema_version {version}, where this archlint has {SCHEMA_VERSION}")
    rest = {key: value for key, value in document.items() if key != "checksum"}
    if document.get("checksum") != checksum(rest):
        raise ValueError("changed since archlint wrote it: its checksum is another one")
    try:
        return _made(Report, document, models=_all(_model, document["models"]))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as fault:
        raise ValueError(f"a damaged report: {type(fault).__name__}: {fault}") from fault


def _made(kind: type[D], data: Mapping[str, Any], **given: object) -> D:
    """A dataclass from the members of its fields' names, but for those that are given."""
    hints = get_type_hints(kind)
    members = {
        each.name: _value(hints[each.name], data[each.name])
        for each in fields(kind)
        if each.name in data and each.name not in given
    }
    return kind(**members, **given)


def _value(hint: Any, data: Any) -> Any:
    """What JSON holds in place of a value of this type."""
    kinds = get_args(hint)
    if get_origin(hint) is tuple:
        return tuple(_value(kinds[0], each) for each in data)
    if isinstance(hint, UnionType):
        return None if data is None else _value(kinds[0], data)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(data)
    if isinstance(hint, type) and is_dataclass(hint):
        return _made(hint, data)
    if hint in (bool, float, int, str) and type(data) not in (hint, _ALSO.get(hint)):
        raise TypeError(f"expected {hint.__name__}, found {data!r}")
    return data


def _all(make: Callable[[Any], T], data: Sequence[Any]) -> tuple[T, ...]:
    return tuple(make(each) for each in data)


def _model(data: Mapping[str, Any]) -> ModelReport:
    return _made(
        ModelReport,
        data,
        mac=data["mac_bytes"],
        targets=_all(_target, data["targets"]),
        findings=_all(_finding, data["findings"]),
        ignored=_all(_ignored, data["ignored"]),
        known=_all(_ignored, data["known"]),
        flips=_all(_brought, data["flips"]),
    )


def _target(data: Mapping[str, Any]) -> TargetReport:
    return _made(
        TargetReport,
        data,
        stored=data["stored_dtype"] or "",
        predicted=data["predicted_ms"] / 1e3,
        low=data["low_ms"] / 1e3,
        high=data["high_ms"] / 1e3,
        saving=data["saving_ms"] / 1e3,
        kinds=_all(
            lambda each: _made(KindShare, each, time=each["ms"] / 1e3, mac=each["mac_bytes"]),
            data["kinds"],
        ),
        blocks=_all(
            lambda each: _made(BlockShare, each, time=each["ms"] / 1e3, mac=each["mac_bytes"]),
            data["blocks"],
        ),
        rules=_all(
            lambda each: _made(
                RuleSaving, each, saving=each["saving_ms"] / 1e3, share=each["saving_share"]
            ),
            data["rules"],
        ),
    )


def _finding(data: Mapping[str, Any]) -> Finding:
    return _made(
        Finding,
        {key: value for key, value in data.items() if key != "dearer"},
        location=_location(data["location"]),
        prices=_all(_price, data["prices"]),
        places=_all(_place, data["places"]),
        dearer=_all(_dearer, data["dearer"]),
    )


def _dearer(data: Mapping[str, Any]) -> Dearer:
    return Dearer(
        data["module"],
        _all(
            lambda each: DearerOn(
                each["target"],
                None if each["saving_ms"] is None else each["saving_ms"] / 1e3,
                each["most_before_ms"] / 1e3,
            ),
            data["targets"],
        ),
    )


def _ignored(data: Mapping[str, Any]) -> IgnoredFinding:
    return IgnoredFinding(_finding(data["finding"]), data["reason"])


def _brought(data: Mapping[str, Any]) -> FindingAtBatch:
    """Of a finding at another batch JSON has the head alone, and what it saves."""
    share = data["saving_share"]
    severity = Severity(data["severity"])
    price = PricedOn("", severity, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, share, Basis.MODELLED)
    finding = _made(Finding, data, location=None, prices=(price,), places=())
    return FindingAtBatch(data["assumed_batch"], data["batch"], finding)


def _place(data: Mapping[str, Any]) -> FoundPlace:
    return _made(
        FoundPlace,
        data,
        location=_location(data["location"]),
        now=_variant(data["now"]),
        instead=_variant(data["instead"]),
        prices=_all(_price, data["prices"]),
        choices=_all(_choice, data["choices"]),
    )


def _variant(data: Mapping[str, Any]) -> Variant:
    kernels = [parse_term(each["text"])[1] for each in data["kernels"]]
    order = data["order"]
    if order is None:
        order = [at for at, each in enumerate(data["kernels"]) for _ in range(each["count"])]
    return Variant(data["text"], tuple(kernels[at] for at in order))


def _choice(data: Mapping[str, Any]) -> PricedChoice:
    return _made(PricedChoice, data, seconds=data["ms"] / 1e3, flops=data["flops_ratio"])


def _price(data: Mapping[str, Any]) -> PricedOn:
    return _made(
        PricedOn,
        data,
        now=data["now_ms"] / 1e3,
        instead=data["instead_ms"] / 1e3,
        saving=data["saving_ms"] / 1e3,
    )


def _location(data: Mapping[str, Any] | None) -> Location | None:
    if data is None:
        return None
    chain = _all(lambda each: Call(_span(each), each["what"], each["inside"]), data["chain"])
    return Location(_span(data), Certainty(data["certainty"]), chain, depth=data["depth"])


def _span(data: Mapping[str, Any]) -> Span:
    return _made(Span, data, text=data["source"])
