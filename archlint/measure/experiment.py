"""Experiments: the workloads that a rule asks to have timed, to fill its cost table."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Experiment"]


@dataclass(frozen=True, slots=True)
class Experiment:
    """One chain of kernels to time (text of `parse_chain`) and the series that it belongs to.

    The experiments of a series have equal FLOPs, so that their times can be compared.
    """

    kernels: str
    series: str
