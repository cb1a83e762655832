"""A finding in JSON, as `check`, `diff` and `verify` write it; times are in ms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from archlint.cost.kernels.kernel import Kernel
from archlint.location import Location, Span
from archlint.report.json_text import Json, members, ms, plain, rounded
from archlint.report.words import caveat_text, dearer_text, flip_text, sizes_text
from archlint.results.findings import Finding, FoundPlace, PricedChoice, PricedOn, Variant
from archlint.results.judgement import Dearer

__all__ = ["finding_json", "head_json", "variant_json"]


def finding_json(finding: Finding) -> Json:
    """The whole finding."""
    return {
        **head_json(finding),
        "sizes": {**members(finding.sizes), "text": sizes_text(finding.sizes)},
        "flips": [
            {**members(each), "text": flip_text(each, several=True)} for each in finding.flips
        ],
        "dearer": [_dearer(each) for each in finding.dearer],
        "advice": finding.advice,
        "location": _location(finding.location),
        "prices": [_price(each) for each in finding.prices],
        "places": [_place(each) for each in finding.places],
    }


def head_json(finding: Finding) -> Json:
    """What a finding is, without where it is and what it costs."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "module": finding.module,
        "count": finding.count,
        "exact": finding.exact,
        "upper_bound": finding.upper_bound,
        "fingerprint": finding.fingerprint,
    }


def variant_json(variant: Variant) -> Json:
    """What stands at a place: the rule's words, and each kernel with how often it runs.

    The order of them all is told where others run in between.
    """
    counted = Counter(variant.kernels)
    numbers = {kernel: number for number, kernel in enumerate(counted)}
    order = [numbers[each] for each in variant.kernels]
    return {
        "text": variant.text,
        "kernels": [_kernel(*each) for each in counted.items()],
        "order": None if order == sorted(order) else order,
    }


def _kernel(kernel: Kernel, count: int) -> Json:
    return {
        "count": count,
        "text": kernel.text,
        "kind": kernel.kind.value,
        "op": kernel.op,
        "c_in": kernel.c_in,
        "c_out": kernel.c_out,
        "in_map": kernel.in_map,
        "out_map": kernel.out_map,
        "batch": kernel.batch,
        "window": kernel.window,
        "strides": kernel.strides,
        "groups": kernel.groups,
        "fused": kernel.epilogue,
        "path": kernel.path,
    }


def _place(place: FoundPlace) -> Json:
    return {
        "operators": place.operators,
        "module": place.module,
        "location": _location(place.location),
        "evidence": plain(place.evidence),
        "now": variant_json(place.now),
        "instead": variant_json(place.instead),
        "prices": [_price(each) for each in place.prices],
        "choices": [_choice(each) for each in place.choices],
    }


def _choice(choice: PricedChoice) -> Json:
    return {
        "target": choice.target,
        "text": choice.text,
        "ms": ms(choice.seconds),
        "flops_ratio": rounded(choice.flops),
        "at_equal_time": choice.at_equal_time,
        "is_instead": choice.is_instead,
    }


def _price(price: PricedOn) -> Json:
    caveat = price.caveat
    return {
        "target": price.target,
        "severity": price.severity.value,
        "now_ms": ms(price.now),
        "instead_ms": ms(price.instead),
        "slowdown": rounded(price.slowdown),
        "slowdown_low": rounded(price.slowdown_low),
        "slowdown_high": rounded(price.slowdown_high),
        "saving_ms": ms(price.saving),
        "saving_share": rounded(price.saving_share),
        "basis": price.basis.value,
        "caveat": None if caveat is None else {**members(caveat), "text": caveat_text(price)},
    }


def _dearer(dearer: Dearer) -> Json:
    targets: Sequence[Json] = [
        {
            "target": each.target,
            "saving_ms": None if each.saving is None else ms(each.saving),
            "most_before_ms": ms(each.most_before),
        }
        for each in dearer.on
    ]
    return {"module": dearer.module, "targets": targets, "text": dearer_text(dearer)}


def _location(location: Location | None) -> Json | None:
    if location is None:
        return None
    return {
        **_span(location.span),
        "certainty": location.certainty.value,
        "chain": [
            {**_span(each.span), "what": each.what, "inside": each.inside}
            for each in location.chain
        ],
        "depth": location.depth,
    }


def _span(span: Span) -> Json:
    return {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "source": span.text,
    }
