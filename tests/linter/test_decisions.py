from __future__ import annotations

from archlint.graph.model import Model
from archlint.graph.reader import read_model
from archlint.linter.decisions import with_decisions
from archlint.location import Call, Certainty, Location, Span
from archlint.testing import Net


def span(line: int) -> Span:
    return Span("nets.py", line, 1, line, 9, "")


def location(inside: str, *chain: tuple[str, str]) -> Location:
    """Innermost on line 1, each call above it a line on."""
    calls = tuple(Call(span(number), what, where) for number, (what, where) in enumerate(chain, 2))
    return Location(span(1), Certainty.EXACT, calls, inside)


def model(*modules: str) -> Model:
    net = Net()
    x = net.input(1, 8, 8, 8)
    for module in modules:
        x = net.conv(x, 8, name=module)
    return read_model(net.proto(x))


def decided(model: Model, where: Location) -> list[int]:
    (found,) = with_decisions(model, {0: where}).values()
    return [each.line for each in found.decision]


BLOCK = ("Block(...)", "Net.__init__")


def test_a_constructor_in_a_class_decides() -> None:
    net = model("blocks.0.conv1", "blocks.0.conv2")
    assert decided(net, location("Block.__init__", BLOCK)) == [1]


def test_of_a_plain_function_the_call_decides() -> None:
    net = model("blocks.0.conv1", "blocks.0.conv2")
    chain = (("conv1x1(...)", "Block.__init__"), BLOCK)
    assert decided(net, location("conv1x1", *chain)) == [1, 2]
    nested = (("conv(...)", "conv1x1"), *chain)
    assert decided(net, location("conv", *nested)) == [1, 2, 3]


def test_of_a_module_with_nothing_else_with_weights_the_call_decides() -> None:
    net = model("blocks.0.expand.conv", "blocks.0.project.conv")
    chain = (("ConvNorm(...)", "Block.__init__"), BLOCK)
    assert decided(net, location("ConvNorm.__init__", *chain)) == [1, 2]


def test_a_call_of_the_base_class_is_part_of_its_module() -> None:
    net = model("blocks.0.expand.conv", "blocks.0.project.conv")
    chain = (
        ("super().__init__(...)", "ConvNorm.__init__"),
        ("ConvNorm(...)", "Block.__init__"),
        BLOCK,
    )
    assert decided(net, location("Base.__init__", *chain)) == [1, 2, 3]


def test_a_line_of_forward_decides() -> None:
    assert decided(model("conv"), location("", BLOCK)) == [1]
