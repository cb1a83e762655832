from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# Nothing here is about time: a busy machine fails no test.
settings.register_profile(
    "archlint", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("archlint")


@pytest.fixture(autouse=True)
def no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What whoever runs the tests wants of a terminal is no part of them."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
