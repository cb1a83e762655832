from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archlint.commands.verify import Keeper, Request, keep, verify
from archlint.cost.pricing.table import Row, TableFile, read_table
from archlint.linter import registry, target_places
from archlint.linter.registry import find_targets
from archlint.linter.target_list import targets
from archlint.measure.fit.drift import Reference
from archlint.results.verification import Kept
from archlint.settings.options import Options
from tests.commands.verify.fakes import GPU, Predicted, Silent, chosen, examined, located


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    reference = Reference(("Conv 64>64 k1x1 @56x56",), (1e-4,))
    registry.load_found.cache_clear()
    monkeypatch.setattr(keep, "reference_of", lambda _: reference)
    folder = tmp_path / "targets"
    folder.mkdir()
    monkeypatch.setattr(target_places, "user_folder", lambda: folder)
    return folder


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    yield
    registry.load_found.cache_clear()


def added(user: Path) -> tuple[Row, ...]:
    return read_table(TableFile(user / GPU / "rows.csv"))


def kept(backend: Predicted, sessions: int = 5) -> Kept | None:
    keeper = Keeper(located(), backend)
    request = Request(sessions=sessions, places=1)
    return verify(
        examined(), chosen(backend), request, progress=Silent(), keeper=keeper
    ).kept  # fmt: skip


def test_each_kernel_is_a_row_with_its_sessions(user: Path) -> None:
    backend = Predicted()
    found = kept(backend)
    assert found is not None
    assert found.rows > 10
    assert (found.folder, found.marked) == (user.as_posix(), 0)
    rows = added(user)
    assert len(rows) == found.rows == len({row.kernels for row in rows})
    for row in rows:
        ((_, kernel),) = row.chain
        assert row.uncorrected_s == pytest.approx(backend.pricer.seconds([kernel]), rel=1e-5)
        assert (row.sessions, row.series, row.interval) == (5, "verify", 0.0)


def test_rows_are_corrected_for_the_machine_s_drift(user: Path) -> None:
    backend = Predicted()
    kept(backend)
    (row, *_) = added(user)
    (medley,) = {m.kernels for m in backend.medleys if len(m.kernels) == 1}
    drift = (backend.pricer.seconds(medley) or 0.0) / 1e-4
    assert row.uncorrected_s is not None
    assert row.median_s == pytest.approx(row.uncorrected_s / drift, rel=1e-4)


def test_a_row_is_of_the_rule_that_has_its_like(user: Path) -> None:
    kept(Predicted())
    of = {kernel.kind.value: row.rule for row in added(user) for _, kernel in row.chain}
    assert of["conv"] == "G1"
    assert of["depthwise conv"] == "shared"  # the paper has no row of these


def test_what_is_known_is_not_kept_twice() -> None:
    backend, models = Predicted(), examined()

    def keep_in(keeper: Keeper) -> Kept:
        request = Request(sessions=5, places=1)
        verify(models, chosen(backend), request, progress=Silent(), keeper=keeper)
        return keeper.kept()

    keeper = Keeper(located(), backend)
    first = keep_in(keeper)
    again = keep_in(keeper)
    assert again.rows == first.rows
    assert again.known >= first.rows
    registry.load_found.cache_clear()
    later = keep_in(Keeper(located(), backend))
    assert later.rows == 0
    assert later.known >= first.rows


def test_too_few_sessions_and_too_wide_an_interval_are_left_out(user: Path) -> None:
    few = kept(Predicted(), sessions=4)
    wide = kept(Predicted(speed=lambda n: 1.0 + n % 5))
    for each in (few, wide):
        assert each is not None
        assert each.rows == 0
        assert each.marked > 10
    assert not list(user.iterdir())


def test_rows_of_the_user_s_are_added_to_a_shipped_target(user: Path) -> None:
    before = located().target.rows
    found = kept(Predicted())
    registry.load_found.cache_clear()
    (target,) = find_targets(Options(targets=(GPU,)))
    assert found is not None
    assert [*target.rows] == [*before, *added(user)]
    assert len(target.rows) == len(before) + found.rows
    (summary,) = (each for each in targets() if each.target == GPU)
    assert summary.added == found.rows
