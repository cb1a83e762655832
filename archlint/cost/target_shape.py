"""What a target's file may say: its keys, and the values that pricing can rest on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from archlint.cost.cpu import EXTENSIONS
from archlint.cost.kernels.kernel import parse_term
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.runtime_rules import Passes, Quantised
from archlint.cost.pricing.features import FEATURES
from archlint.cost.pricing.terms import OF_NETWORKS, TERMS, WORK_OF
from archlint.cost.toml_shape import Fault, each, number, record, text, whole, words

__all__ = ["faults"]

_DTYPES = ("float", "float16", "bfloat16", "tf32", "int8")

_TEXT, _TEXTS, _SHARE, _SCALE = text(), each(text()), number(0, 1), number(0, 100, above=True)
_LOG = number(0, 10)
"""A standard deviation of a log: e^10 is no error bar any more."""


def _is_term(name: str) -> bool:
    return name in TERMS or name in OF_NETWORKS or name.startswith(WORK_OF)


def _is_kernel(term: str) -> bool:
    try:
        return bool(parse_term(term))
    except ValueError:
        return False


def _switch(value: object) -> Iterator[Fault]:
    if not isinstance(value, bool):
        yield (), "expected true or false"


def _form(pattern: str) -> Callable[[str], bool]:
    return lambda value: re.fullmatch(pattern, value) is not None


_GROUP = _form("[a-z][a-z0-9]*(-[a-z0-9]+)*")
_THREADS, _CHECKSUM = _form("([1-9][0-9]{0,5})?"), _form("([0-9a-f]{64})?")
_KINDS = each(text(*(kind.value for kind in Kind)))

_LOWERING = record(
    {"fold": _TEXTS, "fuse": _TEXTS, "fuse_into": _KINDS},
    {
        "passes": text(*(passes.value for passes in Passes)),
        "views": _switch,
        "autocast": record({"half": _TEXTS, "single": _TEXTS}),
        "channels_last": _switch,
        "channels_first": _switch,
        "rotation": each(whole(1)),
        "whole_rotation": _switch,
        "last": _TEXTS,
        "fusions": record(
            {
                "removed": _TEXTS,
                "forms": record(others=each(_TEXT, count=2)),
                "expanded": record(others=_TEXTS),
                "products": _TEXTS,
                "sums": _TEXTS,
            },
            {"inside": _TEXTS, "through": _TEXTS},
        ),
        "blocked": record(
            {
                "block": whole(1, 1 << 10),
                "align": whole(1, 1 << 10),
                "gated": record(others=_TEXT),
                **dict.fromkeys(("pools", "maps", "joins", "sums", "fuse", "resizes"), _TEXTS),
            }
        ),
        "quantised": record(
            {one.name: _TEXTS for one in fields(Quantised) if one.name != "unsigned"},
            {"unsigned": _TEXTS},
        ),
    },
)

_FAMILY = record(
    {
        "name": words(bool, "a name"),
        "terms": each(words(_is_term, "a term"), least=1),
        "spread": _LOG,
        "noise": number(0, 10, above=True),
    },
    {
        "kinds": _KINDS,
        "borrows": _KINDS,
        "differences_of": _TEXT,
        "lengths": record(known=dict.fromkeys(FEATURES, number(0.01, 1e6))),
        "unlike": _SHARE,
        "band_scale": _SCALE,
        "context": _LOG,
        "inferred": record(
            {
                "coefficients": each(number(0, 1, above=True), least=1),
                "covariance": each(number(-100, 100), least=1),
                "least": each(number(0, 100), count=2),
                "most": each(number(0, 100), count=2),
            }
        ),
    },
)

_ERROR = record(
    {"table": _TEXT, "rows": whole(0), **dict.fromkeys(("mean", "median", "p90"), number(0, 1e6))}
)

_TARGET = record(
    {
        "device": _TEXT,
        "runtime": _TEXT,
        "dtype": text(*_DTYPES),
        "threads": words(_THREADS, 'how many threads, or ""'),
        "layout": _TEXT,
        "measured": _TEXT,
        "source": _TEXT,
        "notes": _TEXTS,
        "batches": each(whole(1, 1 << 31), count=2),
        "lowering": _LOWERING,
    },
    {
        "name": _TEXT,
        "started": _TEXT,
        "unfinished": _switch,
        # what older files have, of no use any more
        "alignment": whole(1, 1 << 16),
        "width_step": whole(1, 1 << 16),
        "formerly": _TEXTS,
        "groups": each(words(_GROUP, 'a name such as "gpus"')),
        "simd": whole(0),
        "cpu": record(
            known={
                **dict.fromkeys(("vendor", "stepping", "governor"), _TEXT),
                **dict.fromkeys(("family", "model"), whole(0)),
                "extensions": each(text(*EXTENSIONS)),
                "hypervisor": _switch,
            }
        ),
        "marked": whole(0),
        "machine": record(known={"near": whole(0), "far": whole(0)}),
        "versions": record(others=_TEXT),
        "rows": record(others=whole(0)),
        "checksum": words(_CHECKSUM, "64 hex digits"),
        "reference": record(
            {
                "kernels": each(words(_is_kernel, "a kernel"), least=1),
                "seconds": each(number(1e-12, 1e6), least=1),
            }
        ),
        "transfer": record(
            {
                "base": _TEXT,
                "device": _TEXT,
                **dict.fromkeys(("factor", "low", "high"), number(1e-6, 1e6)),
                "launch": number(-1, 1),
                "kernels": whole(1),
            }
        ),
        "peak": record(dict.fromkeys(("flops", "bandwidth"), number(1, 1e24))),
        "families": each(_FAMILY),
        "calibration": record(
            {"errors": each(_ERROR), "band_scale": _SCALE, "pairs": whole(0)},
            {"coverage": _SHARE, "price_scale": _SCALE, "price_coverage": _SHARE},
        ),
    },
)


def faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    """What keeps the data of a target's file from being a target."""
    wrong = False
    for fault in _TARGET(data):
        wrong = True
        yield fault
    if not wrong:
        yield from _contradictions(data)


def _contradictions(data: Mapping[str, Any]) -> Iterator[Fault]:
    low, high = data["batches"]
    if low > high:
        yield ("batches",), f"they end at {high}, before they begin"
    reference = data.get("reference")
    if reference and len(reference["kernels"]) != len(reference["seconds"]):
        yield ("reference", "seconds"), "expected a time for each of its kernels"
    families = data.get("families", ())
    with_kinds = [bool(one.get("kinds")) for one in families]
    if any(with_kinds) and not all(with_kinds):
        yield ("families", with_kinds.index(False)), "has no kinds, and others have some"
    yield from _ill_inferred(families)
    yield from _twice("name", [[one["name"]] for one in families])
    yield from _twice("kinds", [one.get("kinds", []) + one.get("borrows", []) for one in families])


def _ill_inferred(families: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    for at, family in enumerate(families):
        terms, inferred = len(family["terms"]), family.get("inferred")
        if inferred and len(inferred["coefficients"]) != terms:
            yield ("families", at, "inferred", "coefficients"), "expected one for each term"
        if inferred and len(inferred["covariance"]) != terms**2:
            yield ("families", at, "inferred", "covariance"), "expected one for each pair of terms"


def _twice(key: str, named: list[list[str]]) -> Iterator[Fault]:
    seen = Counter[str]()
    for at, names in enumerate(named):
        seen.update(names)
        for name in names:
            if seen[name] > 1:
                yield ("families", at, key), f'"{name}" is a family\'s before it'
