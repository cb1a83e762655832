from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from archlint.cli import run
from archlint.cli.device_options import BackendName, Device, Mode
from archlint.cli.measure_progress import measure_progress
from archlint.commands.measure import what_to_measure
from archlint.errors import UsageError
from archlint.linter import target_places
from archlint.measure import backends
from archlint.measure.backend import Backend
from archlint.measure.backends import Settings, make_backend
from archlint.measure.plan.experiment import Experiment, Workload
from archlint.measure.workloads import dense_convs, pools
from tests.cli.conftest import Outcome
from tests.measure.fake_backend import FakeBackend

TEXTS: dict[Workload, list[str]] = {
    dense_convs.sample: ["Conv 8>64 k1x1 @28x28"],
    pools.sample: ["Softmax 9", "Softmax 10"],
}
SHIPPED = "gtx1080ti-cudnn7-fp32"

Measure = Callable[..., Outcome]


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def measure(
    tmp_path: Path,
    backend: FakeBackend,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Measure:
    """Runs `archlint measure` on a fake runtime with three experiments, in a user's folder."""

    def drawn(workloads: Sequence[Workload]) -> list[Experiment]:
        return [Experiment(text, "series") for text in TEXTS.get(workloads[0], [])]

    def fake(settings: Settings) -> Backend:
        backend.threads = settings.threads or 1
        return backend

    monkeypatch.setattr(what_to_measure, "drawn", drawn)
    monkeypatch.setattr(backends, "make_backend", fake)
    monkeypatch.setattr(target_places, "user_folder", lambda: tmp_path / "user")
    monkeypatch.setattr(what_to_measure, "user_folder", lambda: tmp_path / "user")
    monkeypatch.chdir(tmp_path)

    def measure(*args: str) -> Outcome:
        code = run(["measure", *args])
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return measure


def test_the_summary_says_what_there_is_and_how_to_use_it(measure: Measure, tmp_path: Path) -> None:
    outcome = measure("--target", "mine")
    assert outcome.code == 0
    assert outcome.out == (
        f"measured   3 rows\n"
        f"tables in  {tmp_path}/user\n"
        f"use them   archlint --target mine model.onnx\n"
    )
    assert outcome.err == "archlint: 0 of 3 rows, the reference medley\n"
    outcome = measure("--target", "mine")
    assert outcome.out.startswith("measured   0 rows, 3 were there before\n")


def test_what_is_marked_or_left_out_is_counted(measure: Measure, backend: FakeBackend) -> None:
    backend.noisy, backend.refuses = frozenset({"Softmax"}), frozenset({"Conv"})
    assert measure("--target", "mine", "--out", "here").out == (
        "measured   2 rows\n"
        "marked     2: their sessions differ too much to be a price\n"
        "left out   1 that the runtime does not run\n"
        "tables in  here\n"
        "use them   archlint --target here/mine model.onnx\n"
    )


def test_a_target_may_be_named_with_its_folder(measure: Measure, tmp_path: Path) -> None:
    outcome = measure("--target", "./here/mine", "--rule", "G1")
    assert outcome.out.splitlines() == [
        "measured   1 row",
        "tables in  here",
        "use them   archlint --target ./here/mine model.onnx",
    ]
    assert {path.name for path in (tmp_path / "here" / "mine").iterdir()} == {
        "rows.csv", "rows.lock", "target.toml"
    }  # fmt: skip


def test_a_target_of_the_old_layout_is_moved_and_goes_on(
    measure: Measure, backend: FakeBackend, tmp_path: Path
) -> None:
    measure("--target", "mine")
    new, old = tmp_path / "user" / "mine", tmp_path / "rules"
    rows = (new / "rows.csv").read_text(encoding="utf-8")
    head, *lines = rows.splitlines()
    for rule, folder in (("G1", "g1_channel_width"), ("shared", "targets")):
        kept = [line for line in lines if line.startswith(f"{rule},")]
        table = old / folder / "costs" / "mine.csv"
        table.parent.mkdir(parents=True)
        text = "".join(f"{line.partition(',')[2]}\n" for line in (head, *kept))
        table.write_text(text, encoding="utf-8")
    (new / "target.toml").rename(old / "targets" / "mine.toml")
    (new / "rows.csv").unlink()
    backend.medleys.clear()
    assert measure("--target", "mine").out.startswith("measured   0 rows, 3 were there before\n")
    assert backend.medleys == []
    moved = (new / "rows.csv").read_text(encoding="utf-8").splitlines()
    assert sorted(moved) == sorted(rows.splitlines())
    assert (new / "target.toml").is_file()
    assert not [path for path in old.rglob("*") if path.is_file()]


def test_ctrl_c_says_what_is_kept(measure: Measure, backend: FakeBackend, tmp_path: Path) -> None:
    def speed(number: int) -> float:
        if number == 7:
            raise KeyboardInterrupt
        return 1.0

    backend.speed = speed
    outcome = measure("--target", "mine")
    assert (outcome.code, outcome.out) == (130, "")
    assert outcome.err.splitlines()[-1] == (
        f"archlint: interrupted: 0 rows kept in {tmp_path}/user; "
        "the same command goes on from there"
    )


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (
            ("--target", "mine", "--budget", "soon"),
            '--budget: expected a time such as 15m, 1h30m or 90s, found "soon"',
        ),
        (
            ("--target", "mine", "--rule", "G11"),
            'unknown rule "G11" (did you mean "G1"?)',
        ),
        (
            ("--target", "my laptop"),
            '--target: expected letters, digits, "-", "_" and ".", found "my laptop"',
        ),
        (
            ("--target", "a/b", "--out", "c"),
            '--target "a/b" names a folder, and so does --out',
        ),
        ((), "missing option '--target' (try: archlint measure --help)"),
        (
            ("--target", "mine", "--device", "tpu"),
            "invalid value for '--device': 'tpu' is not one of 'cpu', 'cuda' "
            "(try: archlint measure --help)",
        ),
    ],
)
def test_a_wrong_call(measure: Measure, args: tuple[str, ...], error: str) -> None:
    outcome = measure(*args)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"archlint: {error}\n")


def test_a_shipped_target_s_name_is_taken(measure: Measure) -> None:
    outcome = measure("--target", SHIPPED)
    assert outcome.code == 2
    assert outcome.err.startswith(f'archlint: --target: archlint has a target "{SHIPPED}" of its')


def test_another_thread_number_is_another_target(measure: Measure, tmp_path: Path) -> None:
    measure("--target", "mine", "--threads", "1")
    outcome = measure("--target", "mine", "--threads", "2")
    assert outcome.code == 2
    assert outcome.err == (
        f"archlint: {tmp_path}/user/mine/target.toml: measured on something else: "
        'threads was "1" and is "2" (give another --target)\n'
    )


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (
            Settings("ort", "cuda"),
            "--backend ort measures CPUs; GPUs are measured by --backend torch",
        ),
        (Settings(mode="graph"), "--mode is for GPUs (--device cuda): a CPU runs eagerly"),
        (Settings(device="cuda", threads=2), "--threads is for CPUs (--device cpu)"),
    ],
)
def test_settings_that_do_not_go_together(settings: Settings, error: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_backend(settings)
    assert str(caught.value) == error


def test_choices() -> None:
    assert [each.value for each in BackendName] == ["ort", "openvino", "torch"]
    assert [each.value for each in Device] == ["cpu", "cuda"]
    assert [each.value for each in Mode] == ["eager", "graph"]


def test_help_fits_a_terminal(measure: Measure) -> None:
    lines = measure("--help").out.splitlines()
    assert [line for line in lines if line.endswith(":") and not line.startswith(" ")] == [
        "What is measured:",
        "What is measured on:",
        "Output:",
        "Other options:",
    ]
    assert max(map(len, lines)) <= 80


def test_off_a_terminal_progress_is_a_line_a_minute(capfd: pytest.CaptureFixture[str]) -> None:
    now = iter([0, 0, 0, 0, 30, 30, 70, 70, 70, 70, 71])
    with measure_progress(clock=lambda: float(next(now, 80))) as tell:
        tell(0, 9, "the reference medley")
        tell(3, 9, "batch 2")
        tell(3, 9, "batch 3\x1b")
    assert capfd.readouterr().err == (
        "archlint: 0 of 9 rows, the reference medley\n"
        "archlint: 3 of 9 rows, about 2m20s left, batch 3\\x1b\n"
    )
