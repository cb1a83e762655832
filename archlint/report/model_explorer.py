"""`--format model-explorer`: node data that colours a model in Google's Model Explorer.

See https://github.com/google-ai-edge/model-explorer/wiki (custom node data) and the classes of its
package's `node_data_builder`.  Keys are the names of ONNX nodes; of a node without one there is
what the viewer's adapter for ONNX calls it besides.  The viewer takes an overlay for the graph in
view: a run of one model on one target is one, of more an object of them by model and target.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator

from archlint.report.json_text import Json, dumped, rounded
from archlint.report.style import Style
from archlint.results.findings import Finding, ModelReport, Report, Severity, TargetReport

__all__ = ["render"]

_COLORS = {Severity.ERROR: "#d1242f", Severity.WARNING: "#d4a72c", Severity.NOTE: "#54aeff"}
"""Of operators that a finding is about, whatever they take."""

_NAMES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}

_TEXT = {Severity.ERROR: "#ffffff", Severity.WARNING: "#000000", Severity.NOTE: "#000000"}

_GRADIENT = ({"stop": 0, "bgColor": "#ffffff"}, {"stop": 1, "bgColor": "#8c959f"})


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """The predicted milliseconds of each operator; one that a finding names has its colour."""
    overlays = {
        f"{model.path} on {target.target}": _overlay(model, target)
        for model in report.models
        for target in model.targets
    }
    return dumped(next(iter(overlays.values())) if len(overlays) == 1 else overlays)


def _overlay(model: ModelReport, target: TargetReport) -> Json:
    severity = dict(_judged(model.findings, target.target))
    times: dict[str, float] = defaultdict(float)
    for each in target.operators:
        times[each.name] += each.time
    for name in severity:
        # what runs with another operator has no time of its own
        times.setdefault(name, 0.0)
    is_nameless = all(each.name.startswith(f"{each.op_type}_") for each in target.operators)
    return {
        "results": {
            key: _result(seconds, severity.get(name))
            for name, seconds in times.items()
            for key in ((name, *_twin(name)) if is_nameless else (name,))
        },
        "name": f"archlint: ms on {target.target}{_legend(severity.values())}",
        "gradient": list(_GRADIENT),
    }


def _legend(severities: Collection[Severity]) -> str:
    """What the colours say, of those that there are: the viewer shows the name, and no legend."""
    said = [f"{_NAMES[each]}: {each.value}" for each in _NAMES if each in severities]
    return f" ({', '.join([*said, 'grey: time'])})" if said else ""


def _judged(findings: tuple[Finding, ...], target: str) -> Iterator[tuple[str, Severity]]:
    """Operators with their severity, the gravest last."""
    found = [
        (price.severity, name)
        for finding in findings
        for place in finding.places
        for price in finding.prices
        if price.target == target
        for name in place.operators
    ]
    for severity, name in sorted(found, key=lambda each: each[0].rank):
        yield name, severity


def _result(seconds: float, severity: Severity | None) -> Json:
    value: dict[str, object] = {"value": rounded(seconds * 1e3)}
    if severity is not None:
        value |= {"bgColor": _COLORS[severity], "textColor": _TEXT[severity]}
    return value


def _twin(name: str) -> tuple[str, ...]:
    """What the viewer calls a nameless node: archlint calls it `Conv_12`, the viewer `node_12`."""
    position = re.fullmatch(r"[^/]+_(\d+)", name)
    if position is None:
        return ()
    return ("node" if position[1] == "0" else f"node_{position[1]}",)
