"""What can go wrong, as one tree.

::

    ArchlintError
    ├── UsageError          a wrong option, rule code, target or path on the command line
    │   ├── ConfigError     a wrong configuration file; lists every problem at once
    │   └── NotHereError    no target of this device, where one has to be
    ├── ModelError          a model that cannot be read or does not fit what was asked
    │   └── AbsentError     a model that is not there
    ├── TargetError         a target whose tables cannot be read or do not fit the model
    │   ├── BatchError      a model at another batch than the target prices
    │   ├── DtypeError      a model in another dtype than the target prices
    │   └── UnpricedError   a model of whose operators the target prices none
    └── MeasureError        a runtime refused what it was asked to time
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "AbsentError",
    "ArchlintError",
    "BatchError",
    "ConfigError",
    "DtypeError",
    "MeasureError",
    "ModelError",
    "NotHereError",
    "TargetError",
    "UnpricedError",
    "UsageError",
]


class ArchlintError(Exception):
    """A fault that one clear line can explain; its text is that line."""


class UsageError(ArchlintError):
    """The call itself is wrong."""


class NotHereError(UsageError):
    """No target was measured on this device."""


class ConfigError(UsageError):
    """A configuration file is wrong."""

    def __init__(self, path: str, problems: Sequence[str]) -> None:
        self.path = path
        self.problems: tuple[str, ...] = tuple(problems)
        super().__init__("\n".join(f"{path}: {problem}" for problem in self.problems))


class ModelError(ArchlintError):
    """A model cannot be linted; `path` names it and `reason` says what is wrong."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class AbsentError(ModelError):
    """There is no such model."""


class TargetError(ArchlintError):
    """A target cannot price this model, or its tables cannot be read."""


class BatchError(TargetError):
    """A target prices models at other batches."""


class DtypeError(TargetError):
    """A target prices models of another dtype; `dtype` is the model's."""

    def __init__(self, reason: str, dtype: str) -> None:
        self.dtype = dtype
        super().__init__(reason)


class UnpricedError(TargetError):
    """A target has no price for anything that a model computes."""


class MeasureError(ArchlintError):
    """A runtime cannot run what it was asked to time."""
