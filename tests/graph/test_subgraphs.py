from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from archlint.graph import read_model
from archlint.graph.subgraphs import unfold
from tests.graph.making import model, value, weight

IMAGE = value("x", [1, 8, 14, 14])
FLAG = value("flag", [], TensorProto.BOOL)
CONV_FLOPS = 2 * 14 * 14 * 8 * 8


def graph(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    outputs: Sequence[str],
    inputs: Sequence[onnx.ValueInfoProto] = (),
    weights: Sequence[onnx.TensorProto] = (),
) -> onnx.GraphProto:
    made = [helper.make_empty_tensor_value_info(each) for each in outputs]
    return helper.make_graph(list(nodes), name, list(inputs), made, list(weights))


def convs(*names: str, source: str = "x", size: int = 8) -> onnx.GraphProto:
    """A chain of 1x1 convs with a weight of its own."""
    nodes, last = [], source
    for name in names:
        nodes.append(helper.make_node("Conv", [last, "w"], [name], name=f"conv_{name}"))
        last = name
    return graph("convs", nodes, [last], weights=[weight("w", size, size, 1, 1)])


def branches(
    then: onnx.GraphProto, other: onnx.GraphProto, condition: str = "flag"
) -> onnx.NodeProto:
    return helper.make_node(
        "If", [condition], ["y"], name="choice", then_branch=then, else_branch=other
    )


def constant(name: str, number: object, dtype: type[np.generic]) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(number, dtype), name)


def names(proto: onnx.ModelProto) -> list[str]:
    return [op.name for op in read_model(proto).operators]


def test_of_an_if_the_dearer_branch_runs_and_is_named_by_where_it_is() -> None:
    proto = model([branches(convs("a"), convs("b", "c"))], [IMAGE, FLAG])
    found = read_model(proto)
    assert [op.name for op in found.operators] == [
        "choice/else_branch/conv_b", "choice/else_branch/conv_c",
    ]  # fmt: skip
    assert found.flops == 2 * CONV_FLOPS
    assert found.outputs == ("y",)
    assert found.assumptions == ("choice: its dearer branch, else_branch (assumed)",)
    assert [op.output.shape for op in found.operators] == [(1, 8, 14, 14)] * 2


@pytest.mark.parametrize(("flag", "branch"), [(True, "then_branch"), (False, "else_branch")])
def test_a_known_condition_chooses_the_branch(flag: bool, branch: str) -> None:
    given = constant("flag", flag, np.bool_)
    proto = model([branches(convs("a"), convs("a", "b"))], [IMAGE], weights=[given])
    found = read_model(proto)
    assert {op.name.rpartition("/")[0] for op in found.operators} == {f"choice/{branch}"}
    assert not found.assumptions


def test_what_runs_before_and_behind_keeps_its_shape() -> None:
    before = helper.make_node("Relu", ["x"], ["r"], name="before")
    behind = helper.make_node("Relu", ["y"], ["z"], name="behind")
    proto = model([before, branches(convs("a", source="r"), convs("b", source="r")), behind],
                  [IMAGE, FLAG])  # fmt: skip
    found = read_model(proto)
    assert [op.op_type for op in found.operators] == ["Relu", "Conv", "Relu"]
    assert found.operators[-1].output.shape == (1, 8, 14, 14)
    assert found.graph.number_of_edges() == 2


def test_an_inner_if_counts_with_its_dearer_branch() -> None:
    inner = helper.make_node(
        "If", ["flag"], ["i"], name="inner",
        then_branch=convs("a"), else_branch=convs("a", "b", "c"),
    )  # fmt: skip
    proto = model([branches(graph("g", [inner], ["i"]), convs("d", "e"))], [IMAGE, FLAG])
    assert names(proto) == [
        f"choice/then_branch/inner/else_branch/conv_{each}" for each in ("a", "b", "c")
    ]


def test_a_branch_may_hand_on_what_it_did_not_make() -> None:
    other = graph("g", [], ["x"])
    proto = model([branches(other, other)], [IMAGE, FLAG])
    assert [(op.op_type, op.output.name) for op in read_model(proto).operators] == [
        ("Identity", "y")
    ]


def loop(
    trips: str, body: Sequence[onnx.NodeProto], goes_on: str = "more", stacked: bool = False
) -> onnx.NodeProto:
    """A loop that carries a map, named y in the end; perhaps it stacks them as well."""
    inputs = [
        value("i", [], TensorProto.INT64), value("more", [], TensorProto.BOOL), value("m", None),
    ]  # fmt: skip
    ends = [goes_on, "n"] + ["n"] * stacked
    outputs = ["y"] + ["all"] * stacked
    inner = graph("body", body, ends, inputs, [weight("w", 8, 8, 1, 1)])
    return helper.make_node("Loop", [trips, "", "x"], outputs, name="loop", body=inner)


STEP = helper.make_node("Conv", ["m", "w"], ["n"], name="step")


def test_a_loop_runs_as_often_as_it_says() -> None:
    proto = model([loop("count", [STEP])], [IMAGE], weights=[constant("count", 12, np.int64)])
    found = read_model(proto)
    (step,) = (op for op in found.operators if op.op_type == "Conv")
    assert (step.name, step.repeats, step.flops) == ("loop/body/step", 12, CONV_FLOPS)
    assert found.flops == 12 * CONV_FLOPS
    assert found.parameters == 64
    assert found.assumptions == ("loop: 12 trips",)


def test_a_loop_that_the_file_does_not_count_runs_once() -> None:
    count = value("count", [], TensorProto.INT64)
    found = read_model(model([loop("count", [STEP])], [IMAGE, count]))
    assert found.flops == CONV_FLOPS
    assert found.assumptions == ("loop: 1 trip (assumed, the file does not tell how many)",)


def test_a_condition_that_is_computed_leaves_the_count_open() -> None:
    ends = helper.make_node("Not", ["flag"], ["ends"])
    proto = model([loop("count", [STEP, ends], goes_on="ends")], [IMAGE, FLAG],
                  weights=[constant("count", 12, np.int64)])  # fmt: skip
    assert read_model(proto).assumptions[0].startswith("loop: 1 trip (assumed")


def test_what_a_loop_stacks_has_an_axis_for_its_trips() -> None:
    node = loop("count", [STEP], stacked=True)
    last = helper.make_node("Relu", ["all"], ["z"])
    proto = model([node, last], [IMAGE], weights=[constant("count", 5, np.int64)])
    assert read_model(proto).operators[-1].output.shape == (5, 1, 8, 14, 14)


def test_loops_in_loops_multiply() -> None:
    inner = loop("count", [STEP])
    inner.output[0] = "n"
    inner.name = "inner"
    inner.input[2] = "m"
    proto = model([loop("count", [inner])], [IMAGE], weights=[constant("count", 3, np.int64)])
    (step,) = (op for op in read_model(proto).operators if op.op_type == "Conv")
    assert (step.name, step.repeats) == ("loop/body/inner/body/step", 9)


def test_a_scan_runs_once_for_each_slice() -> None:
    inputs = [value("state", None), value("slice", None)]
    nodes = [
        helper.make_node("MatMul", ["slice", "w"], ["h"], name="project"),
        helper.make_node("Add", ["state", "h"], ["next"]),
        helper.make_node("Identity", ["next"], ["seen"]),
    ]
    body = graph("body", nodes, ["next", "seen"], inputs, [weight("w", 16, 16)])
    node = helper.make_node(
        "Scan", ["start", "s"], ["end", "all"], name="scan", body=body, num_scan_inputs=1
    )
    outputs = [helper.make_empty_tensor_value_info(each) for each in ("end", "all")]
    proto = model([node], [value("start", [4, 16]), value("s", [30, 4, 16])], outputs)
    found = read_model(proto)
    (project,) = (op for op in found.operators if op.op_type == "MatMul")
    assert (project.name, project.repeats) == ("scan/body/project", 30)
    assert project.output.shape == (4, 16)
    makers = {op.output.name: op for op in found.operators}
    assert makers["all"].output.shape == (30, 4, 16)
    assert makers["end"].output.shape == (4, 16)


def test_equal_names_in_two_places_stay_apart() -> None:
    one, two = branches(convs("a"), convs("a")), branches(convs("a", source="y"), convs("a"))
    two.output[0] = "z"
    found = read_model(model([one, two], [IMAGE, FLAG]))
    assert len({op.name for op in found.operators}) == 2


def test_subgraphs_that_are_not_as_onnx_has_them_are_left_alone() -> None:
    node = branches(convs("a"), convs("b"))
    del node.attribute[1]
    assert [op.op_type for op in read_model(model([node], [IMAGE, FLAG])).operators] == ["If"]


def test_a_model_without_subgraphs_is_not_copied() -> None:
    proto = model([helper.make_node("Relu", ["x"], ["y"])], [IMAGE])

    def never(_: object) -> None:
        raise AssertionError

    assert unfold("m", proto, never).proto is proto  # type: ignore[arg-type]


def adding(given: str, name: str) -> onnx.NodeProto:
    return helper.make_node("Add", [given, "one"], [name])


def reshaped_by_loop(trips: int, step: onnx.NodeProto) -> onnx.ModelProto:
    """A Reshape to 1 and what a loop makes of 1."""
    body = graph(
        "body",
        [step, helper.make_node("Identity", ["goes_on"], ["still"])],
        ["still", step.output[0]],
        [value("n", [], 7), value("goes_on", [], TensorProto.BOOL), value("state", [1], 7)],
    )
    return model(
        [
            helper.make_node("Loop", ["trips", "", "one"], ["last"], body=body),
            helper.make_node("Concat", ["one", "last", "rest"], ["shape"], axis=0),
            helper.make_node("Reshape", ["x", "shape"], ["r"]),
            helper.make_node("MatMul", ["r", "w"], ["y"]),
        ],
        [IMAGE],
        weights=[
            constant("trips", trips, np.int64), constant("one", [1], np.int64),
            constant("rest", [-1, 14], np.int64), weight("w", 14, 5),
        ],
    )  # fmt: skip


def test_one_trip_over_constants_gives_what_it_makes() -> None:
    found = read_model(reshaped_by_loop(1, adding("state", "next")))
    assert found.operators[-1].output.shape == (1, 2, 56, 5)


def test_what_several_trips_make_is_not_what_the_first_makes() -> None:
    found = read_model(reshaped_by_loop(3, adding("state", "next")))
    assert [each.op_type for each in found.unread] == ["MatMul"]


def test_what_each_trip_hands_on_stays_known() -> None:
    found = read_model(reshaped_by_loop(3, helper.make_node("Identity", ["state"], ["next"])))
    assert found.operators[-1].output.shape == (1, 1, 112, 5)
