from __future__ import annotations

from archlint.cost.pricing.price import Basis
from archlint.report import Style, diff_markdown, diff_text
from archlint.results.findings import ModelReport
from archlint.results.model_diff import DiffReport, ModelDiff, TargetDiff


def report(**slowdowns: float) -> DiffReport:
    return DiffReport(
        tuple(
            ModelDiff(name, ModelReport(name), ModelReport(name), targets=(target(ratio),))
            for name, ratio in slowdowns.items()
        )
    )


def target(ratio: float) -> TargetDiff:
    return TargetDiff("gpu", "A GPU", 1e-3, 1e-3 * ratio, ratio, ratio, ratio, Basis.MEASURED)


def test_models_in_which_nothing_changed_are_named_once_below_a_table_of_the_others() -> None:
    several = report(same=1.0, slower=2.0, alike=1.0)
    text = diff_text.render(several, Style(width=100))
    table, _, rest = text.partition("\n\n")
    assert "slower  1.00 ms  2.00 ms  100.0 % slower  0 new findings  0 gone  gpu" in table
    assert "unchanged   2 models: same, alike" in table
    assert "same" not in rest.replace("as fast", "")
    told = diff_markdown.render(several, Style())
    assert "Unchanged: 2 models\\: same, alike." in told
    assert "| same |" not in told
    assert "What changed in same" not in told


def test_a_single_model_and_more_detail_leave_nothing_out() -> None:
    assert "unchanged   1 model" not in diff_text.render(report(same=1.0), Style(width=100))
    text = diff_text.render(report(same=1.0, slower=2.0), Style(width=100, verbose=True))
    assert "same\n" in text
