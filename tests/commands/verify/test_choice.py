from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from archlint.commands.verify import Chosen, choice, choose_target
from archlint.cost.target import Target
from archlint.errors import UsageError
from archlint.linter import target_places
from archlint.measure.backend import Backend, Provenance
from archlint.settings.options import Options
from tests.linter.test_target_places import put
from tests.measure.fake_backend import FakeBackend

GPU = "gtx1080ti-cudnn7-fp32"
HERE = "Fake CPU"


@dataclass
class Here(FakeBackend):
    def provenance(self) -> Provenance:
        return Provenance(HERE, "ONNX Runtime 1.32.1", {}, "float", 1, 256, 1 << 34)


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty user's folder, on a machine with ONNX Runtime 1.32.1 and nothing else."""
    folder = tmp_path / "user"
    monkeypatch.setattr(target_places, "user_folder", lambda: folder)
    monkeypatch.setattr(choice, "cpu_name", lambda: HERE)
    monkeypatch.setattr(choice, "backend_of", backend_of)
    monkeypatch.chdir(tmp_path)
    return folder


def backend_of(target: Target) -> Backend:
    if not target.runtime.startswith("ONNX"):
        raise UsageError(f"{target.runtime} is not installed")
    return Here()


def measured(
    folder: Path,
    name: str,
    *,
    device: str = HERE,
    runtime: str = "ONNX Runtime 1.32.1",
    threads: int = 1,
    families: bool = True,
) -> None:
    file = put(folder, name, families=families)
    lines = file.read_text(encoding="utf-8").splitlines()
    new = {"device": device, "runtime": runtime, "threads": str(threads)}
    for key, value in new.items():
        (at,) = (n for n, line in enumerate(lines) if line.startswith(f"{key} = "))
        lines[at] = f'{key} = "{value}"'
    file.write_text("\n".join(lines), encoding="utf-8")


def choose(*targets: str) -> Chosen:
    return choose_target(Options(targets=targets))


def test_the_local_target_is_taken_and_said_so(user: Path) -> None:
    measured(user, "a-2t", threads=2)
    measured(user, "b-1t")
    measured(user, "c-other", device="Another CPU")
    chosen = choose()
    assert chosen.target.name == "b-1t"
    assert chosen.remarks == ("verifying on b-1t, which was measured on this device",)
    assert chosen.options.targets == (str(user / "b-1t" / "target.toml"),)


def test_a_target_that_was_measured_here_needs_no_word(user: Path) -> None:
    measured(user, "a-1t")
    measured(user, "b-2t", threads=2)
    chosen = choose("b-2t")
    assert (chosen.target.name, chosen.remarks) == ("b-2t", ())


def test_the_first_of_several_that_was_measured_here_is_taken(user: Path) -> None:
    measured(user, "mine")
    chosen = choose(GPU, "mine")
    assert (chosen.target.name, chosen.remarks) == ("mine", ())


def test_for_another_device_the_local_target_stands_in(user: Path) -> None:
    measured(user, "mine")
    measured(user, "theirs", device="Another CPU")
    chosen = choose("theirs")
    assert chosen.target.name == "mine"
    assert chosen.remarks == (
        "theirs: it was measured on another device, Another CPU",
        "verifying on mine instead, which was measured on this device",
    )


def test_another_patch_of_the_runtime_is_a_remark(user: Path) -> None:
    measured(user, "mine", runtime="ONNX Runtime 1.32.0")
    assert choose("mine").remarks == (
        "mine was measured with ONNX Runtime 1.32.0; here is ONNX Runtime 1.32.1",
    )


def test_another_version_of_the_runtime_is_another_target(user: Path) -> None:
    measured(user, "mine", runtime="ONNX Runtime 1.31.1")
    with pytest.raises(UsageError) as caught:
        choose()
    assert str(caught.value).splitlines() == [
        "mine: it was measured with ONNX Runtime 1.31.1, and here is ONNX Runtime 1.32.1",
        "no target was measured on this device (Fake CPU): `archlint calibrate` makes one "
        "in half a minute (or `verify --calibrate`), `archlint measure` measures one",
    ]


def test_a_runtime_that_is_not_there_is_named(user: Path) -> None:
    measured(user, "mine", runtime="PyTorch 2.5.0 eager")
    with pytest.raises(UsageError, match=r"^mine: PyTorch 2\.5\.0 eager is not installed\n"):
        choose()


@pytest.mark.parametrize("families", [True, False])
def test_without_a_target_of_this_device_one_line_says_what_to_do(
    user: Path, *, families: bool
) -> None:
    measured(user, "mine", device="Another CPU" if families else HERE, families=families)
    with pytest.raises(UsageError) as caught:
        choose()
    assert str(caught.value) == (
        "no target was measured on this device (Fake CPU): `archlint calibrate` makes one "
        "in half a minute (or `verify --calibrate`), `archlint measure` measures one"
    )
