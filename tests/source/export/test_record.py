from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import pytest

from archlint.source.export.exported import Recorded
from tests.source.export.building import NETS, built, line_of

pytest.importorskip("torch", reason="constructing modules needs torch")


@pytest.fixture(scope="module", autouse=True)
def _imports_as_before() -> Iterator[None]:
    before = list(sys.path)
    yield
    sys.path[:] = before


@pytest.fixture(scope="module")
def record() -> Mapping[str, Recorded]:
    found: Mapping[str, Recorded] = built("Net", "1x3x8x8")[1]
    return found


def lines(recorded: Recorded) -> list[int]:
    assert {site.file for site in recorded.sites} <= {str(NETS)}
    return [site.line for site in recorded.sites]


@pytest.mark.parametrize(
    ("path", "comments"),
    [
        ("sequential.0", ["# sequential"]),
        ("sequential", ["# sequential"]),
        ("listed.1", ["# listed"]),
        ("listed.1.conv", ["# block conv", "# listed"]),
        ("looped.0.conv", ["# block conv", "# looped"]),
        ("generated.1.conv", ["# block conv", "# generated"]),
        ("helped", ["# helper conv", "# helped"]),
        ("shared", ["# helper conv", "# helped"]),
        ("wide", ["# wide"]),
        ("wide.conv", ["# block conv", "# wide super", "# wide"]),
        ("partial", ["# partial"]),
        ("copied", ["# partial"]),
        ("called", ["in the lambda", "# called"]),
        ("widened", ["# widened"]),
        ("last", ["# after two bytes"]),
    ],
)
def test_a_module_has_the_calls_that_constructed_it(
    record: Mapping[str, Recorded], path: str, comments: list[str]
) -> None:
    assert lines(record[path]) == [line_of(each) for each in comments]


def test_the_model_itself_was_called_by_nobody(record: Mapping[str, Recorded]) -> None:
    assert record[""].sites == ()


def test_comprehensions_are_part_of_the_function_around_them(
    record: Mapping[str, Recorded],
) -> None:
    for path in ("listed.0", "generated.0"):
        assert [site.function for site in record[path].sites] in (["Net.__init__"], ["__init__"])


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 knows no columns")
def test_columns_are_those_of_the_call(record: Mapping[str, Recorded]) -> None:
    text = NETS.read_bytes().splitlines()
    for path, call in (
        ("sequential.0", b"nn.Conv2d(3, 4, 1)"),
        ("listed.0", b"Block(4)"),
        ("last", b"nn.Conv2d(8, 4, 1)"),
    ):
        site = record[path].sites[0]
        assert text[site.line - 1][site.column : site.end_column] == call


def test_classes_and_whose_forward_they_run(record: Mapping[str, Recorded]) -> None:
    assert record["sequential.0"].class_name == "torch.nn.modules.conv.Conv2d"
    assert record["wide"].class_name.endswith("nets.Wide")
    library = [path for path in ("sequential.0", "widened", "wide", "") if record[path].library]
    assert library == ["sequential.0", "widened"]


def test_layers_that_torch_copies_have_the_call_of_the_original() -> None:
    _, record = built("Encoder", "1x5x8")
    for path in ("encoder.layers.0", "encoder.layers.1", "encoder.layers.1.linear1"):
        assert lines(record[path]) == [line_of("# layer")]
    assert lines(record["encoder"]) == [line_of("# encoder")]


def test_a_module_without_a_constructor_call_has_no_sites() -> None:
    _, record = built("Unpickled", "1x4")
    assert record["relu"].sites == ()


def test_marks_are_taken_away() -> None:
    found, _ = built("Encoder", "1x5x8")
    for module in found.module.modules():
        assert not [name for name in vars(module) if "archlint" in name]


def test_copies_made_after_weights_were_made_need_no_weights_either() -> None:
    found, record = built("Copied", "1x4x8x8")
    assert not found.remarks
    assert lines(record["blocks.1.norm"]) == [line_of("# normed norm"), line_of("# normed")]
    first, second = (block.norm.weight for block in found.module.blocks)
    assert first is not second
