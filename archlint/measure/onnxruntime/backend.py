"""The ONNX Runtime backend: medleys and models on CPUs, timed by the runtime's own profiler."""

from __future__ import annotations

import json
import platform
import re
import shutil
import tempfile
import weakref
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.errors import MeasureError, UsageError
from archlint.measure.backend import Backend, Provenance
from archlint.measure.cpu import cache_bytes, cpu_name, memory_bytes, simd_bits, this_cpu
from archlint.measure.onnxruntime.graph import Graph
from archlint.measure.onnxruntime.lowering import DTYPES, lowering
from archlint.measure.onnxruntime.model import closed, has_ballast, model_of, opset_of
from archlint.measure.onnxruntime.nodes import can_make
from archlint.measure.plan.company import size_of
from archlint.measure.plan.medley import Medley, Timing
from archlint.measure.plan.weight_levels import weight_levels
from archlint.measure.random_weights import random_inputs
from archlint.measure.repeated_runs import WARM_UP, repeat

__all__ = ["OnnxRuntime"]

A_NODE = 21
"""How many times the profiler's cost of a tensor read is that of a node: 4.2 us beside 0.2."""

COSTS = 5
"""How often the profiler's own cost is measured among kernels of about one size."""

_BLOCKING = frozenset({"x86_64", "AMD64"})
"""The machines whose convs ONNX Runtime runs on blocked tensors."""

_BLOCKED = re.compile(r"^\[lowering\.blocked\]\n(?:.+\n)*", re.MULTILINE)

CUT = 0.2
"""The share of runs, the longest ones, that the mean leaves out: interrupts lengthen them."""


class OnnxRuntime(Backend):
    """ONNX Runtime on the CPU with a number of threads."""

    def __init__(self, threads: int, dtype: str = "float") -> None:
        try:
            import onnxruntime
        except ImportError as fault:
            raise UsageError('onnxruntime is not installed: pip install "archlint[ort]"') from fault
        if dtype not in DTYPES:
            names = " and ".join(f'"{each}"' for each in DTYPES)
            raise UsageError(f'the ort backend measures dtypes {names}, not "{dtype}"')
        self._ort, self._threads, self._dtype = onnxruntime, threads, dtype
        self._costs: dict[int, float] = {}
        self._folder = tempfile.mkdtemp(prefix="archlint-")
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def provenance(self) -> Provenance:
        """The CPU and the version of ONNX Runtime."""
        return Provenance(
            device=cpu_name(),
            runtime=f"ONNX Runtime {self._ort.__version__}",
            versions={"onnxruntime": self._ort.__version__, "python": platform.python_version()},
            dtype=self._dtype,
            threads=self._threads,
            simd=simd_bits(),
            memory=memory_bytes(),
            cpu=this_cpu().cpu,
        )

    @property
    def block(self) -> int:
        """How many channels ONNX Runtime's blocked layout keeps together; 1 where it has none."""
        if platform.machine() not in _BLOCKING:
            return 1
        return 16 if simd_bits() >= 512 else 8

    def lowering(self) -> str:
        """What ONNX Runtime does to operators, as the `[lowering]` section of a target file."""
        text = re.sub(r"(?m)^block = \d+$", f"block = {self.block}", lowering(self._dtype))
        if self.block == 1:
            text = _BLOCKED.sub("", text)
        levels = list(weight_levels(*self.caches()))
        rotation = f"rotation = {levels}\nwhole_rotation = true"
        return re.sub(r"(?m)^rotation = .*$", rotation, text)

    def caches(self) -> tuple[int, int]:
        """The CPU's."""
        return cache_bytes()

    def runs(self, kernel: Kernel) -> bool:
        """Whether it can build this kernel."""
        return can_make(kernel)

    def time(self, medley: Medley) -> Timing:
        """Run a medley in a fresh session; raises MeasureError if the runtime refuses it."""
        parts: defaultdict[int, list[Kernel]] = defaultdict(list)
        for kernel in medley.kernels:
            parts[opset_of(kernel.op)].append(kernel)
        timings = {
            opset: self._time(replace(medley, kernels=tuple(kernels)))
            for opset, kernels in parts.items()
        }
        times = {opset: iter(timing.kernels) for opset, timing in timings.items()}
        return Timing(
            tuple(next(times[opset_of(kernel.op)]) for kernel in medley.kernels),
            sum(timing.run for timing in timings.values()),
        )

    def _time(self, medley: Medley) -> Timing:
        model, nodes = model_of(medley, self.block)
        slots, run = self._profiled(model)
        cost = self._profiling(medley) if has_ballast(medley) else self._cost(slots, run)
        net = slots - cost * _shares(model)
        return Timing(
            tuple(max(float(net[list(each)].sum()), 1e-8) for each in nodes), float(net.sum())
        )

    def time_model(self, model: onnx.ModelProto, sessions: int) -> tuple[float, ...]:
        """The median seconds of a whole model with its weights, one figure per fresh session."""
        feeds, found = random_inputs(model, seed=0), []
        content = _with_sizes(model, feeds).SerializeToString()
        for _ in range(sessions):
            session = self._session(content, optimise=True, profile=False)
            found.append(_wall(partial(session.run, None, feeds)))
        return tuple(found)

    def outputs(self, model: onnx.ModelProto) -> tuple[NDArray[Any], ...]:
        """What a whole model with its weights makes of random inputs."""
        feeds = random_inputs(model, seed=0)
        content = _with_sizes(model, feeds).SerializeToString()
        session = self._session(content, optimise=True, profile=False)
        try:
            return tuple(session.run(None, feeds))
        except Exception as fault:  # as in _session
            raise MeasureError(f"ONNX Runtime: {' '.join(str(fault).split())}") from fault

    def _profiling(self, medley: Medley) -> float:
        """Seconds that the profiler adds to a node of kernels of this size.

        What it writes finds the caches as the kernels leave them: 4 us a node among kernels of a
        few us, up to 9 among kernels of hundreds.
        """
        octave = round(mean(map(size_of, medley.kernels)))
        if octave not in self._costs:
            # ballast would hide it
            model, _ = model_of(replace(medley, footprint=0), self.block)
            found = [self._cost(*self._profiled(model)) for _ in range(COSTS)]
            self._costs[octave] = median(found)
        return self._costs[octave]

    def _cost(self, slots: NDArray[np.float64], run: Callable[[], object]) -> float:
        """What the profiler added to each of these, by a run of the same session without it."""
        plain = _wall(run) - self._call
        return max(float(slots.sum()) - plain, 0.0) / len(slots)

    @cached_property
    def _call(self) -> float:
        """Seconds that it takes to call a session that does next to nothing."""
        graph = Graph(seed=0, block=self.block)
        return _wall(self._profiled(closed(graph, "start"))[1])

    def _profiled(self, model: onnx.ModelProto) -> tuple[NDArray[np.float64], Callable[[], object]]:
        """Seconds of each node of a model in lowered form, and a run of it without the profiler."""
        feeds = {"start": np.zeros(1, dtype=np.float32)}
        session = self._session(model.SerializeToString(), optimise=False, profile=True)
        run = partial(session.run, ["end"], feeds)
        runs = repeat(run)
        slots = _slots(session.end_profiling(), len(model.graph.node), len(runs))
        return slots, run

    def _session(self, content: bytes, *, optimise: bool, profile: bool) -> Any:
        options = self._ort.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        if not optimise:
            options.graph_optimization_level = self._ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        if profile:
            options.enable_profiling = True
            options.profile_file_prefix = str(Path(self._folder) / "profile")
        try:
            return self._ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as fault:  # the runtime's own exceptions have no common base class
            raise MeasureError(f"ONNX Runtime: {' '.join(str(fault).split())}") from fault


def _shares(model: onnx.ModelProto) -> NDArray[np.float64]:
    """How many times the mean cost of the profiler each node has: it writes what a node reads."""
    told = np.array([A_NODE + len(node.input) for node in model.graph.node], dtype=float)
    shares: NDArray[np.float64] = told / told.mean()
    return shares


def _wall(run: Callable[[], object]) -> float:
    """The median seconds of a run."""
    return median(repeat(run)[WARM_UP:])


def _slots(profile: str, nodes: int, runs: int) -> NDArray[np.float64]:
    """Seconds from the start of each node to the start of the next, the warm-up left out.

    The profiler counts whole us.  Of differences between its starts the mean over runs is right
    all the same, of its slots, which it rounds down, it is not.
    """
    events = json.loads(Path(profile).read_text(encoding="utf-8"))
    Path(profile).unlink()
    kernels = [
        (int(event["ts"]), int(event["args"]["node_index"]), int(event["dur"]))
        for event in events
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time")
    ]
    if len(kernels) != nodes * runs:
        raise MeasureError("ONNX Runtime: its profile does not hold every node of every run")
    kernels.sort()
    by_run = np.array(kernels).reshape(runs, nodes, 3)[WARM_UP:]
    starts = by_run[:, :, 0]
    lengths = np.concatenate([np.diff(starts, axis=1), by_run[:, -1:, 2]], axis=1)
    slots = np.empty(nodes)
    cut = int(len(lengths) * CUT)
    slots[by_run[0, :, 1]] = np.sort(lengths, axis=0)[: len(lengths) - cut].mean(axis=0)
    seconds: NDArray[np.float64] = slots * 1e-6
    return seconds


def _with_sizes(model: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]]) -> onnx.ModelProto:
    """A copy whose inputs have the sizes of these, so that it is optimised for them."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    for given in fixed.graph.input:
        if given.name in feeds:
            shape = given.type.tensor_type.shape
            for dim, size in zip(shape.dim, feeds[given.name].shape, strict=True):
                dim.dim_value = size
    return fixed
