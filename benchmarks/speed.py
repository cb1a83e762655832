"""Time and memory of whole `archlint` processes, as ratios within one run.

Run from the repository: `python benchmarks/speed.py [PART ...]`; parts are start, target,
weights, scale, many, jobs and cached.
Commands that are compared run alternately; figures are medians.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from statistics import median

import onnx
from onnx import TensorProto, helper

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "onnx"
MEASURED = "epyc-milan-ort-fp32-1t"
CACHED = [sys.executable, "-m", "archlint", "--isolated", "--fail-on", "never", "-q"]
LINT = [*CACHED, "--no-cache"]
MiB = 2**20


def run(command: Sequence[str]) -> tuple[float, float]:
    """Wall seconds and peak resident bytes of a process; raises if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}")
    return seconds, usage.ru_maxrss * 1024.0


def alternate(
    first: Sequence[str], second: Sequence[str], runs: int
) -> tuple[float, float, float, float, float]:
    """Median seconds of both, the median of the paired ratios, median peak bytes of both."""
    pairs = [(run(first), run(second)) for _ in range(runs)]
    return (
        median(a[0] for a, _ in pairs),
        median(b[0] for _, b in pairs),
        median(a[0] / b[0] for a, b in pairs),
        median(a[1] for a, _ in pairs),
        median(b[1] for _, b in pairs),
    )


def start() -> None:
    """A lint of an example beside the imports that it cannot do without.

    Where the batch is assumed, the model is judged at another usual batch too.
    """
    imports = [sys.executable, "-c", "import onnx, networkx, typer"]
    cases = [
        (name, batch)
        for name in ("resnet50", "mobilenet_v2", "nasnet_a_small")
        for batch in (["--batch", "1"], [])
    ]
    for name, batch in cases:
        lint, bare, ratio, memory, least = alternate(
            [*LINT, "--target", MEASURED, *batch, str(EXAMPLES / f"{name}.onnx")], imports, runs=11
        )
        size = "batch 1" if batch else "batch assumed"
        print(
            f"{name}, {size}: {lint:.2f} s, imports alone {bare:.2f} s: {ratio:.2f} times;"
            f" {memory / MiB:.0f} and {least / MiB:.0f} MiB"
        )


def target() -> None:
    """A lint on a target with thousands of measured rows beside one on a paper's 51."""
    for name in ("resnet50", "mobilenet_v2", "nasnet_a_small"):
        model = ["--batch", "1", str(EXAMPLES / f"{name}.onnx"), "--target"]
        measured, paper, _, _, _ = alternate(
            [*LINT, *model, MEASURED], [*LINT, *model, "gtx1080ti-cudnn7-fp32"], runs=15
        )
        print(f"{name}, {MEASURED}: {measured:.3f} s, {(measured - paper) * 1e3:+.0f} ms")
    command = [sys.executable, __file__, "prices"]
    runs = [subprocess.run(command, stdout=subprocess.PIPE, check=True) for _ in range(15)]
    seconds = [float(each.stdout) for each in runs]
    print(
        f"of that, to read the tables and fit what ResNet-50 needs: {median(seconds) * 1e3:.0f} ms"
    )


def first_prices() -> float:
    """Seconds from a target's file to the first prices of ResNet-50's kernels."""
    # here, for this file's own process must stay small: see `make`
    from archlint.cost.kernels.kernel import parse_chain
    from archlint.cost.lowering.lower import lower
    from archlint.cost.pricer import Pricer
    from archlint.cost.target import load_target
    from archlint.cost.target_files import SHIPPED, files_of
    from archlint.graph.reader import read_model

    files = files_of(SHIPPED / MEASURED)
    model = read_model(str(EXAMPLES / "resnet50.onnx"), batch=1)
    kernels = [each.kernel for each in lower(model, load_target(files).lowering).kernels]
    parse_chain.cache_clear()
    started = time.perf_counter()
    Pricer(load_target(files)).total(kernels)
    return time.perf_counter() - started


def heavy(_: int) -> onnx.ModelProto:
    """VGG-16 with payloads of about 1 GB (its own would be 553 MB)."""
    model = onnx.load(EXAMPLES / "vgg16.onnx")
    for each in model.graph.initializer:
        if each.data_type == TensorProto.FLOAT:
            each.raw_data = bytes(8 * prod(each.dims))
    return model


def weights() -> None:
    """A model with 1 GB of weights beside its twin without."""
    with tempfile.TemporaryDirectory() as folder:
        file, twin = Path(folder) / "heavy.onnx", EXAMPLES / "vgg16.onnx"
        make(heavy, 0, file)
        a, b, ratio, memory, least = alternate([*LINT, str(file)], [*LINT, str(twin)], runs=7)
        print(
            f"{file.stat().st_size / 1e9:.2f} GB of weights: {a:.2f} s, without {b:.2f} s:"
            f" {ratio:.2f} times; {(memory - least) / MiB:+.0f} MiB"
        )


def chain(operators: int) -> onnx.ModelProto:
    """Conv, Relu, Conv, Relu ..."""
    nodes, value = [], "x"
    for number in range(operators):
        if number % 2 == 0:
            nodes.append(helper.make_node("Conv", [value, "w"], [f"v{number}"]))
        else:
            nodes.append(helper.make_node("Relu", [value], [f"v{number}"]))
        value = f"v{number}"
    return _model(nodes, value)


def blocks(operators: int) -> onnx.ModelProto:
    """ResNet-like: two convs and a skip in each block."""
    nodes, value = [], "x"
    for number in range(operators // 6):
        names = [f"v{number}_{step}" for step in range(6)]
        nodes += [
            helper.make_node("Conv", [value, "w"], [names[0]]),
            helper.make_node("Relu", [names[0]], [names[1]]),
            helper.make_node("Conv", [names[1], "w"], [names[2]]),
            helper.make_node("Relu", [names[2]], [names[3]]),
            helper.make_node("Add", [names[3], value], [names[4]]),
            helper.make_node("Relu", [names[4]], [names[5]]),
        ]
        value = names[5]
    return _model(nodes, value)


def skips(operators: int) -> onnx.ModelProto:
    """Every block skips to the end, where one Concat joins them all."""
    nodes, value, ends = [], "x", []
    for number in range((operators - 1) // 3):
        names = [f"v{number}_{step}" for step in range(3)]
        nodes += [
            helper.make_node("Conv", [value, "w"], [names[0]]),
            helper.make_node("Relu", [names[0]], [names[1]]),
            helper.make_node("Relu", [names[1]], [names[2]]),
        ]
        value = names[1]
        ends.append(names[2])
    nodes.append(helper.make_node("Concat", ends, ["joined"], axis=1))
    return _model(nodes, "joined")


def copies(count: int) -> onnx.ModelProto:
    """A NASNet so many times over, side by side, with one set of weights."""
    proto = onnx.load(ROOT / "tests" / "models" / "ptcv_nasnet_4a1056.dynamo.onnx")
    graph = proto.graph
    nodes, outputs = list(graph.node), list(graph.output)
    made = {name for node in nodes for name in node.output}
    del graph.node[:], graph.output[:], graph.value_info[:]
    for number in range(count):
        for node in nodes:
            copy = graph.node.add()
            copy.CopyFrom(node)
            copy.name = f"{number}/{node.name}"
            copy.input[:] = [f"{number}/{each}" if each in made else each for each in node.input]
            copy.output[:] = [f"{number}/{each}" for each in node.output]
        for each in outputs:
            graph.output.add().CopyFrom(each)
            graph.output[-1].name = f"{number}/{each.name}"
    return proto


def many() -> None:
    """One file of thousands of operators, and many files in one call."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        make(copies, 26, file)
        operators = len(onnx.load(file).graph.node)
        found = [run([*LINT, str(file)]) for _ in range(5)]
        seconds, memory = (median(each) for each in zip(*found, strict=True))
        print(f"{operators} operators in one file: {seconds:.2f} s, {memory / MiB:.0f} MiB")
    with tempfile.TemporaryDirectory() as folder:
        fill(folder, 150)
        lint = [*LINT, "--target", MEASURED, "-j", "1"]
        one = median(run([*lint, f"{folder}/000.onnx"])[0] for _ in range(5))
        every = median(run([*lint, folder])[0] for _ in range(5))
    rate = 149 / (every - one)
    print(f"150 models in one call: {every:.2f} s, one {one:.2f} s: {rate:.0f} models a second")


def fill(folder: str, count: int) -> None:
    """Put models of the examples and the tests into a folder, over and over."""
    models = sorted([*EXAMPLES.glob("*.onnx"), *(ROOT / "tests" / "models").glob("*.onnx")])
    for number in range(count):
        source = models[number % len(models)]
        (Path(folder) / f"{number:03}.onnx").write_bytes(source.read_bytes())


def jobs() -> None:
    """Many files in one process beside as many processes as there are cores."""
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        fill(folder, 150)
        lint = [*LINT, "--target", MEASURED, folder, "-j"]
        one, all_, ratio, _, _ = alternate([*lint, "1"], [*lint, str(cores)], runs=5)
        print(f"150 models: {one:.2f} s, -j {cores} {all_:.2f} s: {ratio:.2f} times as fast")


def cached() -> None:
    """A folder of which nothing has changed, beside one file of it that is linted anew."""
    with tempfile.TemporaryDirectory() as folder:
        fill(folder, 200)
        config = Path(folder) / "archlint.toml"
        config.touch()
        lint = [each for each in CACHED if each != "--isolated"]
        lint += ["--config", str(config), "--target", MEASURED]
        first, _ = run([*lint, folder])
        every, one, _, _, _ = alternate(
            [*lint, folder], [*lint, "--no-cache", f"{folder}/000.onnx"], runs=7
        )
        print(
            f"200 models: {first:.2f} s, unchanged {every:.2f} s, one of them {one:.2f} s:"
            f" {(every - one) * 1e3:+.0f} ms"
        )


def _model(nodes: Sequence[onnx.NodeProto], output: str) -> onnx.ModelProto:
    weight = TensorProto(name="w", dims=[16, 16, 1, 1], data_type=TensorProto.FLOAT)
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 16, 14, 14])
    last = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
    graph = helper.make_graph(list(nodes), "scale", [image], [last], [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def scale() -> None:
    """Time per operator over the size of the graph, the start of a process taken off."""
    shapes: tuple[Callable[[int], onnx.ModelProto], ...] = (chain, blocks, skips)
    with tempfile.TemporaryDirectory() as folder:
        for shape in shapes:
            file = Path(folder) / "model.onnx"
            make(shape, 12, file)
            empty = median(run([*LINT, str(file)])[0] for _ in range(5))
            cells = []
            for operators in (1_000, 10_000, 50_000):
                make(shape, operators, file)
                found = [run([*LINT, str(file)]) for _ in range(5 if operators < 50_000 else 3)]
                seconds = median(each[0] for each in found) - empty
                memory = median(each[1] for each in found)
                cells.append(
                    f"{operators}: {seconds / operators * 1e6:.0f} us an operator,"
                    f" {memory / MiB:.0f} MiB"
                )
            print(f"{shape.__name__}: " + "; ".join(cells))


def make(model: Callable[[int], onnx.ModelProto], size: int, file: Path) -> None:
    """Write a model from a process of its own.

    A process starts with the peak memory of the one that it was forked from: this one must
    stay small.
    """
    subprocess.run([sys.executable, __file__, "make", model.__name__, str(size), file], check=True)


def main() -> None:
    if sys.argv[1:2] == ["make"]:
        _, _, name, size, file = sys.argv
        makers = {f.__name__: f for f in (heavy, chain, blocks, skips, copies)}
        onnx.save(makers[name](int(size)), file)
        return
    if sys.argv[1:2] == ["prices"]:
        print(first_prices())
        return
    parts = {
        "start": start, "target": target, "weights": weights, "scale": scale, "many": many,
        "jobs": jobs, "cached": cached,
    }  # fmt: skip
    for name in sys.argv[1:] or parts:
        parts[name]()


if __name__ == "__main__":
    main()
