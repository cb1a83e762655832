from __future__ import annotations

import onnx
from onnx import helper

from archlint.graph.origin import Frame, Origin, origin_of
from archlint.graph.reader import read_model

NEW = (
    'File "lib/net.py", line 9, in forward\n    x = self.b(x)\n'
    '  File "lib/block (2).py", line 31, in forward\n    return x + y'
)
OLD = """/lib/block (2).py(31): forward
/torch/module.py(1768): _slow_forward
/lib/net.py(9): forward
"""


def test_the_current_exporter_has_the_outermost_call_first() -> None:
    metadata = {
        "pkg.torch.onnx.stack_trace": NEW,
        "pkg.torch.onnx.name_scopes": "['', 'b', 'add']",
        "pkg.torch.onnx.class_hierarchy": "['net.Net', 'block.Block', 'aten.add.Tensor']",
    }
    frames = (Frame("lib/net.py", 9, "forward"), Frame("lib/block (2).py", 31, "forward"))
    assert origin_of(metadata, "") == Origin((("", "net.Net"), ("b", "block.Block")), frames)


def test_the_older_exporter_has_the_innermost_call_first() -> None:
    assert origin_of({}, OLD).frames == (
        Frame("/lib/net.py", 9, "forward"),
        Frame("/torch/module.py", 1768, "_slow_forward"),
        Frame("/lib/block (2).py", 31, "forward"),
    )


MODULE = "/site-packages/torch/nn/modules/module.py"


def hook_of(*frames: str) -> str | None:
    """The hook in a trace, each frame as `file function`."""
    parts = [each.rpartition(" ") for each in frames]
    hook = Origin(frames=tuple(Frame(a, 1, b) for a, _, b in parts)).hook
    return None if hook is None else f"{hook.file} {hook.function}"


def test_what_torch_calls_for_a_module_beside_its_forward_is_a_hook() -> None:
    assert hook_of("net.py forward", f"{MODULE} inner", "net.py <lambda>") == "net.py <lambda>"
    through = (f"{MODULE} inner", "/site-packages/torch/utils/_contextlib.py decorate_context")
    called = ("net.py hook", "net.py helper", "/site-packages/torch/nn/functional.py silu")
    assert hook_of("net.py forward", *through, *called) == "net.py hook"
    windows = MODULE.replace("/", "\\")
    assert hook_of("net.py forward", f"{windows} inner", "hooks.py __call__") == "hooks.py __call__"


def test_a_forward_and_what_it_calls_is_no_hook() -> None:
    assert hook_of("net.py forward", "net.py helper") is None
    assert hook_of(f"{MODULE} _call_impl", "net.py forward", "net.py helper") is None
    own = "/site-packages/torch/nn/utils/weight_norm.py __call__"
    assert hook_of("net.py forward", f"{MODULE} _call_impl", own) is None


def test_a_module_that_a_hook_calls_made_it_itself() -> None:
    inside = (f"{MODULE} _call_impl", "/site-packages/torch/nn/modules/activation.py forward")
    assert hook_of("net.py forward", f"{MODULE} inner", "net.py hook", *inside) is None


def test_what_is_no_trace_gives_no_frames() -> None:
    assert origin_of({"pkg.torch.onnx.stack_trace": "File x, line"}, "a doc string") == Origin()


def test_operators_have_an_origin_only_where_asked_for() -> None:
    proto = _proto()
    assert read_model(proto).operators[0].origin is None
    assert read_model(proto, origins=True).operators[0].origin == Origin(
        frames=(Frame("net.py", 3, "forward"),)
    )


def _proto() -> onnx.ModelProto:
    node = helper.make_node("Relu", ["x"], ["y"], doc_string="net.py(3): forward\n")
    image = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 3])
    out = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "g", [image], [out])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
