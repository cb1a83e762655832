"""A target of a few rows, so that a rule can be tried without a machine to measure on."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from archlint.cost.kernels.kernel import parse_term
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.runtime_rules import Passes, RuntimeRules
from archlint.cost.pricing.family import FamilySpec
from archlint.cost.pricing.features import PAPER_LENGTHS
from archlint.cost.pricing.table import Row
from archlint.cost.pricing.variety import variety_of
from archlint.cost.target import Calibration, Target

__all__ = ["target_of"]

_LENGTHS = {**PAPER_LENGTHS, **dict.fromkeys(("bytes", "add", "relu", "cheap", "dear"), 2.0)}
_FUSING = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE, Kind.PRODUCT})


def target_of(rows: Mapping[str, float], *, fuse: Collection[str] = ("Relu", "Clip")) -> Target:
    """A target on which these kernels take so many seconds: `{"Relu 64 @56x56": 20e-6}`.

    A kernel of the rows has its row's time, but for a percent; one between or beside the rows of
    its variety has what a fit of them says, and one of another variety has no price.  Convs and
    products fold a BatchNormalization and fuse the activations `fuse`.  Raises ValueError for a
    text that is no kernel.
    """
    varieties = dict.fromkeys(variety_of(parse_term(text)[1]) for text in rows)
    return Target(
        name="test",
        device="none",
        runtime="none",
        dtype="float",
        threads="",
        layout="",
        measured="",
        source="a test",
        notes=(),
        batches=(1, 1 << 16),
        peak=None,
        lowering=RuntimeRules(
            Passes.EAGER, frozenset({"BatchNormalization"}), frozenset(fuse), _FUSING
        ),
        families=tuple(map(_family, varieties)),
        calibration=Calibration((), band_scale=1.0, coverage=None, pairs=0),
        rows=tuple(_row(text, seconds) for text, seconds in rows.items()),
    )


def _family(variety: str) -> FamilySpec:
    return FamilySpec(
        name=variety,
        kinds=(),
        borrows=(),
        terms=("launch", "flops", "bytes"),
        differences_of="",
        spread=0.25,
        noise=0.01,
        lengths=_LENGTHS,
    )


def _row(text: str, seconds: float) -> Row:
    return Row(
        rule="",
        kernels=text,
        series="",
        dtype="float",
        batch=1,
        layout="",
        sessions=1,
        median_s=seconds,
        p10_s=None,
        p90_s=None,
        interval=None,
        measured="",
        how="a test",
    )
