"""Numbers as a person reads them."""

from __future__ import annotations

import math

__all__ = [
    "amount",
    "counted",
    "decimals",
    "figure",
    "megabytes",
    "milliseconds",
    "percent",
    "shape",
]

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def figure(value: float) -> str:
    """A number with three significant digits: 123, 12.3, 1.23, 0.0123."""
    return "0" if value == 0 else f"{value:.{decimals(value)}f}"


def decimals(value: float) -> int:
    """How many decimals the third significant digit needs, at most 6."""
    if value == 0 or not math.isfinite(value):
        return 0
    # Rounding first, so that 9.996 is 10.0 and not 10.00.
    magnitude = math.floor(math.log10(abs(float(f"{value:.3g}"))))
    return min(max(2 - magnitude, 0), 6)


def milliseconds(seconds: float) -> str:
    """A time as "12.3 ms", "1.84 ms", "0.0612 ms"."""
    return f"{figure(seconds * 1e3)} ms"


def percent(share: float) -> str:
    """A share from 0 to 1 as "6.1 %"; less than half of the last digit is "<0.1 %"."""
    if 0 < share < 0.0005:
        return "<0.1 %"
    return f"{share * 100:.1f} %"


def amount(number: float, unit: str = "") -> str:
    """A count with three significant digits and a prefix: "1.23 GFLOPs", "45.6 M", "789"."""
    for scale, prefix in _PREFIXES:
        if abs(number) >= scale * 0.9995:
            return f"{figure(number / scale)} {prefix}{unit}"
    return f"{number:.0f} {unit}".rstrip()


def megabytes(count: int) -> str:
    """Bytes in megabytes of 10^6, from 10,000 on in gigabytes: "45.6 MB", "27.0 GB"."""
    return f"{figure(count / 1e6)} MB" if count < 1e10 else f"{figure(count / 1e9)} GB"


def counted(count: int, noun: str) -> str:
    """A noun in the number that fits: "1 finding", "2 findings"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def shape(dims: tuple[int, ...] | None) -> str:
    """A shape as "1x3x224x224", "scalar" or "?"."""
    if dims is None:
        return "?"
    return "x".join(map(str, dims)) or "scalar"
