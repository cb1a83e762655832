from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, settings

from archlint.source.export import runner
from tests.warm_exports import Start, WarmExports

# Nothing here is about time: a busy machine fails no test.
settings.register_profile(
    "archlint", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("archlint")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What whoever runs the tests wants of a terminal, and where they run, is no part of them."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("ARCHLINT_NO_CACHE", "1")


@pytest.fixture(autouse=True, scope="session")
def cold_start() -> Iterator[Start]:
    """Exports are forks of one process; a test of the process itself takes what is given here."""
    cold = runner._worker
    if not hasattr(os, "fork") or find_spec("torch") is None:
        yield cold
        return
    with closing(WarmExports(cold)) as warm, pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "_worker", warm)
        yield cold
