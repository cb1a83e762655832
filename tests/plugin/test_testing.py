"""archlint.testing, as the author of a rule uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from archlint import plugin
from archlint.cost.kernels.kernel import parse_term
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.price import Basis
from archlint.errors import TargetError
from archlint.results.findings import Severity
from archlint.rule import Place, Silence, View
from archlint.testing import Net, check, target_of
from tests.linter.fake_rules import EachConv, Silent, convs

ROWS = {"Conv 64>64 k3x3 @28x28": 1e-3, "Conv 16>16 k3x3 @28x28": 1e-4}
TARGET = target_of(ROWS)


def test_what_a_rule_says_is_priced_and_judged() -> None:
    said = check(EachConv, convs(2), target=TARGET)
    assert [said.names(each) for each in said.places] == [["blocks.0.conv"], ["blocks.1.conv"]]
    assert said.silences == ()
    (finding,) = said.findings
    assert (finding.code, finding.count, finding.severity) == ("T1", 2, Severity.ERROR)
    assert finding.prices[0].saving_share == pytest.approx(0.9, abs=0.01)


def test_the_only_place_comes_with_its_module_and_price() -> None:
    place = check(EachConv, convs(1), target=TARGET).place
    assert place.module == "blocks.0.conv"
    assert place.comparison.slowdown == pytest.approx(10, rel=0.02)
    assert place.comparison.basis is Basis.MEASURED


def test_where_there_is_not_one_place_the_rule_s_own_words_say_what_there_is() -> None:
    with pytest.raises(AssertionError, match=r"^2 places; the rule says: blocks\.0\.conv: 64:64;"):
        _ = check(EachConv, convs(2), target=TARGET).place
    with pytest.raises(AssertionError, match=r"^0 places; .* blocks\.0\.conv: nothing on test$"):
        _ = check(Silent, convs(1), target=TARGET).place


def test_a_silence_is_found_by_its_operator() -> None:
    said = check(Silent, convs(1), target=TARGET)
    assert said.reason("blocks.0.conv") == "nothing on test"
    with pytest.raises(AssertionError, match=r"^not one silence about head;"):
        said.reason("head")
    with pytest.raises(AssertionError, match=r"the rule says: blocks\.0\.conv: 64:64$"):
        check(EachConv, convs(1), target=TARGET).reason("blocks.0.conv")


class Activated(EachConv):
    """Instead of each conv an activation."""

    def check(self, view: View) -> Iterator[Place | Silence]:
        for said in super().check(view):
            assert isinstance(said, Place)
            yield replace(said, instead_kernels=(parse_term("Relu 64 @28x28")[1],))


def test_an_alternative_without_a_price_is_a_silence() -> None:
    assert check(Activated, convs(1), target=TARGET).reason("blocks.0.conv") == "no price"


def test_the_rule_s_options_are_those_given_or_their_defaults() -> None:
    assert check(EachConv, convs(1), target=TARGET).place.instead == "Conv 16>16 k3x3 @28x28"
    halved = check(EachConv, convs(1), target=TARGET, options={"shrink": 2})
    assert halved.place.instead == "Conv 32>32 k3x3 @28x28"


def test_what_a_target_fuses_is_for_its_author_to_say() -> None:
    net = Net()
    net.op("Relu", net.norm(net.conv(net.input(1, 64, 28, 28), 64, 3, name="conv")), name="act")
    for fuse, kernels in (
        (("Relu",), ["Conv 64>64 k3x3 @28x28 +Relu"]),
        ((), ["Conv 64>64 k3x3 @28x28", "Relu 64 @28x28"]),
    ):
        view = check(Silent, net, target=target_of(ROWS, fuse=fuse)).view
        assert [each.kernel.text for each in view.lowered.kernels] == kernels


def test_a_slow_down_below_the_least_is_no_finding() -> None:
    said = check(EachConv, convs(1), target=TARGET, min_slowdown=20)
    assert (len(said.places), said.findings) == (1, ())


def test_a_model_may_be_a_file_and_a_target_a_name(tmp_path: Path) -> None:
    onnx.save(convs(1, batch=1).proto(), tmp_path / "net.onnx")
    said = check(EachConv, str(tmp_path / "net.onnx"), target="gtx1080ti-cudnn7-fp32", batch=8)
    assert said.view.target.name == "gtx1080ti-cudnn7-fp32"
    assert said.view.lowered.kernels[0].kernel.batch == 8


@pytest.mark.parametrize(("text", "seconds"), ROWS.items())
def test_a_row_is_its_kernel_s_price(text: str, seconds: float) -> None:
    price = Pricer(TARGET).price(parse_term(text)[1])
    assert price is not None
    assert price.seconds == pytest.approx(seconds, rel=0.01)


def test_what_has_no_row_of_its_variety_has_no_price() -> None:
    net = Net()
    net.dense(net.input(1, 64), 64, 10)
    with pytest.raises(TargetError, match="test has no price for any of its operators: MatMul"):
        check(EachConv, net, target=TARGET)


def test_a_row_that_is_no_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="not a kernel: 'a conv'"):
        target_of({"a conv": 1.0})


def test_what_nobody_reads_is_an_output() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 8, name="stem")
    net.op("Relu", x, name="one")
    net.op("Sigmoid", x, name="other")
    assert [each.name for each in net.proto().graph.output] == ["one", "other"]
    assert [each.name for each in net.proto("stem").graph.output] == ["stem"]


def test_the_door_opens_on_what_it_names() -> None:
    assert len(set(plugin.__all__)) == len(plugin.__all__)
    assert [name for name in plugin.__all__ if not hasattr(plugin, name)] == []
    imported = {name for name in vars(plugin) if name[0] != "_"}
    assert imported - set(plugin.__all__) == {"TYPE_CHECKING", "annotations"}


@pytest.mark.parametrize("name", ["Rules", "plot"])
def test_the_door_says_what_it_does_not_know(name: str) -> None:
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
        getattr(plugin, name)
