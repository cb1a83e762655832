"""What the judge says beside the prices, as a person reads it."""

from __future__ import annotations

from collections import Counter

from archlint.report.units import milliseconds, percent, shape
from archlint.results.findings import Finding, FindingAtBatch, ModelReport, PricedOn
from archlint.results.judgement import Caveat, Dearer, Doubt, Flip, Sizes
from archlint.results.severity import Severity

__all__ = [
    "brought_text",
    "caveat_text",
    "dearer_of",
    "dearer_text",
    "flip_text",
    "flips_of",
    "sizes_text",
]

_ARTICLE = {Severity.ERROR: "an error", Severity.WARNING: "a warning", Severity.NOTE: "a note"}


def flips_of(model: ModelReport, finding: Finding) -> list[str]:
    """How the verdict changes at another batch, a line each."""
    several = len(model.targets) > 1
    return [flip_text(each, several=several) for each in finding.flips]


def caveat_text(price: PricedOn) -> str:
    """Why the severity is lower than the share of time alone makes it, or ""."""
    caveat = price.caveat
    if caveat is None:
        return ""
    if caveat.at_most.rank < price.severity.rank:
        do = "do" if caveat.places > 1 else "does"
        return f"{caveat.places} of {caveat.of} places {do} not count: {_reason(caveat)}"
    where = f" ({caveat.places} of {caveat.of} places)" if caveat.places < caveat.of else ""
    return f"{_ARTICLE[caveat.at_most]} at most{where}: {_reason(caveat)}"


def _reason(caveat: Caveat) -> str:
    if caveat.min_slowdown is not None:
        return f"less than {caveat.min_slowdown:.2f} times slower"
    if caveat.basis is not None:
        return f"its prices are {caveat.basis.value}"
    if caveat.coverage is not None:
        return f"only {caveat.coverage:.0%} of the memory access is priced on this target"
    if caveat.reason is Doubt.UNKNOWN:
        return "operators of this network are not read"
    if caveat.reason is Doubt.UNCERTAIN:
        return "uncertain here: measure it"
    return caveat.rule or caveat.reason.value


def flip_text(flip: Flip, *, several: bool) -> str:
    """What the finding is at the other batch; the target is named where there are several."""
    where = f"at batch {flip.batch}" + (f" on {flip.target}" if several else "")
    if flip.severity is None or flip.saving_share is None:
        return f"{where}: nothing to report"
    return f"{where}: {_ARTICLE[flip.severity]}, {percent(flip.saving_share)} of the network"


def brought_text(brought: FindingAtBatch) -> str:
    """A finding of the other batch in one line."""
    finding = brought.finding
    return (
        f"{finding.severity.value} {finding.code} {finding.name} at batch {brought.batch}:"
        f" {finding.message}, {finding.module}, {percent(finding.saving_share)} of the network"
    )


def dearer_text(dearer: Dearer) -> str:
    """What a known place saves where it saves more than it did; of several targets, on which."""
    told = [
        f"{milliseconds(each.saving)} now, {milliseconds(each.most_before)} at most before"
        + (f" on {each.target}" if len(dearer.on) > 1 else "")
        for each in dearer.on
        if each.saving is not None and each.saving > each.most_before
    ]
    return f"known, but dearer: saves {'; '.join(told)}"


def dearer_of(finding: Finding) -> list[str]:
    """What its known places save more than they did; those that say the same have one line."""
    counts = Counter(map(dearer_text, finding.dearer))
    return [text if count == 1 else f"{text} ({count} places)" for text, count in counts.items()]


def sizes_text(sizes: Sizes) -> str:
    """The range of sizes: "on 56x56 to 7x7, 24 to 160 channels", or ""."""
    parts = []
    if sizes.maps:
        parts.append(f"on {' to '.join(map(shape, sizes.maps))}")
    if sizes.channels:
        parts.append(f"{' to '.join(map(str, sizes.channels))} channels")
    return ", ".join(parts)
