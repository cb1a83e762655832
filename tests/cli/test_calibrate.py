from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from archlint.cli import run
from archlint.commands.measure import bases, what_to_measure
from archlint.commands.verify import Chosen
from archlint.cost.target import load_target
from archlint.cost.target_files import files_of
from archlint.errors import NotHereError, UsageError
from archlint.linter import target_places
from archlint.linter.registry import Located
from archlint.linter.target_places import FoundTarget
from archlint.measure import backends
from archlint.measure.backend import Backend
from archlint.measure.backends import Settings
from archlint.measure.plan.experiment import Experiment, Workload
from archlint.measure.workloads import dense_convs, element_wise
from archlint.settings.options import Options
from tests.cli.conftest import Outcome
from tests.measure import fake_backend
from tests.measure.fake_backend import FakeBackend, convs, ideal
from tests.measure.prior.carrying import base_target

Calibrate = Callable[..., Outcome]

TEXTS: dict[Workload, list[str]] = {
    dense_convs.sample: convs(60),
    element_wise.sample: [f"Add {n} @28x28" for n in range(1, 40)],
}


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(speed=lambda _: 0.5)


@pytest.fixture
def calibrate(
    tmp_path: Path,
    backend: FakeBackend,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Calibrate:
    """Runs `archlint calibrate` on a fake runtime beside a target of another fake device."""

    def drawn(workloads: Sequence[Workload]) -> list[Experiment]:
        return [Experiment(text, "series") for each in workloads for text in TEXTS.get(each, [])]

    def fake(settings: Settings) -> Backend:
        backend.threads = settings.threads or 1
        return backend

    base_target(tmp_path / "others")
    files = files_of(tmp_path / "others" / "base")
    located = Located(FoundTarget(files), load_target(files))
    monkeypatch.setattr(bases, "locate_all", lambda _: (located,))
    monkeypatch.setattr(what_to_measure, "drawn", drawn)
    monkeypatch.setattr(backends, "make_backend", fake)
    monkeypatch.setattr(target_places, "user_folder", lambda: tmp_path / "user")
    monkeypatch.setattr(what_to_measure, "user_folder", lambda: tmp_path / "user")
    monkeypatch.chdir(tmp_path)

    def calibrate(*args: str) -> Outcome:
        code = run(["calibrate", *args])
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return calibrate


def test_the_summary_says_what_it_is_good_for(calibrate: Calibrate, tmp_path: Path) -> None:
    outcome = calibrate()
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].startswith("measured   ")
    assert lines[1].startswith("base       base (Fake CPU) x 0.50")
    assert lines[2:] == [
        "good for   totals within 10 % for about 8 networks of 10, slow-downs as in the base, both",
        "           with wider bands; findings are warnings at most",
        f"tables in  {tmp_path}/user/here-fake-fp32-1t",
        "use it     archlint --target here-fake-fp32-1t model.onnx",
        "better     archlint measure --target here-fake-fp32-1t, which goes on from here",
    ]


def test_a_base_of_another_runtime_is_good_for_little(calibrate: Calibrate, tmp_path: Path) -> None:
    file = tmp_path / "others" / "base" / "target.toml"
    lines = [each for each in file.read_text("utf-8").splitlines() if "checksum" not in each]
    text = "\n".join(lines).replace('runtime = "Fake 1.0"', 'runtime = "Other 1.0"')
    assert "Other" in text
    file.write_text(text, encoding="utf-8")
    outcome = calibrate("--from", str(file.parent))
    assert outcome.code == 0
    assert "good for   a first idea: the base is of another runtime or number of" in outcome.out
    assert "8 networks of 10" not in outcome.out


def test_a_base_may_be_named(calibrate: Calibrate, tmp_path: Path) -> None:
    outcome = calibrate("--from", str(tmp_path / "others" / "base"), "--out", "here")
    assert outcome.code == 0
    assert "use it     archlint --target here/here-fake-fp32-1t model.onnx" in outcome.out


def test_a_base_that_cannot_be_carried_over_is_refused(calibrate: Calibrate) -> None:
    outcome = calibrate("--from", "gtx1080ti-cudnn7-fp32")
    assert outcome.code == 2
    assert outcome.err == (
        "archlint: --from gtx1080ti-cudnn7-fp32: its rows are of NVIDIA GTX 1080 Ti, float,"
        " which cannot be carried over to this device and dtype\n"
    )


def test_times_of_whole_networks_are_no_base(calibrate: Calibrate, tmp_path: Path) -> None:
    base = tmp_path / "others" / "base"
    text = (base / "target.toml").read_text(encoding="utf-8")
    said = "inferred = {coefficients = [1e-6], covariance = [0.1], least = [0, 0], most = [9, 9]}"
    family = f'[[families]]\nname = "x"\nterms = ["launch"]\nspread = 0.1\nnoise = 0.1\n{said}\n'
    lines = [line for line in text.splitlines() if not line.startswith("checksum")]
    (base / "target.toml").write_text("\n".join([*lines, family]), encoding="utf-8")
    outcome = calibrate("--from", str(base))
    assert outcome.code == 2
    assert outcome.err == (
        f"archlint: --from {base}: it comes from times of whole networks and has no rows that "
        "could be carried over\n"
    )


def test_what_is_measured_already_is_not_carried_over(calibrate: Calibrate, tmp_path: Path) -> None:
    out = tmp_path / "others"
    outcome = calibrate("--target", "base", "--out", str(out))
    assert outcome.code == 2
    assert outcome.err == (
        f"archlint: {out}/base/target.toml: it has rows of its own, so nothing has to be carried "
        "over to it\n"
    )


def test_a_busy_machine_is_told_of(calibrate: Calibrate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_backend, "ideal", lambda kernel: ideal(kernel) * (1 + kernel.c_in % 2))
    outcome = calibrate()
    assert outcome.code == 0
    assert outcome.err.endswith(
        "archlint: the factor is hardly known: did something else run? On an idle machine calibrate"
        " again\n"
    )


def test_help_fits_a_terminal(calibrate: Calibrate) -> None:
    lines = calibrate("--help").out.splitlines()
    assert [line for line in lines if line.endswith(":") and not line.startswith(" ")] == [
        "What is calibrated:",
        "What is measured on:",
        "Output:",
        "Other options:",
    ]
    assert max(map(len, lines)) <= 80


MODEL = Path(__file__).parents[2] / "examples" / "onnx" / "mobilenet_v1.onnx"


@pytest.mark.usefixtures("calibrate")
@pytest.mark.parametrize("fault", [NotHereError, UsageError])
def test_verify_makes_a_target_first_where_none_is_of_this_device(
    fault: type[UsageError],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    made = tmp_path / "user" / "here-fake-fp32-1t" / "target.toml"

    def choose(_: Options) -> Chosen:
        if made.exists():
            raise UsageError("as far as this test goes")
        raise fault("no target is this device's")

    monkeypatch.setattr("archlint.commands.verify.choose_target", choose)
    assert run(["verify", "--calibrate", str(MODEL)]) == 2
    assert made.exists() == (fault is NotHereError)
    last = "as far as this test goes" if made.exists() else "no target is this device's"
    assert capfd.readouterr().err.splitlines()[-1] == f"archlint: {last}"
