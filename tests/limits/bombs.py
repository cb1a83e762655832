"""Small files that are made to run on, or to fill the memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

__all__ = ["BOMBS"]

CASES = Path(__file__).parents[1] / "cases"
_HUGE = 10**12


def _model(nodes: list[onnx.NodeProto], **constants: object) -> onnx.ModelProto:
    """A conv, which there is something to say of, beside what is made to run on."""
    conv = helper.make_node("Conv", ["image", "w"], ["c"])
    weight = TensorProto(name="w", dims=[16, 3, 3, 3], data_type=TensorProto.FLOAT)
    arrays = [
        numpy_helper.from_array(np.asarray(value, np.int64), name)
        for name, value in constants.items()
    ]
    graph = helper.make_graph(
        [conv, *nodes],
        "bomb",
        [
            helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 32, 32]),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4]),
        ],
        [
            helper.make_empty_tensor_value_info("c"),
            *(helper.make_empty_tensor_value_info(each) for each in nodes[-1].output),
        ],
        [weight, *arrays],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


def _shape_of_many() -> onnx.ModelProto:
    """A shape of 10^12 numbers: inference makes a dim for each."""
    made = helper.make_node("ConstantOfShape", ["many"], ["s"])
    cast = helper.make_node("Cast", ["s"], ["i"], to=TensorProto.INT64)
    return _model([made, cast, helper.make_node("Expand", ["x", "i"], ["y"])], many=[_HUGE])


def _slice_of_many() -> onnx.ModelProto:
    """Of 10^12 numbers, some: they are a shape then."""
    nodes = [
        helper.make_node("Range", ["zero", "many", "one"], ["s"]),
        helper.make_node("Slice", ["s", "start", "end"], ["i"]),
        helper.make_node("Reshape", ["x", "i"], ["y"]),
    ]
    return _model(nodes, zero=0, many=_HUGE, one=1, start=[0], end=[_HUGE - 5])


def _step_that_is_none() -> onnx.ModelProto:
    """A step of 2^32 is none in 32 bits: inference takes the same number on and on."""
    nodes = [
        helper.make_node("Shape", ["image"], ["s"]),
        helper.make_node("Slice", ["s", "start", "end", "axis", "step"], ["i"]),
        helper.make_node("Expand", ["x", "i"], ["y"]),
    ]
    return _model(nodes, start=[0], end=[4], axis=[0], step=[2**32])


def _splits_of_many() -> onnx.ModelProto:
    nodes = [helper.make_node("Split", ["x"], ["a", "b"], axis=1, num_outputs=2**62)]
    return _model(nodes)


def _tiles_of_tiles() -> onnx.ModelProto:
    """Each step of a constant is a thousand times the one before."""
    nodes, name = [], "one"
    for number in range(6):
        nodes.append(helper.make_node("Tile", [name, "thousand"], [f"t{number}"]))
        name = f"t{number}"
    return _model(
        [*nodes, helper.make_node("Expand", ["x", name], ["y"])], one=[1], thousand=[1000]
    )


def _loops_in_loops() -> onnx.ModelProto:
    """Sixty Loops, each in the one before, of 2^31 - 1 trips."""
    body_of = [helper.make_node("Relu", ["x"], ["v"])]
    for depth in range(20):
        body = helper.make_graph(
            [*body_of, helper.make_node("Identity", ["go"], ["go_on"])],
            "body",
            [
                helper.make_tensor_value_info("n", TensorProto.INT64, []),
                helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            ],
            [
                helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
                helper.make_tensor_value_info("v", TensorProto.FLOAT, [1, 4]),
            ],
        )
        name = "v" if depth < 19 else "y"
        body_of = [helper.make_node("Loop", ["trips", ""], [name], body=body)]
    return _model(body_of, trips=2**31 - 1)


def _branches_that_double() -> onnx.ModelProto:
    """Functions each of which calls the one before in both branches of an If."""
    from tests.graph.test_limits import doubling

    return doubling(30, inside=True)


def _functions_that_grow() -> onnx.ModelProto:
    """Functions that call few others, but carry a long text with each call."""
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("mine", 1)]
    functions = []
    for number in range(13):
        call, domain = (f"f{number - 1}", "mine") if number else ("Relu", "")
        nodes = [
            helper.make_node(call, ["a"], ["t"], domain=domain),
            helper.make_node(call, ["t"], ["b"], domain=domain),
        ]
        if not number:
            nodes[0].attribute.append(helper.make_attribute("text", "x" * 60_000))
        functions.append(helper.make_function("mine", f"f{number}", ["a"], ["b"], nodes, opsets))
    proto = _model([helper.make_node("f12", ["x"], ["y"], domain="mine")])
    proto.functions.extend(functions)
    proto.opset_import.append(helper.make_opsetid("mine", 1))
    return proto


def _equation_in_a_branch() -> onnx.ModelProto:
    """An equation that is none, in a branch that is not as ONNX has them."""
    einsum = helper.make_node("Einsum", ["x", "x"], ["z"], equation="....ij,jk->ik")
    branch = helper.make_graph([einsum], "branch", [], [])
    node = helper.make_node("If", ["is"], ["y"], then_branch=branch, else_branch=branch)
    return _model([node], **{"is": 1})


def _shared_names() -> onnx.ModelProto:
    """Long names in deep branches."""
    nodes = [helper.make_node("Relu", ["x"], ["y"], name="n" * 100_000)]
    for _ in range(30):
        graph = helper.make_graph(nodes, "g", [], [helper.make_empty_tensor_value_info("y")])
        nodes = [
            helper.make_node(
                "If", ["is"], ["y"], name="n" * 100_000, then_branch=graph, else_branch=graph
            )
            if _ == 0
            else helper.make_node("If", ["is"], ["y"], then_branch=graph, else_branch=_empty())
        ]
    return _model(nodes, **{"is": 1})


def _empty() -> onnx.GraphProto:
    relu, output = helper.make_node("Relu", ["x"], ["y"]), helper.make_empty_tensor_value_info("y")
    return helper.make_graph([relu], "e", [], [output])


def _many_of_nothing() -> onnx.ModelProto:
    """Operators of two bytes each."""
    proto = _model([helper.make_node("Relu", ["x"], ["y"])])
    proto.graph.node.extend([onnx.NodeProto()] * 2_000_000)
    return proto


def _weight_of_many_dims() -> onnx.ModelProto:
    """A weight of 2^3000 elements, more than a float can tell."""
    proto = _model([helper.make_node("Mul", ["x", "m"], ["y"])])
    proto.graph.initializer.add(name="m", dims=[2] * 3000, data_type=TensorProto.FLOAT)
    return proto


def _read_by_many() -> onnx.ModelProto:
    """A tensor that thousands read, and one that reads thousands."""
    names = [f"s{number}" for number in range(8_000)]
    nodes = [helper.make_node("Relu", ["x"], [name]) for name in names]
    return _model([*nodes, helper.make_node("Sum", names, ["y"])])


def _equal_operators() -> onnx.ModelProto:
    """Operators that a runtime does once, each with a reader of its own."""
    names = [f"s{number}" for number in range(4_000)]
    nodes = [helper.make_node("Neg", ["x"], [name]) for name in names]
    nodes += [helper.make_node("Abs", [name], [f"{name}_abs"]) for name in names]
    return _model([*nodes, helper.make_node("Sum", [f"{name}_abs" for name in names], ["y"])])


def _many_shortcuts() -> onnx.ModelProto:
    """Thousands of places of which each changes the kernels beside it."""
    nodes, before = [], "c"
    for number in range(2_000):
        nodes += [
            helper.make_node("Relu", [before], [f"r{number}"]),
            helper.make_node("Conv", [f"r{number}", "k"], [f"k{number}"]),
            helper.make_node("Add", [f"k{number}", before], [f"a{number}"]),
        ]
        before = f"a{number}"
    proto = _model(nodes)
    proto.graph.initializer.add(name="k", dims=[16, 16, 1, 1], data_type=TensorProto.FLOAT)
    return proto


def _types_without_number() -> onnx.ModelProto:
    """Operators of thousands of types, none of which anybody knows."""
    names = ["x", *(f"t{number}" for number in range(9_999)), "y"]
    nodes = [
        helper.make_node(f"Foo{number}", [source], [made], domain="mine")
        for number, (source, made) in enumerate(pairwise(names))
    ]
    proto = _model(nodes)
    proto.opset_import.append(helper.make_opsetid("mine", 1))
    return proto


def _long_names() -> onnx.ModelProto:
    """Names as long as files, of what the report names."""
    long = 200_000
    proto = _model([helper.make_node("Softplus", ["x"], ["y" * long], name="n " * (long // 2))])
    image, row = proto.graph.input
    image.type.tensor_type.shape.dim[2].dim_param = "h " * (long // 2)
    row.type.tensor_type.shape.dim[0].dim_param = "rows" * (long // 4)
    return proto


def _file(name: str) -> Callable[[], onnx.ModelProto]:
    return lambda: onnx.load(str(CASES / name), load_external_data=False)


BOMBS: Mapping[str, Callable[[], onnx.ModelProto]] = {
    "einsum_dots": _file("einsum_dots.onnx"),
    "functions_that_double": _file("functions_that_double.onnx"),
    "branches_that_double": _branches_that_double,
    "equal_operators": _equal_operators,
    "equation_in_a_branch": _equation_in_a_branch,
    "functions_that_grow": _functions_that_grow,
    "loops_in_loops": _loops_in_loops,
    "long_names": _long_names,
    "long_names_in_branches": _shared_names,
    "many_of_nothing": _many_of_nothing,
    "many_shortcuts": _many_shortcuts,
    "read_by_many": _read_by_many,
    "shape_of_many": _shape_of_many,
    "slice_of_many": _slice_of_many,
    "splits_of_many": _splits_of_many,
    "step_that_is_none": _step_that_is_none,
    "tiles_of_tiles": _tiles_of_tiles,
    "types_without_number": _types_without_number,
    "weight_of_many_dims": _weight_of_many_dims,
}
