from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tomli

from archlint.cost.check_table import check_table
from archlint.cost.cpu import Cpu
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.row import Row
from archlint.cost.target import load_target
from archlint.cost.target_files import files_of
from archlint.errors import MeasureError, TargetError
from archlint.measure.fit.drift import Reference
from archlint.measure.store import Store
from archlint.measure.target_file import TargetFile, put_sections
from tests.measure.fake_backend import FakeBackend

REFERENCE = Reference(("Add 8 @8x8", "Softmax 9"), (1.5e-6, 2e-6))
SECTIONS = """
[[families]]
name = "conv"
kinds = ["conv"]
borrows = []
terms = ["launch", "flops", "bytes"]
spread = 0.2
noise = 0.05
[calibration]
band_scale = 1.1
coverage = 0.8
pairs = 3
errors = []
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine" / "target.toml"


def begun(path: Path, backend: FakeBackend | None = None) -> TargetFile:
    file = TargetFile(path, backend or FakeBackend())
    file.begin(REFERENCE, (1, 8), "2026-01-01")
    return file


def test_the_file_says_what_is_measured_before_the_first_row(path: Path) -> None:
    begun(path)
    assert path.read_text(encoding="utf-8") == (
        """\
# Written by `archlint measure`, which goes on from here.
name = "mine"
device = "Fake CPU"
runtime = "Fake 1.0"
dtype = "float"
threads = "1"
layout = ""
started = "2026-01-01"
measured = "2026-01-01"
source = "archlint measure"
notes = []
batches = [
    1,
    8,
]
simd = 256
marked = 0
unfinished = true

[machine]
near = 524288
far = 33554432

[versions]
fake = "1.0"
python = "3"

[rows]

[lowering]
fold = [
    "BatchNormalization",
]
fuse = [
    "Relu",
]
fuse_into = [
    "conv",
]
rotation = [
    4,
    40,
    400,
]

[reference]
kernels = [
    "Add 8 @8x8",
    "Softmax 9",
]
seconds = [
    1.5e-06,
    2e-06,
]
"""
    )
    assert list(path.parent.iterdir()) == [path]


def test_the_file_says_of_the_cpu_what_that_tells(path: Path) -> None:
    cpu = Cpu("AMD", 25, 17, "1", ("avx2", "avx512f"), hypervisor=True)
    begun(path, FakeBackend(cpu=cpu))
    assert load_target(files_of(path.parent)).cpu == cpu


def test_it_loads_as_a_target_without_prices_until_it_is_calibrated(path: Path) -> None:
    begun(path)
    target = load_target(files_of(path.parent))
    assert (target.name, target.threads, target.batches) == ("mine", "1", (1, 8))
    assert target.lowering.fuse_into == {Kind.CONV}
    assert (target.peak, target.families, target.calibration.coverage) == (None, (), None)
    put_sections(path, tomli.loads(SECTIONS))
    target = load_target(files_of(path.parent))
    assert [family.name for family in target.families] == ["conv"]
    assert target.calibration.band_scale == 1.1


def test_a_later_run_keeps_what_the_file_has(path: Path) -> None:
    begun(path).end({"g1": 3}, 1, "2026-01-02")
    assert "unfinished" not in path.read_text(encoding="utf-8")
    put_sections(path, tomli.loads(SECTIONS))
    put_sections(path, tomli.loads(SECTIONS))
    file = TargetFile(path, FakeBackend())
    assert file.reference == REFERENCE
    file.begin(REFERENCE, (2, 64), "2026-01-05")
    text = path.read_text(encoding="utf-8")
    assert 'started = "2026-01-01"' in text
    assert 'measured = "2026-01-02"' in text
    assert "batches = [\n    1,\n    64,\n]" in text
    assert "[rows]\ng1 = 3\n" in text
    target = load_target(files_of(path.parent))
    assert target.families != ()
    assert not target.is_finished


def test_a_finished_file_has_the_checksum_of_its_rows_and_its_words(path: Path) -> None:
    file = begun(path)
    store = Store(path.parents[1], path.parent.name)
    row = Row("G1", "Add 3", "s", "float", 1, "", 5, 1e-6, None, None, None, "d", "h")
    store.append([row])
    file.end(store.count(), 0, "2026-01-02")
    put_sections(path, tomli.loads(SECTIONS))
    files = files_of(path.parent)
    check_table(load_target(files), files)
    # as `verify --keep` adds one
    store.append([replace(row, kernels="Add 4")])
    with pytest.raises(TargetError, match="it counts 1 rows of G1, and there are 2, for what"):
        check_table(load_target(files), files)
    put_sections(path, {"rows": store.count()})
    check_table(load_target(files), files)
    path.write_text(path.read_text().replace("noise = 0.05", "noise = 0.06"), encoding="utf-8")
    with pytest.raises(TargetError, match="it or its rows were changed since they were measured"):
        check_table(load_target(files), files)


def test_a_table_goes_on_at_the_levels_that_it_was_begun_with(path: Path) -> None:
    begun(path)
    text = path.read_text(encoding="utf-8")
    assert "    4,\n    40,\n    400,\n" in text
    older = text.replace("    4,\n    40,\n    400,\n", "    8,\n    24,\n    67,\n")
    path.write_text(older, encoding="utf-8")
    file = TargetFile(path, FakeBackend())
    assert file.lowering.rotation == (8, 24, 67)
    assert not file.lowering.whole_rotation
    file.begin(REFERENCE, (1, 8), "2026-01-05")
    assert load_target(files_of(path.parent)).lowering.rotation == (8, 24, 67)


@pytest.mark.parametrize(
    ("backend", "differs"),
    [
        (FakeBackend(runtime="Fake 2.0"), 'runtime was "Fake 1.0" and is "Fake 2.0"'),
        (FakeBackend(threads=0), 'threads was "1" and is ""'),
        (
            FakeBackend(runtime="Fake 2.0", threads=2),
            'runtime was "Fake 1.0" and is "Fake 2.0", threads was "1" and is "2"',
        ),
    ],
)
def test_rows_of_something_else_are_not_added(
    path: Path, backend: FakeBackend, differs: str
) -> None:
    begun(path)
    with pytest.raises(MeasureError) as caught:
        TargetFile(path, backend)
    assert str(caught.value) == (
        f"{path}: measured on something else: {differs} (give another --target)"
    )


def test_a_file_that_is_no_toml_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("name =", encoding="utf-8")
    with pytest.raises(MeasureError, match=r"target\.toml: not a target file: "):
        TargetFile(path, FakeBackend())
