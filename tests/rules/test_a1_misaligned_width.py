from __future__ import annotations

from pathlib import Path

import pytest

import archlint
from archlint.linter.registry import all_rules, locate_all
from archlint.remedy import AlignedWidths
from archlint.results.findings import Severity
from archlint.rules.a1_misaligned_width.rule import Evidence, MisalignedWidth, Other
from archlint.testing import Checked, Net, check

EXAMPLES = Path(__file__).parents[2] / "examples" / "onnx"


BLOCKS_OF_8, BLOCKS_OF_16 = "epyc-milan-ort-fp32-1t", "epyc-genoa-ort-fp32-1t"
"""Both take convs of a multiple of 4 channels into blocks; the others run plain, slowly."""


def expanded(channels: int, blocks: int = 1) -> Net:
    """Depthwise convs of so many channels between 1x1 convs."""
    net = Net()
    x = net.conv(net.input(1, 8, 28, 28), 96, name="stem")
    for block in range(blocks):
        y = net.conv(x, channels, name=f"blocks.{block}.expand")
        y = net.depthwise(y, name=f"blocks.{block}.depthwise")
        x = net.conv(y, 96, name=f"blocks.{block}.project")
    net.conv(x, 8, name="head")
    return net


def residual(channels: int) -> Net:
    """Blocks of two 3x3 convs, all of one width."""
    net = Net()
    x = net.conv(net.input(1, 8, 28, 28), channels, name="stem")
    for block in range(2):
        y = net.op("Relu", net.conv(x, channels, 3, name=f"blocks.{block}.first"))
        y = net.conv(y, channels, 3, name=f"blocks.{block}.second")
        x = net.op("Relu", net.op("Add", x, y, name=f"blocks.{block}.sum"))
    net.conv(x, 8, name="head")
    return net


def checked(net: Net, target: str = BLOCKS_OF_8) -> Checked:
    return check(MisalignedWidth, net, target=target)


def other(checked: Checked, side: str) -> Other:
    (place,) = checked.places
    assert isinstance(place.evidence, Evidence)
    found = getattr(place.evidence, side)
    assert isinstance(found, Other)
    return found


def test_a_width_that_takes_longer_than_a_wider_one_is_a_place() -> None:
    said = checked(expanded(62))
    place = said.place
    assert said.names(place) == ["blocks.0.expand", "blocks.0.depthwise"]
    assert str(place.decision) == "width blocks.*.expand"
    assert place.comparison.low > 1.1
    assert place.now == "62 channels in 2 layers, on 28x28"
    assert place.instead.startswith("64 channels, 0.")
    assert "; or 60 channels, 0." in place.instead or "; or 56 channels, 0." in place.instead
    assert place.summary.endswith(" times as long as 64")
    assert place.remedy == AlignedWidths(((62, 64),))
    assert place.limit is None
    assert other(said, "above").channels == 64
    assert other(said, "above").flops > 1 > other(said, "below").flops
    # on the fast path there is nothing to reorder
    assert any(said.view.lowered.kernels[n].kernel.op.startswith("Reorder") for n in place.kernels)
    assert not any(each.op.startswith("Reorder") for each in place.instead_kernels)


def test_an_aligned_width_is_none() -> None:
    reason = checked(expanded(64)).reason("blocks.0.expand")
    assert reason == "64 channels take no longer than others for their FLOPs"


def test_where_no_wider_one_is_faster_it_is_a_narrower_one_and_a_warning_at_most() -> None:
    said = checked(residual(18), BLOCKS_OF_16)
    place = said.place
    assert place.limit is not None
    assert place.limit.severity is Severity.WARNING
    assert place.limit.reason == "16 channels have 0.79 of its FLOPs"
    assert place.instead.startswith("16 channels, 0.")
    assert place.summary.endswith(" times as long as 16, for 1.26 times the FLOPs")
    assert other(said, "above").channels == 24


def test_a_narrower_network_is_a_note_where_the_width_alone_costs_little() -> None:
    net = Net()
    x = net.conv(net.input(1, 8, 28, 28), 18, name="stem")
    x = net.conv(x, 512, 3, name="wide")
    x = net.conv(x, 512, 3, name="heavy")
    net.conv(x, 8, name="head")
    limit = checked(net, BLOCKS_OF_16).place.limit
    assert limit is not None
    assert limit.severity is Severity.NOTE
    assert limit.reason == "16 channels have 0.89 of its FLOPs, which save most of the time"


def test_what_is_aligned_is_what_the_rows_say() -> None:
    assert checked(expanded(40), BLOCKS_OF_8).places == ()
    assert checked(expanded(40), BLOCKS_OF_16).place.remedy == AlignedWidths(((40, 32),))


def test_blocks_alike_are_one_decision() -> None:
    said = checked(expanded(62, blocks=3))
    assert len(said.places) == 3
    (finding,) = said.findings
    assert finding.count == 3
    assert finding.module == "blocks.*.expand"


def test_a_stage_of_one_width_is_one_place() -> None:
    said = checked(residual(18))
    assert said.names(said.place) == [
        "stem", "blocks.0.first", "blocks.0.second", "blocks.1.first", "blocks.1.second",
    ]  # fmt: skip


def test_a_width_that_is_an_output_of_the_model_is_given() -> None:
    net = Net()
    x = net.conv(net.input(1, 96, 28, 28), 62, name="expand")
    net.depthwise(x, name="depthwise")
    assert checked(net).reason("expand") == (
        "its width cannot change: it is an output of the model"
    )


def test_parts_of_a_split_change_together_with_what_is_split() -> None:
    net = Net()
    x = net.conv(net.input(1, 8, 28, 28), 124, name="first")
    first, second = net.split(x, 62, 62)
    second = net.depthwise(second, name="depthwise")
    net.conv(net.concat(first, second), 8, name="head")
    said = checked(net)
    assert said.place.remedy == AlignedWidths(((62, 64), (124, 128)))
    texts = [each.title for each in said.place.instead_kernels]
    assert "Conv 64>64 k3x3 g64 @28x28 (nchwc)" in texts
    assert "Conv 8>128 k1x1 @28x28 (nchwc)" in texts
    assert said.reason("first") == "its width is a sum: its parts are looked at"


def test_what_a_concat_makes_may_be_split_into_other_parts() -> None:
    net = Net()
    x = net.input(1, 8, 28, 28)
    whole = net.concat(net.conv(x, 124, name="one"), net.conv(x, 124, name="other"))
    parts = net.split(whole, 62, 62, 62, 62)
    net.conv(net.concat(*(net.depthwise(each) for each in parts)), 8, name="head")
    said = checked(net)
    assert said.place.remedy == AlignedWidths(((62, 64), (124, 128), (248, 256)))


def test_parts_that_take_up_nothing_evenly_tie_a_width() -> None:
    net = Net()
    x = net.input(1, 8, 28, 28)
    whole = net.concat(net.conv(x, 24, name="one"), net.conv(x, 100, name="other"))
    parts = net.split(whole, 62, 62)
    net.conv(net.concat(*(net.depthwise(each, name=f"{each}.dw") for each in parts)), 8)
    reason = checked(net).reason("other")
    assert reason == "several Concats or Splits tie its width"


def test_groups_must_divide_the_width() -> None:
    net = Net()
    x = net.conv(net.input(1, 8, 28, 28), 62, name="first")
    x = net.conv(x, 62, 3, groups=31, name="grouped")
    net.conv(x, 8, name="head")
    assert checked(net).places == ()


CPUS = [
    each.target.name
    for each in locate_all(())
    if each.place.is_shipped and each.target.threads and each.target.dtype == "float"
]


@pytest.mark.parametrize("target", CPUS)
@pytest.mark.parametrize("name", ["resnet50", "vgg16", "vit_s16"])
def test_networks_of_usual_widths_have_no_warning(name: str, target: str) -> None:
    report = archlint.lint(EXAMPLES / f"{name}.onnx", targets=[target], select=["A1"])
    assert report.errors == ()
    said = [each for each in report.models[0].findings if each.severity is not Severity.NOTE]
    assert said == []


def test_it_is_a_rule_of_archlint() -> None:
    assert MisalignedWidth in all_rules()
