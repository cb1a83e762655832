from __future__ import annotations

import pytest

from archlint.cost.kernels.kernel import parse_term
from archlint.measure.prior.levels import at_levels_of


@pytest.mark.parametrize(
    ("rotation", "levels", "others", "expected"),
    [
        (8, (8, 24, 67), (4, 11, 32), 4),
        (67, (8, 24, 67), (4, 11, 32), 32),
        # both have a level of a core's own cache, or only one of them
        (1, (1, 8, 24, 67), (2, 4, 11, 32), 2),
        (8, (8, 24, 67), (1, 4, 11, 32), 4),
        (24, (1, 8, 24, 67), (4, 11, 32), 11),
        # a row of an older table, of a level that is near by
        (64, (8, 24, 67), (4, 11, 32), 32),
        (0, (8, 24, 67), (4, 11, 32), 0),
    ],
)
def test_levels_go_by_caches(
    rotation: int, levels: tuple[int, ...], others: tuple[int, ...], expected: int
) -> None:
    kernel = parse_term("Conv 8>64 k1x1 @28x28")[1]._replace(rotation=rotation)
    found = at_levels_of(kernel, levels, others)
    assert found is not None
    assert found.rotation == expected


def test_where_there_is_no_cache_of_a_core_there_is_no_such_level() -> None:
    kernel = parse_term("Conv 8>64 k1x1 @28x28")[1]._replace(rotation=1)
    assert at_levels_of(kernel, (1, 8, 24, 67), (4, 11, 32)) is None
