from __future__ import annotations

from archlint.cost.cpu import Cpu
from archlint.measure.platforms.macos import macos_cpu
from archlint.measure.platforms.told import Told
from archlint.measure.platforms.windows import windows_cpu

M2 = """\
machdep.cpu.brand_string: Apple M2 Pro
hw.cpufamily: -634136515
hw.perflevel0.l2cachesize: 16777216
hw.l2cachesize: 4194304
hw.optional.neon: 1
hw.optional.arm.FEAT_FP16: 1
hw.optional.arm.FEAT_DotProd: 1
hw.optional.arm.FEAT_I8MM: 1
hw.optional.arm.FEAT_BF16: 1
hw.optional.arm.FEAT_SME: 0
kern.hv_vmm_present: 0
"""

IMAC_PRO = """\
machdep.cpu.brand_string: Intel(R) Xeon(R) W-2140B CPU @ 3.20GHz
machdep.cpu.vendor: GenuineIntel
machdep.cpu.family: 6
machdep.cpu.model: 85
machdep.cpu.stepping: 4
machdep.cpu.features: FPU VME SSE SSE2 FMA SSE4.2 AVX1.0 F16C
machdep.cpu.leaf7_features: RDWRFSGS AVX2 BMI2 AVX512F AVX512DQ
hw.l2cachesize: 1048576
hw.l3cachesize: 11534336
kern.hv_vmm_present: 0
"""


def test_a_mac_of_apples_own() -> None:
    extensions = "neon", "fp16", "dotprod", "i8mm", "bf16"
    cpu = Cpu("Apple", 0xDA33D83D, extensions=extensions, hypervisor=False)
    assert macos_cpu(M2, "arm64") == Told("Apple M2 Pro", cpu, 1 << 24, 1 << 24)


def test_a_mac_of_intels() -> None:
    extensions = "sse2", "sse4_2", "avx", "f16c", "fma", "avx2", "avx512f"
    cpu = Cpu("Intel", 6, 85, "4", extensions, hypervisor=False)
    name = "Intel(R) Xeon(R) W-2140B CPU @ 3.20GHz (family 6, model 85)"
    assert macos_cpu(IMAC_PRO, "x86_64") == Told(name, cpu, 1 << 20, 11534336)


def test_a_mac_that_tells_nothing() -> None:
    assert macos_cpu("", "arm64") == Told("arm64", Cpu())


def test_windows_on_amd() -> None:
    told = windows_cpu(
        "AMD Ryzen 9 5900X 12-Core Processor            ",
        "AuthenticAMD",
        "AMD64 Family 25 Model 33 Stepping 0",
        ("sse2", "sse4_2", "avx", "avx2"),
    )
    cpu = Cpu("AMD", 25, 33, "0", ("sse2", "sse4_2", "avx", "avx2"))
    assert told == Told("AMD Ryzen 9 5900X 12-Core Processor (family 25, model 33)", cpu)


def test_windows_on_arm_has_no_numbers_of_x86() -> None:
    identifier = "ARMv8 (64-bit) Family 8 Model D4B Revision 0"
    told = windows_cpu("Snapdragon (TM) 8cx Gen 3", "Qualcomm", identifier, ("neon", "dotprod"))
    cpu = Cpu("Qualcomm", extensions=("neon", "dotprod"))
    assert told == Told("Snapdragon (TM) 8cx Gen 3", cpu)
