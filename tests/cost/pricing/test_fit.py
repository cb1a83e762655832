from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from archlint.cost.pricing.fit import fit_relative

Array = NDArray[np.float64]
NO_FLOOR = np.zeros(3)

values = st.floats(0.1, 10)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Array, Array, Array]:
    rows, terms = draw(st.integers(2, 12)), draw(st.integers(1, 4))
    features = draw(arrays.arrays(float, (rows, terms), elements=values))
    seconds = draw(arrays.arrays(float, rows, elements=values))
    floor = draw(arrays.arrays(float, terms, elements=st.floats(0, 1)))
    return features, seconds, floor


def loss(features: Array, seconds: Array, coefficients: Array) -> float:
    error = features @ coefficients / seconds - 1
    return float(error @ error)


def projected_gradient(features: Array, seconds: Array, floor: Array, steps: int = 1000) -> Array:
    """Another solver of the same problem: small steps downhill, never below the floor."""
    relative = features / seconds[:, None]
    step = 1 / np.linalg.norm(relative, 2) ** 2
    found: Array = floor.copy()
    for _ in range(steps):
        found = np.maximum(found - step * relative.T @ (relative @ found - 1), floor)
    return found


@given(problems())
def test_no_small_change_above_the_floor_lowers_the_error(
    problem: tuple[Array, Array, Array],
) -> None:
    features, seconds, floor = problem
    found = fit_relative(features, seconds, floor)
    assert (found >= floor).all()
    relative = features / seconds[:, None]
    slope = relative.T @ (relative @ found - 1)
    scale = np.abs(relative).sum(axis=0) * np.abs(relative @ found - 1).max() + 1
    # the conditions of Karush, Kuhn and Tucker
    assert (slope >= -1e-6 * scale).all()
    free = found > floor + 1e-9
    assert (np.abs(slope) <= 1e-6 * scale)[free].all()


@settings(max_examples=30)
@given(problems())
def test_another_solver_finds_nothing_better(problem: tuple[Array, Array, Array]) -> None:
    other = projected_gradient(*problem)
    features, seconds, _ = problem
    least = loss(features, seconds, fit_relative(*problem))
    assert least <= loss(features, seconds, other) * (1 + 1e-9) + 1e-9


@given(
    arrays.arrays(float, 3, elements=values),
    st.integers(0, 2**32 - 1),
)
def test_the_coefficients_behind_exact_times_are_found(known: Array, seed: int) -> None:
    features = np.random.default_rng(seed).uniform(0.1, 10, (12, 3))
    found = fit_relative(features, features @ known, NO_FLOOR)
    np.testing.assert_allclose(found, known, rtol=1e-6)


def test_a_term_that_times_fall_with_is_left_out() -> None:
    features = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    found = fit_relative(features, np.array([3.0, 2.0, 1.0]), np.zeros(2))
    assert found[1] == 0.0
    assert found[0] > 0.0


def test_times_faster_than_the_floor_give_the_floor() -> None:
    features = np.array([[1.0], [2.0], [4.0]])
    found = fit_relative(features, features[:, 0] * 0.5, np.array([1.0]))
    np.testing.assert_array_equal(found, [1.0])


def test_errors_are_relative_so_that_no_row_counts_for_its_length() -> None:
    features = np.array([[1.0], [1000.0]])
    found = fit_relative(features, np.array([1.0, 2000.0]), np.zeros(1))
    # (c - 1)^2 + (c / 2 - 1)^2 is least at 6/5
    np.testing.assert_allclose(found, [1.2])


def test_a_coefficient_above_its_ceiling_is_held_there_and_the_others_are_found_anew() -> None:
    features = np.array([[1.0, 0.0], [2.0, 1.0], [3.0, 2.0]])
    seconds = features @ np.array([1.0, 5.0])
    free = fit_relative(features, seconds, np.zeros(2), np.array([np.inf, 9.0]))
    held = fit_relative(features, seconds, np.zeros(2), np.array([np.inf, 2.0]))
    assert np.allclose(free, [1.0, 5.0])
    assert held[1] == 2.0
    assert held[0] > 1.0
