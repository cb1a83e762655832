"""Where windows lie: reach, padding, and what of a dilated window falls on the map."""

from __future__ import annotations

import pytest

from archlint.cost.kernels.kernel import parse_term
from archlint.cost.kernels.window import padding_of, reach_of, share_inside


@pytest.mark.parametrize(
    ("text", "reach", "padding"),
    [
        ("Conv 8>8 k3x3 @14x14", (3, 3), (2, 2)),
        ("Conv 8>8 k3x3 d12x12 @14x14", (25, 25), (24, 24)),
        ("Conv 8>8 k3x3 d2x1 @14x14", (5, 3), (4, 2)),
        ("Conv 8>8 k3x3 s2x2 d2x2 @14x14>7x7", (5, 5), (3, 3)),
        ("Conv 8>8 k1x3 d1x4 @14x14", (1, 9), (0, 8)),
    ],
)
def test_a_dilated_window_reaches_further(
    text: str, reach: tuple[int, ...], padding: tuple[int, ...]
) -> None:
    _, kernel = parse_term(text)
    assert (reach_of(kernel), padding_of(kernel)) == (reach, padding)


def test_taps_on_the_padding_are_told_by_dim() -> None:
    _, kernel = parse_term("Conv 8>8 k3x3 d6x6 @8x8")
    # of 24 taps along a dim 8 + 2 + 2 are on the map; undilated 24 - 2
    assert share_inside(kernel, 1) == pytest.approx(12 / 22)
    assert share_inside(kernel, 2) == pytest.approx((12 / 22) ** 2)


def test_beyond_the_map_only_the_centre_is_left() -> None:
    _, kernel = parse_term("Conv 8>8 k3x3 d40x40 @8x8")
    assert share_inside(kernel, 2) == pytest.approx((8 / 22) ** 2)


def test_an_undilated_window_is_whole() -> None:
    assert share_inside(parse_term("Conv 8>8 k3x3 @8x8")[1], 2) == 1.0
