from __future__ import annotations

import threading
import time

import onnx
import pytest

from archlint.errors import UsageError
from archlint.graph.read import read_proto
from archlint.linter import lint
from archlint.linter.time_limit import TimeUp, at_most
from archlint.settings.options import Options
from tests.graph.making import PATHS


def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeUp), at_most(0.05):
        time.sleep(30)


def test_what_is_quick_enough_is_left_alone() -> None:
    with at_most(0.05):
        pass
    time.sleep(0.1)


def test_no_limit_is_none() -> None:
    with at_most(None):
        pass


def test_a_limit_needs_the_main_thread() -> None:
    found: list[Exception] = []

    def run() -> None:
        try:
            with at_most(1):
                pass
        except UsageError as fault:
            found.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(found) == 1


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
