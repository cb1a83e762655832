"""Published times of networks, their kernels, and what is believed of a GPU before them."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.measure.fit.infer import Believed
from archlint.measure.fit.network_row import NetworkRow

__all__ = [
    "EXPORTED", "FACTS", "PUBLISHED", "Priors", "Published", "file_of", "kernels_file", "rows_of",
]  # fmt: skip

FACTS = Path(__file__).parent / "facts" / "published"
EXPORTED = 2
"""The batch of the kernels in the facts: more than one, so that strides tell the batch."""


@dataclass(frozen=True, slots=True)
class Published:
    """A target and the file of times that it is built from; its limits as the vendor states them.

    FLOPs are those of half precision on tensor cores (accumulated in half precision), bandwidth
    that of the memory.  `deployed` says that branches were folded before (RepVGG and its like):
    the times tell.  `channels_last` says how inputs and weights lay.
    """

    times: str
    flops: float
    bandwidth: float
    deployed: bool = True
    channels_last: bool = False

    @property
    def kernels(self) -> Path:
        """The kernels of networks in this layout."""
        return kernels_file(channels_last=self.channels_last)


PUBLISHED: Mapping[str, Published] = {
    "rtx3090-torch2.4-amp": Published("rtx3090-torch2.4-amp-nchw", 142e12, 936e9, deployed=False),
    "rtx3090-torch2.4-amp-nhwc": Published(
        "rtx3090-torch2.4-amp-nhwc", 142e12, 936e9, deployed=False, channels_last=True
    ),
    "rtx4090-torch2.4-amp-nhwc": Published(
        "rtx4090-torch2.4-amp-nhwc", 330e12, 1008e9, deployed=False, channels_last=True
    ),
    "rtx4090-torch2.9-amp": Published("rtx4090-torch2.9-amp-nchw", 330e12, 1008e9),
    "rtx5090-torch2.9-amp": Published("rtx5090-torch2.9-amp-nchw", 419e12, 1792e9),
    "rtxpro6000maxq-torch2.9-amp": Published("rtxpro6000maxq-torch2.9-amp-nchw", 419e12, 1792e9),
}


@dataclass(frozen=True, slots=True)
class Priors:
    """What is believed of an eager GPU before any network: shares of its stated limits."""

    flops: float
    bandwidth: float

    def __call__(self, variety: str) -> Mapping[str, Believed]:
        """The terms of a variety of kernels."""
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
                    kernels=_at_batch(file["kernels"], batch),
                ))  # fmt: skip
    return rows


def file_of(name: str, published: Published) -> Mapping[str, Any] | None:
    """What the facts say of a network at an image, None where it was not exported."""
    network, image = name.split(" ")
    files = _files(published.kernels)
    own = files.get((network, int(image)))
    return files.get((f"{network}@deployed", int(image)), own) if published.deployed else own


def kernels_file(*, channels_last: bool) -> Path:
    """Where the kernels of networks in a layout are."""
    return FACTS / f"kernels{'-nhwc' if channels_last else ''}.jsonl.gz"


@cache
def _files(path: Path) -> Mapping[tuple[str, int], Mapping[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {(each["network"], each["image"]): each for each in map(json.loads, lines)}


def _at_batch(text: str, batch: int) -> tuple[tuple[int, Kernel], ...]:
    parts = (parse_term(each) for each in text.split("; "))
    return tuple((n, k._replace(batch=k.batch * batch // EXPORTED)) for n, k in parts)
