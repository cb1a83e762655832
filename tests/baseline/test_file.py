from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.baseline import Baseline, Entry, WrittenFor, baseline_text, read_baseline
from archlint.cost import target_files
from archlint.errors import UsageError
from tests.baseline.test_pairing import PLACE

ENTRY = Entry("nets/net.onnx", replace(PLACE, saves={}), "as of v1")


def test_an_entry_is_one_line(tmp_path: Path) -> None:
    lines = baseline_text([ENTRY]).splitlines()
    assert lines[2:] == [
        "version = 1",
        "place = [",
        '  { model = "nets/net.onnx", rule = "G1", module = "blocks.3.expand", what = "width",'
        ' operator = "Conv 144x24x1x1", makes = "144x56x56", now = "24 > 144 > 24 channels",'
        ' most = { "gpu" = 2.0 }, reason = "as of v1" },',
        "]",
    ]
    file = tmp_path / "baseline.toml"
    file.write_text(baseline_text([ENTRY]), encoding="utf-8")
    assert read_baseline(file).entries == (ENTRY,)


def test_it_holds_what_it_was_written_for(tmp_path: Path) -> None:
    file = tmp_path / "baseline.toml"
    for written in (None, WrittenFor(("cpu", "gpu")), WrittenFor(("gpu",), 8)):
        file.write_text(baseline_text([ENTRY], written), encoding="utf-8")
        assert read_baseline(file) == Baseline(file, (ENTRY,), written)
    assert 'targets = ["gpu"]\nbatch = 8\nplace = [\n' in file.read_text(encoding="utf-8")


def test_a_target_that_was_renamed_since_goes_by_its_name_of_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_files, "_renamed", lambda: {"gpu": "gpu-of-now"})
    file = tmp_path / "baseline.toml"
    file.write_text(baseline_text([ENTRY], WrittenFor(("cpu", "gpu"))), encoding="utf-8")
    read = read_baseline(file)
    assert read.entries[0].place.most == {"gpu-of-now": PLACE.most["gpu"]}
    assert read.written_for == WrittenFor(("cpu", "gpu-of-now"))


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (WrittenFor(("gpu",), 8), ""),
        (WrittenFor(("gpu",)), "for batch 8, not the batch of each model"),
        (WrittenFor(("gpu", "arm"), 8), "on cpu, gpu, not arm"),
        (WrittenFor(("arm",), 1), "for batch 8, not batch 1 and on cpu, gpu, not arm"),
    ],
)
def test_another_batch_and_other_targets_are_told(run: WrittenFor, said: str) -> None:
    told = WrittenFor(("cpu", "gpu"), 8).mismatch(run)
    assert told == (f"written {said}: what it knows may be dearer now" if said else "")


def test_entries_are_sorted_as_people_count() -> None:
    numbers = ("10", "9", "1", "9" * 5000)  # which a file may say
    places = [replace(PLACE, module=f"blocks.{n}.expand") for n in numbers]
    text = baseline_text([Entry("a", each, "r") for each in places])
    assert [line.split("blocks.")[1].split(".")[0] for line in text.splitlines()[4:-1]] == [
        "9" * 5000, "1", "9", "10",
    ]  # fmt: skip


@given(st.text(), st.text())
def test_any_name_and_any_module_come_back(model: str, module: str) -> None:
    entry = Entry(model, replace(ENTRY.place, module=module), "r")
    text = baseline_text([entry])
    assert len([line for line in text.split("\n") if line.startswith("  {")]) == 1
    file = Path("baseline.toml")
    written = text.encode()
    assert b"\r" not in written
    loaded = _parsed(file, text)
    assert loaded == (entry,)


def _parsed(file: Path, text: str) -> tuple[Entry, ...]:
    import tomli

    from archlint.baseline.file import _entry

    return tuple(_entry(file, 0, each) for each in tomli.loads(text)["place"])


def test_models_are_named_from_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "net.onnx").touch()
    (tmp_path / "nets" / "net.py").touch()
    baseline = Baseline(tmp_path / "baseline.toml")
    for folder, beside in (tmp_path, "nets/"), (tmp_path / "nets", ""):
        monkeypatch.chdir(folder)
        assert baseline.name_of(f"{beside}net.onnx") == "nets/net.onnx"
        assert baseline.name_of(f"{beside}net.py:Net") == "nets/net.py:Net"
    assert baseline.name_of("package.module:Net") == "package.module:Net"
    assert baseline.name_of("a configured name") == "a configured name"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not a baseline of version 1"),
        ("version = 2\nplace = []", "not a baseline of version 1"),
        ("version = 1", "place: expected a list"),
        ("version = 1\nplace = [1]", "place 1: expected a table"),
        ("version = 1\nplace = [{}]", "place 1: model: expected a string"),
        ("version = 1\nplace = []\ntargets = 1", "targets: expected a list of names"),
        ("version = 1\nplace = []\ntargets = []\nbatch = 0", "batch: expected a number from 1"),
        ("version = ", "not valid TOML: Invalid value (at end of document)"),
        (baseline_text([replace(ENTRY, reason=" ")]), "place 1: the reason is empty"),
        (
            baseline_text([ENTRY]).replace('"gpu" = 2.0', '"gpu" = "2"'),
            "place 1: most: expected milliseconds by target",
        ),
        *(
            (
                baseline_text([ENTRY]).replace('"gpu" = 2.0', f'"gpu" = {no_time}'),
                "place 1: most: expected milliseconds by target",
            )
            for no_time in ("nan", "inf", "-inf", "-1.0", "1e300", "9" * 400, "true")
        ),
        (
            baseline_text([ENTRY]).replace("most =", "more = 1, most ="),
            'place 1: unknown key "more"',
        ),
    ],
)
def test_what_is_wrong_is_one_line(text: str, fault: str, tmp_path: Path) -> None:
    file = tmp_path / "baseline.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read_baseline(file)
    assert str(raised.value) == f"{file}: {fault}"


def test_a_number_without_an_end_is_one_line_too(tmp_path: Path) -> None:
    file = tmp_path / "baseline.toml"
    text = baseline_text([ENTRY]).replace('"gpu" = 2.0', f'"gpu" = {"9" * 6000}')
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"baseline\.toml: not valid TOML: [^\n]*$"):
        read_baseline(file)


def test_a_baseline_that_is_not_there_may_be_about_to_be_written(tmp_path: Path) -> None:
    file = tmp_path / "none.toml"
    assert read_baseline(file, may_be_absent=True) == Baseline(file)
    with pytest.raises(UsageError, match="no such baseline"):
        read_baseline(file)
