"""The CPU and the memory of this machine."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from pathlib import Path

from archlint.measure.platforms.told import Told

__all__ = ["cache_bytes", "cpu_name", "gpu_names", "memory_bytes", "simd_bits", "this_cpu"]

_MOST = 1 << 16
"""Bytes that are read of a file: those of /proc/cpuinfo for 40 cores, which are alike."""


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(_MOST)
    except OSError:
        return ""
    # the last of many cores may be told of in part
    return text if len(text) < _MOST else text.rpartition("\n\n")[0]


@cache
def this_cpu() -> Told:
    """The CPU of this machine: files are read, nothing is run."""
    machine = platform.machine()
    if sys.platform == "win32":
        from archlint.measure.platforms.windows import registry_values, windows_cpu

        return windows_cpu(*registry_values())
    if sys.platform == "darwin":
        from archlint.measure.platforms.macos import macos_cpu, sysctl_text

        return macos_cpu(sysctl_text(), machine)
    from archlint.measure.platforms.linux import linux_cpu

    return linux_cpu(_read, machine)


def cpu_name() -> str:
    """What to call it: its name, with its family and model numbers where it has such."""
    return this_cpu().device


@cache
def gpu_names() -> tuple[str, ...]:
    """The NVIDIA GPUs of a machine with Linux, by their driver's word."""
    told = (_read(str(each)) for each in Path("/proc/driver/nvidia/gpus").glob("*/information"))
    return tuple(
        line.partition(":")[2].strip()
        for text in told
        for line in text.splitlines()
        if line.startswith("Model:")
    )


def simd_bits() -> int:
    """The width of a vector in bits."""
    return this_cpu().cpu.simd_bits


def memory_bytes() -> int:
    """The machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def cache_bytes() -> tuple[int, int]:
    """The caches of the first core in bytes: its own second level, and the last; 0 if not told."""
    told = this_cpu()
    return told.near, told.far
