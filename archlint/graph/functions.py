"""Local functions of a model, which become their nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

import onnx
from onnx import checker, inliner

from archlint.errors import ModelError
from archlint.graph.node import cleaned
from archlint.graph.shapes import INFERENCE_FAILURES

__all__ = ["inlined"]

_MOST = 20_000
_MOST_TIMES = 20
"""That functions may expand to: so many operators, and so many for each in the file; an exporter
that writes a function for each kind of layer comes to a tenth."""

_MOST_BYTES = 32 << 20
"""That the operators may take beside what the file has."""

_Key = tuple[str, str]


def inlined(path: str, proto: onnx.ModelProto) -> onnx.ModelProto:
    """The model with the nodes of its functions; one whose functions cannot be is left alone.

    Raises ModelError for functions that call themselves, and for those that expand to much more
    than the file has, which is counted before.
    """
    if not proto.functions:
        return proto
    _check(path, proto)
    try:
        return inliner.inline_local_functions(proto)
    except checker.ValidationError as e:
        reason = cleaned(str(e).partition("\n")[0])
        raise ModelError(path, f"has local functions that cannot be inlined: {reason}") from e
    except INFERENCE_FAILURES:
        return proto


@dataclass(slots=True)
class _Body:
    """Nodes: how many they are with those of their subgraphs, their bytes, and what they call."""

    operators: int = 0
    bytes: int = 0
    calls: list[_Key] = field(default_factory=list)


def _check(path: str, proto: onnx.ModelProto) -> None:
    keys = {(each.domain, each.name) for each in proto.functions}
    bodies = {(each.domain, each.name): _body(each.node, keys) for each in proto.functions}
    main = _body(proto.graph.node, keys)
    written = [*bodies.values(), main]
    most = _MOST + _MOST_TIMES * sum(each.operators for each in written)
    most_bytes = _MOST_BYTES + sum(each.bytes for each in written)
    for key in _inner_first(path, bodies):
        _expand(bodies[key], bodies)
    _expand(main, bodies)
    if main.operators > most:
        raise ModelError(path, f"has local functions that expand to over {most} operators")
    if main.bytes > most_bytes:
        raise ModelError(path, f"has local functions that expand to over {most_bytes >> 20} MiB")


def _expand(body: _Body, bodies: Mapping[_Key, _Body]) -> None:
    """Count the nodes of what is called, which is expanded, in the place of the calls."""
    inner = [bodies[each] for each in body.calls]
    body.operators += sum(each.operators - 1 for each in inner)
    body.bytes += sum(each.bytes for each in inner)


def _inner_first(path: str, bodies: Mapping[_Key, _Body]) -> Iterator[_Key]:
    """Every function behind those that it calls; raises ModelError where one calls itself."""
    done: set[_Key] = set()
    for first in bodies:
        begun = {first: iter(bodies[first].calls)}
        while begun and first not in done:
            key = next(reversed(begun))
            called = next((each for each in begun[key] if each not in done), None)
            if called is None:
                del begun[key]
                done.add(key)
                yield key
            elif called in begun:
                raise ModelError(
                    path, f"has a local function that calls itself: {cleaned(called[1])}"
                )
            else:
                begun[called] = iter(bodies[called].calls)


def _body(nodes: Sequence[onnx.NodeProto], functions: Set[_Key]) -> _Body:
    body = _Body(bytes=sum(node.ByteSize() for node in nodes))
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        body.operators += 1
        key = (node.domain, node.op_type)
        if key in functions:
            body.calls.append(key)
        for attribute in node.attribute:
            waiting.extend(attribute.g.node)
            for graph in attribute.graphs:
                waiting.extend(graph.node)
    return body
