from __future__ import annotations

from dataclasses import replace

from archlint.report.costs import apart_text, cost_tables
from archlint.results.shares import BlockShare, KindShare, Sort
from tests.report.fakes import on_gpu


def kind(name: str, time: float, flops: float, mac: float = 0.5) -> KindShare:
    return KindShare(name, time * 1e-2, time, 1, int(flops * 1e6), flops, int(mac * 1e6), mac)


def block(time: float, flops: float, *modules: str) -> BlockShare:
    return BlockShare(modules, time * 1e-2, time, 1, int(flops * 1e6), flops, 0, 0.0)


def test_the_kind_or_block_is_told_that_has_more_of_the_time_than_of_the_flops() -> None:
    kinds = (kind("conv", 0.7, 0.95), kind("group conv", 0.3, 0.05))
    target = replace(on_gpu(), kinds=kinds, blocks=(block(0.5, 0.4, "stem"),))
    assert apart_text(target) == "30.0 % goes to group conv, for 5.0 % of the FLOPs"
    target = replace(target, blocks=(block(0.5, 0.1, "stages.0", "stages.1"),))
    assert apart_text(target) == "50.0 % goes to stages.0 (x2), for 10.0 % of the FLOPs"


def test_what_would_be_no_warning_is_no_difference() -> None:
    kinds = (kind("conv", 0.981, 1.0), kind("pool", 0.019, 0.0))
    target = replace(on_gpu(), kinds=kinds, blocks=())
    assert apart_text(target) == "goes where the FLOPs are"
    assert apart_text(replace(target, kinds=())) == "goes where the FLOPs are"


def test_kinds_that_have_hardly_anything_are_one_row() -> None:
    kinds = (
        kind("conv", 0.98, 0.99), kind("view", 0.009, 0.0, 0.0), kind("pool", 0.008, 0.004, 0.009),
        kind("softmax", 0.003, 0.0, 0.5),
    )  # fmt: skip
    target = replace(on_gpu(), kinds=kinds, blocks=())
    ((what, rows),) = cost_tables(target)
    assert (what, [row[0] for row in rows]) == ("kind", ["conv", "softmax", "2 others"])
    assert rows[2] == ("2 others", "2", "0.2 ms", "1.7 %", "0.4 %", "0.9 %")
    ((_, rows),) = cost_tables(target, whole=True)
    assert [row[0] for row in rows] == ["conv", "view", "pool", "softmax"]
    # one alone keeps its name
    ((_, rows),) = cost_tables(replace(target, kinds=kinds[:2]))
    assert [row[0] for row in rows] == ["conv", "view"]


def test_five_blocks_are_told_the_dearest_first() -> None:
    blocks = tuple(block(0.1, 0.01 * n, f"stages.{n}") for n in range(7))
    target = replace(on_gpu(), kinds=(), blocks=blocks)
    ((what, rows),) = cost_tables(target, Sort.FLOPS)
    assert (what, [row[0] for row in rows]) == ("block", [f"stages.{n}" for n in (6, 5, 4, 3, 2)])
    ((_, rows),) = cost_tables(target, whole=True)
    assert len(rows) == 7
