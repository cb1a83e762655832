from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from archlint.cost.kernels.footprint import footprint
from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.measure.plan.company import SIZE, companies, size_of

ROOM = 1e9


def kernels(texts: list[str]) -> list[Kernel]:
    return [parse_chain(text)[0][1] for text in texts]


ADDS = kernels([f"Add {n} @28x28" for n in range(1, 101)])


def test_sessions_are_of_equal_length_and_hold_forty_at_most() -> None:
    assert [len(each) for each in companies(ADDS, 0, ROOM, 1)] == [34, 33, 33]


def test_the_company_is_of_like_size_and_another_with_another_seed() -> None:
    sizes = kernels([f"Add {2**n} @8x8" for n in range(4, 24)] * 6)
    for session in companies(sizes, 0, 1e12, 1):
        of_session = [size_of(sizes[at]) for at in session]
        everything = [size_of(each) for each in sizes]
        assert max(of_session) - min(of_session) < 0.6 * (max(everything) - min(everything))
    assert companies(ADDS, 0, ROOM, 1) == companies(ADDS, 0, ROOM, 1)
    assert companies(ADDS, 0, ROOM, 1) != companies(ADDS, 0, ROOM, 2)


def test_no_session_has_more_weights_than_the_rotation_that_it_is_timed_in() -> None:
    wide = kernels([f"MatMul {1000 + n}>250 @8" for n in range(9)])
    for session in companies(wide, 4_000_000, ROOM, 1):
        assert sum(wide[at].weight_bytes for at in session) <= 4_000_000


def test_no_session_runs_through_more_than_that_with_what_its_largest_kernel_writes() -> None:
    mixed = kernels([f"Conv {n}>64 k1x1 @28x28" for n in range(64, 164)])
    for session in companies(mixed, 2_000_000, ROOM, 1):
        assert footprint(mixed[at] for at in session) <= 2_000_000


def test_no_session_fills_more_than_the_room_but_for_one_kernel_that_does() -> None:
    large = kernels([f"Add {n} @100x100" for n in range(100, 110)])
    sessions = companies(large, 0, 30_000_000, 1)
    assert [len(each) for each in sessions] == [2] * 5
    assert companies(large[:1], 0, 1.0, 1) == [[0]]


@given(
    st.lists(st.integers(1, 512), max_size=200),
    st.integers(0, 2_000_000),
    st.floats(1e5, 1e9),
    st.integers(0, 100),
)
def test_every_kernel_is_in_one_session(
    widths: list[int], weights: int, room: float, seed: int
) -> None:
    convs = kernels([f"Conv {width}>64 k1x1 @14x14" for width in widths])
    sessions = companies(convs, weights, room, seed)
    assert Counter(at for each in sessions for at in each) == Counter(range(len(convs)))
    assert all(0 < len(each) <= SIZE for each in sessions)
