"""Files that are located without torch: the examples, and models of a few nodes."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx import TensorProto, helper

from archlint.graph.model import Model
from archlint.graph.reader import read_model
from archlint.location import Certainty, Location
from archlint.source.static import locate_statically

EXAMPLES = Path(__file__).parents[3] / "examples"
NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.ReLU(), Part())

    def forward(self, x):
        return torch.relu(
            self.body(x)
        )

class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.Sigmoid()

    def forward(self, x):
        return self.act(x)
"""


def model_of(*nodes: tuple[str, str, str]) -> Model:
    """Relus in a row: each with module path, qualified class and "file:line:function" or ""."""
    made = []
    for place, (path, kind, frame) in enumerate(nodes):
        node = helper.make_node("Relu", [f"x{place}"], [f"x{place + 1}"], name=f"node{place}")
        names, kinds = [""], ["net.Net"]
        if path:
            names, kinds = [*names, path], [*kinds, kind]
        values = {
            "pkg.torch.onnx.name_scopes": repr([*names, "relu"]),
            "pkg.torch.onnx.class_hierarchy": repr([*kinds, "aten.relu.default"]),
        }
        if frame:
            file, line, function = frame.rsplit(":", 2)
            values["pkg.torch.onnx.stack_trace"] = f'File "{file}", line {line}, in {function}'
        for key, value in values.items():
            node.metadata_props.add(key=key, value=value)
        made.append(node)
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4])
        for name in ("x0", f"x{len(nodes)}")
    ]
    return read_model(
        helper.make_model(helper.make_graph(made, "g", ends[:1], ends[1:])), origins=True
    )


def located(folder: Path, *nodes: tuple[str, str, str], **path_map: str) -> list[Location | None]:
    found = locate_statically(model_of(*nodes), [folder], path_map)
    return [found.get(place) for place in range(len(nodes))]


def of_class(location: Location | None) -> bool:
    """Whether it is no more than the line that names the model's class."""
    if location is None or location.certainty is not Certainty.MODULE:
        return False
    return location.span.text == "class Net(nn.Module):" and not location.chain


RELU = ("body.0", "torch.nn.modules.activation.ReLU", "")
DEEP = ("body.1.act", "torch.nn.modules.activation.Sigmoid", "")


@pytest.fixture
def net(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("file", sorted((EXAMPLES / "onnx").glob("*.onnx")), ids=lambda e: e.stem)
def test_the_operators_of_the_examples_are_exact(file: Path) -> None:
    model = read_model(str(file), origins=True)
    found = locate_statically(model, [EXAMPLES], {})
    told = [each for each in model.operators if each.origin and each.origin.scopes]
    assert {found[each.index].certainty for each in told} == {Certainty.EXACT}
    assert {each.op_type for each in model.operators if each not in told} <= {"Split"}


def test_a_convolution_has_its_call_and_the_calls_above_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(EXAMPLES.parent)
    model = read_model("examples/onnx/shufflenet_v1_g3.onnx", origins=True)
    found = locate_statically(model, [Path("examples")], {})
    (operator,) = [each for each in model.operators if each.module == "stages.1.2.conv1"]
    location = found[operator.index]
    lines = (EXAMPLES / "nets" / "shufflenet.py").read_text(encoding="utf-8").splitlines()
    assert location.span.path == "examples/nets/shufflenet.py"
    assert location.span.text == lines[location.span.line - 1]
    assert location.inside == "conv1x1"
    assert [(each.what, each.inside) for each in location.chain] == [
        ("conv1x1(...)", "ShuffleUnit.__init__"),
        ("ShuffleUnit(...)", "ShuffleNetV1.__init__"),
    ]
    rest = location.chain[1].span
    assert lines[rest.line - 1][rest.column - 1 : rest.end_column - 1] == (
        "ShuffleUnit(width, width, 1, groups)"
    )


def test_what_no_module_made_is_the_line_of_forward(net: Path) -> None:
    frame = f"{net / 'net.py'}:11:forward"
    (location,) = located(net, ("", "", frame))
    assert location is not None
    assert (location.span.line, location.span.end_line) == (11, 13)
    assert location.certainty is Certainty.EXACT


def test_without_a_line_it_is_the_call_of_the_module_around_it(net: Path) -> None:
    (location,) = located(net, ("body.1", "net.Part", ""))
    assert location is not None
    assert (location.span.line, location.certainty) == (8, Certainty.MODULE)


def test_what_is_only_partly_found_has_the_last_call_that_is(net: Path) -> None:
    assert [each and each.certainty for each in located(net, RELU, DEEP)] == [
        Certainty.EXACT,
        Certainty.EXACT,
    ]
    missing = ("body.1.other", "torch.nn.modules.activation.Tanh", "")
    (location,) = located(net, missing)
    assert location is not None
    assert (location.span.line, location.certainty) == (8, Certainty.MODULE)


def test_what_python_warns_of_in_the_source_is_not_shown(net: Path) -> None:
    (net / "net.py").write_text(f'X = "\\d" is 1\n{NET}', encoding="utf-8")
    assert located(net, RELU)[0] is not None


def test_a_class_that_is_nowhere_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("X = 1\n", encoding="utf-8")
    assert located(tmp_path, RELU) == [None]


def test_a_library_of_the_same_name_is_not_the_users(net: Path) -> None:
    frame = "/usr/lib/python3.11/site-packages/torch/net.py:11:forward"
    assert of_class(*located(net, ("", "", frame)))


def test_a_line_of_another_function_is_not_taken(net: Path) -> None:
    assert of_class(*located(net, ("", "", "net.py:6:forward")))


def test_no_code_of_the_roots_is_run(net: Path) -> None:
    bomb = f"open({str(net / 'ran')!r}, 'w')\nraise SystemExit\n"
    (net / "net.py").write_text(bomb + NET, encoding="utf-8")
    assert located(net, RELU)[0] is not None
    assert not (net / "ran").exists()


@pytest.mark.parametrize(
    "line",
    [
        "self.body = self.make(40)",
        "self.body = [nn.ReLU() for _ in range(10**12)]",
        "self.body = nn.Sequential(*[nn.ReLU()] * 10**12)",
        "self.body = nn.Sequential(*(nn.ReLU() for _ in 'x' * 10**12), 9**9**9)",
        "self.body = Net(Net(Net(Net())))",
        "while True: self.body = nn.Sequential(nn.ReLU(), self.body)",
        "self.body = nn.Sequential(" + "nn.ReLU(), " * 3000 + ")",
        "self.body = " + "-" * 900 + "1",
        "self.body = " + "-" * 90_000 + "1",
        "self.body = nn.Sequential()" + ".append(nn.ReLU())" * 900,
        "self.body = " + "nn." * 900 + "ReLU()",
        "self.body = nn.Sequential(*[" + "[" * 150 + "]" * 150 + "])",
        "if x:\n" + "".join(" " * n + "if x:\n" for n in range(9, 99)) + " " * 99 + "pass",
    ],
)
def test_hostile_source_ends(net: Path, line: str) -> None:
    text = NET.replace("self.body = nn.Sequential(nn.ReLU(), Part())", line)
    text += "    def make(self, n):\n        return [self.make(n - 1), self.make(n - 2)]\n"
    (net / "net.py").write_text(text.replace("Part(nn.Module)", "Part(Part)"), encoding="utf-8")
    located(net, RELU, DEEP, ("", "", "net.py:11:forward"))
