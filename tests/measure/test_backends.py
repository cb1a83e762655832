from __future__ import annotations

from dataclasses import replace

import pytest

from archlint.cost.target import load_target
from archlint.errors import UsageError
from archlint.measure.backends import Settings, backend_of, make_backend
from tests.cost.paper_targets import FILES, GPU

MEASURED = sorted(name for name in FILES if name.startswith("epyc-"))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (Settings("ort", "cuda"), "--backend ort measures CPUs"),
        (Settings("torch", "cpu", mode="graph"), "--mode is for GPUs"),
        (Settings("torch", "cuda", threads=2), "--threads is for CPUs"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings: Settings, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        make_backend(settings)


@pytest.mark.parametrize("name", MEASURED)
def test_a_target_is_run_on_what_it_was_measured_on(name: str) -> None:
    target = load_target(FILES[name])
    package = "torch" if "torch" in name else "onnxruntime"
    pytest.importorskip(package, reason=f"{name} was measured with {package}")
    told = backend_of(target).provenance()
    assert told.runtime.split()[0] == target.runtime.split()[0]
    assert (told.dtype, str(told.threads)) == (target.dtype, target.threads)


def test_a_target_of_the_paper_cannot_be_run_here() -> None:
    with pytest.raises(UsageError, match="gtx1080ti-cudnn7-fp32 was not measured by archlint"):
        backend_of(GPU)


def test_a_gpu_that_is_not_there_is_one_clear_line() -> None:
    torch = pytest.importorskip("torch", reason="needs torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    graphs = replace(GPU, runtime="PyTorch 2.9.0 CUDA graph", threads="")
    with pytest.raises(UsageError) as caught:
        backend_of(graphs)
    assert "\n" not in str(caught.value)
