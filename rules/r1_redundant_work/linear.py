"""Operators that are linear in what they read: convs of a place's channels, interpolations."""

from __future__ import annotations

from math import prod

from archlint.plugin import Operator

__all__ = ["is_interpolation", "is_pointwise", "is_upsampling", "resized_axes"]


def is_pointwise(op: Operator) -> bool:
    """Whether it is a 1x1 conv of a known size with constant weights, stride 1 and no padding."""
    if op.op_type != "Conv" or op.domain or op.malformed or op.weight is None:
        return False
    if op.weight.quantised:
        return False  # its products are rounded where they are made
    if len(op.activations) != 1 or op.activations[0].shape is None or op.output.shape is None:
        return False
    window = (op.weight.shape or ())[2:]
    pads, strides = op.attributes.get("pads") or (0,), op.attributes.get("strides") or (1,)
    if not isinstance(pads, tuple) or not isinstance(strides, tuple):
        return False
    return set(window) == {1} and not any(pads) and set(strides) == {1}


def is_interpolation(op: Operator) -> bool:
    """Whether each element it makes is a weighted mean of elements of one channel.

    So are nearest, linear and cubic resizing of the map, whatever their coordinates; but not a
    crop that fills in a value from outside.
    """
    if op.op_type not in ("Resize", "Upsample") or op.domain or op.malformed or not op.activations:
        return False
    before, after = op.activations[0].shape, op.output.shape
    if before is None or after is None or len(before) < 3 or before[:2] != after[:2]:
        return False
    if op.attributes.get("coordinate_transformation_mode") == "tf_crop_and_resize":
        return False
    return _scales_places_alone(op, len(before))


def _scales_places_alone(op: Operator, rank: int) -> bool:
    """Whether its scale of batch and channels is one: as many of them may still be mixed ones."""
    scales = op.attributes.get("scales")
    place = 1 if op.op_type == "Upsample" or len(op.inputs) == 2 else 2
    given = op.inputs[place] if len(op.inputs) > place else None
    if given is not None and given.shape != (0,):
        scales = given.values
        if scales is None:
            return False
    if not isinstance(scales, tuple):
        return True  # sizes are given, and those of batch and channels are what they were
    axes = resized_axes(op, rank)
    if len(scales) != len(axes):
        return False
    pairs = zip(axes, scales, strict=True)
    return all(scale == 1 for axis, scale in pairs if axis < 2)


def resized_axes(op: Operator, rank: int) -> tuple[int, ...]:
    """The axes that the sizes or scales of a resizing are of."""
    axes = op.attributes.get("axes")
    if not isinstance(axes, tuple) or not axes:
        return tuple(range(rank))
    return tuple(int(axis) % rank for axis in axes)


def is_upsampling(op: Operator) -> bool:
    """Whether it is an interpolation to a larger map."""
    return is_interpolation(op) and prod(op.output.shape or ()) > (op.activations[0].elements or 0)
