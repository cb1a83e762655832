"""Activations as the nodes that OpenVINO knows them by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import sqrt
from typing import Any

import numpy as np

from archlint.cost.kernels.ops import ACTIVATIONS
from archlint.measure.onnxruntime.graph import Made, Shape, Site

__all__ = ["ACTIVATION_MAKERS"]

Act = Callable[[Site, str, Shape], Made]


def _plain(op: str, site: Site, source: str, shape: Shape, **attributes: Any) -> Made:
    return site.made(shape, op, [source], **attributes)


def _clip(site: Site, source: str, shape: Shape) -> Made:
    return site.made(shape, "Clip", [source, _scalar(site, 0.0), _scalar(site, 6.0)])


def _prelu(site: Site, source: str, shape: Shape) -> Made:
    channels = shape[1] if len(shape) > 1 else shape[-1]
    slopes = site.graph.positive(channels, *([1] * (len(shape) - 2)))
    return site.made(shape, "PRelu", [source, slopes])


def _gated(factor: float, site: Site, source: str, shape: Shape) -> Made:
    """The product with the Sigmoid of itself."""
    nodes: tuple[int, ...] = ()
    inner = source
    if factor != 1:
        scaled = site.made(shape, "Mul", [source, _scalar(site, factor)])
        inner, nodes = scaled.output, scaled.nodes
    gate = site.made(shape, "Sigmoid", [inner])
    product = site.made(shape, "Mul", [source, gate.output])
    return Made((*nodes, *gate.nodes, *product.nodes), product.output, shape)


def _gelu(site: Site, source: str, shape: Shape) -> Made:
    """As exporters write it by Erf."""
    scaled = site.made(shape, "Div", [source, _scalar(site, sqrt(2))])
    erf = site.made(shape, "Erf", [scaled.output])
    moved = site.made(shape, "Add", [erf.output, _scalar(site, 1.0)])
    product = site.made(shape, "Mul", [source, moved.output])
    half = site.made(shape, "Mul", [product.output, _scalar(site, 0.5)])
    nodes = sum((each.nodes for each in (scaled, erf, moved, product)), ())
    return Made((*nodes, *half.nodes), half.output, shape)


def _scalar(site: Site, value: float) -> str:
    return site.graph.constant(np.array(value, dtype=np.float32))


ACTIVATION_MAKERS: Mapping[str, Act] = {
    **{op: partial(_plain, op) for op in ACTIVATIONS},
    "Clip": _clip,
    "Gelu": _gelu,
    "HardSigmoid": partial(_plain, "HardSigmoid", alpha=1 / 6, beta=0.5),
    "LeakyRelu": partial(_plain, "LeakyRelu", alpha=0.1),
    "PRelu": _prelu,
    "QuickGelu": partial(_gated, 1.702),
    "SiLU": partial(_gated, 1.0),
    "Swish": partial(_gated, 1.0),
}
"""What makes the nodes behind a tensor, by operator."""
