"""Compare predictions with the paper's measurements, what is predicted being left out of the fit.

Each row of Tables 1 to 4 is rebuilt as an ONNX model, read, lowered and priced like any other,
on a target whose tables lack that row.  Run from the repository:

    python benchmarks/paper.py            the figures
    python benchmarks/paper.py --write    also the calibration in their target.toml
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import ceil, log, sqrt

import onnx
from checksums import write_checksum
from ncnn_facts import DEVICES, graphs, settings
from onnx import TensorProto, helper

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lower import lower
from archlint.cost.pricer import Pricer, Z
from archlint.cost.target import Calibration, Target, load_target
from archlint.cost.target_files import SHIPPED, files_of
from archlint.graph import read_model
from archlint.measure.fit.validation import (
    LeftOut,
    calibrate,
    cross_coverage,
    kernels_of,
    leave_pairs_out,
    leave_rows_out,
    without,
)
from archlint.whole_file import write_whole

ARM = "snapdragon810-neon-fp32"


def network(kernels: Sequence[Kernel]) -> onnx.ModelProto:
    """An ONNX model whose operators are these kernels: each reads an input of its own."""
    nodes, inputs, weights = [], [], []

    def value(name: str, shape: Sequence[int]) -> str:
        inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))
        return name

    outputs = []
    for number, kernel in enumerate(kernels):
        shape = [kernel.batch, kernel.c_in, *kernel.in_map]
        last = f"y{number}"
        if kernel.kind is Kind.ELEMENTWISE:
            reads = [value(f"x{number}_{n}", shape) for n in range(kernel.operands)]
            nodes.append(helper.make_node(kernel.op, reads, [last], name=last))
        else:
            dims = [kernel.c_out, kernel.c_in // kernel.groups, *kernel.window]
            weight = TensorProto(name=f"w{number}", dims=dims, data_type=TensorProto.FLOAT)
            weights.append(weight)
            pads = [size // 2 for size in kernel.window] * 2
            reads = [value(f"x{number}", shape), weight.name]
            nodes.append(
                helper.make_node("Conv", reads, [last], name=last, group=kernel.groups, pads=pads)
            )
        for act in kernel.epilogue:
            nodes.append(helper.make_node(act, [last], [f"{last}_{act}"]))
            last = f"{last}_{act}"
        out = [kernel.batch, kernel.c_out, *kernel.out_map]
        outputs.append(helper.make_tensor_value_info(last, TensorProto.FLOAT, out))
    graph = helper.make_graph(nodes, "paper", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def predict(target: Target, number: int) -> LeftOut:
    """A row, priced as an ONNX model without it."""
    row = target.rows[number]
    reduced = without(target, [number])
    model = read_model(network(kernels_of(row)))
    kernels = [placed.kernel for placed in lower(model, reduced.lowering).kernels]
    price = Pricer(reduced).total(kernels)
    assert price is not None
    return LeftOut(row, price.seconds)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def report(target: Target) -> None:
    found = [predict(target, number) for number in range(len(target.rows))]
    rules = list(dict.fromkeys(row.rule for row in target.rows))
    print(f"{target.name}: {len(found)} networks rebuilt as ONNX, each left out of the fit")
    for rule in rules:
        errors = [each.error for each in found if each.row.rule == rule]
        print(f"  {rule}{len(errors):4} rows  mean absolute error {mean(errors):6.1%}")
    g4 = [each for each in found if each.row.rule == "G4"]
    others = [each for each in found if each.row.rule != "G4"]
    print(f"  Tables 1 to 3: {mean([each.error for each in others]):.1%}")
    print(f"  Table 4:       {mean([each.error for each in g4]):.1%}")
    ordered, pairs = 0, 0
    for number, left in enumerate(others):
        for right in others[number + 1 :]:
            if left.row.rule == right.row.rule and left.row.series == right.row.series:
                pairs += 1
                measured = left.row.median_s - right.row.median_s
                ordered += measured * (left.predicted - right.predicted) > 0
    print(f"  equal-FLOPs pairs in order: {ordered} of {pairs}")
    whole = leave_rows_out(target, whole_rule=True)
    for rule in rules:
        errors = [each.error for each in whole if each.row.rule == rule]
        if errors:
            print(f"  without all rows of {rule}: {mean(errors):.1%}")
    scale = target.calibration.band_scale
    left_out = leave_pairs_out(target)
    inside = [each.deviation <= Z * scale for each in left_out]
    spread = sqrt(0.25 / len(inside))
    print(
        f"  bands cover {mean(inside):.1%} of {len(inside)} left-out pairs"
        f" (scale {scale}; one standard error is at most {spread:.1%})"
    )
    crossed = cross_coverage(left_out)
    sizes = Counter(each.left.rule for each in left_out)
    overall = sum(crossed[rule] * count for rule, count in sizes.items()) / len(left_out)
    by_rule = ", ".join(f"{rule} {share:.0%}" for rule, share in crossed.items())
    print(f"  with the scale set by the other rules' pairs: {overall:.1%} ({by_rule})")


def by_networks(target: Target) -> Calibration:
    """The target's calibration, with its prices' bands as wide as ncnn's networks ask.

    ncnn timed whole networks on the same chip; those are nothing that the paper's tables hold,
    and no fit to its rows tells how far off their sums are.
    """
    errors = []
    pricer = Pricer(replace(target, calibration=replace(target.calibration, price_scale=1.0)))
    for row in settings()[DEVICES["snapdragon810-ncnn-fp32-1t"].setting]:
        counts = Counter[Kernel]()
        for placed in lower(graphs()[row.name], target.lowering).kernels:
            if pricer.covers(placed.kernel):
                counts[placed.kernel] += placed.repeats
        price = pricer.total(counts)
        if price is not None:
            print(f"  {row.name}: {price.seconds:.3f} s, ncnn {row.seconds:.3f} s")
            errors.append(abs(log(price.seconds / row.seconds)) / log(price.high / price.seconds))
    scale = sorted(errors)[ceil(0.8 * len(errors)) - 1]
    return replace(
        target.calibration,
        price_scale=float(f"{scale + 5e-5:.4f}"),
        price_coverage=sum(each <= scale for each in errors) / len(errors),
    )


def written(calibration: Calibration) -> str:
    """The calibration as TOML."""
    lines = [
        "[calibration]",
        "# Written by `python benchmarks/paper.py --write`; errors are shares of the time.",
        f"band_scale = {calibration.band_scale:.4f}",
        f"coverage = {calibration.coverage:.4f}",
        f"pairs = {calibration.pairs}",
    ]
    if calibration.price_coverage is not None:
        lines += [
            "# Of whole networks, by ncnn's times on the same chip.",
            f"price_scale = {calibration.price_scale:.4f}",
            f"price_coverage = {calibration.price_coverage:.4f}",
        ]
    for each in calibration.errors:
        lines += [
            "",
            "[[calibration.errors]]",
            f'table = "{each.table}"',
            f"rows = {each.rows}",
            f"mean = {each.mean:.4f}",
            f"median = {each.median:.4f}",
            f"p90 = {each.p90:.4f}",
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    for name in ("gtx1080ti-cudnn7-fp32", ARM):
        files = files_of(SHIPPED / name)
        target = load_target(files)
        if "--write" in sys.argv[1:]:
            text = files.file.read_text(encoding="utf-8")
            head = re.split(r"^\[calibration\]", text, maxsplit=1, flags=re.MULTILINE)[0]
            calibration = calibrate(target)
            if name == ARM:
                calibration = by_networks(replace(target, calibration=calibration))
            write_whole(files.file, (head + written(calibration)).encode())
            write_checksum(files)
            target = load_target(files)
        report(target)


if __name__ == "__main__":
    main()
