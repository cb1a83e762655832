"""Small nets whose operators the runtime moves, joins or cancels, or does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from onnx import TensorProto, helper

from archlint.testing import Net

__all__ = ["MOVED"]


def _scalar(net: Net, name: str, value: float) -> str:
    net._weights.append(helper.make_tensor(name, TensorProto.FLOAT, [], [value]))
    return name


def between_transposes(net: Net) -> Iterator[str]:
    x = net.op("Transpose", net.input(1, 9, 12, 7), perm=[0, 3, 1, 2])
    total = net.op("Add", net.op("Relu", x), net.weight("b", 7, 1, 1))
    yield net.op("Neg", net.op("Transpose", net.op("Sqrt", total), perm=[0, 2, 3, 1]))


def transpose_that_others_read(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.op("Transpose", net.input(1, 9, 12, 7), perm=[0, 3, 1, 2]))
    yield net.op("MatMul", net.input(1, 7, 12, 9, name="y"), net.op("Neg", x))
    turned = net.op("Transpose", net.op("Abs", x), perm=[0, 1, 3, 2])
    yield net.op("MatMul", net.op("Neg", turned), net.input(1, 7, 9, 4, name="z"))


def transpose_cancelled_for_one(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.op("Transpose", net.input(1, 9, 12, 7), perm=[0, 3, 1, 2]))
    yield net.op("MatMul", net.input(1, 7, 12, 9, name="y"), x)
    yield net.op("Neg", net.op("Transpose", net.op("Abs", x), perm=[0, 2, 3, 1]))


def heads_of_one_product(net: Net) -> Iterator[str]:
    rows = net.op("MatMul", net.input(1, 10, 24), net.weight("w", 24, 72))
    heads = net.op("Reshape", rows, net.constant([1, 10, 3, 4, 6]))
    heads = net.op("Transpose", heads, perm=[2, 0, 3, 1, 4])
    parts = [
        net.op("Slice", heads, *(net.constant([each]) for each in (start, start + 1, 0)))
        for start in range(3)
    ]
    q, k, v = (net.op("Squeeze", part, net.constant([0])) for part in parts)
    turned = net.op("Mul", net.op("Transpose", k, perm=[0, 1, 3, 2]), _scalar(net, "s", 0.5))
    scores = net.op("Softmax", net.op("MatMul", q, turned), axis=-1)
    yield net.op("Transpose", net.op("MatMul", scores, v), perm=[0, 2, 1, 3])


def rows_as_a_map(net: Net) -> Iterator[str]:
    x = net.op("Transpose", net.op("Relu", net.input(1, 64, 16)), perm=[0, 2, 1])
    x = net.op("Reshape", x, net.constant([1, 16, 8, 8]))
    net._channels[x] = 16
    yield net.conv(x, 16)


def rolled(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.input(1, 8, 8, 12))
    parts = [
        net.op("Slice", x, *(net.constant([each]) for each in (start, end, 1)))
        for start, end in ((3, 8), (0, 3))
    ]
    yield net.op("Neg", net.op("Concat", *parts, axis=1))


def every_other_row(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.input(1, 8, 8, 12))
    for start in (0, 1):
        ends = (net.constant([each]) for each in (start, 8, 1, 2))
        yield net.op("Neg", net.op("Slice", x, *ends))


def gelu_with_half_the_gate(net: Net) -> Iterator[str]:
    x = net.op("Neg", net.input(1, 10, 24))
    erf = net.op("Erf", net.op("Div", x, _scalar(net, "root", 1.4142135)))
    gate = net.op("Mul", _scalar(net, "half", 0.5), net.op("Add", erf, _scalar(net, "one", 1.0)))
    yield net.op("Neg", net.op("Mul", x, gate))


def sum_behind_a_conv_of_rows(net: Net) -> Iterator[str]:
    x = net.op("Neg", net.input(1, 18, 40))
    conv = net.op("Conv", x, net.weight("w", 18, 18, 1), net.weight("b", 18))
    yield net.op("Relu", net.op("Add", conv, x))


def class_token_and_the_rest(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.input(1, 10, 24))
    token = net.op("Gather", x, _index(net, 0), axis=1)
    rest = net.op("Slice", x, *(net.constant([at]) for at in (1, 2**63 - 1, 1)))
    yield net.op("Neg", token)
    yield net.op("Neg", rest)
    yield net.op("Neg", x)


def token_taken_twice(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.input(1, 10, 24))
    for _ in range(2):
        yield net.op("Neg", net.op("Gather", x, _index(net, 0), axis=1))
    yield net.op("Neg", net.op("Slice", x, *(net.constant([at]) for at in (1, 10, 1))))


def gathers_of_one_and_of_several(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.input(1, 3, 24))
    yield net.op("Neg", net.op("Gather", x, _index(net, 0), axis=1))
    yield net.op("Neg", net.op("Gather", x, net.constant([1, 2]), axis=1))


def rows_of_a_map_and_their_sum(net: Net) -> Iterator[str]:
    rows = net.op("Transpose", net.op("Relu", net.input(1, 24, 10)), perm=[0, 2, 1])
    yield net.op("Add", net.op("MatMul", rows, net.weight("w", 24, 24)), rows)


def heads_behind_rows(net: Net) -> Iterator[str]:
    """As in attention of whose tensors the rows come first: 10 rows, 2 images, 3 heads of 8."""
    q, k, v = (net.op("Relu", net.input(10, 6, 8, name=each)) for each in "qkv")
    q, v = (net.op("Transpose", each, perm=[1, 0, 2]) for each in (q, v))
    scores = net.op("MatMul", q, net.op("Transpose", k, perm=[1, 2, 0]))
    yield net.op("MatMul", net.op("Softmax", scores, axis=-1), v)


def operators_without_effect(net: Net) -> Iterator[str]:
    x = net.op("Cast", net.op("Relu", net.input(1, 10, 24)), to=TensorProto.FLOAT)
    zero, one = _scalar(net, "zero", 0), _scalar(net, "one", 1)
    x = net.op("Expand", net.op("Exp", net.op("Add", zero, x)), net.constant([1, 10, 24]))
    x = net.op("Exp", net.op("Sub", net.op("Mul", x, one), zero))
    yield net.op("Neg", net.op("Div", net.op("Div", x, one), net.op("Sub", zero, x)))


def reciprocal_times(net: Net) -> Iterator[str]:
    x, y = net.op("Relu", net.input(1, 10, 24)), net.op("Exp", net.input(1, 10, 24, name="y"))
    yield net.op("Neg", net.op("Mul", y, net.op("Div", _scalar(net, "one", 1), x)))


def attention_behind_a_norm(net: Net) -> Iterator[str]:
    """Products with a bias behind a norm that is added to what they lead to, in BERT's way."""
    weights = net.weight("g", 24), net.weight("b", 24)
    x = net.op("LayerNormalization", net.op("Relu", net.input(1, 10, 24)), *weights, axis=-1)

    def biased(source: str, name: str) -> str:
        product = net.op("MatMul", source, net.weight(f"w{name}", 24, 24))
        return net.op("Add", product, net.weight(f"b{name}", 24))

    parts = [net.op("Reshape", biased(x, name), net.constant([1, 10, 3, 8])) for name in "qkv"]
    q, k, v = (
        net.op("Transpose", part, perm=perm)
        for part, perm in zip(parts, ((0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)), strict=True)
    )
    heads = net.op("MatMul", net.op("Softmax", net.op("MatMul", q, k), axis=-1), v)
    rows = net.op("Transpose", heads, perm=[0, 2, 1, 3])
    rows = biased(net.op("Reshape", rows, net.constant([1, 10, 24])), "o")
    yield net.op("LayerNormalization", net.op("Add", rows, x), *weights, axis=-1)


def _root_mean_square(net: Net, how: str) -> str:
    """x / sqrt(mean(x^2) + eps) times a weight; `how` says how it is divided and squared."""
    x = net.op("Relu", net.input(1, 10, 24))
    square = net.op("Mul", x, x) if "product" in how else net.op("Pow", x, _scalar(net, "two", 2))
    mean = net.op("ReduceMean", square, axes=[-1])
    root = net.op("Sqrt", net.op("Add", mean, _scalar(net, "eps", 1e-6)))
    if "reciprocal" in how:
        normal = net.op("Mul", x, net.op("Reciprocal", root))
    elif "factor" in how:
        normal = net.op("Mul", x, net.op("Div", _scalar(net, "one", 1), root))
    else:
        normal = net.op("Div", x, root)
    if "cast" in how:
        normal = net.op("Cast", normal, to=TensorProto.FLOAT)
    return normal if "bare" in how else net.op("Mul", net.weight("g", 24), normal)


def root_mean_square(net: Net) -> Iterator[str]:
    yield net.op("Neg", _root_mean_square(net, "quotient"))


def root_mean_square_as_a_factor(net: Net) -> Iterator[str]:
    yield net.op("Neg", _root_mean_square(net, "factor"))


def root_mean_square_by_reciprocal(net: Net) -> Iterator[str]:
    yield net.op("Neg", _root_mean_square(net, "reciprocal"))


def root_mean_square_by_product(net: Net) -> Iterator[str]:
    yield net.op("Neg", _root_mean_square(net, "quotient product"))


def root_mean_square_without_a_weight(net: Net) -> Iterator[str]:
    yield net.op("Neg", _root_mean_square(net, "quotient bare"))


def root_mean_square_in_what_was_half_precision(net: Net) -> Iterator[str]:
    yield net.op("Neg", _root_mean_square(net, "factor cast"))


def keys_of_groups(net: Net) -> Iterator[str]:
    """Each key is of two heads, and all heads are one dim while they are transposed."""
    keys = net.op("Expand", net.input(1, 2, 1, 10, 6), net.constant([1, 2, 2, 10, 6]))
    rows = net.op("Reshape", keys, net.constant([4, 10, 6]))
    turned = net.op("Reshape", net.op("Transpose", rows, perm=[0, 2, 1]),
                    net.constant([1, 4, 6, 10]))  # fmt: skip
    yield net.op("MatMul", net.op("Relu", net.input(1, 4, 10, 6, name="q")), turned)


def map_of_what_a_product_makes(net: Net) -> Iterator[str]:
    rows = net.op("MatMul", net.op("Relu", net.input(1, 64, 24)), net.weight("w", 24, 16))
    rows = net.op("Add", rows, net.weight("b", 16))
    x = net.op("Reshape", net.op("Transpose", rows, perm=[0, 2, 1]), net.constant([1, 16, 8, 8]))
    net._channels[x] = 16
    yield net.conv(x, 16)


def pools_that_round_up(net: Net) -> Iterator[str]:
    x = net.conv(net.input(1, 16, 12, 12), 16)
    for op in ("AveragePool", "MaxPool"):
        yield net.op(op, x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    for up in (0, 1):
        yield net.op(
            "AveragePool", x,
            kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4, count_include_pad=1, ceil_mode=up,
        )  # fmt: skip


def global_pools_of_a_plain_map(net: Net) -> Iterator[str]:
    x = net.op("Elu", net.input(1, 16, 12, 12))
    net._channels[x] = 16
    for op in ("GlobalAveragePool", "GlobalMaxPool"):
        pooled = net.op(op, x)
        net._channels[pooled] = 16
        yield net.conv(pooled, 16)
    yield net.op("MaxPool", net.op("Elu", x), kernel_shape=[2, 2])
    rows = net.op("Transpose", net.input(1, 8, 8, 32, name="rows"), perm=[0, 3, 1, 2])
    yield net.op("Softmax", net.op("GlobalAveragePool", rows))


def transposes_that_cancel(net: Net) -> Iterator[str]:
    x = net.op("Transpose", net.op("Tanh", net.input(1, 16, 8, 8)), perm=[0, 2, 3, 1])
    yield net.op("Relu", net.op("Transpose", x, perm=[0, 3, 1, 2]))


def _index(net: Net, value: int) -> str:
    name = net._next("index")
    net._weights.append(helper.make_tensor(name, TensorProto.INT64, [], [value]))
    return name


MOVED: tuple[Callable[[Net], Iterator[str]], ...] = (
    between_transposes, transpose_that_others_read, transpose_cancelled_for_one,
    heads_of_one_product, rows_as_a_map, rolled, every_other_row, gelu_with_half_the_gate,
    sum_behind_a_conv_of_rows, class_token_and_the_rest, token_taken_twice,
    gathers_of_one_and_of_several, rows_of_a_map_and_their_sum, heads_behind_rows,
    operators_without_effect, reciprocal_times, attention_behind_a_norm,
    root_mean_square, root_mean_square_as_a_factor,
    root_mean_square_by_reciprocal, root_mean_square_by_product,
    root_mean_square_without_a_weight, root_mean_square_in_what_was_half_precision,
    keys_of_groups, map_of_what_a_product_makes, pools_that_round_up, global_pools_of_a_plain_map,
    transposes_that_cancel,
)  # fmt: skip
