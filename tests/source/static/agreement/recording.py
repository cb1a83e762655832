"""The record of a net's construction, and its export by each of torch's exporters."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx

from archlint.graph import Model, read_model
from archlint.graph.operator import Operator
from archlint.location import Call, Location, Span
from archlint.source.export.exported import Exported, Recorded, Site
from archlint.source.static import locate_statically

HERE = Path(__file__).parent
EXPORTERS = ("dynamo", "older with traces", "older")


def recorded(factory: Callable[[], Any]) -> tuple[Any, Mapping[str, Recorded]]:
    """A net in eval mode, and where each of its modules was constructed."""
    from archlint.source.export.build import call
    from archlint.source.export.libraries import Libraries
    from archlint.source.export.record import Recorder

    recorder = Recorder(Libraries.of())
    with recorder.watching():
        net: Any = call(factory, (), {})
    return net.eval(), recorder.record_of(net)


def exported(net: Any, exporter: str, *inputs: Any) -> onnx.ModelProto:
    """The net's proto; the older exporter writes traces only where it is asked to."""
    from archlint.source.export.build import Built
    from archlint.source.export.to_onnx import to_onnx, to_onnx_by_tracing

    built = Built(net, inputs, {}, None, ())
    if exporter == "dynamo":
        return to_onnx(built)
    proto = to_onnx_by_tracing(built)
    if exporter == "older":
        for node in proto.graph.node:
            node.ClearField("doc_string")
    return proto


class Agreement:
    """What the source tells of an export, beside what the record of its construction does.

    The root model's own construction, which no file tells, is left out of the record's chains.
    """

    def __init__(self, model: Model, record: Mapping[str, Recorded], root: Path) -> None:
        from archlint.source.export.libraries import Libraries
        from archlint.source.export.located import locate

        self.model = model
        self.static = locate_statically(model, [root], {})
        self._outside = [_place(site) for site in record[""].sites]
        known = [op for op in model.operators if op.module in record]
        self.module_made = [
            op.index for op in known if record[op.module].library and record[op.module].sites
        ]
        self.others = [op.index for op in known if not record[op.module].library]
        operators = tuple(_of_its_module(op) for op in model.operators)
        whole = Exported(onnx.ModelProto(), record, (), Libraries.of().folders, 0, 0)
        self._dynamic = locate(replace(model, operators=operators), whole)

    def told(self, index: int) -> Location | None:
        """What the source tells, as far as the record has it."""
        found = self.static.get(index)
        return found and _compared(found, found.chain)

    def truth(self, index: int) -> Location:
        """What was recorded."""
        found = self._dynamic[index]
        count = len(self._outside)
        last = [_place(call.span) for call in found.chain[-count:]] if count else []
        inside = last == self._outside
        return _compared(found, found.chain[: -count or None] if inside else found.chain)

    def differing(self, indices: list[int]) -> list[str]:
        """The operators that the two do not agree on, one line each."""
        return [
            f"{self.model.operators[index].name}: {_line(self.told(index))}, "
            f"was {_line(self.truth(index))}"
            for index in indices
            if self.told(index) != self.truth(index)
        ]


def agreement(
    factory: Callable[[], Any], exporter: str, *inputs: Any, root: Path = HERE
) -> Agreement:
    """Record, export and locate a net."""
    net, record = recorded(factory)
    proto = exported(net, exporter, *inputs)
    return Agreement(read_model(proto, origins=True), record, root)


def _of_its_module(operator: Operator) -> Operator:
    """With the module that its weight tells: a folded batch-norm leaves its scopes to the conv."""
    origin = operator.origin
    if origin is None or not operator.module:
        return operator
    return replace(operator, origin=replace(origin, scopes=((operator.module, ""),)))


def _place(found: Site | Span) -> tuple[int, int | None, int | None]:
    """Lines, and the column behind the end from 0; the files are ASCII where this is asked."""
    end = found.end_column
    return found.line, found.end_line, end - 1 if isinstance(found, Span) and end else end


def _compared(found: Location, chain: tuple[Call, ...]) -> Location:
    return Location(found.span, found.certainty, chain, found.inside)


def _line(found: Location | None) -> str:
    if found is None:
        return "nowhere"
    calls = [found.span, *(each.span for each in found.chain)]
    places = " < ".join(
        f"{os.path.basename(each.path)}:{each.line}:{each.column}" for each in calls
    )
    return f"{found.certainty.value} {places}"
