"""What a configuration may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archlint.cost.target_files import TargetFiles

__all__ = ["Known"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a configuration may name: rule codes with their names, rule options, targets, formats.

    `rule_options` is by rule code, then by option name: the type that its value must have
    (float, int or bool).  What options the `broken` ones of the rules have nobody knows.
    """

    rules: Mapping[str, str]
    rule_options: Mapping[str, Mapping[str, type]]
    targets: Mapping[str, TargetFiles]
    formats: tuple[str, ...] = ()
    broken: frozenset[str] = frozenset()

    @property
    def rule_words(self) -> tuple[str, ...]:
        """What a rule can be called by: the codes, then the names."""
        return (*self.rules, *self.rules.values())
