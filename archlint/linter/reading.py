"""A model as a target reads it: as it is stored, or as the network in fp32 that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from archlint.cost.target import Target
from archlint.errors import DtypeError
from archlint.graph.in_float import in_float
from archlint.graph.model import Model
from archlint.graph.widths import Widths, find_widths
from archlint.linter.dtype import model_dtype

__all__ = ["DTYPES", "Reading", "Readings", "remarks_on"]

DTYPES: Mapping[str, str] = {
    "float": "fp32", "float16": "fp16", "bfloat16": "bf16", "tf32": "tf32"
}  # fmt: skip
"""The dtypes of targets that compute with real numbers, and what people call them.

Their tables hold kernels of these numbers by one name, that of fp32.
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """A model as a target prices it; `stored` is the file's dtype where that is another one."""

    model: Model
    widths: Widths
    stored: str = ""


@dataclass(slots=True)
class Readings:
    """The readings of one model; with `as_stored` none of another dtype than the file's."""

    model: Model
    as_stored: bool
    _made: dict[bool, Reading] = field(default_factory=dict)

    def on(self, target: Target) -> Reading:
        """The model as this target prices it; raises DtypeError where it prices no such model."""
        stored, is_real = model_dtype(self.model), target.dtype in DTYPES
        same = stored in ("", target.dtype) or (stored == "float" and target.dtype == "tf32")
        if same or (is_real and not self.as_stored):
            read = self._reading(in_fp32=is_real and stored not in ("", "float"))
            if not is_real or model_dtype(read.model) in ("", "float"):
                return replace(read, stored="" if same else stored)
        raise DtypeError(f"{target.name} prices {target.dtype}, not {stored}", stored)

    def _reading(self, *, in_fp32: bool) -> Reading:
        if in_fp32 not in self._made:
            model = in_float(self.model) if in_fp32 else self.model
            self._made[in_fp32] = Reading(model, find_widths(model))
        return self._made[in_fp32]


def remarks_on(stored: Mapping[str, str]) -> tuple[str, ...]:
    """What a report says of a file in another dtype, `stored`, than targets price; "" if not."""
    targets: dict[str, list[str]] = {}
    for target, dtype in stored.items():
        targets.setdefault(dtype, []).append(target)
    return tuple(
        f"{', '.join(names) + ': ' if len(targets) > 1 else ''}the file is {dtype}, read as the "
        "architecture that it is (--as-stored refuses it)"
        for dtype, names in targets.items()
        if dtype
    )
