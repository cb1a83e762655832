"""Models by the thousand on a cluster of which a worker is killed: each comes out, and once.

`python benchmarks/scale.py dask` lints 10,000 small models on a Dask cluster of two workers on
this machine, `... ray` 1,000 on Ray, `... processes` on a pool of two processes (`--models` for
other numbers).  A third of the way one of the workers is killed with SIGKILL.  It ends with code
1 unless each model has one report, which says what `archlint.lint` says of a model of its kind.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import onnx
from onnx import TensorProto, helper

import archlint

WORKERS = 2
MODELS = {"dask": 10_000, "ray": 1_000, "processes": 1_000}
WIDTHS = range(8, 72, 4)
SIZES = (14, 28, 56)

Kill = Callable[[], int]
"""Kills a worker and says which process it was."""


def net(number: int) -> onnx.ModelProto:
    """Three convs; there are as many kinds as widths and sizes."""
    width, size = kind(number)
    nodes, weights, last, channels = [], [], "x", 3
    for each in range(3):
        weights.append(TensorProto(name=f"w{each}", data_type=1, dims=(width, channels, 3, 3)))
        nodes += [
            helper.make_node("Conv", [last, f"w{each}"], [f"c{each}"], pads=[1, 1, 1, 1]),
            helper.make_node("Relu", [f"c{each}"], [f"r{each}"]),
        ]
        last, channels = f"r{each}", width
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        f"net_{number}",
        [value("x", 1, (1, 3, size, size))],
        [value(last, 1, (1, width, size, size))],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def kind(number: int) -> tuple[int, int]:
    """The width and the size of a model."""
    return WIDTHS[number % len(WIDTHS)], SIZES[number % len(SIZES)]


@cache
def expected(number: int) -> float:
    """Seconds that a model of each kind takes, as this process predicts them."""
    return seconds(archlint.lint(net(number)))


def seconds(report: archlint.Report) -> float:
    return report.models[0].targets[0].predicted


def kill(process: int) -> int:
    os.kill(process, signal.SIGKILL)
    return process


@contextmanager
def dask() -> Iterator[tuple[Executor, Kill]]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=1) as cluster,
        Client(cluster) as client,
    ):
        yield client.get_executor(), lambda: kill(next(iter(client.run(os.getpid).values())))


@contextmanager
def ray() -> Iterator[tuple[Executor, Kill]]:
    import ray

    @ray.remote
    def call(function: Callable[..., object], *args: object) -> object:
        return function(*args)

    class OnRay(Executor):
        def submit(self, function: Callable[..., object], /, *args: object) -> Future[object]:
            return call.remote(function, *args).future()

    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
    # workers are kept for the next call
    yield OnRay(), lambda: kill(ray.get(call.remote(os.getpid)))
    ray.shutdown()


@contextmanager
def processes() -> Iterator[tuple[Executor, Kill]]:
    with ProcessPoolExecutor(WORKERS) as pool:
        yield pool, lambda: kill(next(iter(pool._processes)))


CLUSTERS = {"dask": dask, "ray": ray, "processes": processes}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cluster", choices=CLUSTERS)
    parser.add_argument("--models", type=int)
    asked = parser.parse_args()
    count = asked.models or MODELS[asked.cluster]
    with TemporaryDirectory() as folder, CLUSTERS[asked.cluster]() as (executor, kill_one):
        paths = {Path(folder, f"{number}.onnx"): number for number in range(count)}
        for path, number in paths.items():
            onnx.save(net(number), path)
        came: Counter[Path] = Counter()
        wrong, killed, start = [], 0, monotonic()
        for path, report in archlint.lint_many(paths, executor=executor):
            came[path] += 1
            if report.errors:
                wrong += report.errors
            elif seconds(report) != expected(paths[path] % (len(WIDTHS) * len(SIZES))):
                wrong.append(f"{path.name}: another prediction than in this process")
            if not killed and len(came) > count // 3:
                killed = kill_one()
        took = monotonic() - start
    print(
        f"{asked.cluster}, {WORKERS} workers, one (process {killed}) killed on the way: "
        f"{count:,} models, {came.total():,} results, of {len(came):,} models, "
        f"{len(wrong)} wrong; {count / took:.0f} models a second"
    )
    for each in wrong[:9]:
        print(each)
    return int(bool(wrong) or not killed or set(came.values()) != {1} or len(came) != count)


if __name__ == "__main__":
    sys.exit(main())
