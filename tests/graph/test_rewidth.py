from __future__ import annotations

from archlint.graph import Model
from archlint.graph.rewidth import with_widths
from archlint.graph.widths import Widths, find_widths
from archlint.testing import Net


def at(model: Model, widths: Widths, **new: int) -> Model:
    made = with_widths(model, widths, {widths.group[name]: size for name, size in new.items()})
    assert made is not None
    return made


def shapes(model: Model, name: str) -> list[tuple[int, ...] | None]:
    op = next(each for each in model.operators if each.name == name)
    return [each.shape for each in (*op.inputs, *op.outputs) if each is not None]


def inverted(width: int) -> Model:
    net = Net()
    x = net.conv(net.input(1, 8, 14, 14), width, name="expand")
    x = net.depthwise(net.norm(net.op("Relu", x)), name="depthwise")
    scale = net.weight("scale", 1, width, 1, 1)
    x = net.op("Mul", x, scale, name="scaled")
    x = net.conv(x, 8, name="project")
    pooled = net.op("Flatten", net.op("GlobalAveragePool", x), name="flat")
    net.dense(pooled, 8, 10, name="classify")
    return net.model()


def test_a_model_at_other_widths_is_the_model_built_with_them() -> None:
    model = inverted(24)
    widths = find_widths(model)
    made, wanted = at(model, widths, expand=40), inverted(40)
    assert made.operators == wanted.operators
    assert made.flops == wanted.flops
    assert made.mac == wanted.mac


def test_what_no_width_changes_is_the_same_object() -> None:
    model = inverted(24)
    made = at(model, find_widths(model), expand=40)
    assert made.operators[-1] is model.operators[-1]


def test_products_follow_at_either_end() -> None:
    net = Net()
    x = net.dense(net.input(4, 16), 16, 30, name="first")
    net.dense(net.op("Relu", x), 30, 10, name="second")
    model = net.model()
    made = at(model, find_widths(model), first=32)
    assert shapes(made, "first") == [(4, 16), (16, 32), (4, 32)]
    assert shapes(made, "second") == [(4, 32), (32, 10), (4, 10)]


def test_the_groups_of_a_conv_must_divide_a_width() -> None:
    net = Net()
    x = net.conv(net.input(1, 8, 14, 14), 24, name="first")
    net.conv(x, 24, 3, groups=6, name="grouped")
    model = net.model()
    widths = find_widths(model)
    assert shapes(at(model, widths, first=30), "grouped")[:2] == [(1, 30, 14, 14), (24, 5, 3, 3)]
    assert with_widths(model, widths, {widths.group["first"]: 28}) is None


def test_a_shuffle_keeps_its_groups() -> None:
    net = Net()
    x = net.conv(net.input(1, 8, 14, 14), 24, name="first")
    y = net.shuffle(x, (1, 24, 14, 14), 3)
    net.conv(y, 8, name="last")
    model = net.model()
    widths = find_widths(model)
    made = at(model, widths, first=36)
    inside = [each.output.shape for each in made.operators[1:4]]
    assert inside == [(1, 3, 12, 14, 14), (1, 12, 3, 14, 14), (1, 36, 14, 14)]
    assert with_widths(model, widths, {widths.group["first"]: 35}) is None
