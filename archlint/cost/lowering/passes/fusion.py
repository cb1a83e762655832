"""The passes of a runtime that fold into convs and fuse activations."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.kernels.ops import ACTIVATIONS
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Operator, Tensor

__all__ = [
    "add_sums",
    "constant_operand",
    "divide",
    "expand",
    "fold_into_convs",
    "fuse_activations",
    "is_by_channel",
    "is_conv",
    "merge_clips",
]


_SUMMED_RANK = 4


def is_conv(step: Step) -> bool:
    """Whether it is a conv with constant weights."""
    return step.name == "Conv" and step.op.weight is not None


def fold_into_convs(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Constants behind a conv go into its weights, a padding before it into its own."""
    for step in graph:
        if not is_conv(step):
            continue
        before = graph.only_maker(step.reads[0])
        if before is not None and before.name == "Pad" and "Pad" in lowering.fold:
            graph.absorb_before(step, before)
        while True:
            after = graph.only_reader(step.output)
            if after is None or not _folds(step, after, lowering):
                break
            step.bias = step.bias or after.name != "Mul"
            graph.absorb(step, after)


def _folds(conv: Step, after: Step, lowering: RuntimeRules) -> bool:
    if after.name not in lowering.fold or len(after.reads) != 1:
        return False
    if after.reads[0].shape != conv.output.shape:
        # a Concat between the two is imagined away
        return False
    if after.name == "BatchNormalization":
        return True
    constant = constant_operand(after.op)
    if constant is None or constant.shape is None:
        return False
    if after.name == "Mul" and constant.elements == 1:
        return True
    return after.name in ("Add", "Mul") and is_by_channel(constant, conv.shape)


def constant_operand(op: Operator) -> Tensor | None:
    """The constant one of two operands."""
    constants = [tensor for tensor in op.inputs if tensor is not None and tensor.constant]
    return constants[0] if len(op.inputs) == 2 and len(constants) == 1 else None


def is_by_channel(constant: Tensor, shape: tuple[int, ...]) -> bool:
    """Whether it has one value for each channel of a tensor in the order NCHW."""
    sizes = constant.shape or ()
    rank = len(shape)
    if rank < 3 or len(sizes) not in (rank - 1, rank):
        return False
    return (1, *sizes)[-rank:] == (1, shape[1]) + (1,) * (rank - 2)


def fuse_activations(graph: PassGraph, lowering: RuntimeRules) -> None:
    """An activation that alone reads a conv or a product with a bias becomes its epilogue."""
    products = lowering.fusions.products if lowering.fusions is not None else frozenset()
    for step in graph:
        fuse = lowering.fuse if is_conv(step) else products
        if step.epilogue or not (is_conv(step) or step.name == "Gemm"):
            continue
        after = graph.only_reader(step.output)
        if after is not None and after.name in fuse and _is_activation(after):
            if after.reads[0].shape != step.output.shape:
                continue
            graph.absorb(step, after)
            step.epilogue.append(after.name)


def merge_clips(graph: PassGraph, _: RuntimeRules) -> None:
    """A Relu before a Clip to what is not negative says nothing."""
    for step in graph:
        if step.name == "Relu" and step.members:
            after = graph.only_reader(step.output)
            if after is not None and after.name == "Clip":
                graph.absorb(step, after)
                step.name, step.op = "Clip", after.op


def divide(graph: PassGraph, _: RuntimeRules) -> None:
    """One over x, times y, is y over x."""
    for step in graph:
        one = constant_operand(step.op) if step.name == "Div" else None
        after = graph.only_reader(step.output)
        if one is None or one is not step.op.inputs[0] or one.values != (1.0,) or after is None:
            continue
        if after.name == "Mul" and len(after.op.inputs) == 2:
            other = [each for each in after.op.inputs if each and each.name != step.output.name]
            graph.absorb_before(after, step)
            after.name = "Div"
            after.op = replace(after.op, op_type="Div", inputs=(*other, step.reads[0]))


def _is_activation(step: Step) -> bool:
    """One run-time input: a Clip may have bounds that are not known before."""
    return step.name in ACTIVATIONS and len(step.reads) == 1


def expand(graph: PassGraph, lowering: RuntimeRules) -> None:
    """An operator without a kernel of its own becomes the operators of its definition."""
    chains = lowering.fusions.expanded if lowering.fusions is not None else {}
    for step in graph:
        chain = chains.get(step.name)
        if chain is None:
            continue
        source, tensor = step.reads[0], step.reads[0]
        for place, name in enumerate(chain):
            made = Tensor(f"{step.output.name}/{name}", source.shape, source.dtype)
            graph.insert(name, step, place - len(chain), tensor, made)
            tensor = made
        step.op = Operator(step.op.index, "", "Mul", "", (source, tensor), tuple(step.writes))
        step.name = "Mul"
        graph.also_read(step, tensor)


def add_sums(graph: PassGraph, lowering: RuntimeRules) -> None:
    """An Add that alone reads a plain conv with a bias becomes its epilogue, and what follows.

    So do maps of two dims, of sizes that are known before the model runs.
    """
    fusions = lowering.fusions
    if fusions is None:
        return
    for step in graph:
        if step.name not in fusions.sums or len(step.reads) != 2:
            continue
        if len(step.shape) != _SUMMED_RANK or step.output.name in graph.open:
            continue
        for tensor in step.reads:
            conv = graph.only_maker(tensor)
            if conv is None or not is_conv(conv) or conv.path or conv.epilogue or not conv.bias:
                continue
            if any(each.shape != step.output.shape for each in (*step.reads, conv.output)):
                continue
            graph.absorb(conv, step)
            conv.epilogue.append("Add")
            after = graph.only_reader(conv.output)
            if after is not None and after.name in lowering.fuse and _is_activation(after):
                graph.absorb(conv, after)
                conv.epilogue.append(after.name)
            break
