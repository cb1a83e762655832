"""The list of passes of each runtime: where a runtime is added."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from archlint.cost.lowering.pass_list import PassList
from archlint.cost.lowering.runtime_rules import Passes

__all__ = ["pass_list_of"]

_HOMES = {
    Passes.EAGER: "eager",
    Passes.INDUCTOR: "inductor",
    Passes.NCNN: "ncnn",
    Passes.OPENVINO: "openvino",
    Passes.ONNX_RUNTIME: "onnxruntime",
    Passes.TORCH_GPU: "torch_gpu",
    Passes.TORCH_TRAINING: "torch_training",
}


@cache
def pass_list_of(runtime: Passes) -> PassList:
    """Loaded when a target asks for it: a lint on one runtime does not pay for the others."""
    found: PassList = import_module(f"archlint.cost.lowering.runtimes.{_HOMES[runtime]}").PASSES
    return found
