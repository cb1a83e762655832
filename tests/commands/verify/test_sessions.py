from __future__ import annotations

import pytest

from archlint.commands.verify import Request, verify
from archlint.commands.verify.surroundings import surround
from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.results.verification import Verdict
from tests.commands.verify.fakes import Predicted, Silent, chosen, examined, findings, verified


def kernels(*widths: int) -> tuple[Kernel, ...]:
    return tuple(parse_chain(f"Conv {width}>64 k1x1 @28x28")[0][1] for width in widths)


def runs(_: Kernel) -> bool:
    return True


def test_the_neighbours_are_the_nearest_and_in_the_network_s_order() -> None:
    network = kernels(*range(1, 61))
    now, instead = surround(network, [30, 28], kernels(99, 98), runs)
    assert now.kernels == network[17:41]
    assert now.own == (11, 13)
    assert instead.kernels == (*network[17:28], *kernels(99), network[29], *kernels(98),
                               *network[31:41])  # fmt: skip
    assert instead.own == now.own


@pytest.mark.parametrize(
    ("instead", "expected"),
    [
        ((99,), (1, 99, 4, 5)),
        ((97, 98, 99), (1, 97, 98, 99, 4, 5)),
        ((96, 97, 98, 99), (1, 96, 97, 98, 99, 4, 5)),
    ],
)
def test_fewer_or_more_kernels_instead_stand_where_those_now_do(
    instead: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    network = kernels(1, 2, 3, 4, 5)
    _, side = surround(network, [1, 2], kernels(*instead), runs)
    assert side.kernels == kernels(*expected)
    assert [side.kernels[at] for at in side.own] == list(kernels(*instead))


def test_a_place_with_many_kernels_has_a_few_neighbours_all_the_same() -> None:
    now, _ = surround(kernels(*range(1, 61)), range(10, 50), kernels(99), runs)
    assert len(now.kernels) == 44
    assert len(now.own) == 40


def test_neighbours_that_the_runtime_does_not_run_are_left_out() -> None:
    network = kernels(1, 2, 3, 4)
    now, instead = surround(network, [2], kernels(99), lambda kernel: kernel.c_in != 2)
    assert now.kernels == kernels(1, 3, 4)
    assert instead.kernels == kernels(1, 99, 4)


def test_sides_take_turns_at_going_first_and_have_the_same_neighbours() -> None:
    backend = Predicted()
    finding = findings(verified(backend, Request(sessions=4, places=1)))[0]
    medleys = backend.medleys[:8]
    now = [set(medley.kernels).issuperset(finding.places[0].now.kernels) for medley in medleys]
    assert now == [True, False, False, True, True, False, False, True]
    assert all(medley.linked for medley in medleys)
    pairs = list(zip(medleys[::2], medleys[1::2], strict=True))
    assert all(one.seed == other.seed for one, other in pairs)
    assert len({one.seed for one, _ in pairs}) == 4


def test_the_model_s_weights_are_in_rotation() -> None:
    backend = Predicted()
    verified(backend, Request(sessions=2, places=1))
    # 3.5 M parameters in fp32; the paper's target has no levels that would cap them
    (rotating,) = {medley.footprint for medley in backend.medleys}
    assert rotating == pytest.approx(3.5e6 * 4, rel=0.05)


def test_places_of_a_finding_take_turns() -> None:
    backend, progress = Predicted(), Silent()
    verify(examined(), chosen(backend), Request(sessions=2, places=2), progress=progress)
    first = [text.rpartition(": ")[2] for _, _, text in progress.told[:4]]
    assert [text.rpartition(" ")[2] for text in first] == ["1", "1", "2", "2"]
    assert first[0] != first[1]
    done, total, _ = progress.told[-1]
    assert done == total - 1


def test_what_the_runtime_does_not_run_is_not_run_with_the_reason() -> None:
    verification = verified(Predicted(refuses=frozenset({"Conv"})))
    assert {finding.verdict for finding in findings(verification)} == {Verdict.NOT_RUN}
    for finding in findings(verification):
        assert finding.reason.startswith("Fake 1.0 does not run Conv ")
        assert finding.measured is None
        assert finding.in_band is None
    assert verification.exit_code == 0


def test_what_the_runtime_refuses_when_it_is_run_is_not_run_either() -> None:
    backend = Predicted(breaks=frozenset({"Conv"}))
    for finding in findings(verified(backend)):
        assert (finding.verdict, finding.reason) == (Verdict.NOT_RUN, "Fake: not implemented")
        assert all(not place.now_seconds and not place.instead_seconds for place in finding.places)
