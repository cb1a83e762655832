from __future__ import annotations

from archlint.cost.cpu import Cpu

MILAN = Cpu("AMD", 25, 1, extensions=("avx2",))
GENOA = Cpu("AMD", 25, 17, extensions=("avx2", "avx512f"))
RYZEN = Cpu("AMD", 25, 33, extensions=("avx2",))
ROME = Cpu("AMD", 23, 49, extensions=("avx2",))
XEON = Cpu("Intel", 6, 85, extensions=("avx2", "avx512f"))


def test_a_table_holds_what_is_known_and_is_read_as_it_was() -> None:
    known = Cpu("AMD", 25, 17, "1", ("avx2", "avx512f"), "performance", False)
    assert Cpu.parse(known.table) == known
    assert Cpu("ARM", hypervisor=None).table == {"vendor": "ARM"}


def test_relatives_are_of_one_vendors_family() -> None:
    assert GENOA.is_relative(MILAN)
    assert not ROME.is_relative(MILAN)
    assert not Cpu("Intel", 25).is_relative(MILAN)
    assert not Cpu("ARM").is_relative(Cpu("ARM")), "nobody knows their family"
    assert not Cpu().is_relative(Cpu())


def test_the_nearest_is_of_the_family_then_as_wide_then_near_in_number() -> None:
    def nearest(here: Cpu, *others: Cpu) -> Cpu:
        return max(others, key=here.likeness)

    assert nearest(RYZEN, XEON, ROME, GENOA, MILAN) == MILAN
    wide_ryzen = Cpu("AMD", 25, 97, extensions=("avx2", "avx512f"))
    assert nearest(GENOA, XEON, MILAN, wide_ryzen) == wide_ryzen
    assert nearest(ROME, XEON, GENOA, MILAN) == MILAN
    assert nearest(Cpu("Intel", 6, 106), XEON, MILAN, GENOA) == XEON


def test_vectors_are_as_wide_as_what_is_known_says() -> None:
    assert [each.simd_bits for each in (Cpu(), MILAN, GENOA)] == [128, 256, 512]
