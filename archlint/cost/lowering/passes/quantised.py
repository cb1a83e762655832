"""The pass that finds what runs in int8 in a model of QuantizeLinear and DequantizeLinear pairs."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import Quantised, RuntimeRules
from archlint.graph.operator import Tensor
from archlint.graph.plain.parts import ON_INTEGERS

__all__ = ["DEQUANTISE", "INT8", "LAST", "QUANTISE", "QUANTISED", "quantise"]

QUANTISE, DEQUANTISE = "QuantizeLinear", "DequantizeLinear"

QUANTISED = "QLinear"
"""Before the name of a step in int8, so that no pass over float operators takes it for one."""

INT8 = frozenset({"int8", "uint8"})
_NEVER = frozenset({"bool", "int32", "int64"})

LAST = "nhwc"
"""The path of what reads and writes tensors with their channels last."""


def quantise(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Put the operators between DequantizeLinear and QuantizeLinear on the tensors in int8."""
    quantised = lowering.quantised
    if quantised is None:
        return
    _drop_clips(graph, quantised)
    if quantised.unsigned:
        _make_unsigned(graph)
    for step in graph:
        _take(graph, step, quantised)
    _drop_pairs(graph)
    _dequantise_apart(graph)
    _dequantise_constants(graph)


def _drop_clips(graph: PassGraph, quantised: Quantised) -> None:
    """What is clipped to the range of its quantisation is not clipped before."""
    for step in graph:
        if step.name in quantised.vanishing and len(step.reads) == 1:
            after = graph.only_reader(step.output)
            if after is not None and after.name == QUANTISE and _starts_at_zero(after):
                graph.absorb_before(after, step)


def _starts_at_zero(step: Step) -> bool:
    """Whether the least value is zero, as far as the file tells."""
    point = step.op.inputs[2] if len(step.op.inputs) > 2 else None
    if point is None or not point.values:
        return True
    return set(point.values) <= ({-128.0} if point.dtype == "int8" else {0.0})


def _make_unsigned(graph: PassGraph) -> None:
    """Signed data that one DequantizeLinear reads, for one reader, are quantised without a sign."""
    for step in graph:
        if step.name != QUANTISE or step.output.dtype != "int8":
            continue
        reader = graph.only_reader(step.output)
        if (
            reader is not None
            and reader.name == DEQUANTISE
            and ON_INTEGERS not in reader.op.attributes
            and graph.uses(reader.output) == 1
        ):
            made = replace(step.output, dtype="uint8")
            step.writes[0] = reader.reads[0] = made


def _take(graph: PassGraph, step: Step, quantised: Quantised) -> None:
    moves = step.name in quantised.moving
    if not moves and step.name not in quantised.kernels:
        return
    if moves and all(tensor.dtype in INT8 for tensor in (*step.reads, *step.writes)):
        _name_int8(step, quantised)
        return
    quantisable = [tensor for tensor in step.reads if tensor.dtype not in _NEVER]
    sources = [graph.maker(tensor) for tensor in quantisable]
    constant = moves and any(t is not None and t.quantised for t in step.op.inputs)
    if not (sources or constant) or not all(map(_is_dequantised, sources)):
        return
    if not moves and not _constants_fit(step):
        return
    sinks = [graph.only_reader(tensor) for tensor in step.writes]
    quantises = all(sink is not None and _quantises(sink) for sink in sinks)
    if not quantises and step.name not in quantised.open_ended:
        return
    if quantised.unsigned and ON_INTEGERS not in step.op.attributes:
        dtypes = {each.reads[0].dtype for each in sources if each is not None}
        dtypes |= {each.output.dtype for each in sinks if quantises and each is not None}
        if len(dtypes) > 1 or (dtypes == {"int8"} and step.name in quantised.unsigned):
            return
    for tensor in quantisable:
        _read_int8(graph, step, tensor)
    if quantises:
        for place, sink in enumerate(sinks):
            if sink is not None:
                _write_int8(graph, step, place, sink)
    _name_int8(step, quantised)


def _name_int8(step: Step, quantised: Quantised) -> None:
    if step.name not in quantised.plain:
        step.name = QUANTISED + step.name


def _is_dequantised(step: Step | None) -> bool:
    """Whether it makes floats of 8 bits: of 16 or 4 there is no kernel."""
    return step is not None and step.name == DEQUANTISE and step.reads[0].dtype in INT8


def _quantises(step: Step) -> bool:
    return step.name == QUANTISE and step.output.dtype in INT8


def _constants_fit(step: Step) -> bool:
    """Whether the constants that it computes with are quantised too."""
    return all(
        (tensor.quantised and tensor.dtype in INT8)
        or tensor.dtype in _NEVER
        # the runtime quantises a lone value by itself
        or (step.name == "Where" and tensor.elements == 1)
        for tensor in step.op.inputs
        if tensor is not None and tensor.constant
    )


def _read_int8(graph: PassGraph, step: Step, tensor: Tensor) -> None:
    source = graph.maker(tensor)
    if source is None:
        return
    graph.read_instead(step, tensor, source.reads[0])
    if not graph.uses(tensor):
        graph.drop(source)


def _write_int8(graph: PassGraph, step: Step, place: int, sink: Step) -> None:
    step.writes[place] = sink.output
    step.members.extend(sink.members)
    graph.makes(step, sink.output)
    graph.drop(sink)


def _drop_pairs(graph: PassGraph) -> None:
    """A DequantizeLinear and the QuantizeLinear behind it cancel where they agree."""
    for step in graph:
        if step.name != QUANTISE:
            continue
        before = graph.maker(step.reads[0])
        if before is None or before.name != DEQUANTISE or not _agree(before, step):
            continue
        source, output = before.reads[0], step.output
        if output.name in graph.outputs:
            continue
        for reader in set(graph.readers(output)):
            for _ in range(graph.readers(output).count(reader)):
                graph.read_instead(reader, output, source)
        graph.drop(step)
        if not graph.uses(before.output):
            graph.drop(before)


def _agree(one: Step, other: Step) -> bool:
    """Whether two steps have the same scale and zero point."""
    pairs = zip(one.op.inputs[1:3], other.op.inputs[1:3], strict=False)
    return all(
        a is not None and b is not None and (a.name == b.name or (a.values or 0) == b.values)
        for a, b in pairs
    )


def _dequantise_apart(graph: PassGraph) -> None:
    """Each reader of dequantised data has a DequantizeLinear of its own."""
    for step in graph:
        if step.name != DEQUANTISE:
            continue
        shared = graph.readers(step.output)
        for place, reader in enumerate(shared if step.output.name in graph.outputs else shared[1:]):
            made = replace(step.output, name=f"{step.output.name}/{place}")
            graph.insert(DEQUANTISE, step, place + 1, step.reads[0], made)
            graph.read_instead(reader, step.output, made)


def _dequantise_constants(graph: PassGraph) -> None:
    """A quantised constant of an operator that runs in float is dequantised at every run.

    So it is none to the runtime, which has no layout of its own for it.
    """
    for step in graph:
        if step.name == DEQUANTISE or step.output.dtype in INT8:
            continue
        if step.name.startswith(QUANTISED):
            continue
        for place, tensor in enumerate(step.op.inputs):
            if tensor is None or not tensor.constant or not tensor.quantised:
                continue
            made = replace(
                tensor, name=f"{step.output.name}/constant{place}", dtype="float", constant=False
            )
            graph.insert(DEQUANTISE, step, place - len(step.op.inputs), tensor, made)
            inputs = (*step.op.inputs[:place], made, *step.op.inputs[place + 1 :])
            weight = None if tensor == step.op.weight else step.op.weight
            step.op = replace(step.op, inputs=inputs, weight=weight)
