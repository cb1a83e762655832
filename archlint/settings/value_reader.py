"""Values of a configuration of the types that several keys have."""

from __future__ import annotations

from math import inf

from archlint.did_you_mean import did_you_mean
from archlint.settings.toml_text import listed, value_text

__all__ = ["ValueReader"]


class ValueReader:
    """Reads values and gathers the problems; `prefix` comes before a key in their text."""

    def __init__(self, prefix: str) -> None:
        self.problems: list[str] = []
        self._prefix = prefix

    def _problem(self, key: str, text: str) -> None:
        self.problems.append(f"{self._prefix}{key}: {text}")

    def _expected(self, key: str, what: str, value: object) -> None:
        self._problem(key, f"expected {what}, found {value_text(value)}")

    def _flag(self, key: str, value: object) -> bool | None:
        if isinstance(value, bool):
            return value
        self._expected(key, "true or false", value)
        return None

    def _count(self, key: str, value: object) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self._expected(key, "a whole number from 1 on", value)
        return None

    def _slowdown(self, key: str, value: object) -> float | None:
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 1:
            return float(value)
        self._expected(key, "a number from 1.0 on", value)
        return None

    def _seconds(self, key: str, value: object) -> float | None:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < inf:
            return float(value)
        self._expected(key, "a number of seconds above 0", value)
        return None

    def _choice(self, key: str, value: object, choices: tuple[str, ...]) -> str | None:
        if isinstance(value, str) and value in choices:
            return value
        near = did_you_mean(value, choices) if isinstance(value, str) else ""
        self._expected(key, f"one of {listed(choices)}", value)
        self.problems[-1] += near
        return None

    def _strings(self, key: str, value: object) -> tuple[str, ...]:
        values = [value] if isinstance(value, str) else value
        if isinstance(values, list) and all(isinstance(each, str) for each in values):
            return tuple(values)
        self._expected(key, "a string or a list of strings", value)
        return ()
