"""A finding as formats for CI tell it: a line of text, a place in a file, a level."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archlint.graph.pattern import pattern_of
from archlint.location import Span
from archlint.report.change_told import change_told
from archlint.report.escape import visible
from archlint.report.shown import asides, place_of
from archlint.report.units import counted, milliseconds, percent
from archlint.report.words import dearer_of
from archlint.results.findings import Finding, FoundPlace, ModelReport, PricedOn, Report, Variant
from archlint.results.severity import Severity

__all__ = [
    "Fault",
    "Result",
    "costs_of",
    "faults",
    "file_of",
    "remarks",
    "results",
    "text_of",
    "what_to_do",
]


@dataclass(frozen=True, slots=True)
class Result:
    """`text` is one line that is safe to print; `span` is where the finding is.

    A finding without a line of source is at the line of the configuration that names its model,
    or else at the first line of its model's file.  `key` tells it from all others of the run,
    and stays the same when lines move, nodes are renamed or more blocks of its kind are added.
    """

    model: ModelReport
    finding: Finding
    severity: Severity
    text: str
    span: Span
    key: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A model that could not be linted, or a fault of archlint itself on it; safe to print.

    Also what is no fault, where a format tells of it in the same way: a model that is skipped.
    """

    file: str
    line: int
    text: str


def faults(report: Report) -> Iterator[Fault]:
    """Everything that went wrong, with the file that it is about."""
    for model in report.models:
        if model.error is not None:
            yield Fault(*_home(model), visible(f"{model.path}: {model.error}"))
    for text in report.problems:
        about = (each for each in report.models if text.startswith(f"{each.path}: "))
        yield Fault(*next(map(_home, about), (".", 1)), visible(text))


def remarks(report: Report) -> Iterator[Fault]:
    """What was skipped or left unknown, with the file that it is about; no fault of the run."""
    for model in report.models:
        for text in asides(model):
            yield Fault(*_home(model), visible(f"{model.path}: {text}"))


def results(report: Report) -> Iterator[Result]:
    """All findings of all models, those that save the largest share first."""
    found = []
    count: Counter[str] = Counter()
    for model in report.models:
        for finding in model.findings:
            identity = _identity(model, finding)
            count[identity] += 1
            key = hashlib.sha256(
                f"{identity}\n{count[identity]}".encode("utf-8", "backslashreplace")
            )
            text, span = text_of(model, finding), _span(model, finding)
            found.append(Result(model, finding, finding.severity, text, span, key.hexdigest()[:32]))
    order = {severity: -severity.rank for severity in Severity}
    return iter(sorted(found, key=lambda each: (order[each.severity], -each.finding.saving_share)))


def text_of(model: ModelReport, finding: Finding) -> str:
    """What is found, where, what it costs on each target, and what to do about it."""
    where = place_of(finding)
    if finding.count > 1:
        where += f" ({counted(finding.count, 'place')})"
    costs = costs_of(model, finding, finding.prices)
    return visible(f"{finding.message}, {where} in {model.path}: {costs} {what_to_do(finding)}")


def costs_of(model: ModelReport, finding: Finding, prices: Sequence[PricedOn]) -> str:
    """What a finding costs on these targets; where its places were known, what they cost more."""
    costs = [_cost(model, finding, each) for each in prices]
    return f"{'; '.join([*costs, *dearer_of(finding)])}."


def what_to_do(finding: Finding) -> str:
    """What stands at the costliest place now, what instead, what else, and the advice."""
    where = f" at {finding.places[0].name}" if finding.count > 1 and finding.places else ""
    mark = " (exact)" if finding.exact else " (upper bound)" if finding.upper_bound else ""
    more = {"now": where, "instead": mark}
    parts = (
        f"{label.capitalize()}{more.get(label, '')}: {text}" for label, text in change_told(finding)
    )
    return " ".join(f"{each.removesuffix('.')}." for each in parts)


def _cost(model: ModelReport, finding: Finding, price: PricedOn) -> str:
    most = "at most " if finding.upper_bound else ""
    return (
        f"{price.slowdown:.2f}x slower ({price.slowdown_low:.2f} to {price.slowdown_high:.2f},"
        f" {price.basis.value}), saves {most}{milliseconds(price.saving)},"
        f" {_share_of(model, price)}"
    )


def _share_of(model: ModelReport, price: PricedOn) -> str:
    """What share of the network it saves, on which target, at which batch."""
    batch = "" if model.batch is None else f" at batch {model.batch}"
    return f"{percent(price.saving_share)} of the network on {price.target}{batch}"


def file_of(model: ModelReport) -> str:
    """The file that a model is in: of `nets.py:Net` the part before the colon."""
    source, colon, _ = model.path.rpartition(":")
    return visible(source if colon and source.endswith(".py") else model.path)


def _home(model: ModelReport) -> tuple[str, int]:
    """The file and line that are of a model as a whole."""
    if model.entry is not None:
        return visible(model.entry.path), model.entry.line
    return file_of(model), 1


def _span(model: ModelReport, finding: Finding) -> Span:
    if finding.location is not None:
        return finding.location.decision[-1]
    if model.entry is not None:
        return model.entry
    return Span(file_of(model), 1, 1, 1, 1, "")


def _identity(model: ModelReport, finding: Finding) -> str:
    """What a finding is: rule, model, modules, and what would be changed into what.

    Neither where a line stands nor what an exporter called a node is part of it, nor how many
    places there are.
    """
    modules = {pattern_of(each.module) for each in finding.places if _has_module(each)}
    changes = {" > ".join(map(_kernels, (p.now, p.instead))) for p in finding.places}
    return "\n".join((finding.code, model.path, *sorted(modules), "", *sorted(changes)))


def _has_module(place: FoundPlace) -> bool:
    """Whether the module is one: where there is none, a node's name stands in for it."""
    return bool(place.module) and place.module not in place.operators


def _kernels(variant: Variant) -> str:
    """Kernels without what a target and the rest of the model do to them."""
    return ", ".join(each._replace(rotation=0, path="").text for each in variant.kernels)
