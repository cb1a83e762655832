from __future__ import annotations

import pytest

from archlint.cost.pricing.price import Basis
from archlint.results.plot import Curve, CurvePoint, PricedPanel, PricedPlot

TICKS = ((1.0, "1:1"), (2.0, "1:2"), (4.0, "1:4"))


def plot(*targets: str, slowdown: float = 1.5, basis: Basis = Basis.MEASURED) -> PricedPlot:
    curves = tuple(
        Curve(
            target,
            tuple(CurvePoint(x, slowdown, slowdown / 1.2, slowdown * 1.2, basis) for x, _ in TICKS),
        )
        for target in targets
    )
    panels = (PricedPanel("28x28 maps", curves), PricedPanel("56x56 maps", curves[:1]))
    return PricedPlot("Pairs of convs", "ratio of the widths", TICKS, panels, targets, ())


def drawn(priced: PricedPlot, kind: str = "svg") -> bytes:
    pytest.importorskip("matplotlib")
    from archlint.report.plot import render

    return render(priced, kind)


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_the_same_plot_is_the_same_bytes(kind: str) -> None:
    assert drawn(plot("gpu", "arm"), kind) == drawn(plot("gpu", "arm"), kind)


def test_a_plot_says_what_it_shows() -> None:
    text = drawn(plot("gpu", "arm")).decode()
    for said in ("Pairs of convs", "ratio of the widths", "28x28 maps", "56x56 maps", "1:4", "gpu"):
        assert f"<!-- {said} -->" in text
    assert "<!-- shaded: from the 10th to the 90th percentile -->" in text


@pytest.mark.parametrize(
    ("basis", "sign"),
    [
        (Basis.TRANSFERRED, "hollow: transferred"),
        (Basis.MODELLED, "hollow: modelled"),
        (Basis.EXTRAPOLATED, "cross: extrapolated"),
    ],
)
def test_weak_prices_have_a_sign_of_their_own(basis: Basis, sign: str) -> None:
    said = f"<!-- shaded: from the 10th to the 90th percentile;  {sign} -->"
    assert said in drawn(plot("gpu", basis=basis)).decode()


@pytest.mark.parametrize("slowdown", [0.4, 1.0, 1.01, 100.0])
def test_the_axis_holds_any_slowdown(slowdown: float) -> None:
    assert "<!-- 1x -->" in drawn(plot("gpu", slowdown=slowdown)).decode()


def test_many_targets_share_the_legend() -> None:
    few, many = drawn(plot("a")).decode(), drawn(plot(*"abcdefghi")).decode()
    assert all(f"<!-- {target} -->" in many for target in "abcdefghi")
    assert 'width="540pt"' in few
    assert 'width="540pt"' in many
