"""Kernels: what a target really runs, as values that can be compared, priced and printed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from math import prod
from typing import NamedTuple

from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import KINDS, OPERANDS

__all__ = [
    "BOTH_WAYS", "PACKED", "SIGNED", "Chain", "Kernel", "format_chain", "parse_chain", "parse_term",
]  # fmt: skip


_WINDOWED = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE, Kind.TRANSPOSED_CONV, Kind.POOL})
_WEIGHTED = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE, Kind.TRANSPOSED_CONV})
_PRODUCTS = frozenset({Kind.PRODUCT, Kind.CONTRACTION})
_WORKLESS = frozenset({Kind.MOVEMENT, Kind.VIEW})
_GATES = {"DynamicQuantizeLSTM": 4, "GRU": 3, "LSTM": 4, "RNN": 1}
_OF_BYTES = frozenset({
    "ConvInteger", "DynamicQuantizeLSTM", "DynamicQuantizeMatMul", "MatMulInteger",
    "MatMulIntegerToFloat",
})  # fmt: skip
"""What has weights of one byte, whatever it reads and writes."""

PACKED = re.compile(r"(\d+) bits")
"""Begins the path of what has weights of so many bits."""

_SOFTMAX = 5

BOTH_WAYS = "both ways"
"""The path of a recurrence that runs through its rows from either end."""

SIGNED = "signed"
"""Begins the path of what multiplies bytes with a sign by bytes with a sign."""


class Kernel(NamedTuple):
    """One kernel, by everything that its time depends on.

    Tensors are `batch` x channels x map; `in_map` and `out_map` are the spatial sizes, () for
    none.  For a matrix product the map is the row count, `c_in` the inner and `c_out` the
    outer size; its second operand counts once as weights if `constant`, else once per batch
    entry as an activation.  For a recurrence the map is the steps and `c_out` one direction's
    width.  For attention the maps are the rows of keys and of queries, `c_in` and `c_out` the
    depth of a head's keys and values, and `batch` counts heads, of which `groups` share keys.
    `operands` is how many tensors an element-wise kernel or a Concat
    reads; the `c_in` of a Concat of channels is their mean width.
    `epilogue` is what is fused into it, in order; an "Add" there reads one more tensor of the
    output's size.  `path` is the algorithm, the layout or, for data movement, the permutation.
    `rotation` is how many MB of weights the whole model runs through between two runs of this
    kernel, which decides what of its operands is still in a cache; 0 where that is not told.
    `dilations` are how far apart the taps of a window are, () where they are side by side.
    A named tuple, for a table or a search makes thousands: a frozen dataclass takes four times
    as long.
    """

    kind: Kind
    op: str
    c_in: int
    c_out: int
    in_map: tuple[int, ...] = ()
    out_map: tuple[int, ...] = ()
    batch: int = 1
    window: tuple[int, ...] = (1, 1)
    strides: tuple[int, ...] = (1, 1)
    groups: int = 1
    operands: int = 1
    constant: bool = True
    epilogue: tuple[str, ...] = ()
    path: str = ""
    itemsize: int = 4
    rotation: int = 0
    dilations: tuple[int, ...] = ()

    @property
    def flops(self) -> int:
        """FLOPs, a multiply-add as 2; the epilogue, under 1 %, is left out.

        Those on the padding count, whether a runtime skips them or not.
        """
        outputs = self.batch * prod(self.out_map) * self.c_out
        if self.kind is Kind.TRANSPOSED_CONV:
            inputs = self.batch * prod(self.in_map) * self.c_in
            return 2 * inputs * (self.c_out // self.groups) * prod(self.window)
        if self.kind in _WEIGHTED:
            return 2 * outputs * (self.c_in // self.groups) * prod(self.window)
        if self.kind in _PRODUCTS:
            return 2 * outputs * self.c_in
        if self.kind is Kind.RECURRENCE:
            return 2 * self.batch * prod(self.in_map) * self._recurrent_weights
        if self.kind is Kind.ATTENTION:
            return self._scores * (2 * self.c_in + 2 * self.c_out + _SOFTMAX)
        if self.kind is Kind.POOL:
            return outputs * prod(self.window)
        if self.kind in _WORKLESS:
            return 0
        if self.kind is Kind.REDUCTION:
            return self.batch * prod(self.in_map) * self.c_in
        return outputs * self.operands * prod(self.window)

    @property
    def weight_bytes(self) -> int:
        """Bytes of constant weights."""
        if self.kind in _WEIGHTED:
            return (
                self._weight_bits * self.c_in * self.c_out // self.groups * prod(self.window) // 8
            )
        if self.kind in _PRODUCTS and self.constant:
            return self._weight_bits * self.c_in * self.c_out // 8
        if self.kind is Kind.RECURRENCE:
            return self._weight_bits * self._recurrent_weights // 8
        return 0

    @property
    def _weight_bits(self) -> int:
        if self.op in _OF_BYTES:
            return 8
        packed = PACKED.match(self.path) if self.path else None
        return int(packed[1]) if packed else 8 * self.itemsize

    @property
    def _scores(self) -> int:
        """How many scores attention makes."""
        return self.batch * prod(self.in_map) * prod(self.out_map)

    @property
    def _recurrent_weights(self) -> int:
        directions = 2 if self.path == BOTH_WAYS else 1
        return directions * _GATES[self.op] * self.c_out * (self.c_in + self.c_out)

    @property
    def activation_bytes(self) -> int:
        """Bytes of activations read and written."""
        read = prod(self.in_map) * self.c_in * self.operands
        written = prod(self.out_map) * self.c_out
        if self.kind is Kind.EPILOGUE:
            read = 0
        if self.op == "Concat":
            # the mean width may be rounded, and rows are joined at their full width
            read = written
        if self.kind in _PRODUCTS and not self.constant:
            read += self.c_in * self.c_out
        if self.kind is Kind.VIEW:
            return 0
        if self.kind is Kind.ATTENTION:
            # queries and result by head, keys and values by those that share them
            width = self.c_in + self.c_out
            heads = prod(self.out_map) + prod(self.in_map) // self.groups
            return self.itemsize * self.batch * width * heads
        read += written * self.epilogue.count("Add")
        return self.itemsize * self.batch * (read + written)

    @property
    def mac(self) -> int:
        """The memory access cost in bytes."""
        return self.weight_bytes + self.activation_bytes

    @property
    def core(self) -> Kernel:
        """This kernel without its epilogue."""
        return self._replace(epilogue=()) if self.epilogue else self

    @property
    def epilogues(self) -> tuple[Kernel, ...]:
        """The fused activations, each as the share of work that it adds."""
        return tuple(
            Kernel(
                Kind.EPILOGUE, op, self.c_out, self.c_out, self.out_map, self.out_map,
                self.batch, itemsize=self.itemsize,
            )
            for op in self.epilogue
        )  # fmt: skip

    def with_widths(self, c_in: int, c_out: int) -> Kernel:
        """The same kernel at other channel widths; depthwise keeps one channel a group."""
        groups = c_in if self.kind is Kind.DEPTHWISE else self.groups
        return self._replace(c_in=c_in, c_out=c_out, groups=groups)

    @property
    def text(self) -> str:
        """The kernel in one line, as tables write it; `parse_chain` reads it."""
        return _line(self)

    @property
    def title(self) -> str:
        """The same for people: without what the rest of the model does to its caches."""
        return _line(self._replace(rotation=0)) if self.rotation else _line(self)


@lru_cache(maxsize=1 << 14)
def _line(kernel: Kernel) -> str:
    words = [kernel.op]
    if kernel.kind in _WEIGHTED or kernel.kind in _PRODUCTS or kernel.c_in != kernel.c_out:
        words.append(f"{kernel.c_in}>{kernel.c_out}")
    else:
        words.append(str(kernel.c_out))
    if kernel.kind in _WINDOWED or prod(kernel.window) > 1:
        words.append("k" + "x".join(map(str, kernel.window)))
        if any(stride != 1 for stride in kernel.strides):
            words.append("s" + "x".join(map(str, kernel.strides)))
        if kernel.dilations:
            words.append("d" + "x".join(map(str, kernel.dilations)))
    if kernel.groups > 1:
        words.append(f"g{kernel.groups}")
    if kernel.out_map or kernel.in_map:
        sizes = "x".join(map(str, kernel.in_map)) or "1"
        if kernel.out_map != kernel.in_map:
            sizes += ">" + ("x".join(map(str, kernel.out_map)) or "1")
        words.append("@" + sizes)
    if kernel.batch > 1:
        words.append(f"b{kernel.batch}")
    if kernel.operands != OPERANDS.get(kernel.op, 1):
        words.append(f"n{kernel.operands}")
    if kernel.kind in _PRODUCTS and not kernel.constant:
        words.append("run-time")
    if kernel.itemsize != 4:
        words.append(f"{kernel.itemsize}B")
    if kernel.rotation:
        words.append(f"/{kernel.rotation}MB")
    if kernel.path:
        words.append(f"({kernel.path})")
    return " ".join(words + [f"+{op}" for op in kernel.epilogue])


def conv_kind(c_in: int, c_out: int, groups: int) -> Kind:
    """Dense, group or depthwise, by the groups; depthwise has one channel a group in and out.

    With more than one out of each (a depthwise multiplier) runtimes take the path of group convs:
    66>132 3x3 in 66 groups on 56x56 was measured at the time that the rows of these give, 0.8 of
    that of depthwise convs.
    """
    if groups == 1:
        return Kind.CONV
    return Kind.DEPTHWISE if groups == c_in == c_out else Kind.GROUP_CONV


Chain = tuple[tuple[int, Kernel], ...]

_N = "[1-9][0-9]{0,11}"
"""A size, a step or a count: nothing of a kernel is none, and none is without an end."""

_NS = f"{_N}(?:x{_N})*"

_TERM = re.compile(
    rf"(?:(?P<count>{_N}) )?(?P<op>[A-Z]\w*) (?P<c_in>{_N})(?:>(?P<c_out>{_N}))?"
    rf"(?: k(?P<window>{_NS}))?(?: s(?P<strides>{_NS}))?"
    rf"(?: d(?P<dilations>{_NS}))?(?: g(?P<groups>{_N}))?"
    rf"(?: @(?P<in_map>{_NS})(?:>(?P<out_map>{_NS}))?)?(?: b(?P<batch>{_N}))?"
    rf"(?: n(?P<operands>{_N}))?(?P<runtime> run-time)?(?: (?P<itemsize>{_N})B)?"
    rf"(?: /(?P<rotation>{_N})MB)?(?: \((?P<path>[^)]+)\))?(?P<epilogue>(?: \+\w+)*)"
)


@cache
def parse_chain(text: str) -> Chain:
    """Read `10 Conv 128>128 k1x1 @56x56 +Relu; 10 Add 128 @56x56`; raises ValueError."""
    return tuple(parse_term(term.strip()) for term in text.split(";"))


def parse_term(term: str) -> tuple[int, Kernel]:
    """Read `10 Conv 128>128 k1x1 @56x56 +Relu`; raises ValueError."""
    match = _TERM.fullmatch(term)
    if match is None:
        raise ValueError(f"not a kernel: {term!r}")
    (
        count, op, inputs, outputs, sizes, steps, apart, groups_of, read, written, batch,
        operands, runtime, itemsize, rotation, path, fused,
    ) = match.groups()  # fmt: skip
    c_in, c_out = int(inputs), int(outputs or inputs)
    groups = int(groups_of or 1)
    in_map = _map(read)
    window = _sizes(sizes) or (1, 1)
    # by position, which is quicker than by name: a target has thousands of rows
    kernel = Kernel(
        _kind(op, c_in, c_out, groups), op, c_in, c_out, in_map,
        in_map if written is None else _map(written), int(batch or 1), window,
        _sizes(steps) or (1,) * len(window), groups, int(operands or OPERANDS.get(op, 1)),
        runtime is None, tuple(fused.replace("+", "").split()), path or "", int(itemsize or 4),
        int(rotation or 0), _sizes(apart),
    )  # fmt: skip
    return int(count or 1), kernel


@cache
def _sizes(text: str | None) -> tuple[int, ...]:
    return tuple(map(int, text.split("x"))) if text else ()


def _map(text: str | None) -> tuple[int, ...]:
    """No map is written as 1 where the other one has sizes."""
    return () if text == "1" else _sizes(text)


def _kind(op: str, c_in: int, c_out: int, groups: int) -> Kind:
    kind = KINDS.get(op)
    if kind is None:
        raise ValueError(f"no kind of kernel runs {op!r}")
    return conv_kind(c_in, c_out, groups) if kind is Kind.CONV else kind


def format_chain(chain: Iterable[tuple[int, Kernel]]) -> str:
    """The text that `parse_chain` reads."""
    return "; ".join(f"{count} {kernel.text}" for count, kernel in chain)
