"""What `archlint targets` and `archlint rule` say, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from archlint.cost.cpu import Cpu

__all__ = ["CarriedRows", "KindError", "RulePage", "RuleRows", "TargetSummary", "Where"]


class Where(str, Enum):
    """Whether a target was measured on this machine, on the device that is likest, or on others."""

    HERE = "here"
    NEAREST = "nearest"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class RuleRows:
    """How many measured rows a rule's cost table has; `rule` is its code, or "shared"."""

    rule: str
    rows: int


@dataclass(frozen=True, slots=True)
class KindError:
    """The error of one kind of kernel, left out of the fit: median and 90th percentile, 0 to 1."""

    kind: str
    median: float
    p90: float
    rows: int


@dataclass(frozen=True, slots=True)
class CarriedRows:
    """How many rows of the target `base`, of another `device`, were carried over to this one.

    What takes t ms there takes `factor` t + `launch` here; `low` and `high` are the ends of the
    factor's 95 % interval.
    """

    base: str
    device: str
    factor: float
    low: float
    high: float
    launch: float
    rows: int


@dataclass(frozen=True, slots=True)
class TargetSummary:
    """A target and how far its prices can be trusted.

    `threads` is None for a GPU.  `batches` are the least and the greatest batch that it prices,
    or the only one.  `band_coverage` is the share of left-out pairs, 0 to 1, that
    the band from the 10th to the 90th percentile covers (aim: 0.8), `price_coverage` that of
    left-out prices, None where not known.
    `date` and `source` are those of the measurements; `notes` say what the rows lack.  `folder`
    is where a target of the user's lies, None for one that comes with archlint.  `marked`
    counts rows whose sessions differ too much for a price of their own, `added` those of the
    user's, on top of the shipped ones.  Until it `is_finished` nothing is priced for it.  `where`
    alone depends on the machine that asks.  `groups` are those that it stands for its device in,
    and where it `is_inferred` its prices come from times of whole networks.  `cpu` and `caches` (a
    core's own and the last, in bytes) are what the device tells of itself.  `carried` are rows of
    another target, None where there are none.
    """

    target: str
    device: str
    runtime: str
    dtype: str
    threads: int | None
    batches: tuple[int, ...]
    is_default: bool
    rows: tuple[RuleRows, ...]
    errors: tuple[KindError, ...]
    band_coverage: float | None
    price_coverage: float | None
    date: str
    source: str
    notes: tuple[str, ...] = ()
    folder: str | None = None
    marked: int = 0
    added: int = 0
    is_finished: bool = True
    where: Where = Where.ELSEWHERE
    cpu: Cpu | None = None
    caches: tuple[int, ...] = ()
    carried: CarriedRows | None = None
    groups: tuple[str, ...] = ()
    is_inferred: bool = False


@dataclass(frozen=True, slots=True)
class RulePage:
    """A rule's documentation; `page` is Markdown."""

    code: str
    name: str
    summary: str
    page: str
