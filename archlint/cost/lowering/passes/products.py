"""The passes of a runtime around matrix products: bias, scale and transposes."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.fusion import constant_operand
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["fold_transposes_and_scales", "join_bias", "join_bias_of_attention"]


def join_bias(graph: PassGraph, _: RuntimeRules) -> None:
    """A product with a constant matrix and an Add of a constant row is a Gemm.

    A Gemm has two dims: one of more is reshaped before and behind.  Not yet where it is one of
    attention's four, which the runtime first tries to run as one.
    """
    norms = [step for step in graph if _feeds_attention(graph, step)]
    tensors = {step.output.name for step in norms}
    skips = {each.output.name for step in norms for each in graph.readers(step.output)}
    for step in graph:
        after = _bias_of(graph, step)
        if after is None or step.reads[0].name in tensors:
            continue
        skip = graph.only_reader(after.output)
        if skip is None or skip.output.name not in skips:
            _join(graph, step, after)


def join_bias_of_attention(graph: PassGraph, _: RuntimeRules) -> None:
    """The same of all that are left."""
    for step in graph:
        after = _bias_of(graph, step)
        if after is not None:
            _join(graph, step, after)


def _feeds_attention(graph: PassGraph, step: Step) -> bool:
    """Whether three products read a normalisation, and the sum of it and what they lead to."""
    if step.name != "LayerNormalization":
        return False
    names = sorted(reader.name for reader in graph.readers(step.output))
    return names == ["Add", "MatMul", "MatMul", "MatMul"]


def _bias_of(graph: PassGraph, step: Step) -> Step | None:
    """The Add behind a product that makes it a Gemm."""
    weight = step.op.weight
    if step.name != "MatMul" or weight is None or len(weight.shape or ()) != 2:
        return None
    if len(step.reads) != 1 or weight is not step.op.inputs[1]:
        return None
    after = graph.only_reader(step.output)
    bias = constant_operand(after.op) if after is not None and after.name == "Add" else None
    if bias is None:
        return None
    rank, width = len(step.shape), step.shape[-1]
    shapes = ((width,), (1, width)) if rank == 2 else ((width,),)
    return after if bias.shape in shapes and len(step.reads[0].shape or ()) == rank else None


def _join(graph: PassGraph, step: Step, after: Step) -> None:
    rank = len(step.shape)
    graph.absorb(step, after)
    step.name, step.bias = "Gemm", True
    if rank > 2:
        _flatten(graph, step)


def _flatten(graph: PassGraph, step: Step) -> None:
    source, output = step.reads[0], step.output
    rows = (output.elements or 0) // max(step.shape[-1], 1)
    flat = replace(source, name=f"{output.name}/in", shape=(rows, (source.shape or (0,))[-1]))
    made = replace(output, name=f"{output.name}/out", shape=(rows, step.shape[-1]))
    graph.read_instead(step, source, flat)
    step.writes = [made]
    graph.insert("Reshape", step, -1, source, flat)
    graph.insert("Reshape", step, 1, made, output)
    graph.makes(step, made)


def fold_transposes_and_scales(graph: PassGraph, _: RuntimeRules) -> None:
    """A product takes a transpose of its matrices and a scale, before or behind it."""
    for step in graph:
        if step.name == "MatMul":
            for side, tensor in enumerate(step.op.inputs):
                if tensor is not None and not tensor.constant:
                    _fold_operand(graph, step, side)
            after = graph.only_reader(step.output)
            if after is not None and _is_scale(after):
                graph.absorb(step, after)
        elif step.name == "Gemm" and step.op.op_type == "Gemm" and step.reads:
            before = graph.only_maker(step.reads[0])
            if before is not None and before.name == "Transpose" and len(before.shape) == 2:
                graph.absorb_before(step, before)
                step.path = "transA"


def _fold_operand(graph: PassGraph, step: Step, side: int) -> None:
    """Take in what stands before one operand of a product."""
    place = min(side, len(step.reads) - 1)
    for _ in range(2):
        before = graph.maker(step.reads[place])
        if before is None or len(before.reads) != 1 or before.output.name in graph.outputs:
            return
        if before.name == "Transpose" and _swaps_rows(before.permutation):
            _take_in(graph, step, before)
            if before.permutation[-2] == len(before.shape) - 1:
                step.path = f"{step.path} trans{'AB'[side]}".strip()
        elif _is_scale(before) and graph.uses(before.output) == 1:
            graph.absorb_before(step, before)
        else:
            return


def _swaps_rows(perm: tuple[int, ...]) -> bool:
    """Whether a product can read its rows so: the last dim among its two, the others in a row.

    The first of them may be before the batch, as where heads come behind rows.
    """
    rank = len(perm)
    others = perm[: rank - 2]
    in_row = others in (tuple(range(rank - 2)), tuple(range(1, rank - 1)))
    return rank > 1 and rank - 1 in perm[-2:] and in_row


def _take_in(graph: PassGraph, step: Step, before: Step) -> None:
    """Let a product read what a Transpose reads, which stays for what else reads it."""
    graph.read_instead(step, before.output, before.reads[0])
    if not graph.uses(before.output):
        graph.drop(before)
        step.members.extend(before.members)


def _is_scale(step: Step) -> bool:
    constant = constant_operand(step.op) if step.name in ("Mul", "Div") else None
    if constant is None or len(step.reads) != 1 or constant.elements != 1:
        return False
    return step.name == "Mul" or step.op.inputs[1] is constant
