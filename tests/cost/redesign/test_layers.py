from __future__ import annotations

from archlint.cost.kernels.kernel import parse_term
from archlint.cost.redesign.layers import layers_text

KERNELS = {
    place: parse_term(text)[1]
    for place, text in enumerate(
        (
            "Conv 64>384 k1x1 @28x28",
            "Conv 384>384 k3x3 g384 @28x28",
            "Conv 384>64 k1x1 @28x28",
            "Add 64 @28x28",
            "Conv 64>64 k3x3 g16 @28x28",
            "MatMul 64>256 @49",
        )
    )
}


def test_layers_are_named_with_their_widths() -> None:
    assert layers_text(KERNELS, (0, 1, 2)) == "1x1 conv 64 > 384, 3x3 depthwise, 1x1 conv 384 > 64"


def test_groups_are_named_and_what_is_no_layer_is_not() -> None:
    assert layers_text(KERNELS, (3, 4, 5)) == "3x3 conv 64 > 64 (16 groups), product 64 > 256"


def test_a_place_that_is_no_more_is_left_out() -> None:
    assert layers_text(KERNELS, (0, 9)) == "1x1 conv 64 > 384"


def test_of_many_layers_those_of_the_most_flops_are_named_once() -> None:
    text = layers_text(KERNELS, (0, 1, 2, 0, 1, 2, 4, 5))
    assert text == (
        "1x1 conv 64 > 384, 3x3 depthwise, 1x1 conv 384 > 64, 3x3 conv 64 > 64 (16 groups)"
    )
