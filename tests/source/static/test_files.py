"""Which files are read, and how the paths of another machine are found in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx
import pytest
from onnx import helper

from archlint.graph import Model, read_model
from archlint.location import Certainty, Location
from archlint.source.static import locate_statically

NET = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.ReLU()

    def forward(self, x):
        x = self.act(x)
        return (
            x + x
        )
"""
RELU = ("torch.nn.modules.activation.ReLU", "act")


def model(file: str = "/there/repo/nets/net.py", module: str = "nets.net", line: int = 12) -> Model:
    """`act` and an addition in the forward of Net, as the current exporter writes them."""
    image = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 3])
    out = helper.make_tensor_value_info("z", onnx.TensorProto.FLOAT, None)
    relu = helper.make_node("Relu", ["x"], ["y"])
    add = helper.make_node("Add", ["y", "y"], ["z"])
    for node, inner, at in ((relu, (RELU,), 10), (add, (), line)):
        told = {
            "name_scopes": ["", *(path for _, path in inner), "op"],
            "class_hierarchy": [f"{module}.Net", *(kind for kind, _ in inner), "aten.op"],
            "stack_trace": f'File "{file}", line {at}, in forward',
        }
        for key, value in told.items():
            node.metadata_props.add(key=f"pkg.torch.onnx.{key}", value=str(value))
    graph = helper.make_graph([relu, add], "g", [image], [out])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    return read_model(proto, origins=True)


def traceless(*names: str) -> Model:
    """Operators as the older exporter names them, one after the other."""
    image = helper.make_tensor_value_info("t0", onnx.TensorProto.FLOAT, [1, 3])
    out = helper.make_tensor_value_info(f"t{len(names)}", onnx.TensorProto.FLOAT, None)
    nodes = [
        helper.make_node(name.rpartition("/")[2], [f"t{n}"], [f"t{n + 1}"], name=name)
        for n, name in enumerate(names)
    ]
    graph = helper.make_graph(nodes, "g", [image], [out])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    return read_model(proto, origins=True)


def shown(found: Mapping[int, Location]) -> list[str]:
    return [
        f"{found[n].span.path}:{found[n].span.line}:{found[n].span.column}" for n in sorted(found)
    ]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "net.py").write_text(NET)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_module_has_its_constructor_call_and_the_rest_their_line(folder: Path) -> None:
    found = locate_statically(model(), [folder], {})
    assert shown(found) == ["nets/net.py:7:20", "nets/net.py:12:13"]
    assert {each.certainty for each in found.values()} == {Certainty.EXACT}
    assert [found[n].span.text.strip() for n in (0, 1)] == ["self.act = nn.ReLU()", "x + x"]


def test_paths_outside_the_working_folder_are_absolute(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "nets")
    assert shown(locate_statically(model(), [folder], {})) == ["net.py:7:20", "net.py:12:13"]
    (folder / "else").mkdir()
    monkeypatch.chdir(folder / "else")
    (first, _) = shown(locate_statically(model(), [folder], {}))
    assert first == f"{folder.resolve().as_posix()}/nets/net.py:7:20"


def test_a_recorded_path_is_found_by_its_longest_end(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "net.py").write_text("#\n" * 20 + NET)
    found = locate_statically(model("C:\\repo\\nets\\net.py"), [folder], {})
    assert shown(found) == ["nets/net.py:7:20", "nets/net.py:12:13"]


def test_a_path_map_leads_to_a_file_of_another_name_than_its_folder(folder: Path) -> None:
    (folder / "nets").rename(folder / "here")
    path_map = {"/there/repo/nets": str(folder / "here")}
    found = locate_statically(model(module="__main__"), [folder], path_map)
    assert shown(found) == ["here/net.py:7:20", "here/net.py:12:13"]


def test_a_path_that_is_not_in_the_roots_is_never_shown(folder: Path) -> None:
    outside = folder.parent / f"{folder.name}-outside.py"
    outside.write_text(NET)
    try:
        told = model(str(outside))
        found = locate_statically(told, [folder], {})
        assert {each.span.path for each in found.values()} <= {"nets/net.py"}
        found = locate_statically(told, [folder], {str(folder.parent): str(folder.parent)})
        assert {each.span.path for each in found.values()} <= {"nets/net.py"}
    finally:
        outside.unlink()


@pytest.mark.parametrize(
    "hidden", [".hidden", "__pycache__", "node_modules", "site-packages", "dist-packages", "env"]
)
def test_folders_of_other_peoples_code_are_skipped(folder: Path, hidden: str) -> None:
    (folder / hidden).mkdir()
    (folder / "nets").rename(folder / hidden / "nets")
    if hidden == "env":
        (folder / hidden / "pyvenv.cfg").touch()
    assert locate_statically(model(), [folder], {}) == {}


def test_a_root_may_lie_in_an_installed_package(folder: Path) -> None:
    root = folder / "site-packages" / "nets"
    root.parent.mkdir()
    (folder / "nets").rename(root)
    found = locate_statically(model("/x/site-packages/nets/net.py"), [root], {})
    assert shown(found) == ["site-packages/nets/net.py:7:20", "site-packages/nets/net.py:12:13"]


@pytest.mark.parametrize(
    "text", [b"class Net(:\n", b"\xff\xfe\x00class", b"class \x00 Net: pass\n"]
)
def test_files_that_are_no_python_are_skipped(folder: Path, text: bytes) -> None:
    (folder / "nets" / "a.py").write_bytes(text)
    (folder / "nets" / "net.py").write_bytes(text)
    assert locate_statically(model(), [folder], {}) == {}
    (folder / "nets" / "net.py").write_text(NET)
    assert len(locate_statically(model(), [folder], {})) == 2


def test_a_root_that_is_not_there_has_nothing(folder: Path) -> None:
    assert locate_statically(model(), [folder / "missing"], {}) == {}


def test_without_a_class_the_one_that_has_most_of_the_modules_is_taken(folder: Path) -> None:
    more = NET.replace("class Net", "class Other").replace("self.act =", "self.other =")
    (folder / "nets" / "a.py").write_text(more)
    found = locate_statically(traceless("/act/Relu"), [folder], {})
    assert shown(found) == ["nets/net.py:7:20"]
    assert found[0].certainty is Certainty.EXACT


def test_of_equal_classes_the_first_by_path_and_line_is_taken(folder: Path) -> None:
    (folder / "nets" / "a.py").write_text(NET + NET.replace("class Net", "class Twin"))
    assert shown(locate_statically(traceless("/act/Relu"), [folder], {})) == ["nets/a.py:7:20"]


def test_without_traces_what_the_model_itself_made_has_its_class(folder: Path) -> None:
    found = locate_statically(traceless("/act/Relu", "/Exp"), [folder], {})
    assert shown(found) == ["nets/net.py:7:20", "nets/net.py:4:1"]
    assert found[1].certainty is Certainty.MODULE
    assert found[1].span.text == "class Net(nn.Module):"
    assert (found[1].span.end_line, found[1].chain) == (4, ())


def test_of_a_path_that_is_found_in_part_the_last_call_is_told(folder: Path) -> None:
    net = NET.replace("nn.ReLU()", "nn.Sequential(nn.ReLU())")
    (folder / "nets" / "net.py").write_text(net)
    found = locate_statically(traceless("/act/act.0/Relu", "/act/act.7/Sigmoid"), [folder], {})
    assert shown(found) == ["nets/net.py:7:34", "nets/net.py:7:20"]
    assert [found[n].certainty.value for n in (0, 1)] == ["exact", "module"]


def test_a_lambda_and_class_without_end_are_bounded(folder: Path) -> None:
    (folder / "nets" / "net.py").write_text(
        NET.replace("nn.ReLU()", "make(1)")
        + "\n\ndef make(n):\n    return Net() if n else make(n + 1)\n"
    )
    deep = "/".join(["act"] * 50)
    found = locate_statically(traceless(f"/{deep}/Relu"), [folder], {})
    assert {each.certainty for each in found.values()} <= {Certainty.MODULE, Certainty.EXACT}
