"""`--summary`: networks by targets."""

from __future__ import annotations

import csv
from dataclasses import replace

from archlint.report import Style, renderer
from archlint.results.findings import ModelReport, Report, RuleSaving
from tests.report.fakes import model, on_arm, on_gpu

REPORT = Report((
    replace(
        model(path="a.onnx"),
        targets=(
            replace(on_gpu(), batch=8, rules=(
                RuleSaving("G2", "group-convolution", 2e-3, 0.194),
                RuleSaving("G4", "costly-elementwise", 1e-4, 0.01),
            )),
            on_arm(),
        ),
    ),
    replace(model(path="=b|.onnx"), targets=(replace(on_gpu(), batch=4),)),
    ModelReport("c.onnx", error="no such file"),
))  # fmt: skip

TEXT = """\
network, target            batch  predicted          band  for one  costs most
a.onnx
  gtx1080ti-cudnn7-fp32        8    10.3 ms  9.62 to 11.1  1.29 ms  G2 19.4 %
  snapdragon810-neon-fp32           1250 ms  1100 to 1400  1250 ms  nothing
=b|.onnx
  gtx1080ti-cudnn7-fp32        4    10.3 ms  9.62 to 11.1  2.58 ms  nothing

Costs most: G2 group-convolution; what all of its findings would save, notes too.
No findings; 1 model not linted: c.onnx.
"""

TABLE = """\
**archlint**: No findings; 1 model not linted\\: c\\.onnx\\.

| network | on | batch | predicted | band | for one | costs most |
|---|---|---:|---:|---:|---:|---|
| a\\.onnx | gtx1080ti\\-cudnn7\\-fp32 | 8 | 10.3 ms | 9.62 to 11.1, modelled | 1.29 ms |\
 **G2** group\\-convolution, 19.4 % |
"""


def test_a_person_sees_a_line_for_each_network_on_each_target() -> None:
    assert renderer("summary_text").render(REPORT, Style(width=100)) == TEXT


def test_markdown_has_it_as_a_table_and_what_was_not_linted() -> None:
    text = renderer("summary_markdown").render(REPORT, Style())
    assert text.startswith(TABLE)
    assert "- error\\: c\\.onnx\\: no such file\n" in text
    assert "| =b\\|\\.onnx |" in text


def test_csv_is_a_line_each_and_no_name_is_a_formula() -> None:
    head, *lines = csv.reader(renderer("csv").render(REPORT, Style()).splitlines())
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    assert [each["model"] for each in rows] == ["a.onnx", "a.onnx", "'=b|.onnx"]
    assert [each["batch"] for each in rows] == ["8", "", "4"]
    assert [each["rule"] for each in rows] == ["G2", "", ""]
    assert float(rows[0]["rule_saving_share"]) == 0.194


def test_on_a_narrow_terminal_the_figures_stand_below_the_target() -> None:
    text = renderer("summary_text").render(REPORT, Style(width=60))
    assert text.splitlines()[:6] == [
        "network, target",
        "    batch  predicted          band  for one  costs most",
        "a.onnx",
        "  gtx1080ti-cudnn7-fp32",
        "        8    10.3 ms  9.62 to 11.1  1.29 ms  G2 19.4 %",
        "  snapdragon810-neon-fp32",
    ]
    assert max(map(len, text.splitlines())) <= 60


def test_a_time_of_a_part_of_the_network_says_so() -> None:
    partly = replace(on_gpu(), batch=8, coverage=0.36)
    report = Report((replace(model(path="a.onnx"), targets=(partly,)),))
    text = renderer("summary_text").render(report, Style(width=100))
    assert "1.29 ms  nothing (36.0 % priced)\n" in text
    assert "Priced: the share of the memory access that has a price" in text
    assert "nothing (36.0 % priced) |" in renderer("summary_markdown").render(report, Style())
