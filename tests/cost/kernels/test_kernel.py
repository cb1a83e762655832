from __future__ import annotations

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.cost.kernels.kernel import Kernel, conv_kind, format_chain, parse_chain
from archlint.cost.kernels.kind import Kind

CONV = Kernel(Kind.CONV, "Conv", 16, 32, (28, 28), (14, 14), 2, (3, 3), (2, 2))
GROUPED = CONV._replace(kind=Kind.GROUP_CONV, groups=4)
DEPTHWISE = Kernel(Kind.DEPTHWISE, "Conv", 16, 16, (8, 8), (8, 8), 1, (3, 3), groups=16)
TRANSPOSED = Kernel(
    Kind.TRANSPOSED_CONV, "ConvTranspose", 32, 16, (14, 14), (28, 28), 2, (2, 2), (2, 2)
)
PRODUCT = Kernel(Kind.PRODUCT, "MatMul", 64, 256, (197,), (197,), 2)
POOL = Kernel(Kind.POOL, "MaxPool", 16, 16, (8, 8), (4, 4), 1, (3, 3), (2, 2))
ADD = Kernel(Kind.ELEMENTWISE, "Add", 32, 32, (56, 56), (56, 56), operands=2)
CONCAT = Kernel(Kind.MOVEMENT, "Concat", 32, 32, (56, 56), (56, 56))

OPERATORS = {
    Kind.POOL: ("MaxPool", "AveragePool"),
    Kind.ELEMENTWISE: ("Add", "Mul", "Sum", "Relu", "Sigmoid"),
    Kind.NORMALISATION: ("LayerNormalization", "BatchNormalization"),
    Kind.SOFTMAX: ("Softmax",),
    Kind.REDUCTION: ("GlobalAveragePool",),
    Kind.MOVEMENT: ("Concat", "Split", "Transpose"),
}

sizes = st.integers(1, 2048)
maps = st.one_of(
    st.just(()),
    st.tuples(st.integers(2, 256)),
    st.tuples(st.integers(1, 256), st.integers(1, 256)),
    st.tuples(st.integers(1, 32), st.integers(1, 32), st.integers(1, 32)),
)
epilogues = st.lists(st.sampled_from(["Relu", "Clip", "HardSwish"]), max_size=2).map(tuple)
paths = st.sampled_from(["", "nchwc", "winograd 3x3"])


@st.composite
def convs(draw: st.DrawFn) -> Kernel:
    groups = draw(st.sampled_from([1, 2, 3, 8, 32]))
    c_in, c_out = groups * draw(st.integers(1, 64)), groups * draw(st.integers(1, 64))
    transposed = draw(st.booleans())
    window = draw(st.lists(st.integers(1, 7), min_size=1, max_size=3).map(tuple))
    return Kernel(
        kind=Kind.TRANSPOSED_CONV if transposed else conv_kind(c_in, c_out, groups),
        op="ConvTranspose" if transposed else "Conv",
        c_in=c_in,
        c_out=c_out,
        in_map=draw(maps),
        out_map=draw(maps),
        batch=draw(st.integers(1, 64)),
        window=window,
        strides=tuple(draw(st.integers(1, 4)) for _ in window),
        dilations=draw(st.sampled_from([(), (2,) * len(window)])),
        groups=groups,
        epilogue=draw(epilogues),
        path=draw(paths),
    )


@st.composite
def products(draw: st.DrawFn) -> Kernel:
    rows = draw(st.one_of(st.just(()), st.tuples(st.integers(2, 512))))
    return Kernel(
        Kind.PRODUCT, "MatMul", draw(sizes), draw(sizes), rows, rows, draw(st.integers(1, 64)),
        constant=draw(st.booleans()), epilogue=draw(epilogues), path=draw(paths),
    )  # fmt: skip


@st.composite
def passes(draw: st.DrawFn) -> Kernel:
    kind = draw(st.sampled_from(sorted(OPERATORS, key=lambda each: each.value)))
    op = draw(st.sampled_from(OPERATORS[kind]))
    channels, window = draw(sizes), (1, 1)
    if kind is Kind.POOL:
        window = draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    return Kernel(
        kind, op, channels, channels, draw(maps), draw(maps), draw(st.integers(1, 64)),
        window=window,
        strides=draw(st.sampled_from([(1, 1), (2, 2)])) if kind is Kind.POOL else (1, 1),
        operands=2 if op in ("Add", "Mul", "Sum") else 1,
        epilogue=draw(epilogues) if kind is Kind.ELEMENTWISE else (),
        path=draw(paths),
    )  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(1, 99), st.one_of(convs(), products(), passes())), min_size=1)
)
def test_the_text_of_a_chain_reads_back_as_the_chain(chain: list[tuple[int, Kernel]]) -> None:
    assert parse_chain(format_chain(chain)) == tuple(chain)


def test_the_text_shows_what_differs_from_the_plain_case_only() -> None:
    assert CONV.text == "Conv 16>32 k3x3 s2x2 @28x28>14x14 b2"
    assert DEPTHWISE._replace(epilogue=("Relu",)).text == "Conv 16>16 k3x3 g16 @8x8 +Relu"
    assert PRODUCT._replace(constant=False).text == "MatMul 64>256 @197 b2 run-time"
    assert ADD._replace(path="nchwc").text == "Add 32 @56x56 (nchwc)"
    assert Kernel(Kind.REDUCTION, "GlobalAveragePool", 512, 512, (7, 7)).text == (
        "GlobalAveragePool 512 @7x7>1"
    )


def test_a_count_and_the_widths_may_be_left_out() -> None:
    assert parse_chain("Add 32 @56x56") == ((1, ADD),)
    assert parse_chain("Conv 32 @56x56") == parse_chain("1 Conv 32>32 k1x1 @56x56")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not a kernel: ''"),
        ("Conv", "not a kernel: 'Conv'"),
        ("conv 3>4 k1x1", "not a kernel: 'conv 3>4 k1x1'"),
        ("-1 Conv 3>4 k1x1", "not a kernel: '-1 Conv 3>4 k1x1'"),
        ("Conv 3>4 k @8x8", "not a kernel: 'Conv 3>4 k @8x8'"),
        ("Conv 3>4 k1x1 @8x8 b", "not a kernel: 'Conv 3>4 k1x1 @8x8 b'"),
        ("Conv 3>4 @8x8 k1x1", "not a kernel: 'Conv 3>4 @8x8 k1x1'"),
        ("Conv 3>4 k1x1;", "not a kernel: ''"),
        ("Nonsense 3", "no kind of kernel runs 'Nonsense'"),
    ],
)
def test_what_is_no_chain_is_named(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match="^" + fault.replace("(", r"\(") + "$"):
        parse_chain(text)


@pytest.mark.parametrize(
    ("widths", "groups", "kind"),
    [
        ((64, 64), 1, Kind.CONV),
        ((1, 8), 1, Kind.CONV),
        ((64, 64), 2, Kind.GROUP_CONV),
        ((64, 64), 64, Kind.DEPTHWISE),
        ((64, 128), 64, Kind.GROUP_CONV),
        ((64, 32), 32, Kind.GROUP_CONV),
    ],
)
def test_a_conv_is_dense_grouped_or_depthwise_by_its_groups(
    widths: tuple[int, int], groups: int, kind: Kind
) -> None:
    assert conv_kind(*widths, groups) is kind


@pytest.mark.parametrize(
    ("kernel", "flops"),
    [
        (CONV, 2 * (2 * 14 * 14) * 32 * 16 * 9),
        (GROUPED, 2 * (2 * 14 * 14) * 32 * 4 * 9),
        (DEPTHWISE, 2 * (8 * 8) * 16 * 9),
        (TRANSPOSED, 2 * (2 * 14 * 14) * 32 * 16 * 4),
        (PRODUCT, 2 * (2 * 197) * 64 * 256),
        (PRODUCT._replace(constant=False), 2 * (2 * 197) * 64 * 256),
        (POOL, 4 * 4 * 16 * 9),
        (ADD, 56 * 56 * 32 * 2),
        (CONCAT, 0),
    ],
    ids=lambda value: value.text if isinstance(value, Kernel) else "",
)
def test_flops_count_a_multiply_add_as_two(kernel: Kernel, flops: int) -> None:
    assert kernel.flops == flops


@pytest.mark.parametrize(
    ("kernel", "weights", "activations"),
    [
        (CONV, 16 * 32 * 9, 2 * (28 * 28 * 16 + 14 * 14 * 32)),
        (GROUPED, 16 * 32 * 9 // 4, 2 * (28 * 28 * 16 + 14 * 14 * 32)),
        (DEPTHWISE, 16 * 9, 8 * 8 * 32),
        (TRANSPOSED, 32 * 16 * 4, 2 * (14 * 14 * 32 + 28 * 28 * 16)),
        (PRODUCT, 64 * 256, 2 * 197 * (64 + 256)),
        (PRODUCT._replace(constant=False), 0, 2 * (197 * (64 + 256) + 64 * 256)),
        (POOL, 0, 16 * (64 + 16)),
        (ADD, 0, 56 * 56 * 32 * 3),
        (CONCAT, 0, 56 * 56 * 32 * 2),
        (ADD._replace(kind=Kind.EPILOGUE, operands=1), 0, 56 * 56 * 32),
    ],
    ids=lambda value: value.text if isinstance(value, Kernel) else "",
)
def test_mac_counts_weights_once_and_activations_in_and_out(
    kernel: Kernel, weights: int, activations: int
) -> None:
    assert kernel.weight_bytes == 4 * weights
    assert kernel.activation_bytes == 4 * activations
    assert kernel.mac == 4 * (weights + activations)
    assert kernel._replace(itemsize=2).mac == 2 * (weights + activations)


@given(convs().filter(lambda kernel: kernel.kind is not Kind.TRANSPOSED_CONV))
def test_groups_divide_flops_and_weights_and_leave_activations(kernel: Kernel) -> None:
    dense = kernel._replace(groups=1, kind=Kind.CONV)
    assert kernel.flops * kernel.groups == dense.flops
    assert kernel.weight_bytes * kernel.groups == dense.weight_bytes
    assert kernel.activation_bytes == dense.activation_bytes


@given(convs())
def test_a_transposed_conv_costs_what_the_conv_back_costs(kernel: Kernel) -> None:
    there = kernel._replace(kind=Kind.CONV)
    back = there._replace(
        kind=Kind.TRANSPOSED_CONV,
        c_in=there.c_out,
        c_out=there.c_in,
        in_map=there.out_map,
        out_map=there.in_map,
    )
    assert back.flops == there.flops
    assert back.mac == there.mac


@given(st.one_of(convs(), products()))
def test_a_kernel_is_its_core_and_its_epilogues(kernel: Kernel) -> None:
    assert kernel.core == kernel._replace(epilogue=())
    assert tuple(part.op for part in kernel.epilogues) == kernel.epilogue
    for part in kernel.epilogues:
        assert part.kind is Kind.EPILOGUE
        assert part.weight_bytes == 0
        # only what it changes, which is in registers already: nothing is read again
        outputs = kernel.batch * prod(kernel.out_map) * kernel.c_out
        assert part.activation_bytes == kernel.itemsize * outputs


@given(sizes, sizes)
def test_other_widths_change_the_widths_alone(c_in: int, c_out: int) -> None:
    assert CONV.with_widths(c_in, c_out) == CONV._replace(c_in=c_in, c_out=c_out)


def test_a_depthwise_conv_of_other_width_keeps_one_channel_a_group() -> None:
    assert DEPTHWISE.with_widths(24, 24) == DEPTHWISE._replace(c_in=24, c_out=24, groups=24)


@pytest.mark.parametrize(
    "op", ["Greater", "GreaterOrEqual", "LessOrEqual", "Mod", "Xor", "BitShift"]
)
def test_a_kernel_of_two_tensors_is_written_without_their_number(op: str) -> None:
    kernel = Kernel(Kind.ELEMENTWISE, op, 8, 8, (4,), (4,), operands=2)
    assert kernel.text == f"{op} 8 @4"
    assert parse_chain(kernel.text) == ((1, kernel),)
