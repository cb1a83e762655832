"""The cores of ARM by the numbers that they give for themselves.

From the technical reference manuals (MIDR_EL1), as Linux has them in `asm/cputype.h`.
"""

from __future__ import annotations

__all__ = ["core_name", "implementer_name"]

_IMPLEMENTERS = {
    0x41: "ARM", 0x42: "Broadcom", 0x43: "Cavium", 0x46: "Fujitsu", 0x48: "HiSilicon",
    0x4E: "NVIDIA", 0x50: "APM", 0x51: "Qualcomm", 0x53: "Samsung", 0x61: "Apple",
    0x6D: "Microsoft", 0xC0: "Ampere",
}  # fmt: skip

_CORES = {
    0xC07: "Cortex-A7", 0xC08: "Cortex-A8", 0xC09: "Cortex-A9", 0xC0F: "Cortex-A15",
    0xD03: "Cortex-A53", 0xD04: "Cortex-A35", 0xD05: "Cortex-A55", 0xD07: "Cortex-A57",
    0xD08: "Cortex-A72", 0xD09: "Cortex-A73", 0xD0A: "Cortex-A75", 0xD0B: "Cortex-A76",
    0xD0C: "Neoverse-N1", 0xD0D: "Cortex-A77", 0xD40: "Neoverse-V1", 0xD41: "Cortex-A78",
    0xD42: "Cortex-A78AE", 0xD44: "Cortex-X1", 0xD46: "Cortex-A510", 0xD47: "Cortex-A710",
    0xD48: "Cortex-X2", 0xD49: "Neoverse-N2", 0xD4A: "Neoverse-E1", 0xD4D: "Cortex-A715",
    0xD4E: "Cortex-X3", 0xD4F: "Neoverse-V2", 0xD80: "Cortex-A520", 0xD81: "Cortex-A720",
    0xD82: "Cortex-X4",
}  # fmt: skip
"""Those of ARM's own design."""


def implementer_name(number: str) -> str:
    """Who made the core, by the number as Linux writes it; of others the number."""
    return _IMPLEMENTERS.get(int(number, 16), number)


def core_name(implementer: str, part: str) -> str:
    """What a core is called, by its numbers as Linux writes them."""
    vendor = implementer_name(implementer)
    known = _CORES.get(int(part, 16)) if vendor == "ARM" and part else None
    return known or " ".join(filter(None, [vendor, part and f"part {part}"]))
