"""A linter for the architecture of neural networks, priced from measured times per device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archlint.version import __version__

if TYPE_CHECKING:
    from archlint.api import FindingsError, Report, lint
    from archlint.errors import (
        ArchlintError,
        ConfigError,
        ModelError,
        TargetError,
        UsageError,
    )
    from archlint.results.findings import Finding, ModelReport, Severity

__all__ = [
    "ArchlintError",
    "ConfigError",
    "Finding",
    "FindingsError",
    "ModelError",
    "ModelReport",
    "Report",
    "Severity",
    "TargetError",
    "UsageError",
    "__version__",
    "lint",
]

_HOME = {
    "lint": "archlint.api",
    "Finding": "archlint.results.findings",
    "ModelReport": "archlint.results.findings",
    "FindingsError": "archlint.api",
    "Report": "archlint.api",
    "Severity": "archlint.results.findings",
}


def __getattr__(name: str) -> object:
    # `archlint --help` must not pay for onnx, numpy and networkx: names load when asked for
    from importlib import import_module

    if name in __all__:
        return getattr(import_module(_HOME.get(name, "archlint.errors")), name)
    raise AttributeError(f"module 'archlint' has no attribute {name!r}")
