"""What a rule asks of its view."""

from __future__ import annotations

from archlint.rule import View
from archlint.testing import Net, check
from tests.linter.fake_rules import Silent


def view() -> View:
    net = Net()
    x = net.op("Relu", net.conv(net.input(1, 3, 8, 8), 8, name="conv"), name="act")
    y = net.op("Mul", x, x, name="square")
    net.op("Add", net.op("Sigmoid", x, name="gate"), y, name="sum")
    return check(Silent, net.proto("sum", "gate"), target="gtx1080ti-cudnn7-fp32").view


def test_the_readers_of_an_operator_are_each_named_once() -> None:
    here = view()
    at = {op.name: op.index for op in here.model.operators}
    assert sorted(op.name for op in here.readers(at["act"])) == ["gate", "square"]
    assert here.readers(at["sum"]) == ()


def test_a_sole_reader_is_the_only_one_that_sees_the_result() -> None:
    here = view()
    sole = {op.name: here.sole_reader(op.index) for op in here.model.operators}
    names = {name: op and op.name for name, op in sole.items()}
    assert names == {"conv": "act", "act": None, "square": "sum", "gate": None, "sum": None}


def test_a_kernel_s_main_operator_is_not_what_is_fused_into_it() -> None:
    here = view()
    first = here.lowered.kernels[0]
    assert first.kernel.epilogue == ("Relu",)
    assert here.main(first).name == "conv"
