"""What a search loop gets: candidates a second, and how well predicted times rank networks.

`python benchmarks/search.py speed [--target NAME]` prices random networks of a MobileNet-like space
as ModelProtos and small modules.  `python benchmarks/search.py rank FILE.jsonl [--target NAME]
[--networks 500]` runs such networks on this machine by ONNX Runtime, one thread, and says how their
predicted time, FLOPs, memory access and parameters rank them beside the time measured: Spearman's
correlation and the share of pairs in order, of all and of those within a factor of 1.25.  It goes
on with what the file has; the target has to be of this machine.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from random import Random
from statistics import median

import numpy as np
import onnx

import archlint
from archlint.measure.onnxruntime.backend import OnnxRuntime
from archlint.measure.random_weights import with_random_weights
from archlint.testing import Net

TARGET = "epyc-genoa-ort-fp32-1t"
_SIDE = 160
_STAGES = ((24, 2), (40, 2), (80, 2), (112, 1), (192, 2))
_MEASURES = ("predicted", "flops", "memory access", "parameters")
_NEAR = 1.25


def candidate(seed: int) -> onnx.ModelProto:
    """A random network: inverted residuals of random depth, width, window, expansion, groups."""
    random, net = Random(seed), Net()
    x = net.op("Relu", net.conv(net.input(1, 3, _SIDE, _SIDE), 16, 3, stride=2, name="stem"))
    width, activation = 16, random.choice(("Relu", "HardSwish"))
    for stage, (base, stride) in enumerate(_STAGES):
        goal = 8 * max(1, round(base * random.choice((0.5, 0.75, 1.0, 1.25)) / 8))
        for block in range(random.randint(1, 4)):
            name = f"stages.{stage}.{block}"
            inner = width * random.choice((1, 2, 3, 4, 6))
            groups = random.choice([g for g in (1, 1, 1, 2, 4) if width % g == inner % g == 0])
            window, step = random.choice((3, 5, 7)), stride if block == 0 else 1
            y = net.conv(x, inner, groups=groups, name=f"{name}.expand")
            y = net.op(activation, y)
            y = net.conv(y, inner, window, stride=step, groups=inner, name=f"{name}.depthwise")
            y = net.op(activation, y)
            y = net.conv(y, goal, name=f"{name}.project")
            x = net.op("Add", x, y) if step == 1 and width == goal else y
            width = goal
    x = net.op("GlobalAveragePool", net.op(activation, net.conv(x, 640, name="head")))
    return net.proto(net.dense(net.op("Flatten", x), 640, 1000, name="classifier"))


def speed(target: str, count: int) -> None:
    """Candidates a second as ModelProtos, cold and warm, and as modules."""
    models = [candidate(seed) for seed in range(count)]
    pricer = archlint.Pricer(target)
    for name in ("cold", "warm"):
        start = time.perf_counter()
        for model in models:
            pricer.predict(model)
        took = (time.perf_counter() - start) / count
        operators = sum(len(model.graph.node) for model in models) / count
        print(f"ModelProto, {name}: {1e3 * took:.1f} ms each, {operators:.0f} operators")
    try:
        import torch
    except ImportError:
        return
    convs = [torch.nn.Conv2d(16, 16, 3, padding=1) for _ in range(20)]
    module, times = torch.nn.Sequential(*convs).eval(), []
    for _ in range(4):
        start = time.perf_counter()
        pricer.predict(module, (1, 16, 56, 56))
        times.append(time.perf_counter() - start)
    print(f"module of 20 convs: {times[0]:.2f} s at first, then {median(times[1:]):.2f} s")


def measure(file: Path, target: str, count: int) -> list[dict[str, float]]:
    """The rows of the file, with those of networks that it lacks."""
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    pricer, backend = archlint.Pricer(target), OnnxRuntime(threads=1)
    with file.open("a", encoding="utf-8") as out:
        for seed in range(len(rows), count):
            model = candidate(seed)
            predicted = pricer.predict(model)
            seconds = backend.time_model(with_random_weights(model, seed=0), 3)
            row = {
                "seed": seed,
                "measured": median(seconds),
                "predicted": predicted.seconds,
                "low": predicted.low,
                "high": predicted.high,
                "flops": predicted.flops,
                "memory access": predicted.mac_bytes,
                "parameters": predicted.parameters,
            }
            out.write(json.dumps(row) + "\n")
            out.flush()
            rows.append(row)
    return rows[:count]


def tell(rows: Sequence[dict[str, float]]) -> None:
    """How each measure ranks the networks."""
    measured = np.array([row["measured"] for row in rows])
    print(f"{len(rows)} networks, {1e3 * measured.min():.2f} to {1e3 * measured.max():.2f} ms")
    print(f"{'':14} Spearman  pairs in order  of those within {_NEAR}")
    pairs = list(combinations(range(len(rows)), 2))
    near = [
        (i, j)
        for i, j in pairs
        if max(measured[i], measured[j]) < _NEAR * min(measured[i], measured[j])
    ]
    for name in _MEASURES:
        values = np.array([row[name] for row in rows])
        order = [_in_order(values, measured, each) for each in (pairs, near)]
        print(f"{name:14} {_spearman(values, measured):8.3f}  {order[0]:13.1%}  {order[1]:12.1%}")
    errors = [abs(row["predicted"] / row["measured"] - 1) for row in rows]
    inside = sum(row["low"] <= row["measured"] <= row["high"] for row in rows) / len(rows)
    print(f"predicted: median error {median(errors):.1%}, in the band {inside:.0%}")


def _spearman(one: np.ndarray, other: np.ndarray) -> float:  # type: ignore[type-arg]
    ranks = [each.argsort().argsort() for each in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


def _in_order(
    values: np.ndarray,  # type: ignore[type-arg]
    measured: np.ndarray,  # type: ignore[type-arg]
    pairs: Sequence[tuple[int, int]],
) -> float:
    right = [(values[i] - values[j]) * (measured[i] - measured[j]) > 0 for i, j in pairs]
    return sum(right) / len(right) if right else float("nan")


def main() -> None:
    """Answer the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("speed", "rank"))
    parser.add_argument("file", nargs="?", type=Path, default=Path("search.jsonl"))
    parser.add_argument("--target", default=TARGET)
    parser.add_argument("--networks", type=int, default=500)
    asked = parser.parse_args()
    if asked.what == "speed":
        speed(asked.target, asked.networks)
    else:
        tell(measure(asked.file, asked.target, asked.networks))


if __name__ == "__main__":
    main()
