from __future__ import annotations

import math
import threading
import time

import onnx
import pytest

from archlint.cli import run
from archlint.graph.read import read_proto
from archlint.limits import TimeUp, at_most
from archlint.linter import lint
from archlint.settings.options import Options
from tests.graph.making import PATHS


def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeUp), at_most(0.05):
        time.sleep(30)


def test_what_is_quick_enough_is_left_alone() -> None:
    with at_most(0.05):
        pass
    time.sleep(0.1)


@pytest.mark.parametrize("seconds", [math.inf, 1e300])
def test_forever_is_no_limit(seconds: float) -> None:
    with at_most(seconds):
        pass


def errors_in_a_thread(options: Options) -> list[str | None]:
    found: list[str | None] = []

    def run() -> None:
        found.extend(each.error for each in lint([str(PATHS[1])], options).models)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found


def test_a_limit_that_is_asked_for_needs_the_main_thread() -> None:
    (error,) = errors_in_a_thread(Options(timeout=5.0))
    assert error == "a timeout needs a system with timer signals, and the main thread"


def test_without_one_other_threads_lint_all_the_same() -> None:
    assert errors_in_a_thread(Options()) == [None]


def test_a_model_that_takes_too_long_is_one_line_and_the_others_are_linted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(path: str) -> onnx.ModelProto:
        if path == str(PATHS[0]):
            time.sleep(30)
        return read_proto(path)

    monkeypatch.setattr("archlint.linter.source.read_proto", slow)
    report = lint([str(PATHS[0]), str(PATHS[1])], Options(timeout=5.0))
    assert [each.error for each in report.models] == ["took longer than 5 s", None]


@pytest.mark.parametrize(
    ("words", "is_told"),
    [((), False), (("--max-memory", "4096"), True), (("--max-memory", "100"), True)],
)
def test_where_memory_is_not_limited_whoever_asks_for_it_is_told(
    words: tuple[str, ...],
    is_told: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    run([str(PATHS[0]), "-q", "--fail-on", "never", *words])
    said = "archlint: max-memory: only Linux limits memory: nothing is limited here\n"
    assert capsys.readouterr().err == (said if is_told else "")
