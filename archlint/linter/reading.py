"""A model as a target reads it: as it is stored, or as the architecture that it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from archlint.cost.target import Target
from archlint.errors import DtypeError
from archlint.graph.model import Model
from archlint.graph.widths import Widths, find_widths
from archlint.linter.dtype import SIGNED, model_dtype

__all__ = ["DTYPES", "Reading", "Readings", "remarks_on", "what_fits", "what_prices"]

DTYPES: Mapping[str, str] = {
    "float": "fp32", "float16": "fp16", "bfloat16": "bf16", "tf32": "tf32"
}  # fmt: skip
"""The dtypes of targets that compute with real numbers, and what people call them.

Their tables hold kernels of these numbers by one name, that of fp32.
"""

_SIGNED = "priced with uint8 data, which ONNX Runtime runs several times faster on x86"


def _measures(target: Target, stored: str) -> bool:
    """Whether it has rows of a file's products of integers between its own real numbers."""
    op = ""
    if stored.startswith("dynamic "):
        op = "DynamicQuantizeMatMul"
    elif stored.startswith(f"{target.dtype} with ") and stored.endswith("-bit weights"):
        op = "MatMulNBits"
    elif stored == f"{target.dtype} with 4-bit float weights":
        op = "MatMulBnb4"
    return any(each.name == f"matrix product {op}" for each in target.families)


def _fits(target: Target, stored: str) -> bool:
    """Whether it prices what is stored so as it is."""
    if stored == SIGNED and target.dtype == "int8":
        return target.lowering.has("signed")
    # autocast takes a network in fp32
    casts = target.dtype == "tf32" or target.lowering.autocast is not None
    return stored == target.dtype or (stored == "float" and casts)


@dataclass(frozen=True, slots=True)
class Reading:
    """A model as a target prices it; `stored` is the file's dtype where that is another one."""

    model: Model
    widths: Widths
    stored: str = ""


@dataclass(slots=True)
class Readings:
    """The readings of one model; `as_stored` allows none but of the file's own dtype."""

    model: Model
    as_stored: bool
    _made: dict[bool, Reading] = field(default_factory=dict)

    def on(self, target: Target) -> Reading:
        """The model as this target prices it; raises DtypeError where it prices no such model.

        An int8 target without rows of signed data prices them as if they were not.
        """
        stored, is_real = model_dtype(self.model), target.dtype in DTYPES
        if is_real and _measures(target, stored):
            return self._reading(in_fp32=False)
        same = stored == "" or _fits(target, stored)
        fits = is_real or (target.dtype == "int8" and stored == SIGNED)
        if same or (fits and not self.as_stored):
            read = self._reading(in_fp32=is_real and stored not in ("", "float"))
            own = stored if read.model is self.model else model_dtype(read.model)
            if not is_real or own in ("", "float"):
                return replace(read, stored="" if same else stored)
        raise DtypeError(f"{target.name} prices {target.dtype}, not {stored}", stored)

    def _reading(self, *, in_fp32: bool) -> Reading:
        if in_fp32 not in self._made:
            model = self.model
            if in_fp32:
                from archlint.graph.in_float import in_float  # few files are of another dtype

                model = in_float(model)
            self._made[in_fp32] = Reading(model, find_widths(model))
        return self._made[in_fp32]


def remarks_on(read: Sequence[tuple[Target, str]]) -> tuple[str, ...]:
    """What a report says of targets: those that price another dtype than the file's, and others.

    With each goes the file's dtype where it prices another one.
    """
    targets: dict[str, list[str]] = {}
    for target, stored in read:
        if stored:
            targets.setdefault(_read_as(target, stored), []).append(target.name)
    return tuple(
        text if len(names) == len(read) else f"{', '.join(names)}: {text}"
        for text, names in targets.items()
    ) + tuple(target.remark for target, _ in read if target.remark)


def _read_as(target: Target, stored: str) -> str:
    real = DTYPES.get(target.dtype)
    how = _SIGNED if real is None else f"priced as the same network in {real}"
    return f"the file is {stored}: {how} (--as-stored refuses it)"


def what_fits(stored: str, targets: Iterable[Target], *, as_stored: bool) -> str:
    """Which of all targets price a file of a dtype that those asked for do not."""
    every = list(targets)
    fitting = [each.name for each in every if _fits(each, stored)]
    if fitting:
        return f"for {stored}: {', '.join(fitting)}"
    if as_stored:
        return f"no target for {stored}"
    real = ", ".join(each.name for each in every if each.dtype in DTYPES)
    return f"no target for {stored}; the same network in another dtype is priced by {real}"


def what_prices(batch: int | None, targets: Iterable[Target]) -> str:
    """Which of all targets price a float model at a batch that those asked for do not."""
    names = [each.name for each in targets if each.dtype in DTYPES and each.prices(batch)]
    return f"for batch {batch}: {', '.join(names)}" if names else ""
