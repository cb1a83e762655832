from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from archlint.settings.options import Options
from tests.fuzz.lint import TARGETS, Watch, complaint
from tests.fuzz.mutate import mutated, seeds

pytestmark = pytest.mark.slow

SEED, COUNT = 2026, 1500


@pytest.mark.parametrize("target", TARGETS)
def test_no_damage_makes_more_than_a_clear_line(target: str, tmp_path: Path) -> None:
    random, whole, watch = Random(f"{SEED} {target}"), seeds(), Watch()
    for number in range(COUNT // len(TARGETS)):
        data = mutated(random, random.choice(whole))
        found = complaint(data, tmp_path / "m.onnx", Options(targets=(target,)), watch)
        if found:
            (Path(tmp_path) / f"case{number}.onnx").write_bytes(data)
        assert not found, f"mutation {number}: {found}"
