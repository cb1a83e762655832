from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from archlint.cost.check_table import check_table
from archlint.cost.pricing.table import Row, TableFile, read_table
from archlint.cost.target import load_target
from archlint.cost.target_files import files_of
from archlint.errors import MeasureError, UsageError
from archlint.linter.registry import find_targets
from archlint.measure.runner import Measured, Request, Stopped, measure
from archlint.measure.store import Store
from archlint.settings.options import Options
from tests.measure.fake_backend import (
    FakeBackend,
    Silent,
    convs,
    experiments,
    ideal,
    no_finish,
    run,
)

MADE = experiments(
    g1=convs(45), g4=[f"Add {n} @28x28" for n in range(20)][1:], shared=["Softmax 9"]
)
COUNT = 45 + 19 + 1
BASELINE, REFERENCE = 15, 3
"""Sessions before the first batch, and after each."""


def rows(out: Path) -> list[Row]:
    return list(read_table(TableFile(out / "mine" / "rows.csv")))


def request(out: Path, budget: float | None = None) -> Request:
    return Request("mine", out, MADE, budget)


def test_every_experiment_gets_one_row_of_its_rule(tmp_path: Path) -> None:
    backend = FakeBackend()
    done = run(request(tmp_path), backend)
    file = tmp_path / "mine" / "target.toml"
    assert done == Measured(COUNT, 0, before=0, left=0, refused=0, too_big=0, file=file)
    target = load_target(files_of(file.parent))
    assert Counter(row.rule for row in target.rows) == {"g1": 45, "g4": 19, "shared": 1}
    for row in rows(tmp_path):
        assert row.median_s == pytest.approx(ideal(row.chain[0][1]), rel=1e-5)
        assert (row.sessions, row.interval, row.series) == (5, 0.0, "series")
        assert row.uncorrected_s == row.median_s


def test_each_session_is_shuffled_and_a_rerun_is_the_same(tmp_path: Path) -> None:
    first, second = FakeBackend(), FakeBackend()
    run(request(tmp_path / "a"), first)
    run(request(tmp_path / "b"), second)
    assert first.medleys == second.medleys
    # two sessions hold the 65 kernels, in other company each time
    batch = first.medleys[BASELINE : BASELINE + 10]
    assert len({medley.seed for medley in batch}) == 10
    assert len({frozenset(medley.kernels) for medley in batch}) == 10
    rounds = [batch[at].kernels + batch[at + 1].kernels for at in range(0, 10, 2)]
    assert {len(kernels) for kernels in rounds} == {COUNT}
    assert len({frozenset(kernels) for kernels in rounds}) == 1
    assert {medley.footprint for medley in batch} == {4_000_000}


def test_small_sessions_have_company(tmp_path: Path) -> None:
    backend = FakeBackend()
    run(request(tmp_path), backend)
    assert min(len(medley.kernels) for medley in backend.medleys) >= 10


def test_rows_are_corrected_by_the_drift_about_their_batch(tmp_path: Path) -> None:
    # five sessions of the baseline, five of the batch at 1.2 times the time, then the reference
    speeds = [1.0] * BASELINE + [1.2] * 5 + [1.4] * REFERENCE
    backend = FakeBackend(speed=lambda number: speeds[number])
    run(Request("mine", tmp_path, experiments(g1=convs(12))), backend)
    for row in rows(tmp_path):
        plain = ideal(row.chain[0][1])
        assert row.uncorrected_s == pytest.approx(1.2 * plain, rel=1e-5)
        assert row.median_s == pytest.approx(plain, rel=1e-5)


def test_a_later_run_on_a_slower_machine_is_corrected_to_the_first_one_s_speed(
    tmp_path: Path,
) -> None:
    run(Request("mine", tmp_path, experiments(g1=convs(12))), FakeBackend())
    slow = FakeBackend(speed=lambda _: 2.0)
    run(Request("mine", tmp_path, experiments(g1=convs(24))), slow)
    assert len(rows(tmp_path)) == 24
    for row in rows(tmp_path):
        assert row.median_s == pytest.approx(ideal(row.chain[0][1]), rel=1e-5)


def test_a_kernel_whose_sessions_differ_is_timed_on_and_then_marked(tmp_path: Path) -> None:
    backend = FakeBackend(noisy=frozenset({"Softmax"}), speed=lambda _: 10.0)
    assert run(request(tmp_path), backend).marked == 1
    (marked,) = (row for row in rows(tmp_path) if row.rule == "shared")
    assert marked.sessions == 20
    assert marked.marked
    others = [row for row in rows(tmp_path) if row != marked]
    assert {row.sessions for row in others} == {5}
    target = load_target(files_of(tmp_path / "mine"))
    assert (target.marked, len(target.rows)) == (1, len(others))
    extra = backend.medleys[BASELINE + 10 : -REFERENCE]
    assert len(extra) == 15
    assert all(marked.chain[0][1] in medley.kernels for medley in extra)


def test_a_kernel_that_breaks_a_session_is_found_and_left_out(tmp_path: Path) -> None:
    done = run(request(tmp_path), FakeBackend(breaks=frozenset({"Softmax"})))
    assert (done.rows, done.refused, done.left) == (COUNT - 1, 1, 0)
    assert not any("Softmax" in row.kernels for row in rows(tmp_path))
    assert {row.sessions for row in rows(tmp_path)} == {5}


def test_a_runtime_that_runs_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"^Fake: not implemented$"):
        run(request(tmp_path), FakeBackend(breaks=frozenset({"Conv", "Add"})))
    assert not (tmp_path / "mine" / "target.toml").exists()


def test_a_second_run_measures_what_is_missing(tmp_path: Path) -> None:
    run(Request("mine", tmp_path, {"g1": MADE["g1"]}), FakeBackend())
    done = run(request(tmp_path), FakeBackend())
    assert (done.before, done.rows) == (45, 20)
    backend = FakeBackend()
    done = run(request(tmp_path), backend)
    assert (done.before, done.rows, backend.medleys) == (COUNT, 0, [])
    assert len({(row.kernels) for row in rows(tmp_path)}) == len(rows(tmp_path)) == COUNT


def budgeted(out: Path, budget: int) -> tuple[Measured, FakeBackend]:
    """A run of batches of like length with a budget of so many sessions."""
    backend = FakeBackend()
    alike = experiments(g1=[f"Add {n} @28x28" for n in range(1000, 1399)])
    done = measure(
        Request("mine", out, alike, float(budget)),
        backend,
        finish=no_finish,
        progress=Silent(),
        clock=lambda: float(len(backend.medleys)),
    )
    return done, backend


QUICK, BATCH = 6, 20
"""Sessions of the baseline where there is little time, and of a batch: five rounds of four."""


def test_a_budget_ends_before_the_batch_that_would_exceed_it(tmp_path: Path) -> None:
    done, _ = budgeted(tmp_path, QUICK + BATCH + REFERENCE + 5)
    assert (done.rows, done.left) == (133, 266)


def test_a_budget_ends_within_a_batch_with_the_rows_that_have_sessions_enough(
    tmp_path: Path,
) -> None:
    budget = QUICK + BATCH + REFERENCE + 17
    done, backend = budgeted(tmp_path, budget)
    # four rounds, the first half of a fifth, and the reference
    assert len(backend.medleys) == budget + 1 + REFERENCE
    assert (done.rows, done.left, done.refused) == (266, 133, 0)
    assert Counter(row.sessions for row in rows(tmp_path)[133:]).keys() == {4, 5}


def test_a_budget_that_is_too_short_for_a_batch_keeps_nothing(tmp_path: Path) -> None:
    done, _ = budgeted(tmp_path, QUICK + 5)
    assert (done.rows, done.refused) == (0, 0)


def test_progress_tells_the_share_of_the_work(tmp_path: Path) -> None:
    silent = Silent()
    measure(many(tmp_path), FakeBackend(), finish=no_finish, progress=silent)
    shares = [each or 0.0 for each in silent.shares]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert 0.9 < shares[-1] < 1.0


def test_progress_says_what_is_measured(tmp_path: Path) -> None:
    silent = Silent()
    measure(request(tmp_path), FakeBackend(), finish=no_finish, progress=silent)
    assert silent.told[0] == (0, COUNT, "the reference medley")
    assert silent.told[1] == (
        0, COUNT, "batch 1 of 1, session 1 of 5: Softmax 9 /4MB and 64 more"
    )  # fmt: skip
    assert silent.told[-1] == (0, COUNT, "the reference medley")


def test_the_end_gets_the_target_s_file_with_its_rows(tmp_path: Path) -> None:
    texts: list[str] = []

    def finish(file: Path) -> None:
        texts.append(file.read_text(encoding="utf-8"))

    measure(request(tmp_path), FakeBackend(), finish=finish, progress=Silent())
    assert len(texts) == 1
    assert "[rows]\ng1 = 45\ng4 = 19\nshared = 1\n" in texts[0]


def test_an_interruption_keeps_the_batches_that_are_done(tmp_path: Path) -> None:
    def speed(number: int) -> float:
        # five rounds of four sessions, the reference, and in the next batch
        if number == BASELINE + 20 + REFERENCE + 2:
            raise KeyboardInterrupt
        return 1.0

    with pytest.raises(Stopped) as caught:
        run(many(tmp_path), FakeBackend(speed=speed))
    assert (caught.value.measured.rows, caught.value.measured.left) == (133, 266)
    assert len(rows(tmp_path)) == 133
    assert "[rows]\ng1 = " in (tmp_path / "mine" / "target.toml").read_text(encoding="utf-8")
    assert run(many(tmp_path), FakeBackend()).rows == 266


KILLED = """
import sys
from pathlib import Path
from tests.measure.fake_backend import FakeBackend, run
from tests.measure.test_runner import many
print(run(many(Path(sys.argv[1])), FakeBackend(pause=float(sys.argv[2]))).rows, flush=True)
"""


def many(out: Path) -> Request:
    adds = [f"Add {n} @28x28" for n in range(1, 200)]
    return Request("mine", out, experiments(g1=convs(200), g4=adds))


def _lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def test_a_run_that_is_killed_goes_on_without_losing_or_doubling_a_row(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    table, kept = tmp_path / "mine" / "rows.csv", 0
    for _ in range(2):
        # a header may be all there is when the kill comes: wait for a row
        lines = max(_lines(table), 1)
        with subprocess.Popen([*command, "0.02"], cwd=root, stdout=subprocess.PIPE) as process:
            while process.poll() is None and _lines(table) <= lines:
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        # as the next run reads it: a line that the kill tore off is no row
        before, kept = kept, len(Store(tmp_path, "mine").rows())
        assert kept > before
        assert not load_target(files_of(tmp_path / "mine")).is_finished
        with pytest.raises(UsageError, match="is not measured to its end"):
            find_targets(Options(targets=(f"{tmp_path}/mine",)))
    assert kept < 399
    done = subprocess.run([*command, "0"], cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    assert int(done.stdout) == 399 - kept
    of_kernels = [row.kernels for row in rows(tmp_path)]
    assert len(of_kernels) == len(set(of_kernels)) == 399
    files = files_of(tmp_path / "mine")
    target = load_target(files)
    assert not target.unfinished
    assert target.counted.rows == {"g1": 200, "g4": 199}
    check_table(target, files)


def test_what_takes_less_than_the_clock_tells_apart_is_not_timed_on(tmp_path: Path) -> None:
    run(request(tmp_path), FakeBackend(noisy=frozenset({"Softmax"})))
    (row,) = (each for each in rows(tmp_path) if each.rule == "shared")
    assert row.interval is not None
    assert row.interval > 0.1
    assert row.sessions < 20
    assert not row.marked
