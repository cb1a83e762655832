"""The OpenVINO backend: medleys and models on CPUs, timed by the runtime's own counters."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cached_property, partial
from importlib import resources
from statistics import mean, median
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.ops import REORDERS
from archlint.errors import MeasureError, UsageError
from archlint.measure.backend import Backend, Provenance
from archlint.measure.cpu import cache_bytes, cpu_name, memory_bytes, simd_bits, this_cpu
from archlint.measure.openvino.executed import executed_graph, members_of
from archlint.measure.openvino.graph import ChainedGraph
from archlint.measure.openvino.model import OPSET, model_of
from archlint.measure.openvino.nodes import can_make
from archlint.measure.plan.medley import Medley, Timing
from archlint.measure.plan.weight_levels import weight_levels
from archlint.measure.random_weights import random_inputs
from archlint.measure.repeated_runs import WARM_UP, repeat

__all__ = ["OpenVino"]

LEAST = 1e-8
"""Seconds of what is too short to be told."""


class OpenVino(Backend):
    """OpenVINO on the CPU with a number of threads, in fp32 whatever the CPU has besides."""

    def __init__(self, threads: int, dtype: str = "float") -> None:
        try:
            import openvino
        except ImportError as fault:
            raise UsageError(
                'openvino is not installed: pip install "archlint[openvino]"'
            ) from fault
        if dtype != "float":
            raise UsageError(f'the openvino backend measures dtype "float", not "{dtype}"')
        self._version = str(openvino.__version__).split("-")[0]
        self._core, self._threads = openvino.Core(), threads

    def provenance(self) -> Provenance:
        """The CPU and the version of OpenVINO."""
        return Provenance(
            device=cpu_name(),
            runtime=f"OpenVINO {self._version}",
            versions={"openvino": self._version, "python": platform.python_version()},
            dtype="float",
            threads=self._threads,
            simd=simd_bits(),
            memory=memory_bytes(),
            cpu=this_cpu().cpu,
        )

    def lowering(self) -> str:
        """What OpenVINO does to operators, as the `[lowering]` section of a target file."""
        text = (resources.files(__package__) / "lowering.toml").read_text(encoding="utf-8")
        return text.replace("rotation = []", f"rotation = {list(weight_levels(*self.caches()))}")

    def caches(self) -> tuple[int, int]:
        """The CPU's."""
        return cache_bytes()

    def runs(self, kernel: Kernel) -> bool:
        """Whether it can build this kernel."""
        return can_make(kernel)

    def time(self, medley: Medley) -> Timing:
        """Run a medley in a fresh session; raises MeasureError if the runtime refuses it."""
        model, names = model_of(medley)
        compiled = self._compiled(model.SerializeToString())
        graph, seconds = executed_graph(compiled), self._counted(compiled)
        known = frozenset(node.name for node in model.graph.node)
        found = []
        for kernel, own in zip(medley.kernels, names, strict=True):
            nodes = members_of(own, known, graph, reorder=kernel.op in REORDERS)
            if not nodes:
                raise MeasureError(f"OpenVINO: it runs nothing for {kernel.text}")
            found.append(max(sum(seconds.get(name, 0.0) for name in nodes), LEAST))
        return Timing(tuple(found), sum(seconds.values()))

    def time_model(self, model: onnx.ModelProto, sessions: int) -> tuple[float, ...]:
        """The median seconds of a whole model with its weights, one figure per fresh session."""
        feeds, found = random_inputs(model, seed=0), []
        content = model.SerializeToString()
        for _ in range(sessions):
            request = self._compiled(content, feeds).create_infer_request()
            run = partial(request.infer, feeds, share_inputs=True, share_outputs=True)
            found.append(median(repeat(run)[WARM_UP:]))
        return tuple(found)

    def outputs(self, model: onnx.ModelProto) -> tuple[NDArray[Any], ...]:
        """What a whole model with its weights makes of random inputs."""
        feeds = random_inputs(model, seed=0)
        request = self._compiled(model.SerializeToString(), feeds).create_infer_request()
        return tuple(np.array(each) for each in request.infer(feeds).values())

    def _counted(self, compiled: Any) -> dict[str, float]:
        """Seconds of each node that runs.

        OpenVINO counts whole us, rounded down: what its counters miss of a run, every node has in
        equal parts.
        """
        request = compiled.create_infer_request()
        run = partial(request.infer, {"start": np.ones(1, np.float32)}, share_outputs=True)
        for _ in range(WARM_UP):
            run()
        early, walls = _totals(request, WARM_UP), repeat(run)
        late = _totals(request, WARM_UP + len(walls))
        seconds = {
            name: (total - early.get(name, 0.0)) / len(walls) for name, total in late.items()
        }
        missed = (mean(walls) - self._call - sum(seconds.values())) / max(len(seconds), 1)
        return {name: each + missed for name, each in seconds.items()}

    @cached_property
    def _call(self) -> float:
        """Seconds that it takes to call a model that does next to nothing."""
        graph = ChainedGraph(seed=0)
        graph.wait_for(graph.fresh(1), 1)
        request = self._compiled(graph.model(OPSET).SerializeToString()).create_infer_request()
        return mean(repeat(partial(request.infer, {"start": np.ones(1, np.float32)}))[WARM_UP:])

    def _compiled(self, content: bytes, feeds: Mapping[str, NDArray[Any]] | None = None) -> Any:
        """A model compiled for one request after the other, of the sizes of these feeds."""
        settings = {
            "INFERENCE_NUM_THREADS": self._threads,
            "INFERENCE_PRECISION_HINT": "f32",
            "NUM_STREAMS": 1,
            "PERF_COUNT": feeds is None,
            "PERFORMANCE_HINT": "LATENCY",
        }
        try:
            model = self._core.read_model(content)
            if feeds is not None:
                model.reshape({name: each.shape for name, each in feeds.items()})
            return self._core.compile_model(model, "CPU", settings)
        except Exception as fault:  # the runtime's own exceptions have no common base class
            raise MeasureError(f"OpenVINO: {' '.join(str(fault).split())}") from fault


def _totals(request: Any, runs: int) -> dict[str, float]:
    """Seconds of each node that runs, over all runs so far; the counters tell the mean."""
    return {
        each.node_name: each.real_time.total_seconds() * runs
        for each in request.get_profiling_info()
        if each.status.name == "EXECUTED"
    }
