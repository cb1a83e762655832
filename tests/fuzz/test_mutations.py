from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz.apart import Done
from tests.fuzz.lint import Watch, complaints, options_of
from tests.fuzz.mutate import mutated, seeds

pytestmark = pytest.mark.slow

SEED, RUNS, AT_ONCE = 2026, 75, 40


def test_no_damage_makes_more_than_a_clear_line(tmp_path: Path) -> None:
    random, whole, watch, done = Random(SEED), seeds(), Watch(), Done()
    for run in range(RUNS):
        data = [mutated(random, random.choice(whole)) for _ in range(AT_ONCE)]
        found = complaints(data, tmp_path, options_of(random), watch, done)
        assert not found, f"run {run}: {found}"
    assert done.ends["linted"] > RUNS * AT_ONCE / 5
