from __future__ import annotations

import pytest

from archlint.cost.cpu import Cpu
from archlint.measure import cpu as measured
from archlint.measure.platforms.told import Told
from tests.cli.conftest import Archlint

TARGET, OTHER, TORCH = (
    "epyc-milan-ort-fp32-1t",
    "epyc-milan-ort-int8-1t",
    "epyc-milan-torch-fp32-1t",
)
THEIRS = "AMD EPYC (family 25, model 1)"
GENOA = Told("AMD EPYC (family 25, model 17)", Cpu("AMD", 25, 17))
RYZEN = Told("AMD Ryzen 9 5900X (family 25, model 33)", Cpu("AMD", 25, 33))
LINE = f"archlint: this machine is not the device of %s, {THEIRS}, but a near relative, %s: "


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI")
    on(monkeypatch, RYZEN)


def on(monkeypatch: pytest.MonkeyPatch, machine: Told) -> None:
    monkeypatch.setattr(measured, "this_cpu", lambda: machine)


def test_a_near_relative_is_told_in_a_line(archlint: Archlint) -> None:
    line = LINE % (TARGET, RYZEN.device) + "its times differ; `archlint measure` measures it\n"
    told = archlint("--target", TARGET, "a.onnx")
    assert told.err == line
    assert archlint("explain", "a.onnx", "--target", TARGET).err == line


def test_several_targets_are_told_in_one(archlint: Archlint) -> None:
    told = archlint("--target", TARGET, "--target", OTHER, "a.onnx")
    assert told.err.startswith(LINE % (f"{TARGET}, {OTHER}", RYZEN.device))
    assert told.err.count("\n") == 1


def test_a_target_of_this_machine_is_named(
    archlint: Archlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, GENOA)
    told = archlint("--target", TARGET, "a.onnx")
    assert told.err.endswith(": its times differ; epyc-genoa-ort-fp32-1t is of this one\n")
    other_runtime = archlint("--target", TORCH, "a.onnx")
    assert other_runtime.err.endswith("; `archlint measure` measures it\n")


@pytest.mark.parametrize(
    "machine",
    [
        Told(THEIRS, Cpu("AMD", 25, 1)),
        Told("AMD EPYC 7742 (family 23, model 49)", Cpu("AMD", 23, 49)),
        Told("Intel(R) Xeon(R) (family 25, model 1)", Cpu("Intel", 25, 1)),
        Told("Cortex-A72", Cpu("ARM", model=0xD08)),
        Told("some machine", Cpu()),
    ],
)
def test_the_device_itself_and_no_relatives_need_no_word(
    archlint: Archlint, monkeypatch: pytest.MonkeyPatch, machine: Told
) -> None:
    on(monkeypatch, machine)
    assert archlint("--target", TARGET, "a.onnx").err == ""


@pytest.mark.parametrize("asked", [["--quiet"], ["--format", "json"], ["--format", "concise"]])
def test_what_machines_read_has_no_word_of_it(archlint: Archlint, asked: list[str]) -> None:
    assert archlint("--target", TARGET, "a.onnx", *asked).err == ""
    assert archlint("explain", "a.onnx", "--target", TARGET, "--format", "json").err == ""


def test_nor_has_a_ci_nor_the_default(archlint: Archlint, monkeypatch: pytest.MonkeyPatch) -> None:
    assert archlint("a.onnx").err == ""
    monkeypatch.setenv("CI", "1")
    assert archlint("--target", TARGET, "a.onnx").err == ""


def test_the_report_is_the_same_on_every_machine(
    archlint: Archlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = archlint("--target", TARGET, "a.onnx")
    on(monkeypatch, GENOA)
    assert archlint("--target", TARGET, "a.onnx").out == here.out


def test_no_file_is_read_for_targets_that_are_of_no_cpu(
    archlint: Archlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread() -> Told:
        raise AssertionError

    monkeypatch.setattr(measured, "this_cpu", unread)
    assert archlint("--target", "gtx1080ti-cudnn7-fp32", "a.onnx").err == ""
