"""Published times of single kernels on an AMD Instinct MI210, as rows of a cost table."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import median

import numpy as np

from archlint.cost.kernels.kernel import Kernel, conv_kind
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.columns import Columns
from archlint.cost.pricing.family import describe
from archlint.cost.pricing.machine import UNTOLD
from archlint.cost.pricing.row import CARRIED, SHARED, Row
from archlint.cost.pricing.variety import variety_of

__all__ = ["measured", "series_of", "thinned"]

FACTS = Path(__file__).parent / "facts" / "published" / "kernels-mi210"
_CONVS = "ROCm/MIOpen @2d1fd997, find-db"
_OTHERS = "sitar-lab/NeuSight @6945927d, PyTorch eager"
_PEAK: Mapping[int, float] = {4: 45.3e12, 2: 181e12}
"""FLOPs a second of its matrix cores, by the bytes of an element (AMD's specification)."""
_WINOGRAD = 2.25
"""How many times fewer multiplications Winograd's smaller tiles need."""
_LEAST = 32 * 49
"""Positions of a result, batch times map: 32 maps of 7x7."""
_RULES = {Kind.CONV: "G1", Kind.PRODUCT: "G1", Kind.GROUP_CONV: "G2", Kind.SOFTMAX: SHARED}
_MOST = {
    "conv 1x1": 400, "conv kxk": 500, "group conv kxk": 300, "element-wise": 300,
    "depthwise conv": 250, "matrix product": 250, "matrix product of activations": 250,
}  # fmt: skip
"""Rows of a variety that are kept, 120 of others."""
_OPS = {
    "add": ("Add", 2, ""), "addu": ("Add", 1, "scalar"), "mul": ("Mul", 2, ""),
    "mulu": ("Mul", 1, "scalar"), "div": ("Div", 2, ""), "relu": ("Relu", 1, ""),
    "gelu": ("Gelu", 1, ""), "tanh": ("Tanh", 1, ""),
}  # fmt: skip
_SAID = ("in", "out", "groups", "window", "positions", "strides", "batch", "bytes", "operands")
_FADES = 4.0
"""Octaves over which what a row says fades, for the choice of rows alone."""


def measured(itemsize: int) -> list[Row]:
    """All rows for a target of this many bytes an element, one for each kernel.

    In half precision, under autocast, softmax and layer norm still run in single precision;
    element-wise kernels are carried over, as many bytes for as many bytes; of products none are.
    """
    found: dict[tuple[Kernel, str], list[float]] = defaultdict(list)
    for kernel, seconds in _convs(itemsize):
        found[kernel, _CONVS].append(seconds)
    for kernel, seconds in _others():
        how = _OTHERS
        if itemsize == 2 and kernel.kind is Kind.PRODUCT:
            continue
        if itemsize == 2 and kernel.kind is Kind.ELEMENTWISE:
            kernel = kernel._replace(itemsize=2, in_map=(2 * kernel.in_map[0], 1))
            kernel = kernel._replace(out_map=kernel.in_map)
            how = f"{CARRIED}single precision, as many bytes: {_OTHERS}"
        found[kernel, how].append(seconds)
    dtype = "float16" if itemsize == 2 else "float"
    return [_row(kernel, dtype, median(each), how) for (kernel, how), each in found.items()]


def _row(kernel: Kernel, dtype: str, seconds: float, how: str) -> Row:
    return Row(
        rule=_RULES.get(kernel.kind, "G4"),
        kernels=kernel.text,
        series=series_of(kernel),
        dtype=dtype,
        batch=kernel.batch,
        layout="NCHW" if len(kernel.out_map) == 2 and kernel.op == "Conv" else "",
        sessions=1,
        median_s=float(f"{seconds:.5g}"),
        p10_s=None,
        p90_s=None,
        interval=None,
        measured="2024",
        how=how,
    )


def series_of(kernel: Kernel) -> str:
    """The family of shapes: a layer at all maps and batches, of others all of one size."""
    if kernel.op == "Conv":
        sizes = f"{kernel.c_in}>{kernel.c_out} k{'x'.join(map(str, kernel.window))}"
        return f"{sizes} s{kernel.strides[0]} g{kernel.groups}"
    if kernel.kind is Kind.PRODUCT:
        return f"{'product' if kernel.constant else 'attention'} {kernel.c_in}>{kernel.c_out}"
    return f"{kernel.in_map[0]} rows of {kernel.c_out}"


def _convs(itemsize: int) -> Iterator[tuple[Kernel, float]]:
    """Convs of images, large enough to fill the card."""
    dtype = "FP32" if itemsize == 4 else "FP16"
    for cells in _records("mi210-miopen-conv"):
        if cells["dtype"] != dtype:
            continue
        size = {key: int(value) for key, value in cells.items() if key not in _TEXTS}
        window, strides = (size["kh"], size["kw"]), (size["stride_h"], size["stride_w"])
        out = tuple(
            (size[side] + 2 * size[f"pad_{side}"] - each) // stride + 1
            for side, each, stride in zip("hw", window, strides, strict=True)
        )
        kernel = Kernel(
            conv_kind(size["c_in"], size["c_out"], size["groups"]), "Conv", size["c_in"],
            size["c_out"], (size["h"], size["w"]), out, size["batch"], window, strides,
            size["groups"], itemsize=itemsize,
        )  # fmt: skip
        seconds = float(cells["ms"]) / 1e3
        if _is_of_images(kernel, size["dilation_h"]) and _is_possible(kernel, seconds):
            yield kernel, seconds


_TEXTS = frozenset({"dtype", "ms", "solver"})


def _is_of_images(kernel: Kernel, dilation: int) -> bool:
    high, wide = kernel.window
    return (
        min(kernel.out_map) > 0
        and kernel.batch * kernel.out_map[0] * kernel.out_map[1] >= _LEAST
        and min(kernel.in_map) > 1
        and dilation == 1
        and kernel.c_in >= 3
        and max(kernel.window) <= 7
        and (high == wide or min(kernel.window) == 1)
    )


def _is_possible(kernel: Kernel, seconds: float) -> bool:
    """A few times are faster than the card can be (256>512 3x3 at 6,000 TFLOP/s)."""
    return kernel.flops / seconds <= _WINOGRAD * _PEAK[kernel.itemsize]


def _others() -> Iterator[tuple[Kernel, float]]:
    """What PyTorch runs beside convs; `pow` does not say what it is raised to."""
    for cells in _records("mi210-torch-fp32-eager"):
        name, seconds = cells["op"], float(cells["ms"]) / 1e3
        if name in ("linear", "bmm"):
            batch, m, n, k = (int(cells[key]) for key in ("batch", "m", "n", "k"))
            rows = (batch * m, 1) if name == "linear" else (m,)
            yield Kernel(
                Kind.PRODUCT, "MatMul", k, n, rows, rows, 1 if name == "linear" else batch,
                constant=name == "linear",
            ), seconds  # fmt: skip
            continue
        width, rows = int(cells["row"]), (int(cells["batch"]), 1)
        if name in _OPS:
            op, operands, path = _OPS[name]
            yield (
                Kernel(
                    Kind.ELEMENTWISE, op, width, width, rows, rows, operands=operands, path=path
                ),
                seconds,
            )
        elif name == "softmax":
            yield Kernel(Kind.SOFTMAX, "Softmax", width, width, rows, rows), seconds
        elif name == "ln":
            op = "LayerNormalization"
            yield Kernel(Kind.NORMALISATION, op, width, width, rows, rows), seconds


def _records(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(FACTS / f"{name}.csv.gz", "rt", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def thinned(rows: Sequence[Row]) -> list[Row]:
    """The rows that tell most of each variety.

    Half of them in turn from every family of shapes; then each next one that those before it tell
    least of, by how features lie apart (the pivots of a Cholesky factorisation).
    """
    by_variety: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: each.kernels):
        by_variety[variety_of(row.chain[0][1])].append(row)
    kept: list[Row] = []
    for name, members in sorted(by_variety.items()):
        most = _MOST.get(name, 120)
        kept += members if len(members) <= most else _chosen(members, most)
    return kept


def _chosen(rows: Sequence[Row], most: int) -> list[Row]:
    columns = Columns([row.chain[0][1] for row in rows])
    points = describe(_SAID, columns, UNTOLD) * 3**0.5 / _FADES
    unknown, factor = np.ones(len(rows)), np.zeros((len(rows), most))
    chosen: list[int] = []
    first = _in_turn(rows)[: most // 2]
    for step in range(most):
        at = first[step] if step < len(first) else int(np.argmax(unknown))
        chosen.append(at)
        apart = np.sqrt(((points - points[at]) ** 2).sum(axis=1))
        shared = (1 + apart) * np.exp(-apart) - factor[:, :step] @ factor[at, :step]
        factor[:, step] = shared / np.sqrt(max(unknown[at], 1e-6))
        unknown -= factor[:, step] ** 2
        unknown[chosen] = -1.0
    return [rows[at] for at in sorted(chosen)]


def _in_turn(rows: Sequence[Row]) -> list[int]:
    """One of each series, then the next of each, at random within them."""
    by_series: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        by_series[row.series].append(at)
    draw, turns = Random(16), []
    for name in sorted(by_series):
        members = by_series[name]
        draw.shuffle(members)
        turns += [(turn, draw.random(), at) for turn, at in enumerate(members)]
    return [at for _, _, at in sorted(turns)]
