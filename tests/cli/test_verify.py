from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it comes without types
import onnx
import pytest

import archlint.commands.verify
from archlint.cli import run
from archlint.cli.verify import Lowest
from archlint.commands.verify import Chosen
from archlint.errors import UsageError
from archlint.report.schema import schema
from archlint.results.findings import Severity
from archlint.settings.options import Options
from tests.cli.conftest import Outcome
from tests.commands.verify.fakes import MOBILENET, Predicted, chosen
from tests.linter.test_skipped import trees
from tests.linter.test_unknown import half

Verify = Callable[..., Outcome]


@pytest.fixture
def backend() -> Predicted:
    return Predicted()


@pytest.fixture
def verify(
    backend: Predicted,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Verify:
    """Runs `archlint verify` on a runtime that takes what the paper's GPU is predicted to."""

    def choose(options: Options) -> Chosen:
        asked = chosen(backend, options)
        on_it = replace(options, targets=(asked.target.name,))
        return Chosen(asked.located, backend, on_it, ("verifying on a fake",))

    monkeypatch.setattr(archlint.commands.verify, "choose_target", choose)
    monkeypatch.chdir(tmp_path)

    def verify(*args: str) -> Outcome:
        code = run(["verify", *args])
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return verify


def test_findings_are_run_and_told(verify: Verify, backend: Predicted) -> None:
    outcome = verify(MOBILENET, "--sessions", "2", "--places", "1", "--batch", "8")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0] == Path(MOBILENET).as_posix()
    assert lines[2].split() == ["code", "place", "predicted", "measured", "verdict"]
    assert lines[-1].endswith(" in 1 model")
    assert " confirmed (" in lines[-1]
    first = outcome.err.splitlines()
    assert first[0] == "archlint: verifying on a fake"
    assert first[1].startswith("archlint: 0 of ")
    assert " pairs of sessions, " in first[1]
    assert {kernel.batch for medley in backend.medleys for kernel in medley.kernels} == {8}


def test_a_refuted_finding_is_exit_code_1(verify: Verify, backend: Predicted) -> None:
    verify(MOBILENET, "--sessions", "2", "--places", "1")
    fast = {kernel.text: 0.1 for medley in backend.medleys[::4] for kernel in medley.kernels}
    backend.slower = fast
    outcome = verify(MOBILENET, "--sessions", "2", "--places", "1")
    assert (outcome.code, "refuted" in outcome.out) == (1, True)


def test_a_severity_leaves_findings_out_and_counts_them(verify: Verify) -> None:
    outcome = verify(MOBILENET, "--sessions", "2", "--severity", "error")
    assert outcome.code == 0
    assert "below --severity not run" in outcome.out
    assert outcome.out.splitlines()[-1] == "No findings to run."


def test_what_cannot_be_read_is_exit_code_2_and_the_others_are_run(verify: Verify) -> None:
    Path("empty.onnx").touch()
    outcome = verify("empty.onnx", "none.onnx", MOBILENET, "--sessions", "2", "--select", "G1")
    assert outcome.code == 2
    assert outcome.err.splitlines()[-2:] == [
        "archlint: empty.onnx: is empty",
        "archlint: none.onnx: no such file or folder",
    ]
    assert outcome.out.splitlines()[-1].endswith("2 models not linted: empty.onnx, none.onnx")


def test_what_nothing_prices_is_skipped_and_the_others_are_run(verify: Verify) -> None:
    onnx.save(trees(), "trees.onnx")
    outcome = verify("trees.onnx", MOBILENET, "--sessions", "2", "--select", "G1")
    assert outcome.code == 0
    assert outcome.out.splitlines()[-1].endswith("; 1 model skipped: trees.onnx")
    assert verify("trees.onnx").code == 2


def test_what_is_not_read_whole_is_not_verified(verify: Verify) -> None:
    onnx.save(half(), "half.onnx")
    assert verify("half.onnx").code == 2
    outcome = verify("half.onnx", "--allow-unknown", "--model", "--sessions", "2")
    assert outcome.code == 0
    assert "not run: it has operators that are not read" in " ".join(outcome.out.split())


def test_json_holds_the_seconds_of_every_session(verify: Verify) -> None:
    outcome = verify(MOBILENET, "--sessions", "3", "--places", "1", "--format", "json")
    document = json.loads(outcome.out)
    jsonschema.Draft202012Validator(json.loads(schema("verify"))).validate(document)
    (place,) = document["models"][0]["findings"][0]["places"]
    assert [len(place[side]["session_ms"]) for side in ("now", "instead")] == [3, 3]
    assert {each["verdict"] for each in document["models"][0]["findings"]} == {"confirmed"}


def test_ctrl_c_is_130(verify: Verify, backend: Predicted) -> None:
    def speed(number: int) -> float:
        if number == 5:
            raise KeyboardInterrupt
        return 1.0

    backend.speed = speed
    assert verify(MOBILENET).code == 130


def test_without_a_local_target_it_is_a_usage_error(
    verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose(_: Options) -> Chosen:
        raise UsageError("no target was measured on this device (X): `archlint measure` does")

    monkeypatch.setattr(archlint.commands.verify, "choose_target", choose)
    outcome = verify(MOBILENET)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "archlint: no target was measured on this device (X): `archlint measure` does\n"
    )


def test_choices() -> None:
    assert {each.value for each in Lowest} == {each.value for each in Severity}


def test_help_fits_a_terminal(verify: Verify) -> None:
    lines = verify("--help").out.splitlines()
    assert [line for line in lines if line.endswith(":") and not line.startswith(" ")] == [
        "Arguments:",
        "What is priced:",
        "Which findings:",
        "How they are run:",
        "Output:",
        "Configuration:",
        "Other options:",
    ]
    assert max(map(len, lines)) <= 80


@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="onnxruntime is not installed")
def test_onnxruntime_runs_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from archlint.measure.onnxruntime.backend import OnnxRuntime

    real = OnnxRuntime(threads=1)
    asked = chosen(Predicted())
    monkeypatch.setattr(
        archlint.commands.verify,
        "choose_target",
        lambda options: Chosen(
            asked.located, real, replace(options, targets=(asked.target.name,)), ()
        ),
    )
    monkeypatch.chdir(tmp_path)
    words = "--sessions 2 --places 1 --select G1 --format json".split()
    assert run(["verify", MOBILENET, *words]) in (0, 1)
    document = json.loads(capfd.readouterr().out)
    (place,) = document["models"][0]["findings"][0]["places"]
    sessions = [place[side]["session_ms"] for side in ("now", "instead")]
    assert [len(each) for each in sessions] == [2, 2]
    assert all(each > 0 for every in sessions for each in every)
