from __future__ import annotations

from pathlib import Path

import pytest

from archlint.cost.pricer import Pricer
from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, list_targets
from archlint.errors import TargetError
from archlint.graph.reader import read_model
from archlint.graph.widths import find_widths
from archlint.linter.view import Priced, price_model
from archlint.results.findings import Unpriced
from archlint.testing import Net
from tests.cost.paper_targets import ARM_PRICER, GPU_PRICER
from tests.linter.fake_rules import EachConv, convs, priced

CASES = Path(__file__).parents[1] / "cases"
CPU = load_target(list_targets(SHIPPED)["epyc-milan-ort-fp32-1t"])


def view(batch: int = 1, pricer: Pricer = GPU_PRICER) -> Priced:
    net = Net()
    model = net.model(net.conv(net.input(batch, 8, 14, 14), 16, name="conv"))
    return price_model(model, pricer, find_widths(model))


def test_the_title_says_what_the_prices_are_for() -> None:
    assert view(8).title == "NVIDIA GTX 1080 Ti, cuDNN 7.0, benchmark mode, fp32, batch 8"
    arm = view(1, pricer=ARM_PRICER)
    assert arm.title == "Qualcomm Snapdragon 810, NEON, fp32, 1 thread, batch 1"


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_batches_within_the_target_are_priced(batch: int) -> None:
    assert view(batch).total.seconds > 0


@pytest.mark.parametrize(
    ("pricer", "batch", "refusal"),
    [
        (GPU_PRICER, 9, "gtx1080ti-cudnn7-fp32 prices batches 1 to 8, not 9"),
        (ARM_PRICER, 2, "snapdragon810-neon-fp32 prices batch 1, not 2"),
    ],
)
def test_another_batch_is_refused_not_scaled(pricer: Pricer, batch: int, refusal: str) -> None:
    with pytest.raises(TargetError) as caught:
        view(batch, pricer=pricer)
    assert str(caught.value) == refusal


def test_a_model_of_operators_without_prices_is_refused() -> None:
    net = Net()
    model = net.model(net.op("Fancy", net.input(1, 8, 4, 4), domain="custom"))
    with pytest.raises(TargetError) as caught:
        price_model(model, GPU_PRICER, find_widths(model))
    expected = "gtx1080ti-cudnn7-fp32 has no price for any of its operators: Fancy"
    assert str(caught.value) == expected


def test_a_model_is_refused_where_all_that_has_a_price_moves_data() -> None:
    net = Net()
    x = net.op("Fancy", net.op("Transpose", net.input(1, 8, 4, 4)), domain="custom")
    for number in range(6):
        x = net.op(f"Other{number}", x)
    with pytest.raises(TargetError) as caught:
        price_model(net.model(x), GPU_PRICER, find_widths(net.model(x)))
    assert str(caught.value) == (
        "gtx1080ti-cudnn7-fp32 has no price for any of its operators that compute: "
        "Fancy, Other0, Other1, Other2, Other3, 2 more"
    )


def test_the_total_is_that_of_all_kernels() -> None:
    on = priced(convs(), "blocks.3.conv")
    kernels = [placed.kernel for placed in on.view.lowered.kernels]
    assert on.total == GPU_PRICER.total(kernels)
    assert on.view.total == on.total.seconds
    assert on.coverage == 1.0
    assert on.unpriced == ()


def test_what_has_no_price_is_counted_by_type_and_memory_access() -> None:
    net = Net()
    x = net.conv(net.input(1, 8, 14, 14), 8, name="conv")
    x = net.op("Det", net.op("Fancy", net.op("Fancy", x, domain="custom"), domain="custom"))
    on = priced(net, x)
    assert on.unpriced == (Unpriced("Det", 1), Unpriced("Fancy", 2))
    # an operator of unknown memory access counts as much as the mean of the others
    assert on.coverage == pytest.approx(1 / 4)


def test_the_report_gives_time_by_kind_dearest_first() -> None:
    net = Net()
    x = net.conv(net.input(1, 64, 28, 28), 64, 3, name="conv")
    x = net.op("Add", net.conv(x, 64), x)
    report = priced(net, x).report(0.5, 3, (), is_default=True)
    assert [(each.kind, each.count) for each in report.kinds] == [("conv", 2), ("element-wise", 1)]
    assert sum(each.share for each in report.kinds) == pytest.approx(1.0)
    assert sum(each.time for each in report.kinds) == pytest.approx(report.predicted)
    assert (report.saving, report.saving_findings, report.is_default) == (0.5, 3, True)


def test_a_rule_sees_its_options_and_the_defaults_of_the_rest() -> None:
    on = priced(convs(), "blocks.3.conv")
    assert on.for_rule(EachConv, {}).options == {"shrink": 4}
    assert on.for_rule(EachConv, {"shrink": 2, "other": 1}).options == {"shrink": 2}


@pytest.mark.parametrize("op", ["Softplus", "Mish", "Elu"])
def test_an_operator_of_which_a_part_has_no_price_has_none(op: str) -> None:
    model = read_model(str(CASES / f"act_{op.lower()}.onnx"))
    found = price_model(model, Pricer(CPU), find_widths(model))
    assert found.unpriced == (Unpriced(op, 6),)
    assert found.coverage < 0.2
