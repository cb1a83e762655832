"""Which open maps a runtime knows to be of one size."""

from __future__ import annotations

from archlint.cost.lowering.pass_graph import Step
from archlint.graph.operator import Tensor

__all__ = ["MapOrigins"]

_Origin = tuple[tuple[str, int], ...]
"""By dim of the map: the tensor that it is as large as, and how often it was halved since."""

_HALF = 2


class MapOrigins:
    """What maps that blocked steps make are as large as.

    A conv or pool that keeps or halves what it reads blocked is known to; one that reads a plain
    tensor begins anew, even where another reads the same one.  Where nobody will ask, nothing is
    noted.
    """

    def __init__(self, *, are_asked: bool) -> None:
        self._origins: dict[str, _Origin] = {}
        self._are_asked = are_asked

    def copied(self, step: Step, source: Tensor) -> None:
        """Note that a step's map is that of a tensor."""
        if self._are_asked:
            self._origins[step.output.name] = self._of(source)

    def of_window(self, step: Step, source: Tensor | None) -> None:
        """Note what becomes of the map that a conv or pool reads blocked, None for a plain one."""
        if not self._are_asked:
            return
        own = self._own(step.output)
        if source is not None:
            own = tuple(
                (name, halved + (stride == _HALF)) if keeps else new
                for (name, halved), new, (keeps, stride) in zip(
                    self._of(source), own, _windows(step, len(own)), strict=True
                )
            )
        self._origins[step.output.name] = own

    def same(self, one: Tensor, other: Tensor) -> bool:
        """Whether two maps are known to be of one size."""
        return self._of(one) == self._of(other)

    def _of(self, tensor: Tensor) -> _Origin:
        return self._origins.get(tensor.name) or self._own(tensor)

    def _own(self, tensor: Tensor) -> _Origin:
        return tuple((tensor.name, 0) for _ in (tensor.shape or ())[2:])


def _windows(step: Step, rank: int) -> list[tuple[bool, int]]:
    """By dim, whether the padding keeps the map but for the stride, and the stride."""
    attributes, weight = step.op.attributes, step.op.weight
    shape = (weight.shape if weight is not None else None) or ()
    window = _ints(attributes.get("kernel_shape"), shape[2:] or (1,) * rank)
    strides = _ints(attributes.get("strides"), (1,) * rank)
    apart = _ints(attributes.get("dilations"), (1,) * rank)
    pads = _ints(attributes.get("pads"), (0,) * 2 * rank)
    padded = str(attributes.get("auto_pad", "")).startswith("SAME")
    return [
        (
            strides[at] <= _HALF
            and (padded or pads[at] + pads[at + rank] == (window[at] - 1) * apart[at]),
            strides[at],
        )
        for at in range(rank)
    ]


def _ints(value: object, default: tuple[int, ...]) -> tuple[int, ...]:
    if isinstance(value, tuple) and len(value) == len(default):
        return tuple(int(each) for each in value)
    return default
