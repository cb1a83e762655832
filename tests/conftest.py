from __future__ import annotations

from hypothesis import HealthCheck, settings

# Nothing here is about time: a busy machine fails no test.
settings.register_profile(
    "archlint", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("archlint")
