from __future__ import annotations

from dataclasses import replace

from archlint.report.statistics import render
from archlint.report.style import Style
from archlint.results.findings import IgnoredFinding, ModelReport, Report, Severity
from tests.report import fakes


def test_rules_are_counted_by_severity_and_priced_on_each_target() -> None:
    assert (
        render(fakes.rich_report(), Style(width=100))
        == """\
gtx1080ti-cudnn7-fp32  2 models, 20.6 ms predicted
  rule                     errors  warnings  notes  places     saves   share
  G2    group-convolution       1         0      1       4  0.629 ms   3.1 %
  G3    fragmentation           0         1      0       1  0.213 ms   1.0 %
  G4    element-wise            0         0      1       2      0 ms   0.0 %
        all                     1         1      2       7   4.20 ms  20.4 %

snapdragon810-neon-fp32  1 model, 1250 ms predicted
  rule                 errors  warnings  notes  places  saves  share
  G3    fragmentation       0         0      1       1   0 ms  0.0 %
        all                 0         0      1       1   0 ms  0.0 %

1 error, 1 warning, 2 notes in 2 models; 1 model not linted: bad.onnx; not shown: 1 ignored
"""
    )


def test_a_run_without_findings_says_so() -> None:
    assert render(Report((fakes.model(),)), Style()) == (
        "gtx1080ti-cudnn7-fp32  1 model, 10.3 ms predicted\n  no findings\n\nNo findings.\n"
    )
    assert render(Report(()), Style()) == "No findings.\n"


def test_no_name_from_a_file_steers_the_terminal_or_forges_a_line() -> None:
    evil = "::error::\x1b[2J\nNo findings.\u202e##[add-mask]x"
    bad = replace(fakes.finding(Severity.ERROR), code=evil, name=evil)
    target = replace(fakes.on_gpu(), target=evil)
    bad = replace(bad, prices=tuple(replace(each, target=evil) for each in bad.prices))
    ignored = (IgnoredFinding(bad, evil),)
    model = replace(fakes.model(bad, path=evil), targets=(target,), ignored=ignored)
    text = render(Report((model, ModelReport(evil, error=evil))), Style(width=300))
    assert text.isascii()
    assert all(line.isprintable() for line in text.splitlines())
    assert "No findings." not in text.splitlines()
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
    assert "##[" not in text
