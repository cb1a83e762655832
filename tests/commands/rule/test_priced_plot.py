from __future__ import annotations

from math import log

import pytest

from archlint.commands.rule import priced_plot
from archlint.commands.rule.priced_plot import plot
from archlint.cost.kernels.kernel import parse_chain
from archlint.errors import UsageError
from archlint.linter.registry import all_rules
from archlint.results.plot import Panel, Plot, PlotPoint
from archlint.rule import Rule
from archlint.rules.g1_channel_width.rule import ChannelWidth
from tests.linter.fake_rules import EachConv
from tests.report.fakes import ARM, GPU


def flops(text: str) -> int:
    return sum(count * kernel.flops for count, kernel in parse_chain(text))


AT_OTHER_FLOPS = {"A1", "R1"}
"""Rules whose point it is that FLOPs differ: those of a rounded width, and of work done once."""


@pytest.mark.parametrize(
    "rule",
    [each for each in all_rules() if each.code not in AT_OTHER_FLOPS],
    ids=lambda rule: rule.code,
)
def test_kernels_now_and_instead_have_equal_flops(rule: type[Rule]) -> None:
    declared = rule.plot()
    assert declared is not None
    for panel in declared.panels:
        assert [point.x for point in panel.points] == sorted({point.x for point in panel.points})
        for point in panel.points:
            assert abs(log(flops(point.now) / flops(point.instead))) <= 0.03


def test_a_plot_has_a_line_for_each_target() -> None:
    priced = plot("G2", [GPU, ARM])
    assert priced.targets == (GPU, ARM)
    for panel in priced.panels:
        assert [curve.target for curve in panel.curves] == [GPU, ARM]
        for curve in panel.curves:
            assert curve.points[0].slowdown == pytest.approx(1)
            assert all(point.low <= point.slowdown <= point.high for point in curve.points)


def test_what_does_not_fuse_is_priced_on_its_own() -> None:
    (curve,) = plot("G3", [GPU]).panels[1].curves
    (series,) = plot("G3", [GPU]).panels[0].curves
    assert curve.points[-1].slowdown > series.points[-1].slowdown


def test_a_rule_without_a_plot_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(priced_plot, "rule_named", lambda _: EachConv)
    with pytest.raises(UsageError, match="T1 has no plot"):
        plot("T1", [GPU])


def test_a_plot_that_no_target_prices_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    view = "Reshape 8 @4x4"  # the paper has no rows of views
    point = PlotPoint(1.0, view, view)
    declared = Plot("t", "x", ((1.0, "1"),), (Panel("p", (point,)),))
    monkeypatch.setattr(ChannelWidth, "plot", lambda: declared)
    with pytest.raises(UsageError, match=f"^no kernel of the plot of G1 has a price on {GPU}$"):
        plot("G1", [GPU])
