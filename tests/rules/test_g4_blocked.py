"""G4 on a runtime that changes the graph: fused sums and activations, reorders that go along."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.lowering.lower import lower
from archlint.cost.pricer import Pricer
from archlint.graph.widths import find_widths
from archlint.rule import Place, View
from archlint.rules.g4_elementwise.evidence import Evidence
from archlint.rules.g4_elementwise.rule import ElementWise
from archlint.testing import Net
from tests.cost.lowering.test_lower_blocked import ORT as WITH_VIEWS
from tests.cost.paper_targets import GPU

ORT = replace(WITH_VIEWS, views=False)
"""The prices below have none for a view."""

BLOCKED = replace(GPU, lowering=ORT, batches=(1, 8))
"""The GPU's prices, for kernels as a CPU runs them: what kernels there are is what counts here."""


def view_of(net: Net, *outputs: str) -> View:
    model = net.model(*outputs)
    lowered, pricer = lower(model, ORT), Pricer(BLOCKED)
    total = pricer.total(k.kernel for k in lowered.kernels if pricer.covers(k.kernel))
    assert total is not None
    return View(model, BLOCKED, lowered, pricer, find_widths(model), total.seconds, {})


def place_of(view: View, source: str) -> Place:
    (place,) = [
        each
        for each in ElementWise().check(view)
        if isinstance(each, Place)
        and isinstance(each.evidence, Evidence)
        and each.evidence.source == source
    ]
    return place


def told(view: View, place: Place) -> tuple[list[str], list[str]]:
    now = [kernel.text for kernel in view.kernels(place.kernels)]
    return now, [kernel.text for kernel in place.instead_kernels]


def test_an_activation_is_replaced_with_the_reorders_that_it_forces() -> None:
    net = Net()
    x = net.op("Elu", net.conv(net.input(1, 16, 56, 56), 64), name="act")
    view = view_of(net, net.conv(x, 64))
    place = place_of(view, "activation")
    assert place.now == "Elu 64 @56x56 on its own and 2 reorders around it"
    assert place.instead == "Relu fused into the Conv before it"
    assert told(view, place) == (
        [
            "Conv 16>64 k1x1 @56x56 (nchwc)",
            "ReorderOutput 64 @56x56",
            "Elu 64 @56x56",
            "ReorderInput 64 @56x56",
        ],
        ["Conv 16>64 k1x1 @56x56 (nchwc) +Relu"],
    )


def test_a_fused_activation_costs_what_its_kernel_costs_more_than_without_it() -> None:
    net = Net()
    x = net.op("Neg", net.op("Sigmoid", net.conv(net.input(1, 16, 56, 56), 64)))
    view = view_of(net, net.conv(x, 64))
    place = place_of(view, "activation")
    assert place.now == "Sigmoid 64 @56x56 fused"
    bare = view.pricer.price(view.kernels(place.kernels)[0].core)
    whole = view.pricer.price(view.kernels(place.kernels)[0])
    assert bare is not None
    assert whole is not None
    assert isinstance(place.evidence, Evidence)
    assert place.evidence.share == (whole.seconds - bare.seconds) / view.total
    assert place.evidence.bytes_moved == 0


def test_a_shortcut_that_is_fused_into_a_conv_is_compared_with_the_conv() -> None:
    net = Net()
    x = net.conv(net.input(1, 16, 56, 56), 64)
    view = view_of(net, net.op("Add", net.conv(x, 64, 3), x))
    place = place_of(view, "residual")
    assert place.now == "Add 64 @56x56, fused, of a shortcut"
    assert told(view, place) == (
        ["Conv 64>64 k3x3 @56x56 (nchwc) +Add"],
        ["Conv 64>64 k3x3 @56x56 (nchwc)"],
    )


def test_a_shuffle_goes_with_its_reshapes_and_reorders() -> None:
    net = Net()
    x = net.conv(net.input(1, 16, 28, 28), 64)
    view = view_of(net, net.conv(net.shuffle(x, (1, 64, 28, 28), 2), 64))
    place = place_of(view, "movement")
    assert place.now == "Transpose 2 @32x28x28 (perm 0-2-1-3-4) and 2 reorders around it"
    now, instead = told(view, place)
    assert [text.partition(" ")[0] for text in now] == [
        "Conv",
        "ReorderOutput",
        "Transpose",
        "ReorderInput",
    ]
    # nothing is new: the kernel before it stands on both sides
    assert instead == [now[0]]
