"""Published times of networks, their kernels, and what is believed of a GPU before them."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.measure.fit.infer import Believed
from archlint.measure.fit.network_row import NetworkRow

__all__ = [
    "FACTS", "LOWERINGS", "PUBLISHED", "Priors", "Published", "file_of",
    "kernels_file", "rows_of",
]  # fmt: skip

_WEIGHTED = frozenset({"conv", "depthwise", "group", "matrix", "transposed"})
_UPDATED = 14
"""Bytes that an update moves for each byte of a weight in half precision."""
_ON_CPU = 1e-10
"""Seconds that all cores of a laptop need for an element: of what is computed, or of a function."""

FACTS = Path(__file__).parent / "facts" / "published"


class Lowering(NamedTuple):
    """A target by whose passes networks were lowered, at a batch.

    For throughput that is more than one, so that strides tell the batch.
    """

    target: str
    batch: int = 2


LOWERINGS: Mapping[str, Lowering] = {
    "kernels": Lowering("rtx4090-torch2.9-amp"),
    "kernels-nhwc": Lowering("rtx4090-torch2.4-amp-nhwc"),
    "kernels-compiled": Lowering("rtx4090-torch2.9-compiled-amp"),
    "kernels-compiled-cpu": Lowering("i7-12700h-torch2.4-compiled-fp32", batch=1),
    "kernels-training": Lowering("rtx3090-torch1.12-amp-training"),
}
"""By the name of the file of kernels in the facts."""


@dataclass(frozen=True, slots=True)
class Published:
    """A target and the file of times that it is built from; its limits as the vendor states them.

    FLOPs are those of half precision on tensor cores (accumulated in half precision) or of the
    vector units of all cores, bandwidth that of the memory.  `deployed` says that branches were
    folded before (RepVGG and its like): the times tell.  `kernels` are those of its runtime.
    """

    times: str
    flops: float
    bandwidth: float
    deployed: bool = True
    kernels: str = "kernels"

    @property
    def lowered_at(self) -> int:
        """The batch of its kernels in the facts."""
        return LOWERINGS[self.kernels].batch


PUBLISHED: Mapping[str, Published] = {
    "rtx3090-torch2.4-amp": Published("rtx3090-torch2.4-amp-nchw", 142e12, 936e9, deployed=False),
    "rtx3090-torch2.4-amp-nhwc": Published(
        "rtx3090-torch2.4-amp-nhwc", 142e12, 936e9, deployed=False, kernels="kernels-nhwc"
    ),
    "rtx4090-torch2.4-amp-nhwc": Published(
        "rtx4090-torch2.4-amp-nhwc", 330e12, 1008e9, deployed=False, kernels="kernels-nhwc"
    ),
    "rtx4090-torch2.9-amp": Published("rtx4090-torch2.9-amp-nchw", 330e12, 1008e9),
    "rtx5090-torch2.9-amp": Published("rtx5090-torch2.9-amp-nchw", 419e12, 1792e9),
    "rtxpro6000maxq-torch2.9-amp": Published("rtxpro6000maxq-torch2.9-amp-nchw", 419e12, 1792e9),
    "rtx4090-torch2.9-compiled-amp": Published(
        "rtx4090-torch2.9-amp-nchw-compiled", 330e12, 1008e9, kernels="kernels-compiled"
    ),
    "rtx5090-torch2.9-compiled-amp": Published(
        "rtx5090-torch2.9-amp-nchw-compiled", 419e12, 1792e9, kernels="kernels-compiled"
    ),
    "rtxpro6000maxq-torch2.9-compiled-bf16": Published(
        "rtxpro6000maxq-torch2.9-bf16-nchw-compiled", 419e12, 1792e9, kernels="kernels-compiled"
    ),
    "i7-12700h-torch2.4-compiled-fp32": Published(
        "i7-12700h-torch2.4-fp32-compiled", 0.7e12, 77e9, deployed=False,
        kernels="kernels-compiled-cpu",
    ),
    "rtx3090-torch1.12-amp-training": Published(
        "rtx3090-torch1.12-amp-nchw-training", 142e12, 936e9, deployed=False,
        kernels="kernels-training",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Priors:
    """What is believed of a device before any network: shares of its stated limits.

    `trains` says that each kernel stands for those of a training step, its weights for what
    updates them; `is_cpu` that weights come from memory, and functions take time; `fuses` that
    kernels hold functions whose time memory does not hide.
    """

    flops: float
    bandwidth: float
    trains: bool = False
    is_cpu: bool = False
    fuses: bool = False

    @classmethod
    def of(cls, published: Published) -> Priors:
        """What is believed of the device of these times."""
        made_for = published.kernels
        return cls(
            published.flops, published.bandwidth, trains=made_for == "kernels-training",
            is_cpu=made_for == "kernels-compiled-cpu", fuses=made_for == "kernels-compiled",
        )  # fmt: skip

    def __call__(self, variety: str) -> Mapping[str, Believed]:
        """The terms of a variety of kernels."""
        found, kind = dict(self._terms(variety)), variety.split(" ", 1)[0]
        if kind in _WEIGHTED and not variety.startswith("matrix product of activations"):
            if self.trains:
                found["weights"] = self._traffic(1 / _UPDATED, 0.5)
            if self.is_cpu:
                found["weights"] = self._traffic(1.0, 1.0)
        elif self.is_cpu:
            found["bytes"] = self._traffic(1.0, 0.7)
            found["results"] = Believed(_ON_CPU, 1.0)
            found["fused functions"] = Believed(_ON_CPU, 1.0)
        elif self.fuses and kind in ("element-wise", "normalisation", "reduction"):
            found["fused functions"] = self._traffic(1.0, 1.0)
        return found

    def _terms(self, variety: str) -> Mapping[str, Believed]:
        kind = variety.split(" ", 1)[0]
        found = {"launch": Believed(3e-6, 0.5)}
        off_step = {"flops off step": self._work(0.5)}
        if variety.startswith("matrix product of"):
            return found | off_step | {
                "flops": self._work(0.1), "bytes": self._traffic(0.92, 0.5)
            }  # fmt: skip
        if kind in ("conv", "matrix"):
            share, hidden = (0.75, 4.0) if kind == "matrix" else (0.5, 1.5)
            return found | off_step | {
                "flops": self._work(share),
                # what tensor cores read is hidden behind what they compute
                "bytes": self._traffic(hidden, 0.5),
                "results": Believed(32 / self.flops / 0.7, 0.5),
                "flops a channel": Believed(8 / self.flops, 1.0),
                "flops a result": Believed(16 / self.flops / 0.7, 0.5),
            }  # fmt: skip
        if kind in ("group", "attention"):
            softmax = {"flops a channel": Believed(8 / self.flops / 0.3, 0.5)}
            narrow = {"flops a channel": Believed(128 / self.flops / 0.5, 0.5)}
            share = 0.6 if kind == "group" else 0.92
            if kind == "group":
                narrow["flops off sixteens"] = Believed(2 / self.flops, 1.5)
            return found | (narrow if kind == "group" else softmax) | {
                "flops": self._work(0.3), "bytes": self._traffic(share, 0.5)
            }  # fmt: skip
        if kind in ("depthwise", "transposed", "pool", "contraction", "recurrence"):
            return found | {"flops": self._work(0.03), "bytes": self._traffic(0.6, 0.5)}
        reads_twice = variety.endswith(("GroupNormalization", "InstanceNormalization"))
        if reads_twice or kind in ("transpose", "reduction", "sampling", "scan", "function"):
            return found | {"bytes": self._traffic(0.6, 0.5)}
        return found | {"bytes": self._traffic(0.92, 0.15)}

    def _work(self, share: float) -> Believed:
        return Believed(1 / self.flops / share, 0.5)

    def _traffic(self, share: float, doubt: float) -> Believed:
        return Believed(1 / self.bandwidth / share, doubt)


def rows_of(published: Published) -> list[NetworkRow]:
    """The networks that have a time and kernels."""
    rows = []
    with gzip.open(FACTS / f"{published.times}.csv.gz", "rt", encoding="utf-8") as lines:
        for each in csv.DictReader(lines):
            name = f"{each['network']} {each['image']}"
            file = file_of(name, published)
            if file is not None:
                batch = int(each["batch"])
                rows.append(NetworkRow(
                    name=name,
                    family=each["family"],
                    batch=batch,
                    seconds=float(each["ms_per_batch"]) / 1e3,
                    kernels=_times_batch(file["kernels"], batch // published.lowered_at),
                ))  # fmt: skip
    return rows


def file_of(name: str, published: Published) -> Mapping[str, Any] | None:
    """What the facts say of a network at an image, None where it was not exported."""
    network, image = name.split(" ")
    files = _files(kernels_file(published.kernels))
    own = files.get((network, int(image)))
    return files.get((f"{network}@deployed", int(image)), own) if published.deployed else own


def kernels_file(name: str) -> Path:
    """Where the kernels of one of `LOWERINGS` are."""
    return FACTS / f"{name}.jsonl.gz"


@cache
def _files(path: Path) -> Mapping[tuple[str, int], Mapping[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {(each["network"], each["image"]): each for each in map(json.loads, lines)}


def _times_batch(text: str, times: int) -> tuple[tuple[int, Kernel], ...]:
    parts = (parse_term(each) for each in text.split("; "))
    return tuple((n, k._replace(batch=k.batch * times)) for n, k in parts)
