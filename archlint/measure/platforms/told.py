"""What a machine tells of its CPU."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from archlint.cost.cpu import EXTENSIONS, Cpu

__all__ = ["Told", "extensions_of", "numbered", "vendor_of"]


@dataclass(frozen=True, slots=True)
class Told:
    """`device` is what to call it, `near` and `far` the bytes of a core's own cache and the last.

    A cache of which nothing is told has 0.
    """

    device: str
    cpu: Cpu
    near: int = 0
    far: int = 0


_VENDORS = {
    "AuthenticAMD": "AMD",
    "CentaurHauls": "Centaur",
    "GenuineIntel": "Intel",
    "HygonGenuine": "Hygon",
}


def vendor_of(signature: str) -> str:
    """The vendor whose CPUs give this for it; what nobody knows is left as it is."""
    return _VENDORS.get(signature, signature)


def numbered(name: str, cpu: Cpu) -> str:
    """The name with the numbers that tell CPUs of one name apart, where they are known."""
    numbers = {"family": cpu.family, "model": cpu.model}
    known = [f"{word} {value}" for word, value in numbers.items() if value is not None]
    return f"{name} ({', '.join(known)})" if known else name


def extensions_of(flags: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """The extensions among flags, in their usual order; `names` are of those called otherwise."""
    found = {names.get(each, each) for each in flags}
    return tuple(each for each in EXTENSIONS if each in found)
