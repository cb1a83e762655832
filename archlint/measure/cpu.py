"""The CPU as it names itself."""

from __future__ import annotations

import os
import platform
from pathlib import Path

__all__ = ["cache_bytes", "cpu_name", "memory_bytes", "simd_bits"]


def _info() -> dict[str, str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    found: dict[str, str] = {}
    for key, value in pairs:
        found.setdefault(key.strip(), value.strip())
    return found


def cpu_name() -> str:
    """The model's name with its family and model numbers, or what the platform says."""
    info = _info()
    if "model name" not in info:
        return platform.processor() or platform.machine()
    numbers = f"family {info.get('cpu family', '?')}, model {info.get('model', '?')}"
    return f"{info['model name']} ({numbers})"


def simd_bits() -> int:
    """The width of a vector in bits."""
    flags = _info().get("flags", "").split()
    if "avx512f" in flags:
        return 512
    return 256 if "avx2" in flags else 128


def memory_bytes() -> int:
    """The machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def cache_bytes() -> tuple[int, int]:
    """The caches of the first core in bytes: its own second level, and the last; 0 if not told."""
    sizes: dict[int, int] = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level = int((folder / "level").read_text(encoding="ascii"))
        text = (folder / "size").read_text(encoding="ascii").strip()
        factor = {"K": 1 << 10, "M": 1 << 20}.get(text[-1:], 1)
        sizes[level] = max(sizes.get(level, 0), int(text.rstrip("KM")) * factor)
    return sizes.get(2, 0), max(sizes.items(), default=(0, 0))[1]
