"""The CPU as Linux tells of it, in /proc and /sys."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archlint.cost.cpu import Cpu
from archlint.measure.platforms.arm import core_name, implementer_name
from archlint.measure.platforms.told import Told, extensions_of, numbered, vendor_of

__all__ = ["linux_cpu"]

Read = Callable[[str], str]
"""The text of a file, "" where there is none."""

_CPU0 = "/sys/devices/system/cpu/cpu0"

_ARM_FLAGS = {"asimd": "neon", "asimdhp": "fp16", "asimddp": "dotprod"}


def linux_cpu(read: Read, machine: str) -> Told:
    """The CPU; `machine` is what to call one of which no name is told."""
    blocks = [_pairs(block) for block in read("/proc/cpuinfo").split("\n\n")]
    cores = [each for each in blocks if "CPU implementer" in each]
    near, far = _caches(read)
    governor = read(f"{_CPU0}/cpufreq/scaling_governor").strip()
    if cores:
        board = read("/proc/device-tree/model").strip("\0\n ")
        board = board or next((each[key] for key in _BOARD for each in blocks if key in each), "")
        return _arm(cores, board, governor, near, far)
    first = blocks[0]
    flags = first.get("flags", "").split()
    cpu = Cpu(
        vendor=vendor_of(first.get("vendor_id", "")),
        family=_number(first, "cpu family"),
        model=_number(first, "model"),
        stepping=first.get("stepping", ""),
        extensions=extensions_of(flags, {}),
        governor=governor,
        hypervisor="hypervisor" in flags if flags else None,
    )
    return Told(numbered(first.get("model name", machine), cpu), cpu, near, far)


_BOARD = "Model", "Hardware"


def _pairs(block: str) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in block.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _number(core: dict[str, str], key: str) -> int | None:
    text = core.get(key, "")
    return int(text, 0) if text and text[0] in "0123456789" else None


def _arm(cores: Sequence[dict[str, str]], board: str, governor: str, near: int, far: int) -> Told:
    """Cores of several kinds have each kind in the name, and no model in common."""
    kinds = list(
        dict.fromkeys((each["CPU implementer"], each.get("CPU part", "")) for each in cores)
    )
    first, alone = cores[0], len(kinds) == 1
    revision = f"r{_number(first, 'CPU variant')}p{_number(first, 'CPU revision')}"
    shared = set.intersection(*(set(each.get("Features", "").split()) for each in cores))
    cpu = Cpu(
        vendor=implementer_name(kinds[0][0]) if len({one for one, _ in kinds}) == 1 else "",
        model=_number(first, "CPU part") if alone else None,
        stepping=revision if alone and "None" not in revision else "",
        extensions=extensions_of(shared, _ARM_FLAGS),
        governor=governor,
    )
    name = " + ".join(core_name(implementer, part) for implementer, part in kinds)
    return Told(f"{name} ({board})" if board else name, cpu, near, far)


def _caches(read: Read) -> tuple[int, int]:
    """The caches of the first core in bytes: its own second level, and the last."""
    sizes: dict[int, int] = {}
    for index in range(16):
        folder = f"{_CPU0}/cache/index{index}"
        level, text = read(f"{folder}/level").strip(), read(f"{folder}/size").strip()
        if not level:
            break
        if text:
            factor = {"K": 1 << 10, "M": 1 << 20}.get(text[-1], 1)
            size = int(text.rstrip("KM")) * factor
            sizes[int(level)] = max(sizes.get(int(level), 0), size)
    return sizes.get(2, 0), max(sizes.items(), default=(0, 0))[1]
