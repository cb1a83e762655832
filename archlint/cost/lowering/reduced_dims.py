"""Which dims a reduction takes together, or a scan runs along."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.dim_runs import dim_runs
from archlint.graph.operator import Operator

__all__ = ["reduced_dims", "reduced_path", "with_reduced_dims"]


def with_reduced_dims(kernel: Kernel, op: Operator) -> Kernel:
    """The kernel of a reduction, by path.

    "row" is the last dim, "map" all behind the channels, "axes 1" the channels.  Neighbouring dims
    that are reduced together are one to a runtime, and so are those that stay: a reduction of
    1x4x4x1536 over the dims 1 and 2 is one of 16 channels over a map of 1536.
    """
    shape = op.activations[0].shape or ()
    dims = reduced_dims(op)
    path = _named(dims, len(shape))
    if not path.startswith("axes ") or path == "axes 1":
        return kernel._replace(path=path)
    runs = dim_runs(shape, [(at in dims,) for at in range(len(shape))])
    if sum(reduced for _, (reduced,) in runs) != 1:
        return kernel._replace(path=path)
    sizes = [size for size, _ in runs]
    at = next(number for number, (_, (reduced,)) in enumerate(runs) if reduced)
    before, behind = sizes[at - 1] if at else 1, sizes[at + 1] if at + 1 < len(sizes) else 1
    if behind == 1:
        return kernel._replace(c_in=sizes[at], c_out=before, in_map=(before,), batch=1, path="row")
    return kernel._replace(
        c_in=sizes[at], c_out=behind, in_map=(1, behind), batch=before, path="axes 1"
    )


def reduced_path(op: Operator) -> str:
    """The dims as a path, as a scan's kernel has it."""
    return _named(reduced_dims(op), len(op.activations[0].shape or ()))


def reduced_dims(op: Operator) -> list[int]:
    """The dims that an operator reduces or runs along, in order; empty for all."""
    rank = len(op.activations[0].shape or ())
    axes = op.attributes.get("axes") or op.attributes.get("axis")
    if axes is None and len(op.inputs) > 1 and op.inputs[1] is not None:
        axes = op.inputs[1].values
    given = axes if isinstance(axes, tuple) else (axes,) if isinstance(axes, int) else ()
    return sorted(int(each) % rank for each in given if not isinstance(each, str)) if rank else []


def _named(dims: list[int], rank: int) -> str:
    if dims == [rank - 1]:
        return "row"
    if dims and dims == list(range(2, rank)):
        return "map"
    return "axes " + "-".join(map(str, dims)) if dims else "all"
