"""The CPU as macOS tells of it, by sysctl."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

from archlint.cost.cpu import Cpu
from archlint.measure.platforms.told import Told, extensions_of, numbered, vendor_of

__all__ = ["macos_cpu", "sysctl_text"]

_TEXTS = (
    "machdep.cpu.brand_string", "machdep.cpu.vendor", "machdep.cpu.features",
    "machdep.cpu.leaf7_features",
)  # fmt: skip
_FEATURES = {
    "hw.optional.neon": "neon",
    "hw.optional.AdvSIMD": "neon",
    "hw.optional.arm.FEAT_FP16": "fp16",
    "hw.optional.arm.FEAT_DotProd": "dotprod",
    "hw.optional.arm.FEAT_I8MM": "i8mm",
    "hw.optional.arm.FEAT_BF16": "bf16",
    "hw.optional.arm.FEAT_SME": "sme",
}
_NUMBERS = (
    "machdep.cpu.family", "machdep.cpu.model", "machdep.cpu.stepping", "hw.cpufamily",
    "hw.perflevel0.l2cachesize", "hw.l2cachesize", "hw.l3cachesize", "kern.hv_vmm_present",
    *_FEATURES,
)  # fmt: skip

_FLAGS = {
    "AVX1.0": "avx", "AVX512VNNI": "avx512_vnni", "AVX512BF16": "avx512_bf16", "SSE4.2": "sse4_2"
}  # fmt: skip


def macos_cpu(sysctl: str, machine: str) -> Told:
    """The CPU by what `sysctl hw machdep kern` prints; `machine` names one without a name."""
    lines = (line.partition(": ") for line in sysctl.splitlines())
    said = {key: value.strip() for key, _, value in lines}
    vendor = vendor_of(said.get("machdep.cpu.vendor", ""))
    flags = [*_flags(said), *(name for key, name in _FEATURES.items() if said.get(key) == "1")]
    name = said.get("machdep.cpu.brand_string", machine)
    if not vendor and name.startswith("Apple"):
        vendor = "Apple"
    family = said.get("hw.cpufamily" if vendor == "Apple" else "machdep.cpu.family")
    model, virtual = said.get("machdep.cpu.model"), said.get("kern.hv_vmm_present")
    cpu = Cpu(
        vendor=vendor,
        # a hash of Apple's, which sysctl may print as less than 0
        family=None if family is None else int(family) % (1 << 32),
        model=None if model is None else int(model),
        stepping=said.get("machdep.cpu.stepping", ""),
        extensions=extensions_of(flags, {}),
        hypervisor=None if virtual is None else virtual == "1",
    )
    # that of the fast cores, where there are slow ones
    near = int(said.get("hw.perflevel0.l2cachesize", said.get("hw.l2cachesize", "0")))
    far = int(said.get("hw.l3cachesize", "0")) or near
    return Told(name if vendor == "Apple" else numbered(name, cpu), cpu, near, far)


def _flags(said: dict[str, str]) -> Iterator[str]:
    for key in ("machdep.cpu.features", "machdep.cpu.leaf7_features"):
        for flag in said.get(key, "").split():
            yield _FLAGS.get(flag, flag.lower())


def sysctl_text() -> str:
    """What `sysctl` would print of all that is asked for, without a process to run it."""
    libc = ctypes.CDLL(None)
    libc.sysctlbyname.argtypes = [
        ctypes.c_char_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_size_t), ctypes.c_void_p,
        ctypes.c_size_t,
    ]  # fmt: skip
    lines = []
    for key in (*_TEXTS, *_NUMBERS):
        size, buffer = ctypes.c_size_t(4096), ctypes.create_string_buffer(4096)
        if libc.sysctlbyname(key.encode(), buffer, ctypes.byref(size), None, 0):
            continue  # there is no such thing to be told
        raw = buffer.raw[: size.value]
        value = (
            raw.split(b"\0")[0].decode() if key in _TEXTS else str(int.from_bytes(raw, "little"))
        )
        lines.append(f"{key}: {value}")
    return "\n".join(lines)
