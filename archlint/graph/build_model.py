"""A model at the sizes asked for: as its file is, at a batch that it holds, or rewritten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import onnx

from archlint.errors import ModelError
from archlint.graph.axis_uses import axis_uses
from archlint.graph.build import build_at
from archlint.graph.contradiction import ContradictionError, asked_sizes
from archlint.graph.data_dependent import DATA_DEPENDENT, SIZED_BY_VALUES
from archlint.graph.functions import inlined
from archlint.graph.model import Model
from archlint.graph.shapes import declared_inputs
from archlint.graph.sizes import Sizes, bind_sizes

__all__ = ["build_model"]


def build_model(
    path: str,
    proto: onnx.ModelProto,
    *,
    batch: int | None = None,
    rebatch: int | None = None,
    inputs: Mapping[str, tuple[int, ...]] | None = None,
    dims: Mapping[str, int] | None = None,
    origins: bool = False,
) -> Model:
    """Build the graph of operators that run; `proto` is not changed.

    `origins` asks for what the exporter says of each operator's source.  A file that leaves its
    batch open and holds one all the same is built at that one, and a file that holds another than
    was asked for is rewritten to take it (see `rebatched`); the assumptions say so.  `rebatch` is
    a batch to build at whatever the file and `inputs` have.
    Raises ModelError for a graph that is none (a cycle, a tensor that nobody makes or that
    two make) and for sizes that the graph contradicts, UsageError for unknown names.
    """
    proto = inlined(path, proto)
    declared, counted = declared_inputs(proto.graph), tuple(_counted(proto, dims or {}))
    uses = axis_uses(proto.graph, declared)
    sizes = bind_sizes(declared, batch=batch, inputs=inputs, dims=dims, counted=counted, uses=uses)
    if rebatch is not None:
        inputs = _with_batch(rebatch, sizes, inputs or {})
        sizes = bind_sizes(
            declared, batch=rebatch, inputs=inputs, dims=dims, counted=counted, uses=uses
        )
    made_for = sizes.declared_batch

    def at(held: int) -> Sizes:
        shapes = _with_batch(held, sizes, inputs or {})
        own_dims = {name: size for name, size in (dims or {}).items() if name != made_for}
        return bind_sizes(
            declared, batch=held, inputs=shapes, dims=own_dims, counted=counted, uses=uses
        )

    if isinstance(made_for, int) and made_for != sizes.batch:
        return _at_another_batch(path, proto, at(made_for), sizes, origins=origins)
    try:
        return build_at(path, proto, sizes, (), origins=origins)
    except ContradictionError as fault:
        held = fault.batch
        if held is None or not sizes.batched:
            raise
        if not sizes.batch_is_assumed:
            return _at_another_batch(path, proto, at(held), sizes, origins=origins)
        note = f"batch = {held} (operator {fault.operator} holds it)"
        try:
            return build_at(path, proto, at(held), (note,), origins=origins)
        except ModelError:
            raise fault from None


def _with_batch(
    batch: int, sizes: Sizes, inputs: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    """The shapes that were asked for, with another batch."""
    return {
        each.name: tuple(
            batch if sizes.batched.get(each.name) == axis else size
            for axis, size in enumerate(each.sizes)
        )
        for each in sizes.inputs
        if each.sizes and (each.name in inputs or "" in inputs)
    }


def _at_another_batch(
    path: str, proto: onnx.ModelProto, own: Sizes, sizes: Sizes, *, origins: bool
) -> Model:
    """A model that is made for the batch of `own` at that of `sizes`.

    What holds the batch is rewritten if all FLOPs then follow it; else the file is taken as it is,
    if they do.
    """
    from archlint.graph.rebatch import unscaled  # few files are asked for another batch

    try:
        return _rewritten(path, proto, own, sizes, origins=origins)
    except ModelError as refusal:
        try:
            model = build_at(path, proto, sizes, (), origins=origins)
        except ContradictionError:
            raise refusal from None
        left = unscaled(build_at(path, proto, own, (), origins=False), model)
        if left is not None and left.flops is not None:
            raise
        return model


def _rewritten(
    path: str, proto: onnx.ModelProto, own: Sizes, sizes: Sizes, *, origins: bool
) -> Model:
    from archlint.graph.rebatch import rebatched, unscaled  # few files are asked for another batch

    try:
        changed = rebatched(path, proto, own, sizes)
    except ModelError as fault:
        raise ModelError(path, f"cannot take {asked_sizes(sizes)}: {fault.reason}") from None
    if changed is proto:
        return build_at(path, proto, sizes, (), origins=origins)
    note = f"constants for batch {own.batch} are rewritten for {sizes.batch}"
    model = build_at(path, changed, sizes, (note,), origins=origins)
    operator = unscaled(build_at(path, proto, own, (), origins=False), model)
    if operator is not None:
        reason = f"operator {operator.name} ({operator.op_type}): its FLOPs do not follow the batch"
        raise ModelError(path, f"cannot take {asked_sizes(sizes)}: {reason}")
    return model


def _counted(proto: onnx.ModelProto, dims: Mapping[str, int]) -> Iterable[str]:
    """The operators of which data tell how many they keep, by the names that they are read by.

    Those that mostly have constant sizes are among them where they are in `dims`.
    """
    return (
        node.name or f"{node.op_type}_{position}"
        for position, node in enumerate(proto.graph.node)
        if node.op_type in DATA_DEPENDENT or (node.op_type in SIZED_BY_VALUES and node.name in dims)
    )
