"""How an element-wise kernel repeats its smaller operands (ONNX's broadcasting)."""

from __future__ import annotations

from math import prod

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.dim_runs import dim_runs
from archlint.graph.operator import Operator

__all__ = ["with_repeated_operands"]


def with_repeated_operands(kernel: Kernel, op: Operator) -> Kernel:
    """The kernel of an operator, by how many operands are as large as its result and by path.

    What is repeated costs by its loops: runs of neighbouring elements in which each operand goes
    on or stays.  The usual ones have names: "by row" where all go on along the last dim, "by map"
    along the whole map, "by channel" where one stays over the map, "scalar" where nothing is
    repeated but numbers.  Any other is the kernel of one of these shapes with as many and as
    long runs: what an outer product of 128x1x16 and 128x16x1 runs, 2048 times 16 elements of
    which one operand stays, is a map of 2048 channels and 16 positions, "by channel".
    """
    shape = op.output.shape or ()
    inputs = [tensor for tensor in op.inputs if tensor is not None]
    whole = sum(tensor.elements == op.output.elements for tensor in inputs)
    operands = max(whole, 1)
    repeated = [tensor.shape or () for tensor in inputs if tensor.elements != 1]
    if whole == len(inputs) or not shape:
        return kernel._replace(operands=operands, path="")
    aligned = [(1,) * (len(shape) - len(sizes)) + sizes for sizes in repeated]
    runs = dim_runs(
        shape, [tuple(size != 1 for size in sizes) for sizes in zip(*aligned, strict=True)]
    )
    if len(repeated) == whole or not runs:
        return kernel._replace(operands=operands, path="scalar")
    run, goes_on = runs[-1]
    pieces = prod(shape) // run
    planes = kernel.batch * kernel.c_out
    is_map = len(kernel.out_map) > 1
    sizes: tuple[int, ...] = ()
    if not all(goes_on):
        path = "by channel"
        is_usual = is_map and pieces == planes
        channels, sizes = pieces, (1, run)
    elif is_map and pieces == planes:
        path, is_usual, channels = "by map", True, 0
    else:
        path = "by row"
        lines = planes * prod(kernel.out_map[:-1]) if is_map else prod(shape) // kernel.c_out
        is_usual = pieces == lines
        channels, sizes = run, (pieces,)
    kernel = kernel._replace(operands=operands, path=path)
    if is_usual:
        return kernel
    return kernel._replace(c_in=channels, c_out=channels, in_map=sizes, out_map=sizes, batch=1)
