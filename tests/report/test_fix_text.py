from __future__ import annotations

from dataclasses import replace

from archlint.report import Style, fix_text
from archlint.results.fix_report import Cost, FileChange, FixReport, Outcome, Step

BEFORE = Cost(2_000_000_000, {"cpu": 0.010})
AFTER = Cost(1_900_000_000, {"cpu": 0.008})
WORSE = Cost(2_000_000_000, {"cpu": 0.011})
FIXED = Step(
    code="G3",
    message="2 linear branches that are one 3x3 conv",
    where="nets.py:20:16",
    module="blocks.*",
    count=2,
    exact=True,
    outcome=Outcome.FIXED,
    what="Block.forward runs one folded conv in eval mode",
    before=BEFORE,
    after=AFTER,
)
BACK = replace(
    FIXED,
    code="G4",
    message="SiLU runs as a kernel of its own",
    count=1,
    exact=False,
    outcome=Outcome.TAKEN_BACK,
    what="ReLU for SiLU at 1 place of the source",
    reason="the predicted time does not fall",
    after=WORSE,
)
NONE = replace(
    BACK,
    where="",
    outcome=Outcome.NO_EDIT,
    what="no local edit: this is the architect's to change",
    reason="",
    before=None,
    after=None,
)
REPAIR = FixReport(
    path="nets.py:Net",
    titles={"cpu": "Some CPU, batch 1"},
    before=BEFORE,
    after=AFTER,
    steps=(FIXED, BACK, NONE),
    changes=(FileChange("nets.py", "a = 1\nb = 2", "a = 1\nb = 3"),),
    notes=1,
    remarks=("the older exporter took it",),
)


def test_each_finding_is_followed_by_what_came_of_it_and_the_diff_is_last() -> None:
    assert (
        fix_text.render(REPAIR, Style(width=100), written=False)
        == """\
nets.py:Net
  priced for Some CPU, batch 1
  remark the older exporter took it

fixed G3 2 linear branches that are one 3x3 conv [exact]
  --> nets.py:20:16: blocks.*  2 places
      Block.forward runs one folded conv in eval mode
      predicted 10.0 ms -> 8.00 ms (-20.0 %)
      FLOPs 2.00 G -> 1.90 G (-5.0 %)

taken back G4 SiLU runs as a kernel of its own
  --> nets.py:20:16: blocks.*  1 place
      ReLU for SiLU at 1 place of the source
      the predicted time does not fall
      predicted 10.0 ms -> 11.0 ms (+10.0 %)
      FLOPs 2.00 G -> 2.00 G (+0.0 %)

no edit G4 SiLU runs as a kernel of its own
      no local edit: this is the architect's to change

1 finding fixed, all together:
      predicted 10.0 ms -> 8.00 ms (-20.0 %)
      FLOPs 2.00 G -> 1.90 G (-5.0 %)
1 note left alone: --notes

--- a/nets.py
+++ b/nets.py
@@ -1,2 +1,2 @@
 a = 1
-b = 2
\\ No newline at end of file
+b = 3
\\ No newline at end of file
"""
    )


def test_what_is_written_is_named_in_place_of_the_diff() -> None:
    text = fix_text.render(REPAIR, Style(width=100), written=True)
    assert text.endswith("1 note left alone: --notes\n\nwritten: nets.py\n")


def test_another_design_is_said_to_need_training() -> None:
    step = replace(FIXED, exact=False)
    text = fix_text.render(replace(REPAIR, steps=(step,)), Style(width=100), written=True)
    assert "What is not marked exact is another design: train it and check its accuracy.\n" in text


def test_the_colors_of_a_diff_change_no_character() -> None:
    plain = fix_text.render(REPAIR, Style(width=100), written=False)
    colored = fix_text.render(REPAIR, Style(width=100, color=True), written=False)
    assert "\x1b[32m+b = 3\x1b[0m" in colored
    for code in ("0", "1", "2", "31", "32", "36", "1;32", "1;33", "1;36"):
        colored = colored.replace(f"\x1b[{code}m", "")
    assert colored == plain
