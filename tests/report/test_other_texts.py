from __future__ import annotations

from dataclasses import replace

import pytest

from archlint.cost.cpu import Cpu
from archlint.report import Style, explain_text, rule_text, targets_text
from archlint.report.escape import visible
from archlint.report.units import amount, counted, figure, megabytes, milliseconds, percent, shape
from archlint.results.target_summary import KindError, RuleRows, TargetSummary, Where
from tests.report.fakes import RULES, explanation, targets

EXPLAINED = """\
mobilenet_v2.onnx
  priced for NVIDIA GTX 1080 Ti, cuDNN 7.0, fp32, batch 8
  predicted 5.20 ms (4.80 to 5.70)
  activations hold 45.0 MB at most, at
    /features/features.2/conv/conv.0/conv.0.0/Conv

operator               FLOPs   memory     ms  share  basis         bound   rules
/features/features.2/conv/conv.0/conv.0.0/Conv
                       308 M  45.0 MB  0.213  4.1 %  interpolated  memory  G1
  conv1x1 16 -> 96 at 112x112, ReLU6 fused, in features.2.conv.0.0
/features/features.2/conv/conv.0/conv.0.2/Clip
                      9.63 M  77.1 MB      -      -  -             -
  fused into /features/features.2/conv/conv.0/conv.0.0/Conv, in
    features.2.conv.0.2
Resize_7                   ?        ?      -      -  -             -
  none: no shapes

G1 fired  1:6 widths; instead 1:2: 1.42x slower (1.20 to 1.70, interpolated) (1
          operator, 4.1 %: /features/features.2/conv/conv.0/conv.0.0/Conv)
G2 silent not a group conv (2 operators, 4.1 %:
          /features/features.2/conv/conv.0/conv.0.0/Conv,
          /features/features.2/conv/conv.0/conv.0.2/Clip)
"""

OPERATOR = """\
mobilenet_v2.onnx
  priced for NVIDIA GTX 1080 Ti, cuDNN 7.0, fp32, batch 8
  predicted 5.20 ms (4.80 to 5.70)
  activations hold 45.0 MB at most, at
    /features/features.2/conv/conv.0/conv.0.0/Conv

/features/features.2/conv/conv.0/conv.0.0/Conv Conv
  module    features.2.conv.0.0
  inputs    8x16x112x112
  outputs   8x96x112x112
  weight    96x16x1x1
  params    1.54 k
  groups    1
  strides   1x1
  FLOPs     308 M
  memory    45.0 MB
  kernel    conv1x1 16 -> 96 at 112x112, ReLU6 fused
  price     0.213 ms (0.190 to 0.240)  4.1 % of the network  interpolated
            bound by memory  on gtx1080ti-cudnn7-fp32
  G1 fired  1:6 widths; instead 1:2: 1.42x slower (1.20 to 1.70, interpolated)
  G2 silent not a group conv
"""

TARGETS = """\
gtx1080ti-cudnn7-fp32 (the default)
  device    NVIDIA GTX 1080 Ti, cuDNN 7.0
  dtype     fp32
  batch     1 to 8
  rows      12 G1, 12 G2, 4 shared
            error of    median  90th pct  rows
            dense conv   6.1 %    14.2 %    39
            group conv  10.0 %    20.0 %    12
  bands     cover 81.2 % of left-out pairs (aim: 80 %)
  measured  2018-07, Ma et al., ShuffleNet V2, ECCV 2018, Tables 1 to 4
  note      Depthwise convs, 3x3 convs at other maps and pools have no rows:
            modelled.

snapdragon810-neon-fp32
  device    Qualcomm Snapdragon 810, NEON, 1 thread
  dtype     fp32
  batch     1
  rows      none
  measured  2018-07, Ma et al., ShuffleNet V2, ECCV 2018, Tables 1 to 4
"""


def test_explain_lists_operators_and_gathers_reasons() -> None:
    assert explain_text.render(explanation(), Style(width=80)) == EXPLAINED


def test_explain_puts_kernels_beside_operators_where_there_is_room() -> None:
    text = explain_text.render(explanation(), Style(width=200))
    assert (
        "memory  G1     conv1x1 16 -> 96 at 112x112, ReLU6 fused, in features.2.conv.0.0\n" in text
    )


def test_explain_one_operator_is_a_page() -> None:
    one = replace(explanation(), operators=explanation().operators[:1])
    assert explain_text.render(one, Style(width=80)) == OPERATOR


def test_explain_names_each_target_where_there_are_several() -> None:
    both = explanation().predicted * 2
    text = explain_text.render(replace(explanation(), predicted=both), Style(width=200))
    assert "rules  target                 kernel\n" in text


def test_explain_without_operators() -> None:
    text = explain_text.render(replace(explanation(), operators=()), Style())
    assert text.endswith("operator  FLOPs  memory  ms  share  basis  rules  kernel\n\n")


def test_targets_by_name() -> None:
    assert targets_text.render(targets(), Style(width=80, verbose=True)) == TARGETS


LISTED = """\
  target                   device                   batch   rests on
this machine
  laptop-ort-fp32-1t       AMD EPYC (family 25,...  1 to 8  901 rows
yours
  zen2                     AMD EPYC (family 23,...  1 to 8  0 rows (not
                           finished)
cpus
  a-nearer-one             AMD EPYC (family 25,...  1 to 8  901 rows (nearest)
    a-nearer-one-2t        AMD EPYC (family 25,...  1 to 8  901 rows (nearest)
    a-nearer-one-int8      AMD EPYC (family 25,...  1 to 8  901 rows (nearest)
others
  gtx1080ti-cudnn7-fp32    NVIDIA GTX 1080 Ti       1 to 8  28 rows (default)
  snapdragon810-neon-fp32  Qualcomm Snapdragon 810  1       0 rows

Yours lie in /home/me/targets.
`--target` takes a name, its beginning up to a dash (rtx4090), or a group
(gpus), which has one of each device, those not indented; `archlint targets
NAME` says how far one can be trusted.
"""


def test_targets_are_listed_in_a_line_each_this_machine_s_first_then_by_group() -> None:
    near = replace(
        measured(), target="a-nearer-one", device="AMD EPYC (family 25, model 17)",
        where=Where.NEAREST, folder=None, groups=("cpus",),
    )  # fmt: skip
    zen2 = replace(
        measured(), target="zen2", device="AMD EPYC (family 23, model 49)",
        where=Where.ELSEWHERE, rows=(), is_finished=False,
    )  # fmt: skip
    several = [
        replace(near, target="a-nearer-one-int8", dtype="int8", groups=()),
        replace(near, target="a-nearer-one-2t", threads=2, groups=()),
    ]
    listed = [*targets(), zen2, *several, near, measured()]
    assert targets_text.render(listed, Style(width=80)) == LISTED


def test_a_list_without_this_machine_says_how_to_get_it_in() -> None:
    text = targets_text.render(targets(), Style(width=80))
    assert "None was measured on this machine: `archlint measure` makes one that is.\n" in text


MEASURED = """\
laptop-ort-fp32-1t
  folder    /home/me/targets/laptop-ort-fp32-1t
  device    AMD EPYC (family 25, model 1), ONNX Runtime 1.32.0, 1 thread (this
            machine)
  cpu       AMD family 25 model 1 stepping 1, avx2, fma, 512 KiB and 32 MiB of
            cache, governor performance, in a virtual machine
  dtype     float
  batch     1 to 8
  rows      705 G1, 196 G2, + 12 rows of yours
            328 more rows whose sessions differ too much for a price
            error of        median  90th pct  rows
            conv 1x1 nchwc   2.0 %    11.2 %   182
            conv kxk nchwc   1.5 %     6.1 %   221
            depthwise conv   4.0 %    10.4 %   142
            element-wise     9.4 %    25.2 %   160
            matrix product   2.0 %     5.1 %   140
            pool             7.5 %    23.0 %    41
            softmax          2.8 %    13.7 %    28
            view            15.9 %   131.0 %     7
  bands     cover 79.8 % of left-out prices, 79.9 % of pairs (aim: 80 %)
  measured  2026-11-23, archlint measure
"""


def measured() -> TargetSummary:
    errors = (
        ("conv 1x1 nchwc", 0.020, 0.112, 182),
        ("conv kxk nchwc", 0.015, 0.061, 221),
        ("depthwise conv", 0.040, 0.104, 142),
        ("element-wise", 0.094, 0.252, 160),
        ("matrix product", 0.020, 0.051, 140),
        ("pool", 0.075, 0.230, 41),
        ("softmax", 0.028, 0.137, 28),
        ("view", 0.159, 1.31, 7),
    )
    return TargetSummary(
        target="laptop-ort-fp32-1t",
        device="AMD EPYC (family 25, model 1)",
        runtime="ONNX Runtime 1.32.0",
        dtype="float",
        threads=1,
        batches=(1, 8),
        is_default=False,
        rows=(RuleRows("G1", 705), RuleRows("G2", 196)),
        errors=tuple(KindError(*each) for each in errors),
        band_coverage=0.799,
        price_coverage=0.798,
        date="2026-11-23",
        source="archlint measure",
        marked=328,
        added=12,
        folder="/home/me/targets/laptop-ort-fp32-1t",
        where=Where.HERE,
        cpu=Cpu("AMD", 25, 1, "1", ("avx2", "fma"), "performance", True),
        caches=(1 << 19, 1 << 25),
    )


def test_a_measured_target_shows_what_it_is_and_the_kinds_of_its_rows() -> None:
    assert targets_text.render([measured()], Style(width=80, verbose=True)) == MEASURED


def test_rules_are_listed_in_a_line_each() -> None:
    assert rule_text.render_list(RULES, Style()) == (
        "G1 channel-width: convs of unbalanced width\nG2 group-convolution: convs in groups\n"
    )


def test_a_picture_is_its_title_on_a_terminal() -> None:
    page = replace(RULES[1], page="# G2\n\n![Slow-down over groups](plot.svg)\n\nText.\n")
    text = rule_text.render_page(page, Style(width=60))
    assert "Slow-down over groups (plot.svg)\n\nText." in text


def test_a_page_is_drawn_without_trailing_spaces() -> None:
    text = rule_text.render_page(RULES[1], Style(width=40))
    assert "group-convolution (G2)" in text
    assert " • one\n" in text
    assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1234.5, "1234"),
        (99.96, "100"),
        (9.996, "10.0"),
        (1.84, "1.84"),
        (0.06123, "0.0612"),
        (0.00041, "0.000410"),
        (float("inf"), "inf"),
    ],
)
def test_figures_have_three_digits(value: float, text: str) -> None:
    assert figure(value) == text


def test_units() -> None:
    assert milliseconds(0.00184) == "1.84 ms"
    assert [percent(each) for each in (0.0, 0.0001, 0.061, 1.0)] == [
        "0.0 %",
        "<0.1 %",
        "6.1 %",
        "100.0 %",
    ]
    assert [amount(each, "FLOPs") for each in (0, 789, 999_999, 1.23e9, 4e12)] == [
        "0 FLOPs",
        "789 FLOPs",
        "1.00 MFLOPs",
        "1.23 GFLOPs",
        "4.00 TFLOPs",
    ]
    assert amount(789) == "789"
    assert megabytes(45_600_000) == "45.6 MB"
    assert [counted(each, "note") for each in (0, 1, 2)] == ["0 notes", "1 note", "2 notes"]
    assert [shape(each) for each in ((1, 3), (), None)] == ["1x3", "scalar", "?"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain/conv.0", "plain/conv.0"),
        ("größe 卷积", "größe 卷积"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\nb\tc\x85", "a\\nb\\tc\\x85"),
        ("\u202e\u200b\ufeff", "\\u202e\\u200b\\ufeff"),
        ("\udcff", "\\udcff"),
    ],
)
def test_unprintable_characters_are_spelt_out(text: str, shown: str) -> None:
    assert visible(text) == shown
