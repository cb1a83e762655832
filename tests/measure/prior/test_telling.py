from __future__ import annotations

from collections import Counter

import pytest

from archlint.cost.kernels.kernel import parse_term
from archlint.cost.target import Target
from archlint.measure.prior.telling import LONGEST, long_kernels, short_kernels
from archlint.measure.prior.transfer import LONG, SHORT
from tests.measure.prior.carrying import base_of, base_target


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Target:
    return base_target(tmp_path_factory.mktemp("targets"))


def test_the_long_ones_are_long_and_none_is_taken_twice(target: Target) -> None:
    kernels = [parse_term(row.kernels)[1] for row in target.rows]
    found = long_kernels(base_of(target), kernels, 20)
    assert len(set(found)) == 20
    times = base_of(target).seconds([kernels[at] for at in found])
    assert ((times >= LONG) & (times <= LONGEST)).all()


def test_the_first_are_the_same_however_many_are_asked_for(target: Target) -> None:
    kernels = [parse_term(row.kernels)[1] for row in target.rows]
    base = base_of(target)
    assert long_kernels(base, kernels, 20)[:8] == long_kernels(base, kernels, 8)


def test_the_short_ones_are_short_and_of_every_kind_that_has_them(target: Target) -> None:
    kernels = [parse_term(row.kernels)[1] for row in target.rows]
    found = short_kernels(base_of(target), kernels, 4)
    assert (base_of(target).seconds([kernels[at] for at in found]) < SHORT).all()
    # Softmax has too few rows for a family, so the base tells nothing of it
    assert Counter(kernels[at].op for at in found) == {"Add": 4}
