"""FLOPs and memory access cost of one operator.

A multiply-add is 2 FLOPs; a conv's or product's bias adds none.  N, C, k, O are batch,
channels, kernel elements, output elements; g is groups.

=====================  ==========================================================
Conv                   2 O (C_in / g) k
ConvTranspose          2 I (C_out / g) k, with I input elements
Gemm, MatMul           2 O K, with K the summed dim
Einsum                 2 times the product of all its labels' sizes
RNN, GRU, LSTM         2 S N gates hidden (input + hidden) per direction, S steps
Attention              4 N heads S T d for scores and sums, 5 N heads S T for softmax,
                       the T keys with those of earlier rows;
                       Microsoft's Attention projects as well: 2 N S C_in C_out
LinearAttention        2 N S d^2 for each head of queries, and for each head of keys
                       as much, twice that by a delta rule
MoE                    2 R k E, with R rows, k experts for each and E weights of one
MaxPool, AveragePool   O k; global pools and reductions: I
Softmax                5 I: maximum, subtraction, exponential, sum, division
normalisations         I times what `operator_table` says: mean, variance, scaling, affine
element-wise           O times what it says: a function (exp, erf, tanh) counts 1
DFT, STFT              5 n log2 n for each row or frame of n
Resize                 linear 2 O 2^d, cubic 2 O 4^d, d scaled axes; nearest 0
movement               0; so are casts, quantisation among them: they change the format
=====================  ==========================================================

MAC is the bytes of each distinct input read once and of each output written.  Reshape and
its like are views and move nothing; Gather, Slice and Split read only what they keep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from math import log2, prod

from archlint.graph.attention import attended
from archlint.graph.equation import spelled_out
from archlint.graph.operator import Attribute, Tensor
from archlint.graph.operator_facts import OperatorFacts, Per, Reads
from archlint.graph.operator_table import facts_of

__all__ = ["cost_of"]

Inputs = Sequence[Tensor | None]
Outputs = Sequence[Tensor]
Attributes = Mapping[str, Attribute]
_Count = Callable[[Inputs, Outputs, Attributes], int | None]

_MICROSOFT = "com.microsoft"
_DOMAINS = frozenset({"", "ai.onnx", _MICROSOFT})


def cost_of(
    op_type: str, domain: str, inputs: Inputs, outputs: Outputs, attributes: Attributes
) -> tuple[int | None, int | None]:
    """FLOPs and MAC (bytes); both None without shapes and for operators not known here."""
    if domain not in _DOMAINS:
        return None, None
    facts = facts_of(op_type)
    flops = _flops(op_type, domain, facts, inputs, outputs, attributes)
    mac = None if flops is None else _mac(facts, inputs, outputs)
    return (None, None) if mac is None else (flops, mac)


def _flops(
    op_type: str,
    domain: str,
    facts: OperatorFacts,
    inputs: Inputs,
    outputs: Outputs,
    attributes: Attributes,
) -> int | None:
    if facts.per is Per.OUTPUT:
        return _times(facts.flops, outputs[0].elements) if facts.flops else 0
    if facts.per is Per.INPUT:
        return _times(facts.flops, _elements(inputs, 0))
    if domain == _MICROSOFT and op_type == "Attention":
        return _projected_attention(inputs, outputs, attributes)
    count = _FORMULAS.get(op_type)
    return count(inputs, outputs, attributes) if count else None


def _mac(facts: OperatorFacts, inputs: Inputs, outputs: Outputs) -> int | None:
    if facts.reads is Reads.NOTHING:
        return 0
    written = _bytes(outputs if len(outputs) == 1 else [each for each in outputs if each.name])
    if written is None:
        return None
    if facts.reads is Reads.KEPT:
        return 2 * written
    if facts.reads is Reads.PICKED:
        indices = _bytes(inputs[1:2])
        return None if indices is None else 2 * written + indices
    read = _bytes(inputs[:1] if facts.reads is Reads.FIRST else inputs)
    return None if read is None else read + written


def _bytes(tensors: Inputs) -> int | None:
    total = 0
    for each in tensors if len(tensors) < 2 else {t.name: t for t in tensors if t}.values():
        size = each.bytes if each else 0
        if size is None:
            return None
        total += size
    return total


def _times(factor: int, elements: int | None) -> int | None:
    return None if elements is None else factor * elements


def _elements(tensors: Inputs, index: int) -> int | None:
    shape = _shape(tensors, index)
    return None if shape is None else prod(shape)


def _shape(tensors: Inputs, index: int) -> tuple[int, ...] | None:
    each = tensors[index] if index < len(tensors) else None
    return None if each is None else each.shape


def _ints(value: Attribute) -> tuple[int, ...]:
    return tuple(int(each) for each in value) if isinstance(value, tuple) else ()


def _int(value: Attribute, default: int) -> int:
    return value if isinstance(value, int) else default


def _conv(inputs: Inputs, outputs: Outputs, _: Attributes) -> int | None:
    weight = _shape(inputs, 1)
    return None if weight is None else _times(2 * prod(weight[1:]), outputs[0].elements)


def _conv_transpose(inputs: Inputs, _outputs: Outputs, _: Attributes) -> int | None:
    weight = _shape(inputs, 1)
    return None if weight is None else _times(2 * prod(weight[1:]), _elements(inputs, 0))


def _gemm(inputs: Inputs, outputs: Outputs, attributes: Attributes) -> int | None:
    a = _shape(inputs, 0)
    if a is None or len(a) != 2:
        return None
    return _times(2 * a[0 if attributes.get("transA") else 1], outputs[0].elements)


def _matmul(inputs: Inputs, outputs: Outputs, attributes: Attributes) -> int | None:
    a = _shape(inputs, 0)
    if not a:
        return None
    return _times(2 * a[-2 if attributes.get("transA") else -1], outputs[0].elements)


def _pool(_inputs: Inputs, outputs: Outputs, attributes: Attributes) -> int | None:
    return _times(prod(_ints(attributes.get("kernel_shape"))), outputs[0].elements)


def _chain(inputs: Inputs, outputs: Outputs, _: Attributes) -> int | None:
    """Of any number of tensors, two at a time."""
    return _times(max(1, len(inputs) - 1), outputs[0].elements)


def _einsum(inputs: Inputs, _outputs: Outputs, attributes: Attributes) -> int | None:
    equation = attributes.get("equation")
    shapes = [each.shape for each in inputs if each is not None and each.shape is not None]
    if not isinstance(equation, str) or len(shapes) < len(inputs):
        return None
    found = spelled_out(equation, [len(each) for each in shapes])
    if found is None:
        return None
    terms, _ = found
    sizes: dict[str, int] = {}
    for axis, size in zip("".join(terms), chain.from_iterable(shapes), strict=True):
        if size != 1 or axis not in sizes:  # an axis of 1 is repeated along the other's
            sizes[axis] = size
    return (2 if len(terms) > 1 else 1) * prod(sizes.values())


def _recurrent(gates: int) -> _Count:
    def count(inputs: Inputs, _outputs: Outputs, _attributes: Attributes) -> int | None:
        x, recurrence = _shape(inputs, 0), _shape(inputs, 2)
        if x is None or recurrence is None or len(x) != 3 or len(recurrence) != 3:
            return None
        directions, _, hidden = recurrence
        return 2 * directions * x[0] * x[1] * gates * hidden * (x[2] + hidden)

    return count


def _quantised_lstm(inputs: Inputs, outputs: Outputs, attributes: Attributes) -> int | None:
    """Its weights are those of an LSTM, turned round."""
    turned = [
        replace(each, shape=(each.shape[0], each.shape[2], each.shape[1]))
        if each is not None and each.shape is not None and len(each.shape) == 3 and place
        else each
        for place, each in enumerate(inputs[:3])
    ]
    return _recurrent(4)(turned, outputs, attributes)


def _attention(op_type: str) -> _Count:
    """Scores, sums and softmax, of the keys of earlier rows too."""

    def count(inputs: Inputs, _outputs: Outputs, attributes: Attributes) -> int | None:
        found = attended(op_type, "", inputs, attributes)
        if found is None:
            return None
        scores = found.batch * found.heads * found.rows * found.keys
        return scores * (2 * found.depth + 2 * found.value_depth + 5)

    return count


def _linear_attention(inputs: Inputs, outputs: Outputs, attributes: Attributes) -> int | None:
    """What a row adds to the state and reads of it; by a delta rule it looks there before."""
    key, made = _shape(inputs, 1), outputs[0].shape
    heads, shared = (_int(attributes.get(f"{each}_num_heads"), 0) for each in ("q", "kv"))
    if key is None or made is None or len(key) != 3 or len(made) != 3 or not heads or not shared:
        return None
    times = 2 if "delta" in str(attributes.get("update_rule", "gated_delta")) else 1
    state = (key[2] // shared) * (made[2] // heads)
    return 2 * prod(made[:2]) * state * (heads + times * shared)


def _experts(places: Sequence[int]) -> _Count:
    """Of a mixture whose experts' weights are these inputs, a few experts for each row."""

    def count(inputs: Inputs, _outputs: Outputs, attributes: Attributes) -> int | None:
        shapes = [_shape(inputs, place) for place in places]
        rows = _shape(inputs, 0)
        if rows is None or any(each is None for each in shapes[:2]):
            return None
        packed = 8 // max(_int(attributes.get("expert_weight_bits"), 4), 1)
        weights = sum(prod(each[1:]) for each in shapes if each)
        numbers = weights * (packed if places == _PACKED_EXPERTS else 1)
        return 2 * prod(rows[:-1]) * _int(attributes.get("k"), 1) * numbers

    return count


_PACKED_EXPERTS = (2, 5, 8)


def _projected_attention(inputs: Inputs, _outputs: Outputs, attributes: Attributes) -> int | None:
    x, weight = _shape(inputs, 0), _shape(inputs, 1)
    heads = _int(attributes.get("num_heads"), 0)
    if x is None or weight is None or len(x) != 3 or len(weight) != 2 or not heads:
        return None
    batch, rows, width = x
    sizes = _ints(attributes.get("qkv_hidden_sizes")) or (weight[1] // 3,) * 3
    scores = batch * rows * rows * (2 * sizes[0] + 2 * sizes[-1] + 5 * heads)
    return 2 * batch * rows * width * weight[1] + scores


def _resize(inputs: Inputs, outputs: Outputs, attributes: Attributes) -> int | None:
    before, after = _shape(inputs, 0), outputs[0].shape
    if before is None or after is None or len(before) != len(after):
        return None
    taps = {"linear": 2, "bilinear": 2, "cubic": 4}.get(str(attributes.get("mode", "nearest")))
    if taps is None:
        return 0
    scaled = sum(old != new for old, new in zip(before, after, strict=True))
    return int(2 * prod(after) * taps**scaled)


def _lrn(inputs: Inputs, _outputs: Outputs, attributes: Attributes) -> int | None:
    return _times(2 * _int(attributes.get("size"), 1) + 3, _elements(inputs, 0))


def _grid_sample(inputs: Inputs, outputs: Outputs, attributes: Attributes) -> int | None:
    grid = _shape(inputs, 1)
    if grid is None:
        return None
    mode = str(attributes.get("mode", "linear"))
    taps = {"nearest": 0, "cubic": 4, "bicubic": 4}.get(mode, 2)
    return _times(2 * taps ** grid[-1] if taps else 0, outputs[0].elements)


def _roi_align(_inputs: Inputs, outputs: Outputs, attributes: Attributes) -> int | None:
    """Of each sample four neighbours; how many samples a point takes may depend on its region."""
    taps = _int(attributes.get("sampling_ratio"), 0)
    return _times(8 * taps**2, outputs[0].elements) if taps else None


def _transform(inputs: Inputs, _outputs: Outputs, attributes: Attributes) -> int | None:
    """5 n log2(n) for each row of n, as transforms are compared (FFTW's benchFFT)."""
    given, said = _shape(inputs, 0), inputs[2].values if len(inputs) > 2 and inputs[2] else None
    axis = attributes.get("axis", int(said[0]) if said else -2)
    if not given or not isinstance(axis, int) or not -len(given) <= axis < len(given):
        return None
    return _of_rows(given[axis], prod(given[:-1]))


def _frames(inputs: Inputs, outputs: Outputs, _: Attributes) -> int | None:
    window, made = _shape(inputs, 2), outputs[0].shape
    if not window or made is None or len(made) < 2:
        return None
    return _of_rows(window[0], prod(made[:2]) * window[0])


def _of_rows(length: int, elements: int) -> int:
    return round(5 * log2(max(length, 1)) * elements)


_FORMULAS: Mapping[str, _Count] = {
    "Attention": _attention("Attention"),
    "AveragePool": _pool,
    "CausalConvWithState": _conv,
    "Conv": _conv,
    "ConvInteger": _conv,
    "ConvTranspose": _conv_transpose,
    "DFT": _transform,
    "DeformConv": _conv,
    "DynamicQuantizeLSTM": _quantised_lstm,
    "Einsum": _einsum,
    "FusedMatMul": _matmul,
    "DynamicQuantizeMatMul": _matmul,
    "GRU": _recurrent(3),
    "Gemm": _gemm,
    "GridSample": _grid_sample,
    "GroupQueryAttention": _attention("GroupQueryAttention"),
    "LRN": _lrn,
    "LSTM": _recurrent(4),
    "LinearAttention": _linear_attention,
    "LpPool": _pool,
    "MatMul": _matmul,
    "MatMulBnb4": _matmul,
    "MatMulInteger": _matmul,
    "MatMulIntegerToFloat": _matmul,
    "MatMulNBits": _matmul,
    "Max": _chain,
    "MaxPool": _pool,
    "Mean": _chain,
    "Min": _chain,
    "MoE": _experts((2, 4, 6)),
    "MultiHeadAttention": _attention("MultiHeadAttention"),
    "QMoE": _experts(_PACKED_EXPERTS),
    "RNN": _recurrent(1),
    "Resize": _resize,
    "RoiAlign": _roi_align,
    "STFT": _frames,
    "Sum": _chain,
    "Upsample": _resize,
}
