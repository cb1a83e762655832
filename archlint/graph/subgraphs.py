"""If, Loop and Scan: their subgraphs become part of the graph around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import helper, numpy_helper

from archlint.graph.branches import BRANCHES, Decision, Facts, Part, decide
from archlint.graph.node import check_text, cleaned

__all__ = ["Unfolded", "unfold"]

_CONTROL = frozenset({"If", "Loop", "Scan"})


@dataclass(frozen=True, slots=True)
class Unfolded:
    """A model without subgraphs.

    `repeats` maps each part ("Loop_3/body") to how often it runs in one run of the model: the
    operators in it are named by it.  `notes` say, one line each, which branch and how many
    trips were taken.  `varied` are the tensors whose values are not those of the first trip.
    """

    proto: onnx.ModelProto
    repeats: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    varied: frozenset[str] = frozenset()

    def part_of(self, operator: str) -> str:
        """The innermost part that an operator of this name is in, "" for none."""
        where = operator
        while self.repeats and "/" in where:
            where = where.rpartition("/")[0]
            if where in self.repeats:
                return where
        return ""


def unfold(path: str, proto: onnx.ModelProto, facts_of: Callable[[Unfolded], Facts]) -> Unfolded:
    """Put each branch and body in the place of its operator; named by where it was.

    `If_3/then_branch/Conv_1` is an operator of a branch.  Of an If whose condition is not known
    the dearer branch is taken, by `facts_of` the graph with both; a Loop runs as often as is
    known, or once.  `proto` is not changed, and where it has no subgraphs returned itself.
    Raises ModelError if a name is no text.
    """
    if not any(_is_control(node) for node in proto.graph.node):
        return Unfolded(proto)
    everything = _Unfolding(path, proto, None)
    facts = facts_of(Unfolded(everything.proto, everything.repeats))
    taken = _Unfolding(path, proto, decide(everything.parts, facts))
    return Unfolded(taken.proto, taken.repeats, tuple(taken.notes), frozenset(taken.varied))


def _is_control(node: onnx.NodeProto) -> bool:
    return node.op_type in _CONTROL and node.domain in ("", "ai.onnx")


class _Unfolding:
    """One copy of the model without subgraphs; without decisions, with both branches of an If."""

    def __init__(
        self, path: str, proto: onnx.ModelProto, decisions: Mapping[str, Decision] | None
    ) -> None:
        self.proto = onnx.ModelProto()
        self.proto.CopyFrom(proto)
        self.parts: list[Part] = []
        self.repeats: dict[str, int] = {}
        self.notes: list[str] = []
        self.varied: set[str] = set()
        self._path, self._decisions = path, decisions
        self._taken: set[str] = set()
        self._graph = self.proto.graph
        del self._graph.node[:]
        self._walk(proto.graph, "", {}, 1)

    def _walk(
        self, graph: onnx.GraphProto, inside: str, names: Mapping[str, str], times: int
    ) -> None:
        """Add the nodes of a graph; `names` maps its tensors to those of the whole."""
        for position, node in enumerate(graph.node):
            check_text(self._path, (node.name, node.op_type, *node.input, *node.output))
            name = node.name or f"{node.op_type or 'operator'}_{position}"
            name = f"{inside}/{name}" if inside else name
            if not (_is_control(node) and self._control(node, name, inside, names, times)):
                self._copy(node, name, names)

    def _copy(self, node: onnx.NodeProto, name: str, names: Mapping[str, str]) -> None:
        copy = self._graph.node.add()
        copy.CopyFrom(node)
        if not names:
            return
        copy.name = name
        copy.input[:] = [names.get(each, each) for each in node.input]
        copy.output[:] = [names.get(each, each) for each in node.output]
        # what is left of subgraphs is not looked into: their names are those of another place
        kept = [each for each in node.attribute if not (each.HasField("g") or each.graphs)]
        if len(kept) < len(node.attribute):
            del copy.attribute[:]
            copy.attribute.extend(kept)

    def _control(
        self,
        node: onnx.NodeProto,
        name: str,
        inside: str,
        names: Mapping[str, str],
        times: int,
    ) -> bool:
        """Unfold one operator; False if its subgraphs are not as ONNX has them."""
        name = self._unique(cleaned(name))
        inputs = [names.get(each, each) for each in node.input]
        outputs = [names.get(each, each) for each in node.output]
        attributes = {each.name: each for each in node.attribute}
        if node.op_type == "If":
            graphs = [attributes[each].g for each in BRANCHES if each in attributes]
            if len(graphs) < 2 or any(len(g.output) < len(outputs) for g in graphs) or not inputs:
                return False
            part = Part("If", name, inside, condition=inputs[0])
            self._if(part, graphs, names, outputs, times)
            return True
        if "body" not in attributes:
            return False
        body = attributes["body"].g
        if node.op_type == "Loop":
            carried = len(inputs) - 2
            if carried < 0 or len(body.input) < carried + 2:
                return False
            fits = len(body.output) >= max(carried + 1, len(outputs) + 1)
            if fits:
                self._loop(Part("Loop", name, inside), body, names, inputs, outputs, times)
            return fits
        return self._scan(Part("Scan", name, inside), attributes, body, names, inputs, outputs,
                          times)  # fmt: skip

    def _unique(self, name: str) -> str:
        number, found = 1, name
        while found in self._taken:
            number += 1
            found = f"{name}#{number}"
        self._taken.add(found)
        return found

    def _decision(self, part: Part) -> Decision:
        self.parts.append(part)
        decision = (self._decisions or {}).get(part.name, Decision())
        if decision.note:
            self.notes.append(decision.note)
        return decision

    def _if(
        self,
        part: Part,
        graphs: list[onnx.GraphProto],
        names: Mapping[str, str],
        outputs: list[str],
        times: int,
    ) -> None:
        decision = self._decision(part)
        for label, graph in zip(BRANCHES, graphs, strict=True):
            if decision.branch in ("", label):
                # with both branches there, the first one makes the outputs
                made = outputs if decision.branch or label == BRANCHES[0] else []
                self._body(graph, f"{part.name}/{label}", names, {}, made, times)

    def _loop(
        self,
        part: Part,
        body: onnx.GraphProto,
        names: Mapping[str, str],
        inputs: list[str],
        outputs: list[str],
        times: int,
    ) -> None:
        where, carried = f"{part.name}/body", inputs[2:]
        part.limit = inputs[0]
        decision = self._decision(part)
        number = self._constant(f"{where}/{body.input[0].name}", 0, np.int64)
        goes_on = self._constant(f"{where}/{body.input[1].name}", True, np.bool_)
        given = [number, goes_on, *carried]
        last = zip((each.name for each in body.input), given, strict=False)
        inner = self._body(body, where, names, dict(last), [], times * decision.trips)
        ends = [inner.get(each.name, each.name) for each in body.output]
        part.goes_on = ends[0]
        self._finish(part, decision, ends[1:], _kept(body, 2, 1)[: len(carried)], outputs)

    def _scan(
        self,
        part: Part,
        attributes: Mapping[str, onnx.AttributeProto],
        body: onnx.GraphProto,
        names: Mapping[str, str],
        inputs: list[str],
        outputs: list[str],
        times: int,
    ) -> bool:
        count = attributes["num_scan_inputs"].i if "num_scan_inputs" in attributes else 0
        states = len(inputs) - count
        if count < 1 or states < 0 or len(body.input) != len(inputs):
            return False
        if len(body.output) < max(states, len(outputs)):
            return False
        axes = list(attributes["scan_input_axes"].ints) if "scan_input_axes" in attributes else []
        axes = axes if len(axes) == count else [0] * count
        where = f"{part.name}/body"
        part.over = inputs[states], axes[0]
        decision = self._decision(part)
        trips = times * decision.trips
        given = list(inputs[:states])
        for each, source, axis in zip(body.input[states:], inputs[states:], axes, strict=True):
            first = self._constant(f"{where}/{each.name}/first", 0, np.int64)
            made, name = f"{where}/{each.name}", f"{where}/Gather_{each.name}"
            node = helper.make_node("Gather", [source, first], [made], name=name, axis=axis)
            self._graph.node.append(node)
            given.append(made)
        last = dict(zip((each.name for each in body.input), given, strict=True))
        inner = self._body(body, where, names, last, [], trips)
        ends = [inner.get(each.name, each.name) for each in body.output]
        self._finish(part, decision, ends, _kept(body, 0, 0)[:states], outputs)
        return True

    def _body(
        self,
        graph: onnx.GraphProto,
        where: str,
        outer: Mapping[str, str],
        given: Mapping[str, str],
        outputs: list[str],
        times: int,
    ) -> dict[str, str]:
        """Add a subgraph; its outputs get the names `outputs`.  Returns its names."""
        self.repeats[where] = times
        names = {**outer, **given}
        check_text(self._path, [each.name for each in (*graph.input, *graph.output)])
        check_text(self._path, [each.name for each in graph.initializer])
        for tensor in graph.initializer:
            names[tensor.name] = f"{where}/{tensor.name}"
            self._graph.initializer.add().CopyFrom(tensor)
            self._graph.initializer[-1].name = names[tensor.name]
        for sparse in graph.sparse_initializer:
            names[sparse.values.name] = f"{where}/{sparse.values.name}"
            self._graph.sparse_initializer.add().CopyFrom(sparse)
            self._graph.sparse_initializer[-1].values.name = names[sparse.values.name]
        own = {name for node in graph.node for name in node.output if name}
        names.update({name: f"{where}/{name}" for name in own})
        shared = []
        for each, output in zip(graph.output, outputs, strict=False):
            if each.name in own:
                names[each.name] = output
                own.discard(each.name)
            elif output:
                shared.append((each.name, output))
        self._walk(graph, where, names, times)
        for source, output in shared:
            self._identity(names.get(source, source), output, where)
        return names

    def _finish(
        self,
        part: Part,
        decision: Decision,
        ends: list[str],
        kept: Sequence[bool],
        outputs: list[str],
    ) -> None:
        """Make the outputs: the last of what is carried, and all of what is stacked.

        Of what is carried, `kept` says whether each trip hands it on as it is.
        """
        for place, (end, output) in enumerate(zip(ends, outputs, strict=False)):
            if not output:
                continue
            if decision.trips > 1 and not (place < len(kept) and kept[place]):
                self.varied.add(output)
            if place < len(kept):
                self._identity(end, output, part.name)
                continue
            part.stacked[output] = end
            sizes = decision.stacked.get(output)
            if sizes is None:
                self._identity(end, output, part.name)
                continue
            shape = self._constant(f"{output}/sizes", sizes, np.int64)
            name = f"{part.name}/{cleaned(output)}"
            node = helper.make_node("Expand", [end, shape], [output], name=name)
            self._graph.node.append(node)

    def _identity(self, source: str, output: str, where: str) -> None:
        name = f"{where}/{cleaned(output)}"
        self._graph.node.append(helper.make_node("Identity", [source], [output], name=name))

    def _constant(self, name: str, values: object, dtype: type[np.generic]) -> str:
        tensor = numpy_helper.from_array(np.asarray(values, dtype))
        self._graph.node.append(helper.make_node("Constant", [], [name], value=tensor))
        return name


def _kept(body: onnx.GraphProto, first_input: int, first_output: int) -> list[bool]:
    """Whether a body hands on each of what it is given as it is."""
    same = {
        node.output[0]: node.input[0]
        for node in body.node
        if node.op_type == "Identity" and node.input and node.output
    }
    kept = []
    for given, end in zip(body.input[first_input:], body.output[first_output:], strict=False):
        source = end.name
        while source in same:
            source = same.pop(source)
        kept.append(source == given.name)
    return kept
