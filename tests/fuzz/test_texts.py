from __future__ import annotations

from pathlib import Path
from random import Random

import platformdirs
import pytest

from tests.fuzz.texts_run import KINDS, complaint

pytestmark = pytest.mark.slow

SEED, COUNT = 2026, 150


@pytest.mark.parametrize("kind", list(KINDS))
def test_no_damaged_file_makes_more_than_a_line_or_a_pass(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: tmp_path / "cache")
    subject, random = KINDS[kind](tmp_path), Random(f"{SEED} {kind}")
    assert subject.code == (0 if kind == "baseline" else 1), subject.said
    for number in range(COUNT):
        found, _ = complaint(subject, random)
        assert not found, f"mutation {number}: {found}"
