from __future__ import annotations

import ast
import importlib
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
EXAMPLES = REPOSITORY / "examples"
FILES = sorted((EXAMPLES / "onnx").glob("*.onnx"))
FLOAT = onnx.TensorProto.FLOAT

# torchvision's figures where it has the net, else pytorchcv's (MobileNetV1, ShuffleNet); ViT-S
# is 22.1M in timm.  Without a figure to the last digit: RepVGG and U-Net, whose counts are the
# sources' own, and NASNet-A with two cells a stage, whose cells are checked with four below.
PARAMETERS = {
    "mobilenet_v1": 4_231_976,
    "mobilenet_v2": 3_504_872,
    "nasnet_a_small": 3_391_466,
    "repvgg_a0_deploy": 8_309_384,
    "repvgg_a0_train": 9_108_968,
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
    "shufflenet_v1_g3": 1_865_728,
    "shufflenet_v2": 2_278_604,
    "unet": 31_037_698,
    "vgg16": 138_357_544,
    "vit_s16": 22_050_664,
}
# Multiply-adds in millions, to the digits that the papers give; torchvision's for ResNet-50, whose
# paper strides elsewhere, and VGG-16, and timm's for ViT-S, whose papers have none.
PUBLISHED_MMACS = {
    "mobilenet_v1": 569,
    "mobilenet_v2": 300,
    "repvgg_a0_deploy": 1400,
    "resnet18": 1800,
    "resnet50": 4090,
    "shufflenet_v1_g3": 137,
    "shufflenet_v2": 146,
    "vgg16": 15_470,
    "vit_s16": 4600,
}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def at_batch(path: Path, batch: int) -> tuple[onnx.ModelProto, dict[str, tuple[int, ...]]]:
    """The model with that batch, and every shape that inference finds without the exporter's."""
    model = onnx.load(path)
    del model.graph.value_info[:]
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = batch
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    model = onnx.shape_inference.infer_shapes(
        model, check_type=True, strict_mode=True, data_prop=True
    )
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    for value in (*model.graph.input, *model.graph.value_info, *model.graph.output):
        dims = value.type.tensor_type.shape.dim
        if value.type.tensor_type.HasField("shape") and all(d.HasField("dim_value") for d in dims):
            shapes[value.name] = tuple(d.dim_value for d in dims)
    return model, shapes


def flops(path: Path) -> int:
    """Of the convolutions and matrix products for one image."""
    model, shapes = at_batch(path, 1)
    total = 0
    for node in model.graph.node:
        inputs, output = [shapes[name] for name in node.input], shapes[node.output[0]]
        if node.op_type == "Conv":
            total += 2 * math.prod(output) * math.prod(inputs[1][1:])
        elif node.op_type == "ConvTranspose":
            total += 2 * math.prod(inputs[0]) * math.prod(inputs[1][1:])
        elif node.op_type in {"Gemm", "MatMul"}:
            total += 2 * math.prod(output) * inputs[0][-1]
    return total


def parameters(path: Path) -> int:
    """Of the PyTorch net: a folded batch-norm leaves a bias, and had a weight too."""
    graph = onnx.load(path).graph
    statistics = {
        name
        for node in graph.node
        if node.op_type == "BatchNormalization"
        for name in node.input[3:]
    }
    total = 0
    for tensor in graph.initializer:
        elements = math.prod(tensor.dims)
        if tensor.data_type == FLOAT and elements > 1 and tensor.name not in statistics:
            total += 2 * elements if tensor.name.endswith(".weight_bias") else elements
    return total


def metadata(path: Path, key: str) -> Iterator[str]:
    for node in onnx.load(path).graph.node:
        yield from (entry.value for entry in node.metadata_props if entry.key == key)


def test_every_example_is_listed_here() -> None:
    assert [path.stem for path in FILES] == sorted(PARAMETERS)


@each_file
def test_the_file_is_small(path: Path) -> None:
    assert path.stat().st_size < 300_000


@each_file
def test_the_file_is_valid_onnx_but_for_its_weights(path: Path) -> None:
    model = onnx.load(path)
    weights = [tensor for tensor in model.graph.initializer if not tensor.raw_data]
    for tensor in weights:
        # The checker rejects an initializer without values, so they become inputs.
        model.graph.initializer.remove(tensor)
        model.graph.input.append(
            onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
        )
    onnx.checker.check_model(model, full_check=True)


@each_file
def test_the_file_holds_no_weights(path: Path) -> None:
    for tensor in onnx.load(path).graph.initializer:
        assert not tensor.external_data
        if tensor.data_type == FLOAT and math.prod(tensor.dims) > 1:
            assert not tensor.raw_data
            assert not tensor.float_data
        else:
            assert 0 < len(tensor.raw_data) <= 64


@each_file
def test_the_file_names_no_machine(path: Path) -> None:
    content = path.read_bytes()
    for trace in (b"/work", b"/tmp", b"/root", b"/home", b"/Users", b":\\", b"site-packages"):
        assert trace not in content


@each_file
def test_the_batch_is_open(path: Path) -> None:
    graph = onnx.load(path).graph
    for value in (*graph.input, *graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_param == "batch"


@each_file
@pytest.mark.parametrize("batch", [1, 8])
def test_every_shape_can_be_inferred(path: Path, batch: int) -> None:
    model, shapes = at_batch(path, batch)
    unknown = [name for node in model.graph.node for name in node.output if name not in shapes]
    assert unknown == []
    assert shapes[model.graph.input[0].name] == (batch, 3, 224, 224)
    expected = (batch, 2, 224, 224) if path.stem == "unet" else (batch, 1000)
    assert shapes[model.graph.output[0].name] == expected


@each_file
def test_parameters_are_the_published_ones(path: Path) -> None:
    assert parameters(path) == PARAMETERS[path.stem]


@pytest.mark.parametrize("name", sorted(PUBLISHED_MMACS))
def test_flops_are_the_published_ones(name: str) -> None:
    published = 2e6 * PUBLISHED_MMACS[name]
    assert flops(EXAMPLES / "onnx" / f"{name}.onnx") == pytest.approx(published, rel=0.03)


@each_file
def test_the_readme_has_the_figures_of_the_file(path: Path) -> None:
    table = (EXAMPLES / "README.md").read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in table if line.startswith(f"| [`{path.name}`]")]
    gigaflops, count = [cell.strip() for cell in row.strip("|").split("|")][-2:]
    assert gigaflops == f"{flops(path) / 1e9:.2f}"
    assert count == f"{parameters(path):,}"


@each_file
def test_every_operator_names_lines_of_the_source_as_it_stands(path: Path) -> None:
    frames = {
        frame
        for trace in metadata(path, "pkg.torch.onnx.stack_trace")
        for frame in re.findall(r'File "([^"]+)", line (\d+), in (\w+)', trace)
    }
    assert frames
    for source, line, function in frames:
        tree = ast.parse((REPOSITORY / source).read_text(encoding="utf-8"))
        spans = [
            range(node.lineno, (node.end_lineno or node.lineno) + 1)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name == function
        ]
        assert any(int(line) in span for span in spans), f"{source}:{line} is not in {function}"


@pytest.fixture(scope="module")
def export() -> Iterator[Any]:
    """examples/export.py as a module, with `nets` beside it."""
    pytest.importorskip("torch", reason="exporting the examples needs torch")
    pytest.importorskip("onnxscript", reason="torch's exporter needs onnxscript")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLES)
        yield importlib.import_module("export")
    for name in [name for name in sys.modules if name.partition(".")[0] in {"export", "nets"}]:
        del sys.modules[name]


def signature(model: onnx.ModelProto) -> list[Any]:
    """The operators with their attributes and connections, and the weights' dims and dtypes."""
    nodes = [
        (
            node.op_type,
            tuple(node.input),
            tuple(node.output),
            {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute},
        )
        for node in model.graph.node
    ]
    weights = [(each.name, tuple(each.dims), each.data_type) for each in model.graph.initializer]
    return [nodes, weights]


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_the_source_still_exports_to_the_file(export: Any, name: str) -> None:
    built = export.build(name)
    assert signature(built) == signature(onnx.load(EXAMPLES / "onnx" / f"{name}.onnx"))


def test_export_covers_exactly_the_examples(export: Any) -> None:
    assert sorted(export.EXAMPLES) == sorted(PARAMETERS)


def test_deployed_repvgg_is_the_same_function(export: Any) -> None:
    torch = importlib.import_module("torch")
    torch.manual_seed(0)
    trained = export.repvgg.repvgg_a0().eval()
    export.perturb(trained)
    image = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        expected, deployed = trained(image), trained.deploy()(image)
    # Random statistics leave the outputs at no scale of their own: compare at scale 1.
    scale = expected.abs().max()
    assert scale > 0
    torch.testing.assert_close(deployed / scale, expected / scale, rtol=0, atol=1e-4)


def test_nasnet_with_four_cells_a_stage_has_the_published_parameters(export: Any) -> None:
    net = export.nasnet.nasnet_a_mobile()
    assert sum(parameter.numel() for parameter in net.parameters()) == 5_289_978
