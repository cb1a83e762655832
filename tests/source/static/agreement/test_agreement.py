"""What the source alone tells is what is recorded while the modules are built."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from archlint.graph import read_model
from archlint.location import Certainty, Location
from archlint.source.static import locate_statically
from tests.source.static.agreement.recording import (
    EXPORTERS,
    HERE,
    Agreement,
    agreement,
    recorded,
)

torch: Any = pytest.importorskip("torch", reason="it constructs and exports")
pytest.importorskip("onnxscript", reason="the current exporter needs it")
if sys.version_info < (3, 11):
    pytest.skip("Python 3.10 records no columns", allow_module_level=True)

from tests.source.static.agreement import families, nets  # noqa: E402  they need torch

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[4] / "examples"

# One class and a helper function may make a conv; only the current exporter tells classes.
AMBIGUOUS = {("Conditions", "older"), ("Conditions", "older with traces")}


@pytest.fixture(autouse=True)
def _quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """The older exporter prints the graph."""
    yield
    capfd.readouterr()


@cache
def located(name: str, exporter: str) -> Agreement:
    module = families if name in families.FAMILIES else nets
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of torch's exporters
        return agreement(getattr(module, name), exporter, torch.ones(1, 4, 8, 8))


CASES = [(name, exporter) for name in (*nets.NETS, *families.FAMILIES) for exporter in EXPORTERS]


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Of this scope so that the tests of a case follow one another and share its export."""
    name, exporter = request.param
    return name, exporter


def test_module_made_operators_have_the_recorded_calls(case: tuple[str, str]) -> None:
    found = located(*case)
    made = found.module_made
    assert made
    if case not in AMBIGUOUS:
        assert found.differing(made) == []


def test_other_operators_have_their_line_of_forward_or_without_traces_its_module(
    case: tuple[str, str],
) -> None:
    found = located(*case)
    if case[1] == "older":
        told = [found.static[index] for index in found.others]
        assert {each.certainty for each in told} <= {Certainty.MODULE}
    elif case not in AMBIGUOUS:
        assert found.differing(found.others) == []


WRITTEN = {
    "Sequentials": {
        "plain.1": "nn.ReLU()",
        "filled.second": "nn.Tanh()",
        "starred.1.last": "nn.Conv2d(channels, channels, 1)",
        "built.2": "nn.Conv2d(4, 4, 1, bias=index == 0)",
    },
    "Lists": {
        "appended.1": "nn.Conv2d(4, 4, 1)",
        "appended.4": "nn.Conv2d(4, 4, 3, padding=1)",
        "stages.1.1.act": "act()",
    },
    "Inherited": {"conv": "nn.Conv2d(channels, out or channels, 3, padding=1)", "act": "act()"},
    "Functions": {
        "conv": "functools.partial(nn.Conv2d, kernel_size=1)(4, 4)",
        "lambda_made": "nn.Conv2d(4, 4, 1)",
        "local.1": "act(**kwargs)",
    },
    "Shared": {
        "other.conv": "nn.Conv2d(channels, out or channels, 3, padding=1)",
        "layers.1.1": "nn.Tanh()",
    },
    "Parametrised": {"conv": "nn.Conv2d(4, 4, 1)"},
    "Registered": {"conv": "nn.Conv2d(4, 4, 1)"},
}


@pytest.mark.parametrize("name", WRITTEN)
def test_both_ways_a_module_has_the_call_that_is_written(name: str) -> None:
    found = located(name, "dynamo")
    by_module = {found.model.operators[n].module: n for n in found.module_made}
    for location in (found.told, found.truth):
        told = {module: location(by_module[module]) for module in WRITTEN[name]}
        assert {module: called(each) for module, each in told.items()} == WRITTEN[name]


def called(location: Location | None) -> str:
    if location is None or location.certainty is not Certainty.EXACT:
        return ""
    return location.span.text[location.span.column - 1 : location.span.end_column - 1]


@pytest.mark.parametrize(
    "factory",
    ["nets.py:Functions", "nets.py:Shared", "nets.py:Parametrised", "families.py:staged"],
)
def test_an_export_from_source_has_the_same_lines_as_its_file_alone(factory: str) -> None:
    from archlint.source.export import ModelSpec, export
    from archlint.source.export.located import locate

    whole = export(ModelSpec.parse(f"{HERE / factory}", ["1x4x8x8"]), timeout=120)
    model = read_model(whole.proto, origins=True)
    from_source, alone = locate(model, whole), locate_statically(model, [HERE], {})
    assert set(from_source) == {op.index for op in model.operators}
    assert {n: (each.span, each.certainty) for n, each in from_source.items()} == {
        n: (each.span, each.certainty) for n, each in alone.items()
    }
    assert {each.certainty for each in alone.values()} == {Certainty.EXACT}


@pytest.fixture(scope="module")
def examples() -> Iterator[Any]:
    before = list(sys.path)
    sys.path.insert(0, str(EXAMPLES))
    yield importlib.import_module("export").EXAMPLES
    sys.path[:] = before


NAMES = sorted(each.stem for each in (EXAMPLES / "onnx").glob("*.onnx"))


@pytest.mark.parametrize("name", NAMES)
def test_every_module_made_operator_of_an_example_has_the_recorded_calls(
    name: str, examples: Any
) -> None:
    _, record = recorded(examples[name])
    model = read_model(str(EXAMPLES / "onnx" / f"{name}.onnx"), batch=1, origins=True)
    found = Agreement(model, record, EXAMPLES)
    made = found.module_made
    assert len(made) >= 30
    assert found.differing(made) == []
