from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx.reference import ReferenceEvaluator

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.kernels.kind import Kind
from archlint.errors import MeasureError, UsageError
from archlint.measure.plan.medley import Medley
from archlint.measure.random_weights import random_inputs, with_random_weights
from archlint.measure.torch.backend import Torch

torch = pytest.importorskip("torch", reason='torch is not installed: pip install "archlint[torch]"')

from archlint.measure.torch import clock  # noqa: E402 - torch first: it may be missing
from archlint.measure.torch.kernels import make_call  # noqa: E402
from archlint.measure.torch.medley import make_steps  # noqa: E402
from archlint.measure.torch.model import TorchModel  # noqa: E402
from archlint.measure.torch.tensors import Tensors, out_shape  # noqa: E402

MODELS = Path(__file__).parents[2] / "models"

SAME_SHAPE = """
    Relu 8 @6x6; Clip 8 @6x6; Sigmoid 8 @6x6; HardSigmoid 8 @6x6; HardSwish 8 @6x6; SiLU 8 @6x6;
    Gelu 8 @6; QuickGelu 8 @6; Tanh 8; Erf 8 @6; Sqrt 8 @6; PRelu 8 @6x6; LeakyRelu 8 @6x6;
    Add 8 @6x6; Add 8 @6 n1 (by row); Mul 8 @6x6 n1 (by channel); Div 8 @6 n1 (scalar);
    Sub 8 b2; Pow 8 @6 n1; Sum 8 @6x6 n4; Max 8 @6x6; Where 8 @6x6; Where 8 @6x6 n2; And 8 @6 1B;
    Equal 8 @6 n1 8B; BatchNormalization 8 @6x6; LayerNormalization 8 @6; LayerNormalization 8 @5x6;
    SkipLayerNormalization 8 @6 b2; GroupNormalization 32 @6x6; InstanceNormalization 8 @6x6;
    Softmax 8 @6; Softmax 4 @6x6; LogSoftmax 8
"""
WINDOWED = """
    Conv 8>16 k3x3 @14x14; Conv 8>16 k3x3 s2x2 @14x14>7x7; Conv 3>8 k7x7 s2x2 @224x224>112x112;
    Conv 8>8 k3x3 s2x2 @13x13>7x7; Conv 8>8 k2x2 @6x6; Conv 8>16 k3x3 @14x14>12x12 b2;
    Conv 8>16 k3x3 g4 @6x6; Conv 8>8 k5x5 g8 @6x6; Conv 8>16 k1 @10; Conv 4>4 k3x3x3 @5x5x5;
    ConvTranspose 8>4 k2x2 s2x2 @6x6>12x12; ConvTranspose 8>4 k3x3 s2x2 @6x6>12x12;
    ConvTranspose 8>4 k4x4 s2x2 @6x6>12x12; MaxPool 8 k3x3 s2x2 @112x112>56x56;
    MaxPool 8 k2x2 s2x2 @6x6>3x3; AveragePool 8 k3x3 @6x6; MaxPool 8 k3x3 s2x2 @55x55>27x27;
    MaxPool 8 k3x3 s2x2 @112x112>55x55; MaxPool 8 k2x2 s2x2 @7x7>4x4
"""
OTHERS = """
    MatMul 8>16; MatMul 8>16 @6; MatMul 8>16 @6 b2; Concat 8 @6x6; Concat 9 @6x6 n3; Concat 8 @6;
    Slice 8 @6x6; Pad 8 @6x6; Pad 8 @6; Gather 8 @6; Gather 8; GatherElements 8 @6;
    Resize 8 @6x6>12x12; Resize 8 @6x6>12x12 (linear); Expand 8 @6; Cast 8 @6 1B; Cast 8 @6 8B;
    Cast 8 @6; DepthToSpace 8 @6x6; SpaceToDepth 8 @6x6; Trilu 8 @6
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "SECONDS", 0.0)
    monkeypatch.setattr(clock, "PASSES", (2, 2))


def kernels(text: str) -> list[Kernel]:
    return [kernel for _, kernel in parse_chain(" ".join(text.split()))]


def run(kernel: Kernel, channels_last: bool = False) -> object:
    with torch.inference_mode():
        call = make_call(kernel, Tensors("cpu", torch.float32, channels_last))
        return call.run(*call.inputs)


def cpu() -> Torch:
    return Torch("cpu", "float", 1, graph=False)


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("text", [SAME_SHAPE, WINDOWED, OTHERS])
def test_a_kernels_call_makes_an_output_of_the_kernels_shape(
    text: str, channels_last: bool
) -> None:
    backend = cpu()
    for kernel in kernels(text):
        assert backend.runs(kernel), kernel.text
        shape = tuple(run(kernel, channels_last).shape)  # type: ignore[attr-defined]
        wanted = out_shape(kernel)
        if len(kernel.window) == 1 and kernel.kind is Kind.CONV:
            wanted = kernel.batch, kernel.c_out, *kernel.out_map
        assert shape == wanted, kernel.text


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Transpose 8 @6x7 b2 (perm 0-2-3-1)", (2, 6, 7, 8)),
        ("Transpose 8 @6 (perm 1-0)", (6, 8)),
        ("Transpose 4 @2x6x6 (perm 0-2-1-3-4)", (1, 2, 4, 6, 6)),
        ("MatMul 8>16 @6 b2 run-time", (1, 2, 6, 16)),
        ("GlobalAveragePool 8 @6x6>1", (1, 8, 1, 1)),
        ("ReduceMean 8 @6x6>1 (map)", (1, 8, 1, 1)),
        ("ReduceMean 8>6 @6>1 (row)", (1, 6, 1)),
        ("ArgMax 8 @6>1", (1, 6, 1)),
        ("Reshape 8 @6x6", (288,)),
    ],
)
def test_kernels_whose_output_has_a_shape_of_its_own(text: str, shape: tuple[int, ...]) -> None:
    (kernel,) = kernels(text)
    assert cpu().runs(kernel)
    assert tuple(run(kernel).shape) == shape  # type: ignore[attr-defined]


def test_a_transposition_moves_the_data() -> None:
    (kernel,) = kernels("Transpose 8 @6x7 (perm 0-2-3-1)")
    assert run(kernel).is_contiguous()  # type: ignore[attr-defined]


def test_a_split_makes_two_parts() -> None:
    (kernel,) = kernels("Split 9 @6x6")
    parts = run(kernel)
    assert isinstance(parts, list)
    assert [tuple(each.shape) for each in parts] == [(1, 4, 6, 6), (1, 5, 6, 6)]


@pytest.mark.parametrize(
    "text",
    [
        "Conv 8>16 k3x3 @6x6 (nchwc)",
        "Conv 8>16 k3x3 @6x6 +Relu",
        "ReorderInput 8 @6x6",
        "Transpose 8 @6x6",
        "GatherND 8 @6",
        "Conv 8>16 k3x3 @6x6 1B",
    ],
)
def test_what_torch_has_no_call_for_is_not_run(text: str) -> None:
    (kernel,) = kernels(text)
    backend = cpu()
    assert not backend.runs(kernel)
    with pytest.raises(MeasureError):
        backend.time(Medley((kernel,), 0))


def test_a_medley_has_one_positive_time_for_each_kernel() -> None:
    chain = kernels("Conv 8>16 k3x3 @6x6; Relu 16 @6x6; Add 16 @6x6; Split 16 @6x6; MatMul 8>9 @4")
    for linked in (False, True):
        timing = cpu().time(Medley(tuple(chain), 1, 1 << 20, linked))
        assert len(timing.kernels) == len(chain)
        assert all(seconds > 0 for seconds in timing.kernels)
        assert timing.run > 0


def test_a_medley_runs_through_the_weights_that_were_asked_for() -> None:
    chain = tuple(kernels("MatMul 64>64 @4; Relu 64 @4; MatMul 64>128 @4"))
    wanted = 1 << 20
    steps = make_steps(Medley(chain, 0, wanted), Tensors("cpu", torch.float32))
    moved = max(kernel.activation_bytes for kernel in chain)
    assert wanted - moved - 4 * len(chain) <= steps.weight_bytes <= wanted - moved


def test_a_kernels_own_weights_are_not_cut_down() -> None:
    chain = tuple(kernels("MatMul 64>64 @4"))
    steps = make_steps(Medley(chain, 0, 100), Tensors("cpu", torch.float32))
    assert steps.weight_bytes == 4 * 64 * 64


def test_every_input_of_an_unlinked_medley_is_written_anew() -> None:
    chain = tuple(kernels("Relu 8 @6x6; Relu 8 @6x6; Add 8 @6x6"))
    alone = make_steps(Medley(chain, 0), Tensors("cpu", torch.float32))
    linked = make_steps(Medley(chain, 0, linked=True), Tensors("cpu", torch.float32))
    # four inputs; linked, the first of the second and of the third come from the kernel before
    assert len(alone.run) - len(chain) == 4
    assert len(linked.run) - len(chain) == 2


def test_threads_and_precision_are_put_back() -> None:
    before = torch.get_num_threads(), torch.backends.cudnn.allow_tf32
    Torch("cpu", "float", 2, graph=False).time(Medley(tuple(kernels("Relu 8")), 0))
    assert (torch.get_num_threads(), torch.backends.cudnn.allow_tf32) == before


@pytest.mark.parametrize(
    "name",
    ["tv_shufflenet_v2_x1_0.dynamo.onnx", "tv_mobilenet_v3_large.ts.onnx",
     "timm_convnext_atto.dynamo.onnx"],
)  # fmt: skip
@pytest.mark.parametrize("channels_last", [False, True])
def test_a_model_computes_what_onnx_says(name: str, channels_last: bool) -> None:
    model = with_random_weights(onnx.load(MODELS / name, load_external_data=False), 0)
    feeds = random_inputs(model, 1)
    results: Any = ReferenceEvaluator(model).run(None, feeds)
    wanted = results[0]
    with torch.inference_mode():
        ours = TorchModel(model, "cpu", torch.float32, channels_last)
        (made,) = ours(ours.feeds(feeds))
    assert np.abs(made.numpy() - wanted).max() <= 1e-4 * np.abs(wanted).max()


def test_a_whole_model_has_one_time_for_each_session() -> None:
    path = MODELS / "var_resnet18_opset7.ts.onnx"
    model = with_random_weights(onnx.load(path, load_external_data=False), 0)
    seconds = cpu().time_model(model, 2)
    assert len(seconds) == 2
    assert min(seconds) > 0


def test_an_operator_without_a_function_is_one_line() -> None:
    model = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["": 18]> g (float[4] x) => (float[4] y) { y = Hardmax(x) }'
    )
    with pytest.raises(MeasureError, match="no function for the operator Hardmax"):
        cpu().time_model(model, 1)


def test_provenance_names_the_cpu_and_the_versions() -> None:
    found = cpu().provenance()
    assert found.runtime == f"PyTorch {torch.__version__} eager"
    assert found.versions["torch"] == torch.__version__
    assert found.device
    assert found.threads == 1
    assert found.simd in (128, 256, 512)
    assert found.memory > 0


@pytest.mark.parametrize(
    ("device", "dtype", "graph", "line"),
    [
        ("gpu", "float", False, 'device "gpu": expected cpu, cuda or cuda:N'),
        ("cpu", "flaot16", False, 'did you mean "float16"?'),
        ("cpu", "tf32", False, "tf32 is a mode of CUDA devices, not of cpu"),
        ("cpu", "float", True, "a CUDA graph needs the device cuda, not cpu"),
    ],
)
def test_a_wrong_setting_is_one_line(device: str, dtype: str, graph: bool, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        Torch(device, dtype, 1, graph)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_gpu_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="no CUDA device"):
        Torch("cuda", "float", 1, graph=False)


def test_graphs_need_a_torch_that_times_inside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "__version__", "2.7.1+cu128")
    with pytest.raises(UsageError, match=r"needs torch 2\.8 or later, not 2\.7\.1"):
        Torch("cuda", "float16", 1, graph=True)


def test_a_missing_torch_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UsageError) as caught:
        Torch("cpu", "float", 1, graph=False)
    assert str(caught.value) == 'torch is not installed: pip install "archlint[torch]"'


def test_half_precision_is_built_in_half_precision() -> None:
    (kernel,) = kernels("Conv 8>16 k3x3 @6x6 2B")
    with torch.inference_mode():
        call = make_call(kernel, Tensors("cpu", torch.bfloat16, channels_last=True))
        assert call.run(*call.inputs).dtype == torch.bfloat16
