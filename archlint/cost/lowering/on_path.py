"""The path that a target takes for a kernel at its widths."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import GENERIC, OPERANDS
from archlint.cost.lowering.passes.blocked import BLOCKED, STEM, conv_path
from archlint.cost.lowering.passes.quantised import LAST
from archlint.cost.lowering.quantised_kernel import int8_path
from archlint.cost.lowering.runtime_rules import Blocked, Quantised, RuntimeRules

__all__ = ["apart", "on_path", "quantised"]

_CONVS = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE})
_LAYOUTS = frozenset({"", BLOCKED, STEM})
_FLOAT_PATHS = frozenset({BLOCKED, STEM, GENERIC})
_MAP_DIMS = 2  # blocked tensors have a map of two dims


def on_path(kernel: Kernel, lowering: RuntimeRules) -> Kernel:
    """The same kernel on the path that the target takes for it, its epilogue cut to what fuses.

    A path that is no layout (a permutation, an axis) stays.
    """
    path, rules = kernel.path, lowering.quantised
    if rules is not None and kernel.itemsize == 1 and kernel.op in rules.run_int8:
        return _in_int8(kernel, rules)
    # weights that are dequantised at each run are in no layout of their own
    is_plain = rules is not None and kernel.op == "Conv" and not path
    if lowering.blocked is not None and path in _LAYOUTS and not is_plain:
        path = _path(kernel, lowering.blocked)
    epilogue = _epilogue(kernel, path, lowering)
    if path == kernel.path and epilogue == kernel.epilogue:
        return kernel
    return kernel._replace(path=path, epilogue=epilogue)


def quantised(kernel: Kernel, lowering: RuntimeRules) -> Kernel:
    """A kernel as a quantised model has it, where the runtime quantises."""
    rules = lowering.quantised
    runs_int8 = rules is not None and kernel.op in rules.run_int8
    return kernel._replace(itemsize=1) if runs_int8 else kernel


def apart(kernel: Kernel, lowering: RuntimeRules) -> tuple[Kernel, ...]:
    """The kernel on its path, and kernels of their own for what of its epilogue does not fuse.

    Where the runtime leaves the graph as it is, all of the epilogue is fused or none.
    """
    main = on_path(kernel, lowering)
    rest = kernel.epilogue[len(main.epilogue) :]
    if rest and lowering.fusions is None:
        main, rest = kernel.core, kernel.epilogue
    return main, *(alone for act in rest for alone in _alone(act, kernel, lowering))


def _alone(act: str, kernel: Kernel, lowering: RuntimeRules) -> tuple[Kernel, ...]:
    chain = lowering.fusions.expanded.get(act) if lowering.fusions is not None else None
    ops = (act,) if chain is None else (*chain, "Mul")
    return tuple(
        Kernel(
            Kind.ELEMENTWISE, op, kernel.c_out, kernel.c_out, kernel.out_map, kernel.out_map,
            kernel.batch, operands=OPERANDS.get(op, 1), itemsize=kernel.itemsize,
            rotation=kernel.rotation,
        )
        for op in ops
    )  # fmt: skip


def _in_int8(kernel: Kernel, rules: Quantised) -> Kernel:
    """With the channels last, where it has a map; no activation fuses, what clips is free."""
    path = "" if kernel.path in _FLOAT_PATHS else kernel.path
    if len(kernel.in_map) >= _MAP_DIMS and not path.endswith(LAST):
        path = int8_path(kernel._replace(path=path), rules)
    return kernel._replace(path=path, epilogue=())


def _path(kernel: Kernel, layout: Blocked) -> str:
    if len(kernel.in_map) != _MAP_DIMS:
        return ""
    if kernel.op == "Conv":
        return conv_path(kernel.c_in, kernel.c_out, kernel.groups, layout)
    if kernel.op in layout.pools:
        return "" if kernel.c_in % layout.block else BLOCKED
    return kernel.path


def _epilogue(kernel: Kernel, path: str, lowering: RuntimeRules) -> tuple[str, ...]:
    """What fuses of an epilogue, up to the first operator that does not."""
    if lowering.fusions is None:
        return _while_fused(kernel, lowering)
    summed = kernel.epilogue[:1] == ("Add",) and kernel.kind in _CONVS
    rest = kernel.epilogue[1:] if summed else kernel.epilogue
    if kernel.epilogue[:1] == ("Add",) and not summed:
        return ()
    if rest and not _fuses(kernel.kind, rest[0], lowering, path=path, summed=summed):
        rest = ()
    return (("Add",) if summed else ()) + rest[:1]


def _while_fused(kernel: Kernel, lowering: RuntimeRules) -> tuple[str, ...]:
    fused = []
    for op in kernel.epilogue:
        if not lowering.fuses(kernel.kind, op):
            break
        fused.append(op)
    return tuple(fused)


def _fuses(kind: Kind, act: str, lowering: RuntimeRules, *, path: str, summed: bool) -> bool:
    layout = lowering.blocked
    if layout is None or not path:
        return lowering.fuses(kind, act)
    if act in layout.gated:
        return True
    return act in layout.fuse if summed else lowering.fuses(kind, act)
