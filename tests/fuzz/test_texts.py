from __future__ import annotations

from pathlib import Path
from random import Random

import platformdirs
import pytest

from tests.fuzz.apart import Done
from tests.fuzz.texts_run import KINDS, complaint

pytestmark = pytest.mark.slow

SEED, COUNT = 2026, 250
PASSES = ("baseline", "changed model")
"""As they are nothing is wrong, or there is nothing yet."""


@pytest.mark.parametrize("kind", list(KINDS))
def test_no_damage_makes_more_than_a_line_or_a_pass(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: tmp_path / "cache")
    folder = tmp_path / "files"
    folder.mkdir()
    subject, random, done = KINDS[kind](folder), Random(f"{SEED} {kind}"), Done()
    assert kind in PASSES or subject.code == 1, subject.said
    for number in range(COUNT):
        found, _ = complaint(subject, random, done)
        assert not found, f"mutation {number}: {found}"
    assert len(done.ends) > 1 or subject.is_kept, done.ends
