"""ncnn's published times of networks, by device and number of threads, and their kernels."""

from __future__ import annotations

import csv
import gzip
import tarfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, log
from statistics import median

import tomli
from ncnn_graphs import model_of
from published_facts import FACTS

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.lower import lower
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.model import Model
from archlint.graph.reader import read_model
from archlint.measure.fit.network_row import NetworkRow

__all__ = ["DEVICES", "LOWERING", "NCNN", "Device", "graphs", "settings"]

NCNN = FACTS / "ncnn"
LOWERING = NCNN / "lowering.toml"
_IMAGES = {"FastestDet": 352, "vision_transformer": 384}
"""The sizes that ncnn's benchmark runs where the graph says none."""
_FAMILIES = {
    "mobilenet_ssd": "mobilenet", "mobilenet_yolo": "mobilenet", "squeezenet_ssd": "squeezenet",
}  # fmt: skip
"""Networks that share a backbone are left out together."""
_FEWEST = 12
"""Networks of a setting from which the others learn."""


@dataclass(frozen=True, slots=True)
class Device:
    """A target, and how the table calls its device."""

    target: str
    title: str
    device: str
    threads: str
    dtype: str
    width_step: int

    @property
    def setting(self) -> tuple[str, str]:
        """What its times are found by."""
        return self.device, self.threads


def _devices() -> Mapping[str, Device]:
    with (NCNN / "devices.csv").open(encoding="utf-8") as lines:
        every = [
            Device(**{**each, "width_step": int(each["width_step"])})
            for each in csv.DictReader(lines)
        ]
    return {each.target: each for each in every}


DEVICES = _devices()


@cache
def settings() -> Mapping[tuple[str, str], tuple[NetworkRow, ...]]:
    """The networks that were timed on CPUs in fp32 or fp16, by device and threads.

    A time is the least of a run, times what the average usually is of it (the median over the
    setting's networks), for single averages are of a busy machine.  Of two runs the better one.
    """
    best: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    usual: dict[tuple[str, str], list[float]] = defaultdict(list)
    kernels = _kernels()
    with gzip.open(NCNN / "times.csv.gz", "rt", encoding="utf-8") as lines:
        for each in csv.DictReader(lines):
            least, average = float(each["ms_min"]) / 1e3, float(each["ms_avg"]) / 1e3
            name, setting = each["network"], (each["device"], each["threads"])
            if each["gpu"] in ("-1.0", "") and name in kernels and least > 0:
                best[setting][name] = min(least, best[setting].get(name, least))
                usual[setting].append(log(average / least))
    return {
        setting: tuple(
            NetworkRow(
                name, _FAMILIES.get(name, name), 1,
                seconds * exp(median(usual[setting])), kernels[name],
            )
            for name, seconds in sorted(times.items())
        )
        for setting, times in best.items()
        if len(times) >= _FEWEST
    }  # fmt: skip


@cache
def graphs() -> Mapping[str, Model]:
    """The networks in fp32 and fp16, by name."""
    found = {}
    with tarfile.open(NCNN / "graphs.tar.gz") as files:
        for member in files:
            name, file = member.name.removesuffix(".param"), files.extractfile(member)
            if file is not None and not name.endswith("_int8"):
                proto = model_of(file.read().decode(), _IMAGES.get(name, 0))
                found[name] = read_model(proto)
    return found


def _kernels() -> Mapping[str, tuple[tuple[int, Kernel], ...]]:
    """What ncnn runs of each network, by name."""
    rules = RuntimeRules.parse(tomli.loads(LOWERING.read_text(encoding="utf-8"))["lowering"])
    found = {}
    for name, model in graphs().items():
        counts = Counter[Kernel]()
        for placed in lower(model, rules).kernels:
            counts[placed.kernel] += placed.repeats
        found[name] = tuple((count, kernel) for kernel, count in counts.items())
    return found
