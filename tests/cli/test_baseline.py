"""`--baseline` and what brings it up to date, on a real network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from archlint.baseline import read_baseline
from archlint.cli import baseline, run
from archlint.linter import examine

NETWORK = Path(__file__).parents[2] / "examples/onnx/shufflenet_v2.onnx"
MODEL = ("net.onnx", "--target", "gtx1080ti")
KNOWN = (*MODEL, "--baseline", "known.toml")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copy(NETWORK, "net.onnx")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    found = capsys.readouterr()
    return found.out, found.err


@pytest.mark.usefixtures("folder")
def test_what_was_written_is_no_finding_any_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*MODEL, "--fail-on", "note"]) == 1
    said(capsys)
    assert run([*KNOWN, "--write-baseline", "as of v1"]) == 0
    out, err = said(capsys)
    assert (out, err) == (
        "", "archlint: known.toml: 45 places, 45 of them new; 0 stale ones dropped\n"
    )  # fmt: skip
    assert run([*KNOWN]) == 0
    out, _ = said(capsys)
    assert "known     45 places of the baseline (-v lists them)" in out
    assert out.endswith("No findings; not shown: 3 in the baseline\n")


@pytest.mark.usefixtures("folder")
def test_another_batch_than_it_was_written_for_is_said_in_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    gpu = "gtx1080ti-cudnn7-fp32"
    # a short name and a whole one are one target
    assert run([*KNOWN, "--batch", "8", "--write-baseline", "as of v1"]) == 0
    said(capsys)
    assert run([*KNOWN, "--batch", "8", "--target", gpu]) == 0
    assert said(capsys)[1] == ""
    line = "archlint: known.toml: written {}: what it knows may be dearer now\n"
    assert run([*KNOWN, "--batch", "4"]) == 0
    assert said(capsys)[1] == line.format("for batch 8, not batch 4")
    other = "epyc-milan-ort-fp32-1t"
    # of widths that the other target alone finds misaligned the baseline knows nothing
    both = ["--target", gpu, "--target", other, "--ignore", "A1"]
    assert run([*KNOWN, "--batch", "8", *both]) == 0
    assert said(capsys)[1] == line.format(f"on {gpu}, not {other}")


def test_reasons_that_were_changed_stay(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run([*KNOWN, "--write-baseline", "as of v1"])
    file = folder / "known.toml"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    (at,) = (n for n, line in enumerate(lines) if '"stages.0.0", what = "movement Concat"' in line)
    lines[at] = lines[at].replace("as of v1", "measured, and it is fine")
    text = "".join(lines)
    file.write_text(text, "utf-8")
    said(capsys)
    assert run([*KNOWN, "--write-baseline", "as of v2"]) == 0
    assert said(capsys)[1].endswith(": 45 places, 0 of them new; 0 stale ones dropped\n")
    assert file.read_text("utf-8") == text


def test_stale_places_are_told_and_pruned(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run([*KNOWN, "--write-baseline", "as of v1"])
    file = folder / "known.toml"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    stale = lines[5].replace("stages.0.0", "stages.9.9").replace("movement", "a decision")
    file.write_text("".join([*lines[:5], stale, *lines[5:]]), "utf-8")
    said(capsys)
    assert run([*KNOWN]) == 0
    assert "stale in the baseline net.onnx: G4 a decision" in said(capsys)[0]
    assert run([*KNOWN, "--prune-baseline"]) == 0
    assert said(capsys)[1] == "archlint: known.toml: 45 places; 1 stale one dropped\n"
    assert file.read_text("utf-8") == "".join(lines)


@pytest.mark.usefixtures("folder")
def test_places_of_models_that_are_not_linted_stay(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy("net.onnx", "other.onnx")
    run(["--target", "gtx1080ti", "--baseline", "known.toml", "--write-baseline", "as of v1"])
    said(capsys)
    run([*KNOWN, "--write-baseline", "as of v2"])
    assert said(capsys)[1].endswith(": 90 places, 0 of them new; 0 stale ones dropped\n")


def test_the_configuration_may_name_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "archlint.toml").write_text('baseline = "known.toml"\n', "utf-8")
    assert run(["net.onnx"]) == 2
    assert "no such baseline (write it with --write-baseline REASON)" in said(capsys)[1]
    assert run(["net.onnx", "--write-baseline", "as of v1"]) == 0
    assert run(["net.onnx"]) == 0


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines"])
def test_a_reason_is_a_line(reason: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*KNOWN, "--write-baseline", reason]) == 2
    assert said(capsys)[1] == ("archlint: --write-baseline: expected a reason, one line of text\n")
    assert not (folder / "known.toml").exists()


@pytest.mark.usefixtures("folder")
def test_without_a_file_there_is_nothing_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["net.onnx", "--prune-baseline"]) == 2
    assert said(capsys)[1] == (
        "archlint: no baseline is named: --baseline FILE, or baseline in the configuration\n"
    )


def test_two_that_write_at_once_lose_nobody_s_places(folder: Path) -> None:
    names = ["a", "b", "c"]
    for name in names:
        shutil.copy(NETWORK, f"{name}.onnx")
    alone = []
    for name in names:
        assert run([f"{name}.onnx", "--baseline", f"{name}.toml", "--write-baseline", "r"]) == 0
        alone.append(len(read_baseline(folder / f"{name}.toml").entries))
    # slow enough that all have begun before the first one writes
    slowly = (
        "import sys, time\nfrom archlint.linter import pipeline\n"
        "at_once = pipeline.load\n"
        "def load(*given):\n    time.sleep(1)\n    return at_once(*given)\n"
        "pipeline.load = load\n"
        "from archlint.cli import run\nsys.exit(run(sys.argv[1:]))"
    )
    both = [
        subprocess.Popen(
            [
                sys.executable, "-c", slowly, f"{name}.onnx", "--baseline", "all.toml",
                "--write-baseline", "r",
            ],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]  # fmt: skip
    told = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0, 0], told
    assert len(read_baseline(folder / "all.toml").entries) == sum(alone)
    waiting = "archlint: all.toml: waiting for another process that writes a baseline\n"
    assert sum(waiting in each for each in told) == 2
    assert sorted(each.name for each in folder.glob("*all*")) == ["all.toml"]


def test_what_was_changed_meanwhile_is_not_overwritten(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run([*KNOWN, "--write-baseline", "r"]) == 0
    said(capsys)

    def meanwhile(*given: Any) -> Any:
        # by an editor, that knows nothing of locks
        text = (folder / "known.toml").read_text(encoding="utf-8")
        (folder / "known.toml").write_text(text.replace('"r"', '"mine"'), encoding="utf-8")
        return examine(*given)

    monkeypatch.setattr(baseline, "examine", meanwhile)
    for change in (["--write-baseline", "r"], ["--prune-baseline"]):
        assert run([*KNOWN, *change]) == 2
        assert said(capsys) == (
            "", "archlint: known.toml has changed meanwhile: nothing is written\n"
        )  # fmt: skip
        assert '"mine"' in (folder / "known.toml").read_text(encoding="utf-8")
        (folder / "known.toml").write_text(
            (folder / "known.toml").read_text(encoding="utf-8").replace('"mine"', '"r"'),
            encoding="utf-8",
        )


def test_locks_are_a_few_files_whatever_many_baselines_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline, "gettempdir", lambda: str(tmp_path))
    for number in range(100):
        with baseline.to_oneself(f"known{number}.toml"):
            pass
    assert 1 < len(list(tmp_path.iterdir())) <= 16
