from __future__ import annotations

from dataclasses import replace

import onnx
import pytest

from archlint.baseline import Entry
from archlint.linter.pipeline import Examined, examine
from archlint.rule import Rule
from archlint.settings.options import Ignore, Options
from archlint.testing import Net
from tests.linter.fake_rules import EachConv

ON_GPU = Options(targets=("gtx1080ti-cudnn7-fp32",))

pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: tuple[type[Rule], ...] = (EachConv,)
    monkeypatch.setattr("archlint.linter.pipeline.select_rules", lambda _: chosen)


def net(*widths: int, first: int = 0) -> onnx.ModelProto:
    graph = Net()
    x = graph.input(1, 64, 28, 28)
    for number, width in enumerate(widths, first):
        x = graph.conv(x, width, 3, name=f"blocks.{number}.conv")
    return graph.proto(x)


def examined(
    model: onnx.ModelProto, known: tuple[Entry, ...] = (), options: Options | None = None
) -> tuple[Examined, tuple[str, ...]]:
    (found,), report = examine([model], options or ON_GPU, known=lambda _: known)
    return found, report.stale


def entries(model: onnx.ModelProto, reason: str = "as of v1") -> tuple[Entry, ...]:
    return tuple(each.place.entry("net", reason) for each in examined(model)[0].seen)


def test_what_is_known_is_no_finding() -> None:
    before = net(64, 64)
    found, stale = examined(before, entries(before))
    assert (found.report.findings, stale) == ((), ())
    (known,) = found.report.known
    assert (known.finding.count, known.reason) == (2, "as of v1")
    assert found.report.targets[0].saving_findings == 0


def test_one_more_place_is_one_new_place() -> None:
    found, _ = examined(net(64, 64, 64), entries(net(64, 64)))
    (new,) = found.report.findings
    assert (new.count, new.places[0].module) == (1, "blocks.2.conv")


def test_a_block_at_the_front_makes_itself_new_and_nothing_else() -> None:
    before = net(64, 128, 64)
    found, stale = examined(net(96, 64, 128, 64), entries(before))
    (new,) = found.report.findings
    # the second conv reads another width now: it has changed too, and costs more
    assert [each.module for each in new.places] == ["blocks.0.conv", "blocks.1.conv"]
    (dearer,) = new.dearer
    assert dearer.module == "blocks.0.conv"
    (on,) = dearer.on
    assert on.saving is not None
    assert on.saving > on.most_before > 0
    assert stale == ()


def test_what_is_gone_is_stale() -> None:
    _, stale = examined(net(64), entries(net(64, 128)))
    assert stale == ("<model>: T1 narrow, blocks.1.conv: as of v1",)


def test_an_entry_for_another_target_too_is_not_stale() -> None:
    (entry,) = entries(net(64))
    both = Entry(
        "net", replace(entry.place, module="x", most={**entry.place.most, "arm": 1e-3}), "r"
    )
    assert examined(net(64), (entry, both))[1] == ()


def test_what_the_configuration_ignores_stays_ignored() -> None:
    model = net(64)
    ignore = Ignore("T1", "*", "*", "too small", "archlint.toml: ignore 1")
    (found,), report = examine(
        [model], replace(ON_GPU, ignores=(ignore,)), known=lambda _: entries(model)
    )
    assert (found.report.findings, found.report.known) == ((), ())
    assert [each.reason for each in found.report.ignored] == ["too small"]
    assert report.unused_ignores == ()


def test_reasons_are_told_apart() -> None:
    model = net(64, 128)
    one, two = entries(model)
    known = (one, two.place.entry("net", "another"))
    found, _ = examined(model, known)
    assert sorted(each.reason for each in found.report.known) == ["another", "as of v1"]


def held_against(model: onnx.ModelProto, before: onnx.ModelProto, *more: Entry) -> Examined:
    """A model whose places before are known without a reason, as a diff does it."""
    known = entries(before, "")
    (found,), _ = examine([model], ON_GPU, known=lambda _: known, excused=lambda _: more)
    return found


def test_what_is_new_may_be_excused() -> None:
    head = net(64, 64, 96)
    baseline = entries(head, "measured")
    found = held_against(head, net(64, 64), *baseline)
    assert found.report.findings == ()
    assert sorted((each.reason, each.finding.count) for each in found.report.known) == [
        ("", 2),
        ("measured", 1),
    ]


def test_an_excuse_is_for_one_place() -> None:
    """Two that were there, and one like them: the excuse of the first is none of the third."""
    before, head = net(64, 64), net(64, 64, 64)
    (new,) = held_against(head, before, *entries(before, "measured")).report.findings
    assert (new.count, new.places[0].module) == (1, "blocks.2.conv")


def test_what_became_dearer_may_be_excused_as_it_is_now() -> None:
    before, head = net(64, 128, 64), net(96, 64, 128, 64)
    (new,) = held_against(head, before, *entries(before, "measured")).report.findings
    assert len(new.dearer) == 1
    assert held_against(head, before, *entries(head, "measured")).report.findings == ()
