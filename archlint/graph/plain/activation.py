"""Activations that a runtime fused into another operator."""

from __future__ import annotations

from archlint.graph.plain.parts import Parts

__all__ = ["add_activation"]

_CLIP_TAKES_INPUTS = 11
_SCALED = {"LeakyRelu": ("alpha",), "HardSigmoid": ("alpha", "beta"), "Elu": ("alpha",)}


def add_activation(parts: Parts, source: str, activation: str, numbers: list[float]) -> None:
    """Apply the activation, which has these parameters, and make the node's output."""
    made = [parts.output()]
    if activation == "Clip" and parts.opset >= _CLIP_TAKES_INPUTS:
        bounds = [parts.constant(each, parts.real) for each in numbers[:2]]
        parts.add("Clip", [source, *bounds], made)
    elif activation == "Clip":
        parts.add(
            "Clip", [source], made, attributes=dict(zip(("min", "max"), numbers, strict=False))
        )
    else:
        names = _SCALED.get(activation, ())
        parts.add(activation, [source], made, attributes=dict(zip(names, numbers, strict=False)))
