"""What a change of a model changes among its kernels, on a runtime with a blocked layout."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.lowering.difference import difference, differences, relower
from archlint.cost.lowering.lower import Change, Lowered, lower
from archlint.graph import Model
from archlint.testing import Net
from tests.cost.lowering.test_lower_blocked import ORT


def gated(count: int) -> tuple[Model, list[int]]:
    """Convs, and behind each but the last an Elu, which runs on plain tensors."""
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 16, 3, name="stem")
    for number in range(count):
        x = net.conv(net.op("Elu", x, name=f"elu{number}"), 16, name=f"conv{number}")
    model = net.model(x)
    return model, [op.index for op in model.operators if op.op_type == "Elu"]


def told(lowered: Lowered, numbers: tuple[int, ...]) -> list[str]:
    return [lowered.kernels[number].kernel.text for number in numbers]


def test_what_vanishes_with_an_activation_are_the_reorders_that_it_forces_too() -> None:
    model, elus = gated(1)
    lowered = lower(model, ORT)
    numbers, kernels = difference(
        lowered, relower(model, ORT, lowered, Change(activations={elus[0]: "Relu"}))
    )
    assert told(lowered, numbers) == [
        "Conv 3>16 k3x3 @8x8 (nchwc-stem)",
        "ReorderOutput 16 @8x8",
        "Elu 16 @8x8",
        "ReorderInput 16 @8x8",
    ]
    assert [each.text for each in kernels] == ["Conv 3>16 k3x3 @8x8 (nchwc-stem) +Relu"]


def test_each_place_has_its_own_difference() -> None:
    model, elus = gated(3)
    lowered = lower(model, ORT)
    relowered = relower(model, ORT, lowered, Change(activations=dict.fromkeys(elus, "Relu")))
    found = differences(model, lowered, relowered, [[index] for index in elus])
    assert [each.places for each in found] == [(0,), (1,), (2,)]
    assert [len(each.numbers) for each in found] == [4, 4, 4]
    assert [[kernel.text for kernel in each.kernels] for each in found[1:]] == [
        ["Conv 16>16 k1x1 @8x8 (nchwc) +Relu"]
    ] * 2


def test_places_that_change_one_kernel_together_are_one_difference() -> None:
    net = Net()
    x = net.conv(net.input(1, 16, 8, 8), 16, name="stem")
    y = net.op("Relu", net.op("Add", net.conv(x, 16, name="conv"), x, name="add"), name="relu")
    model = net.model(y)
    index = {op.name: op.index for op in model.operators}
    lowered = lower(model, ORT)
    change = Change(bypass=frozenset([index["add"], index["relu"]]))
    (found,) = differences(
        model, lowered, relower(model, ORT, lowered, change), [[index["add"]], [index["relu"]]]
    )
    assert found.places == (0, 1)
    assert told(lowered, found.numbers) == ["Conv 16>16 k1x1 @8x8 (nchwc) +Add +Relu"]
    assert [each.text for each in found.kernels] == ["Conv 16>16 k1x1 @8x8 (nchwc)"]


def test_without_a_change_nothing_differs() -> None:
    model, elus = gated(2)
    lowered = lower(model, ORT)
    assert difference(lowered, lowered) == ((), ())
    assert differences(model, lowered, lowered, [[index] for index in elus]) == ()


def test_the_weights_in_rotation_stay_as_they_were() -> None:
    model, elus = gated(1)
    levels = replace(ORT, rotation=(8, 24, 64))
    lowered = lower(model, levels)
    relowered = relower(model, levels, lowered, Change(bypass=frozenset(elus)))
    assert {placed.kernel.rotation for placed in relowered.kernels} == {8}


def test_an_operator_that_is_passed_by_hands_on_the_input_that_is_asked_for() -> None:
    net = Net()
    x = net.conv(net.input(1, 18, 8, 8), 18, name="stem")
    add = net.op("Mul", net.op("Elu", x, name="elu"), x, name="mul")
    model = net.model(net.op("Relu", add, name="relu"))
    index = {op.name: op.index for op in model.operators}
    passed = Change(frozenset([index["mul"]]), through={index["mul"]: "stem"})
    lowered = lower(model, ORT, passed)
    # the Relu reads the conv now, which the Elu reads as well
    assert [k.kernel.op for k in lowered.kernels if k.kernel.op == "Mul"] == []
    assert lowered.kernels[lowered.home[index["relu"]]].kernel.text == "Relu 18 @8x8"
