"""How a kernel walks over its tensors: in which pieces, and how far apart it reads."""

from __future__ import annotations

from functools import cache
from math import prod

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import REORDERS

__all__ = ["is_general", "jump_of", "pieces_of", "swap_of"]


def pieces_of(kernel: Kernel) -> int:
    """The runs of neighbouring elements that a kernel works through, each a loop of its own.

    1 where it goes through its result in one go.
    """
    batch, rows = kernel.batch, kernel.batch * prod(kernel.out_map)
    of_planes = len(kernel.out_map) > 1
    lines = batch * kernel.c_out * prod(kernel.out_map[:-1])
    # a row is what lies side by side: tokens x channels, and the last dim of a map
    rows = lines if of_planes else rows
    if kernel.op == "Transpose":
        return max(prod(swap_of(kernel)[:3]), 1)
    if kernel.op in ("Concat", "Split"):
        return max(kernel.operands, 2) * (rows if kernel.path == "by row" else batch)
    if kernel.op == "Slice":
        if kernel.path == "by row":
            return rows
        return batch * kernel.c_out if kernel.path else batch
    if kernel.op == "Gather":
        return _gathered(kernel)
    if kernel.kind is Kind.MOVEMENT:
        return lines if of_planes and kernel.op not in ("Cast", "Identity") else 1
    if kernel.kind is Kind.REDUCTION:
        # one for each number that is left; over the channels, whole lines are put together
        return batch if kernel.path.startswith("axes ") else batch * kernel.c_out
    if kernel.path in ("by channel", "by map"):
        return batch * kernel.c_out
    if kernel.path == "by row":
        return rows
    return 1


def _gathered(kernel: Kernel) -> int:
    """The runs that a Gather copies: what lies behind the axis of its indices stays together."""
    shape = kernel.batch, kernel.c_out, *kernel.out_map
    if kernel.path == "by row":
        return prod(shape)
    if len(kernel.out_map) < 2:
        # rows of a table
        return kernel.batch * prod(kernel.out_map)
    axis = int(kernel.path.removeprefix("axis ")) if kernel.path else 1
    return prod(shape[: axis + 1])


def jump_of(kernel: Kernel) -> int:
    """How far apart (elements) a kernel reads what it writes side by side, or the other way."""
    if kernel.op in REORDERS:
        return prod(kernel.in_map)
    _, _, columns, run = swap_of(kernel)
    return columns * run


def is_general(kernel: Kernel) -> bool:
    """Whether a transposition is more than one dim that is moved past others.

    ONNX Runtime has quick loops for those, counting dims of 1 as well; the general one takes 5
    times as long: 1x1024x1x4x12 to 2-0-3-4-1 takes 164 us, 1024x48 turned round 33.
    """
    if not kernel.path.startswith("perm "):
        return False
    order = [int(each) for each in kernel.path.removeprefix("perm ").split("-")]
    rests = (order[:at] + order[at + 1 :] for at in range(len(order)))
    return all(rest != sorted(rest) for rest in rests)


@cache
def swap_of(kernel: Kernel) -> tuple[int, int, int, int]:
    """A transposition as loops x rows x columns x run, whose rows and columns change places.

    So is every one that moves one dim, or neighbours together, past others: to channels-last,
    a channel shuffle, attention's heads.  Of others it is the last dims that change places.
    All 1 for other kernels.
    """
    order, shape = _merged(kernel)
    moved = [at for at, dim in enumerate(order) if dim != at]
    if not moved:
        return 1, 1, 1, 1
    last = moved[-1]
    run = prod(shape[last + 1 :])
    # the dim that is written innermost among the moved ones is the rows
    rows = shape[order[last]]
    columns = prod(shape[order[last] + 1 : last + 1])
    return prod(shape) // (rows * columns * run), rows, columns, run


def _merged(kernel: Kernel) -> tuple[list[int], list[int]]:
    """A transposition's order and shape without dims of 1, neighbours that stay so as one."""
    if not kernel.path.startswith("perm "):
        return [], []
    order = [int(each) for each in kernel.path.removeprefix("perm ").split("-")]
    shape = (kernel.batch, kernel.c_in, *kernel.in_map)[-len(order) :]
    if len(kernel.in_map) == 1:
        shape = (kernel.batch, kernel.in_map[0], kernel.c_in)
    groups: list[list[int]] = []
    for dim in order:
        if shape[dim] == 1:
            continue
        if groups and dim == groups[-1][-1] + 1:
            groups[-1].append(dim)
        else:
            groups.append([dim])
    inputs = sorted(groups)
    return [inputs.index(each) for each in groups], [
        prod(shape[dim] for dim in each) for each in inputs
    ]
