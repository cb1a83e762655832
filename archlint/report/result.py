"""A finding as formats for CI tell it: a line of text, a place in a file, a level."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from archlint.graph.pattern import pattern_of
from archlint.location import Span
from archlint.report.escape import visible
from archlint.report.shown import asides, place_of
from archlint.report.units import counted, milliseconds, percent
from archlint.report.words import dearer_text
from archlint.results.findings import Finding, FoundPlace, ModelReport, PricedOn, Report, Variant
from archlint.results.severity import Severity

__all__ = [
    "Fault",
    "Result",
    "dearer_of",
    "faults",
    "file_of",
    "remarks",
    "results",
    "sentence",
    "text_of",
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
    """What is found, where, and what it costs on each target."""
    where = place_of(finding)
    if finding.count > 1:
        where += f" ({counted(finding.count, 'place')})"
    costs = "; ".join(sentence(finding, price) for price in finding.prices)
    return visible(f"{finding.message}, {where} in {model.path}: {costs}{dearer_of(finding)}")


def dearer_of(finding: Finding) -> str:
    """What goes on after its costs where its places were known and save more now, else ""."""
    return "".join(f"; {dearer_text(each)}" for each in finding.dearer)


def sentence(finding: Finding, price: PricedOn) -> str:
    """What a finding costs on one target."""
    most = "at most " if finding.upper_bound else ""
    return (
        f"{price.slowdown:.2f}x slower ({price.slowdown_low:.2f} to {price.slowdown_high:.2f},"
        f" {price.basis.value}), saves {most}{milliseconds(price.saving)},"
        f" {percent(price.saving_share)} of the network on {price.target}"
    )


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
