from __future__ import annotations

import pytest

from archlint.graph.pattern import pattern_of


@pytest.mark.parametrize(
    ("module", "pattern"),
    [
        ("", ""),
        ("blocks.3.expand", "blocks.*.expand"),
        ("block4-3.conv", "block*-*.conv"),
        ("stage_2_unit_11.conv", "stage_*_unit_*.conv"),
        # two layers of one block
        ("layer1.conv2", "layer1.conv2"),
        ("branch5x5_1", "branch5x5_1"),
        ("mixed.3x3.conv", "mixed.3x3.conv"),
    ],
)
def test_numbers_of_copies_are_dropped_and_those_of_layers_kept(module: str, pattern: str) -> None:
    assert pattern_of(module) == pattern
