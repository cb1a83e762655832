"""A CPU, as exactly as it tells of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

__all__ = ["EXTENSIONS", "Cpu"]

EXTENSIONS = (
    "sse2", "sse4_2", "avx", "f16c", "fma", "avx2", "avx_vnni", "avx512f", "avx512_vnni",
    "avx512_bf16", "avx512_fp16", "amx_int8", "amx_bf16",
    "neon", "fp16", "dotprod", "i8mm", "bf16", "sve", "sve2", "sme",
)  # fmt: skip
"""What vectors and tiles compute with: of x86 as Linux calls it, then of ARM."""

_FAR = 1 << 20
"""How far apart the models are where one is not known."""


@dataclass(frozen=True, slots=True)
class Cpu:
    """What is not known is "" or None, and no `extensions` but those known to be there are.

    `family` is the vendor's number of it, `model` the number within that; of ARM's own it is the
    part, and there is no family.  `stepping` is a number, or as ARM writes it "r3p1".  `governor`
    is who sets the clock, `hypervisor` whether there is one.
    """

    vendor: str = ""
    family: int | None = None
    model: int | None = None
    stepping: str = ""
    extensions: tuple[str, ...] = ()
    governor: str = ""
    hypervisor: bool | None = None

    @staticmethod
    def parse(table: Mapping[str, Any]) -> Cpu:
        """What the `[cpu]` of a target's file says."""
        return Cpu(**{**table, "extensions": tuple(table.get("extensions", ()))})

    @property
    def table(self) -> dict[str, Any]:
        """What is known, as the `[cpu]` of a target's file."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        known = {key: value for key, value in said.items() if value not in ("", None, ())}
        return {key: [*value] if key == "extensions" else value for key, value in known.items()}

    @property
    def simd_bits(self) -> int:
        """The width of a vector in bits, the least that there is where nothing is known."""
        if "avx512f" in self.extensions:
            return 512
        return 256 if "avx2" in self.extensions else 128

    def is_relative(self, other: Cpu) -> bool:
        """Whether both are of one vendor's family."""
        return bool(self.vendor) and self._family == other._family and self.family is not None

    def likeness(self, other: Cpu) -> tuple[bool, bool, bool, int]:
        """The greater, the nearer: vendor, family, width of vectors, number of the model."""
        apart = _FAR
        if self.model is not None and other.model is not None:
            apart = abs(self.model - other.model)
        is_of_vendor = bool(self.vendor) and self.vendor == other.vendor
        same_width = self.simd_bits == other.simd_bits
        return is_of_vendor, self.is_relative(other), same_width, -apart

    @property
    def _family(self) -> tuple[str, int | None]:
        return self.vendor, self.family
