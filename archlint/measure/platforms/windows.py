"""The CPU as Windows tells of it, in the registry and by its features."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from archlint.cost.cpu import Cpu
from archlint.measure.platforms.told import Told, extensions_of, numbered, vendor_of

__all__ = ["registry_values", "windows_cpu"]

_KEY = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
_VALUES = "ProcessorNameString", "VendorIdentifier", "Identifier"

_FEATURES = {
    10: "sse2", 19: "neon", 38: "sse4_2", 39: "avx", 40: "avx2", 41: "avx512f", 43: "dotprod"
}  # fmt: skip
"""By the number that `IsProcessorFeaturePresent` knows them by; of others it knows nothing."""

_X86 = re.compile(r"(?:AMD64|Intel64|x86) Family (\d+) Model (\d+) Stepping (\d+)")


def windows_cpu(name: str, vendor: str, identifier: str, flags: Iterable[str]) -> Told:
    """The CPU by the values of the registry, and the extensions that are there."""
    numbers = _X86.match(identifier)
    cpu = Cpu(
        vendor=vendor_of(vendor),
        family=int(numbers[1]) if numbers else None,
        model=int(numbers[2]) if numbers else None,
        stepping=numbers[3] if numbers else "",
        extensions=extensions_of(flags, {}),
    )
    return Told(numbered(name.strip() or identifier, cpu), cpu)


def registry_values() -> tuple[str, str, str, tuple[str, ...]]:
    """What `windows_cpu` goes by, on this machine."""
    if sys.platform != "win32":
        raise OSError("this is no Windows")
    import ctypes
    import winreg

    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _KEY) as key:
        name, vendor, identifier = (str(winreg.QueryValueEx(key, each)[0]) for each in _VALUES)
    has = ctypes.windll.kernel32.IsProcessorFeaturePresent
    return name, vendor, identifier, tuple(flag for n, flag in _FEATURES.items() if has(n))
