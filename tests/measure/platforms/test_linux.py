from __future__ import annotations

from collections.abc import Callable

import pytest

from archlint.cost.cpu import Cpu
from archlint.measure.platforms.linux import linux_cpu
from archlint.measure.platforms.told import Told

MILAN = """\
processor	: 0
vendor_id	: AuthenticAMD
cpu family	: 25
model		: 1
model name	: AMD EPYC
stepping	: 1
cache size	: 512 KB
flags		: fpu sse sse2 ht pni fma sse4_2 avx f16c rdrand hypervisor avx2 erms

processor	: 1
vendor_id	: AuthenticAMD
"""

XEON = """\
processor	: 0
vendor_id	: GenuineIntel
cpu family	: 6
model		: 143
model name	: Intel(R) Xeon(R) Platinum 8488C
stepping	: 8
flags		: fpu sse sse2 sse4_2 avx f16c fma avx2 avx512f avx_vnni avx512_bf16 avx512_vnni amx_bf16 avx512_fp16 amx_tile amx_int8
"""  # noqa: E501 - as it is

GRAVITON3 = """\
processor	: 0
BogoMIPS	: 2100.00
Features	: fp asimd evtstrm aes fphp asimdhp cpuid asimddp sve i8mm bf16 dgh rng
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x1
CPU part	: 0xd40
CPU revision	: 1

processor	: 1
BogoMIPS	: 2100.00
Features	: fp asimd evtstrm aes fphp asimdhp cpuid asimddp sve i8mm bf16 dgh rng
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x1
CPU part	: 0xd40
CPU revision	: 1
"""

PI4 = """\
processor	: 0
BogoMIPS	: 108.00
Features	: fp asimd evtstrm crc32 cpuid
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x0
CPU part	: 0xd08
CPU revision	: 3

Hardware	: BCM2835
Revision	: c03112
Model		: Raspberry Pi 4 Model B Rev 1.2
"""

ROCK5 = """\
processor	: 0
Features	: fp asimd asimdhp cpuid asimddp
CPU implementer	: 0x41
CPU variant	: 0x2
CPU part	: 0xd05
CPU revision	: 0

processor	: 4
Features	: fp asimd asimdhp cpuid asimddp
CPU implementer	: 0x41
CPU variant	: 0x4
CPU part	: 0xd0b
CPU revision	: 0
"""

OLD_ARM = """\
Processor	: ARMv7 Processor rev 4 (v7l)
processor	: 0
BogoMIPS	: 38.40

processor	: 1
BogoMIPS	: 38.40

Features	: swp half thumb fastmult vfp edsp neon vfpv3
CPU implementer	: 0x41
CPU architecture: 7
CPU variant	: 0x0
CPU part	: 0xd03
CPU revision	: 4

Hardware	: Qualcomm Technologies, Inc MSM8916
"""

NEWEST = """\
processor	: 0
Features	: fp asimd
CPU implementer	: 0xc0
CPU variant	: 0x3
CPU part	: 0xac3
CPU revision	: 0
"""

POWER = """\
processor	: 0
cpu		: POWER9, altivec supported
revision	: 2.2 (pvr 004e 1202)
"""

EVERYTHING = (
    "sse2 sse4_2 avx f16c fma avx2 avx_vnni avx512f avx512_vnni avx512_bf16 avx512_fp16 amx_int8 "
    "amx_bf16"
)


def reader(cpuinfo: str, **files: str) -> Callable[[str], str]:
    """The files of a machine; `near`, `far` and `governor` are those of its first core."""
    folder = "/sys/devices/system/cpu/cpu0"
    caches = {"1": "32K" * ("near" in files), "2": files.get("near"), "3": files.get("far")}
    told = {"/proc/cpuinfo": cpuinfo, "/proc/device-tree/model": files.get("board", "")}
    told[f"{folder}/cpufreq/scaling_governor"] = files.get("governor", "")
    for index, (level, size) in enumerate(each for each in caches.items() if each[1]):
        told[f"{folder}/cache/index{index}/level"] = f"{level}\n"
        told[f"{folder}/cache/index{index}/size"] = f"{size}\n"
    return lambda path: told.get(path, "")


@pytest.mark.parametrize(
    ("cpuinfo", "device", "cpu"),
    [
        (
            MILAN,
            "AMD EPYC (family 25, model 1)",
            Cpu("AMD", 25, 1, "1", tuple("sse2 sse4_2 avx f16c fma avx2".split()), "", True),
        ),
        (
            XEON,
            "Intel(R) Xeon(R) Platinum 8488C (family 6, model 143)",
            Cpu("Intel", 6, 143, "8", tuple(EVERYTHING.split()), "", False),
        ),
        (
            GRAVITON3,
            "Neoverse-V1",
            Cpu("ARM", None, 0xD40, "r1p1", ("neon", "fp16", "dotprod", "i8mm", "bf16", "sve")),
        ),
        (
            PI4,
            "Cortex-A72 (Raspberry Pi 4 Model B Rev 1.2)",
            Cpu("ARM", None, 0xD08, "r0p3", ("neon",)),
        ),
        (
            ROCK5,
            "Cortex-A55 + Cortex-A76",
            Cpu("ARM", extensions=("neon", "fp16", "dotprod")),
        ),
        (
            OLD_ARM,
            "Cortex-A53 (Qualcomm Technologies, Inc MSM8916)",
            Cpu("ARM", None, 0xD03, "r0p4", ("neon",)),
        ),
        (NEWEST, "Ampere part 0xac3", Cpu("Ampere", None, 0xAC3, "r3p0", ("neon",))),
        (POWER, "some machine", Cpu()),
        ("", "some machine", Cpu()),
    ],
)
def test_what_is_told_is_taken_and_nothing_else(cpuinfo: str, device: str, cpu: Cpu) -> None:
    assert linux_cpu(reader(cpuinfo), "some machine") == Told(device, cpu)


def test_caches_and_governor_are_those_of_the_first_core() -> None:
    told = linux_cpu(reader(MILAN, near="512K", far="32768K", governor="performance\n"), "x86_64")
    assert (told.near, told.far, told.cpu.governor) == (1 << 19, 1 << 25, "performance")


def test_a_board_with_a_device_tree_is_called_as_that_calls_it() -> None:
    told = linux_cpu(reader(ROCK5, near="1M", board="Radxa ROCK 5B\0"), "aarch64")
    assert told.device == "Cortex-A55 + Cortex-A76 (Radxa ROCK 5B)"
    assert (told.near, told.far) == (1 << 20, 1 << 20)


def test_a_core_that_lacks_an_extension_takes_it_from_all() -> None:
    one = ROCK5.replace(
        "asimdhp cpuid asimddp\nCPU implementer	: 0x41\nCPU variant	: 0x2",
        ("cpuid\nCPU implementer	: 0x41\nCPU variant	: 0x2"),
    )
    assert linux_cpu(reader(one), "aarch64").cpu.extensions == ("neon",)
