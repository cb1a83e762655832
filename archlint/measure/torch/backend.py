"""The torch backend: medleys and models in eager torch, on a CPU or a GPU, or as CUDA graphs."""

from __future__ import annotations

import ctypes
import platform
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.did_you_mean import did_you_mean
from archlint.errors import MeasureError, UsageError
from archlint.measure.backend import Backend, Provenance
from archlint.measure.cpu import cache_bytes, cpu_name, memory_bytes, simd_bits, this_cpu
from archlint.measure.plan.medley import Medley, Timing
from archlint.measure.plan.weight_levels import weight_levels

if TYPE_CHECKING:
    from archlint.measure.torch.medley import Step, Steps

__all__ = ["Torch"]

DTYPES = {"float": "float32", "tf32": "float32", "float16": "float16", "bfloat16": "bfloat16"}
"""What a target's dtype is to torch; "tf32" lets fp32 products and convs run in TF32."""

_DEVICE = re.compile(r"cpu|cuda(:\d+)?")


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_THRESHOLD = 32 << 20
"""Options of glibc's mallopt, and the most that it takes for the second."""


class Torch(Backend):
    """Eager torch on a CPU; on a GPU eager or, with `graph`, replayed as a CUDA graph.

    On a GPU two things take time at once, dispatching by the host and the kernels; an eager
    medley takes the larger of the two sums, and each of its kernels its share of that sum.
    `channels_last` is the memory format of images; None takes the one that convs run faster in:
    channels last where TF32 or 16-bit tensor cores compute, else torch's default.
    """

    def __init__(
        self,
        device: str,
        dtype: str,
        threads: int,
        graph: bool,
        channels_last: bool | None = None,
    ) -> None:
        try:
            import torch
        except ImportError as fault:
            raise UsageError('torch is not installed: pip install "archlint[torch]"') from fault
        self._torch: Any = torch
        self._device, self._dtype, self._threads = device, dtype, threads
        self._graph = graph
        self._cuda = device.startswith("cuda")
        self._check()
        tensor_cores = self._cuda and dtype != "float"
        self._channels_last = tensor_cores if channels_last is None else channels_last
        self._runs: dict[Kernel, bool] = {}
        if not self._cuda:
            _keep_freed_memory()

    def provenance(self) -> Provenance:
        """The CPU or GPU, and the versions of torch and of what it runs on."""
        torch = self._torch
        versions = {"torch": str(torch.__version__), "python": platform.python_version()}
        mode = "CUDA graph" if self._graph else "eager"
        runtime = f"PyTorch {torch.__version__} {mode}"
        if not self._cuda:
            versions["mkldnn"] = _mkldnn_version(torch.__config__.show())
            return Provenance(
                cpu_name(), runtime, versions, self._dtype, self._threads, simd_bits(),
                memory_bytes(), this_cpu().cpu,
            )  # fmt: skip
        versions["cuda"] = str(torch.version.cuda)
        versions["cudnn"] = str(torch.backends.cudnn.version())
        versions["driver"] = _driver_version()
        of_device = torch.cuda.get_device_properties(self._device)
        return Provenance(
            of_device.name, runtime, versions, self._dtype, self._threads, 0, of_device.total_memory
        )

    def lowering(self) -> str:
        """Eager torch folds and fuses nothing; see the file."""
        file = resources.files("archlint.measure.torch") / "lowering.toml"
        levels = list(weight_levels(*self.caches()))
        return file.read_text(encoding="utf-8") + f"rotation = {levels}\nwhole_rotation = true\n"

    def caches(self) -> tuple[int, int]:
        """The CPU's; of a GPU the cache that all its cores share."""
        if not self._cuda:
            return cache_bytes()
        of_device = self._torch.cuda.get_device_properties(self._device)
        return 0, int(of_device.L2_cache_size)

    def most_batch(self) -> int:
        """A GPU is filled by more images than a CPU."""
        return 64 if self._cuda else super().most_batch()

    def runs(self, kernel: Kernel) -> bool:
        """Whether torch has functions for this kernel."""
        from archlint.measure.torch.kernels import can_call

        if kernel not in self._runs:
            self._runs[kernel] = can_call(kernel)
        return self._runs[kernel]

    def time(self, medley: Medley) -> Timing:
        """Run a medley with fresh weights and buffers; raises MeasureError if torch refuses it."""
        with self._session():
            if not self._cuda:
                return self._time_on_cpu(medley)
            if self._graph:
                return self._time_as_graph(medley)
            dispatch, device = self.time_both(medley)
            return device if sum(device.kernels) >= sum(dispatch.kernels) else dispatch

    def time_both(self, medley: Medley) -> tuple[Timing, Timing]:
        """An eager medley on a GPU: what dispatching takes, and what the GPU takes."""
        from archlint.measure.torch.clock import EventClock, HostClock, time_steps

        with self._session():
            cuda, steps = self._torch.cuda, self._steps(medley)
            flush = self._flush()
            dispatch, dispatched = time_steps(HostClock(steps.run, cuda.synchronize))
            clock = EventClock(steps.run, cuda, flush, self._seconds_of(flush), 2 * dispatched)
            device, computed = time_steps(clock)
            return _timing(steps, dispatch, dispatched), _timing(steps, device, computed)

    def time_model(self, model: onnx.ModelProto, sessions: int) -> tuple[float, ...]:
        """The seconds of a whole model with its weights, one figure per fresh session."""
        from archlint.measure.random_weights import random_inputs
        from archlint.measure.torch.clock import GraphClock, HostClock, time_passes
        from archlint.measure.torch.model import TorchModel

        found = []
        for session in range(sessions):
            with self._session():
                run = TorchModel(model, self._device, self._type, self._channels_last)
                feeds = run.feeds(random_inputs(model, session))
                step = _bound(run, feeds)
                flush = self._flush() if self._cuda else _nothing
                if self._graph:
                    found.append(time_passes(GraphClock([step], self._torch.cuda, flush)))
                else:
                    clear = partial(self._settle, flush)
                    found.append(time_passes(HostClock([step, self._settle], clear)))
        return tuple(found)

    def outputs(self, model: onnx.ModelProto) -> tuple[NDArray[Any], ...]:
        """What a whole model with its weights makes of random inputs."""
        from archlint.measure.random_weights import random_inputs
        from archlint.measure.torch.model import TorchModel

        with self._session():
            run = TorchModel(model, self._device, self._type, self._channels_last)
            made = run(run.feeds(random_inputs(model, 0)))
            # NumPy has no bfloat16
            return tuple((each.float() if each.is_floating_point() else each).cpu().numpy()
                         for each in made)  # fmt: skip

    @property
    def _type(self) -> Any:
        return getattr(self._torch, DTYPES[self._dtype])

    def _check(self) -> None:
        torch, device, dtype = self._torch, self._device, self._dtype
        if _DEVICE.fullmatch(device) is None:
            raise UsageError(f'device "{device}": expected cpu, cuda or cuda:N')
        if dtype not in DTYPES:
            hint = did_you_mean(dtype, DTYPES)
            raise UsageError(f'dtype "{dtype}": expected one of {", ".join(DTYPES)}{hint}')
        if not self._cuda:
            if self._graph:
                raise UsageError("a CUDA graph needs the device cuda, not cpu")
            if dtype == "tf32":
                raise UsageError("tf32 is a mode of CUDA devices, not of cpu")
            return
        if not torch.cuda.is_available():
            raise UsageError("no CUDA device: torch.cuda.is_available() is False")
        if ":" in device and int(device.split(":")[1]) >= torch.cuda.device_count():
            raise UsageError(f'no device "{device}": there are {torch.cuda.device_count()}')
        if self._graph and _release(str(torch.__version__)) < (2, 8):
            raise UsageError(
                f"timing inside CUDA graphs needs torch 2.8 or later, not {torch.__version__}"
            )

    @contextmanager
    def _session(self) -> Iterator[None]:
        """Set threads, precision and device, and put them back; torch's faults become ours."""
        torch = self._torch
        matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
        before = torch.get_num_threads(), matmul.allow_tf32, cudnn.allow_tf32
        torch.set_num_threads(self._threads)
        matmul.allow_tf32 = cudnn.allow_tf32 = self._dtype == "tf32"
        try:
            with torch.inference_mode():
                if self._cuda:
                    with torch.cuda.device(self._device):
                        yield
                else:
                    yield
        except (RuntimeError, NotImplementedError, MemoryError) as fault:
            raise MeasureError(f"torch: {' '.join(str(fault).split())}") from fault
        finally:
            torch.set_num_threads(before[0])
            matmul.allow_tf32, cudnn.allow_tf32 = before[1:]

    def _steps(self, medley: Medley) -> Steps:
        from archlint.measure.torch.medley import make_steps
        from archlint.measure.torch.tensors import NoCallError, Tensors

        tensors = Tensors(self._device, self._type, self._channels_last, medley.seed)
        try:
            return make_steps(medley, tensors)
        except NoCallError as fault:
            raise MeasureError(str(fault)) from fault

    def _time_on_cpu(self, medley: Medley) -> Timing:
        from archlint.measure.torch.clock import HostClock, time_steps

        steps = self._steps(medley)
        return _timing(steps, *time_steps(HostClock(steps.run)))

    def _time_as_graph(self, medley: Medley) -> Timing:
        from archlint.measure.torch.clock import GraphClock, time_steps

        steps = self._steps(medley)
        clock = GraphClock(steps.run, self._torch.cuda, self._flush())
        return _timing(steps, *time_steps(clock))

    def _settle(self, before: Callable[[], object] | None = None) -> None:
        """Wait until the device has done all it was given, `before` included."""
        if before is not None:
            before()
        if self._cuda:
            self._torch.cuda.synchronize()

    def _flush(self) -> Step:
        """Writes twice the second-level cache, so that nothing of the last pass is left in it."""
        size = 2 * self._torch.cuda.get_device_properties(self._device).L2_cache_size
        buffer = self._torch.empty(max(size, 1), dtype=self._torch.int8, device=self._device)
        return lambda: buffer.zero_()

    def _seconds_of(self, flush: Step) -> float:
        """How long the GPU is busy with one flush."""
        cuda, times = self._torch.cuda, 20
        start, end = (cuda.Event(enable_timing=True) for _ in range(2))
        flush()
        start.record()
        for _ in range(times):
            flush()
        end.record()
        cuda.synchronize()
        return max(float(start.elapsed_time(end)) / 1e3 / times, 1e-6)


def _nothing() -> None:
    return None


def _keep_freed_memory() -> None:
    """Have glibc keep what torch frees; elsewhere nothing.

    Else it gives large blocks back to the system at moments that depend on all blocks before,
    and whatever kernel comes next is charged for the page faults: a ReLU of 34 us took 340.
    """
    try:
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGEST_THRESHOLD)
        library.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    except (OSError, TypeError, AttributeError):
        return


def _bound(run: Callable[[Any], object], feeds: Any) -> Step:
    return lambda: run(feeds)


def _timing(steps: Steps, seconds: list[float], run: float) -> Timing:
    return Timing(tuple(seconds[number] for number in steps.kernels), run)


def _release(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def _mkldnn_version(configuration: str) -> str:
    found = re.search(r"MKL-DNN v([\d.]+)", configuration)
    return found[1] if found else "none"


def _driver_version() -> str:
    """The kernel module's version, "unknown" where the system does not say."""
    try:
        text = Path("/proc/driver/nvidia/version").read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    found = re.search(r"Kernel Module\D*([\d.]+)", text)
    return found[1] if found else "unknown"
