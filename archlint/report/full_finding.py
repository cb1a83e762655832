"""A finding as a person reads it: where, its prices, what stands there and what could."""

from __future__ import annotations

from archlint.location import Location
from archlint.report.change_told import change_told
from archlint.report.page import Page, Part
from archlint.report.shown import place_of
from archlint.report.snippet import notes, snippet
from archlint.report.style import Style
from archlint.report.units import counted, milliseconds, percent
from archlint.report.words import caveat_text, dearer_of, flips_of, sizes_text
from archlint.results.findings import Finding, FoundPlace, ModelReport, PricedOn, Severity
from archlint.results.judgement import Doubt

__all__ = ["COLORS", "LABEL", "labelled", "write_finding"]

COLORS = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.NOTE: "bold cyan",
}
LABEL = 10
"""Columns of the word that a line begins with."""

_DIM = "dim"
_STRONG = "bold"


def write_finding(page: Page, model: ModelReport, finding: Finding, style: Style) -> None:
    """One finding with its source, its prices and what to do about it."""
    color = COLORS[finding.severity]
    page.line(
        (finding.severity.value, color), " ", (finding.code, color), " ", (finding.name, _STRONG),
        ": ", finding.message, *_mark(finding), hang=2,
    )  # fmt: skip
    where: list[list[Part]] = [[("--> ", _DIM), f"{_line(finding)}{place_of(finding)}"]]
    if finding.count > 1:
        where.append([counted(finding.count, "place")])
    if sizes := sizes_text(finding.sizes):
        where.append([sizes])
    page.flow(where, indent=2, hang=4)
    if finding.location is not None:
        _source(page, finding.location, color, style)
    for price in finding.prices:
        _price(page, finding, price)
    for text in [*flips_of(model, finding), *dearer_of(finding)]:
        page.line((text, COLORS[Severity.NOTE]), indent=6, hang=2)
    if finding.places:
        _change(page, finding, style)
    if style.verbose and finding.count > 1:
        for place in finding.places:
            _place(page, finding, place)
    page.blank()


def _source(page: Page, location: Location, color: str, style: Style) -> None:
    """The line with carets, as rustc and ruff show it, and the calls that led to it."""
    shown = snippet(location.span, style.width - 6)
    margin = " " * len(shown.number)
    page.verbatim((f"{margin} |", _DIM), indent=6)
    page.verbatim((f"{shown.number} | ", _DIM), shown.text, indent=6)
    page.verbatim((f"{margin} | ", _DIM), (shown.carets, color), indent=6)
    for note in notes(location):
        page.line((f"{margin} = ", _DIM), note, indent=6, hang=len(margin) + 3)


def _mark(finding: Finding) -> list[Part]:
    if finding.exact:
        return [(" [exact]", _DIM)]
    return [(" [upper bound]", _DIM)] if finding.upper_bound else []


def _line(finding: Finding) -> str:
    """The line of source; a model's file stands above all of its findings."""
    if finding.location is None:
        return ""
    where = finding.location.span
    return f"{where.path}:{where.line}:{where.column}: "


def _price(page: Page, finding: Finding, price: PricedOn) -> None:
    phrases: list[list[Part]] = [
        ["now ", (milliseconds(price.now), _STRONG)],
        ["instead ", (milliseconds(price.instead), _STRONG)],
        [
            (_slower(price), _STRONG),
            f" ({price.slowdown_low:.2f} to {price.slowdown_high:.2f}, {price.basis.value})",
        ],
        [*_saves(price, finding), f", {percent(abs(price.saving_share))} of the network"],
    ]
    if len(finding.prices) > 1:
        severity = (price.severity.value, COLORS[price.severity])
        phrases.insert(0, [f"{price.target} ", severity])
    hang = 2 if len(finding.prices) > 1 else 0
    page.flow(phrases, indent=6, hang=hang)
    # what caps an upper bound is said by its mark
    is_told = price.caveat is not None and price.caveat.reason is not Doubt.UPPER_BOUND
    if is_told and (caveat := caveat_text(price)):
        page.line((caveat, COLORS[Severity.NOTE]), indent=6 + hang, hang=2)


def _slower(price: PricedOn) -> str:
    return f"{price.slowdown:.2f}x slower" if price.slowdown >= 1 else f"{price.slowdown:.2f}x"


def _saves(price: PricedOn, finding: Finding) -> list[Part]:
    time = (milliseconds(abs(price.saving)), _STRONG)
    if price.saving < 0:
        return ["costs ", time, " more"]
    return ["saves at most " if finding.upper_bound else "saves ", time]


def _change(page: Page, finding: Finding, style: Style) -> None:
    """What stands there and what could; of what is only taken away, the help.

    Another design is told by what stands there instead.
    """
    told = change_told(finding)
    if finding.upper_bound and not style.verbose:
        told = [(label, text) for label, text in told if label == "help"]
    elif not (finding.exact or style.verbose):
        told = [(label, text) for label, text in told if label != "help"]
    for label, text in told:
        at = f"at {finding.places[0].name}: " if label == "now" and finding.count > 1 else ""
        labelled(page, label, f"{at}{text}", indent=6)


def _place(page: Page, finding: Finding, place: FoundPlace) -> None:
    phrases: list[list[Part]] = [[("place".ljust(LABEL), _DIM), place.name]]
    for price in place.prices:
        on: list[Part] = [f"{price.target} "] if len(place.prices) > 1 else []
        phrases += [[*on, milliseconds(price.now)], [_slower(price)], _saves(price, finding)]
    page.flow(phrases, indent=6, hang=LABEL)


def labelled(page: Page, label: str, text: str, indent: int = 2) -> None:
    """A line that begins with a word for what it is."""
    page.line((label.ljust(LABEL), _DIM), text, indent=indent, hang=LABEL)
