from __future__ import annotations

from collections import Counter

import onnx
import pytest

from archlint.errors import ModelError
from archlint.graph import read_model
from archlint.source.export import Exported, ModelSpec, export
from tests.source.export.building import line_of, source

pytest.importorskip("torch", reason="exporting needs torch")
pytest.importorskip("onnxscript", reason="torch's exporter needs onnxscript")


def exported(attribute: str, *inputs: str, **kwargs: int) -> Exported:
    return export(ModelSpec.parse(source(attribute), inputs, kwargs), timeout=120)


def reason(attribute: str, *inputs: str, **kwargs: int) -> str:
    with pytest.raises(ModelError) as caught:
        exported(attribute, *inputs, **kwargs)
    return caught.value.reason


def at(comment: str) -> str:
    return f"{source('x').rpartition(':')[0]}:{line_of(comment)}"


def shapes(found: Exported) -> list[tuple[int, ...]]:
    return [
        tuple(dim.dim_value for dim in each.type.tensor_type.shape.dim)
        for each in found.proto.graph.input
    ]


def test_weights_have_dims_and_dtype_and_no_values() -> None:
    found = exported("Net", "1x3x8x8")
    weights = {each.name: each for each in found.proto.graph.initializer}
    weight = weights["sequential.0.weight"]
    assert (list(weight.dims), weight.data_type) == ([4, 3, 1, 1], onnx.TensorProto.FLOAT)
    assert all(len(each.raw_data) <= 1024 for each in weights.values())
    assert not weight.raw_data
    model = read_model(found.proto)
    assert Counter(op.op_type for op in model.operators)["Conv"] == 16
    assert all(op.output.shape is not None for op in model.operators)
    assert found.remarks == ()
    assert found.peak_bytes > 0


@pytest.mark.parametrize("attribute", ["Hinted", "INSTANCE", "Chain.make"])
def test_a_class_an_instance_and_a_function_all_give_a_model(attribute: str) -> None:
    found = exported(attribute, "5x4")
    assert shapes(found) == [(5, 4)]
    assert found.record["linear"].class_name == "torch.nn.modules.linear.Linear"
    assert len(found.record["linear"].sites) >= 1


def test_a_function_may_give_the_inputs_as_well() -> None:
    assert shapes(exported("with_inputs")) == [(3, 4)]
    assert shapes(exported("with_inputs", "7x4")) == [(7, 4)]


def test_inputs_that_the_model_tells_are_used_and_said() -> None:
    found = exported("Hinted")
    assert shapes(found) == [(2, 4)]
    assert found.remarks == ("the inputs are those of example_input_array: float32[2,4]",)


def test_inputs_that_nobody_tells_are_asked_for() -> None:
    assert reason("Misfit") == "what does it take? give --input, such as --input 1x3x224x224"


def test_inputs_have_dtypes_and_names() -> None:
    found = exported("Named", "int64[1,6]", "mask=float32[1,6]", vocabulary=50)
    assert [each.name for each in found.proto.graph.input] == ["ids", "mask"]
    types = [each.type.tensor_type.elem_type for each in found.proto.graph.input]
    assert types == [onnx.TensorProto.INT64, onnx.TensorProto.FLOAT]
    (table,) = [each for each in found.proto.graph.initializer if each.name == "embedding.weight"]
    assert list(table.dims) == [50, 4]


def test_values_that_a_constructor_computes_need_no_weights() -> None:
    assert exported("Rates", "1x4").remarks == ()


def test_a_model_that_needs_its_weights_is_built_with_them() -> None:
    (remark,) = exported("Draws", "1x4").remarks
    assert remark.startswith("built with its weights, for without them: ")


def test_what_only_the_older_exporter_takes_is_said() -> None:
    found = exported("Branches", "1x4")
    (remark,) = found.remarks
    assert remark.startswith("exported by torch's older exporter, for the current one says: ")
    assert at("# branch") in remark
    assert [node.op_type for node in found.proto.graph.node] == ["Gemm"]


def test_what_no_exporter_takes_is_named_with_its_line() -> None:
    expected = (
        f"cannot be exported: ONNX has nothing for aten.linalg_eig ({at('# eigen')}, inner.0)"
    )
    assert reason("Eigen", "4x4") == expected
    assert reason("Misfit", "1x4").endswith(f"({at('# misfit')}, linear)")


def test_kwargs_and_arguments_that_do_not_fit_are_one_line() -> None:
    assert "unexpected keyword argument 'width'" in reason("Named", "int64[1,6]", width=3)
    assert reason("INSTANCE", "1x4", width=3) == "is a module already: it takes no kwargs"
    assert reason("NUMBER") == "is an int: expected a class, a function or a module"
    assert reason("nothing") == "gives None, not a torch.nn.Module"
