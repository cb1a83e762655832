from __future__ import annotations

import re
from dataclasses import replace

from archlint.report.full import render
from archlint.report.style import Style
from archlint.results.findings import (
    IgnoredFinding,
    ModelReport,
    Report,
    Severity,
    Unpriced,
    Variant,
)
from archlint.results.judgement import Caveat, Doubt
from archlint.results.shares import Sort
from tests.report.fakes import (
    exact_finding,
    finding,
    model,
    priced,
    rich_report,
    upper_bound_finding,
)

PLAIN = Style(width=80)

ALL_AT_80_COLUMNS = """\
examples/shufflenet_v1_g3.onnx
  priced for NVIDIA GTX 1080 Ti, cuDNN 7.0, fp32, batch 8, NCHW
    (gtx1080ti-cudnn7-fp32)
  priced for Qualcomm Snapdragon 810, NEON, fp32, 1 thread, batch 8
    (snapdragon810-neon-fp32)
  network   1.10 GFLOPs  346 MB memory access  3.50 M parameters  152 operators
  predicted 10.3 ms (9.62 to 11.1, modelled)  on gtx1080ti-cudnn7-fp32
  time      46.7 % goes to group conv, for 4.1 % of the FLOPs
    kind             kernels    time  of time  of FLOPs  of memory
    group conv            32  4.8 ms   46.7 %     4.1 %     60.0 %
    dense conv             3  2.1 ms   20.0 %    95.9 %     30.0 %
    movement               1  0.0 ms   <0.1 %     0.0 %     10.0 %
    block            kernels    time  of time  of FLOPs  of memory
    stages.0.1 (x2)       12  3.0 ms   29.0 %     1.2 %      3.5 %
    stem                   1  1.0 ms    9.7 %    68.5 %      1.5 %
  coverage  97.2 % of the memory access is priced; unpriced: Resize (2), Softmax
            (1)
  predicted 1250 ms (1100 to 1400, interpolated)  on snapdragon810-neon-fp32
  time      goes where the FLOPs are
    kind        kernels     time  of time  of FLOPs  of memory
    group conv       32  1250 ms  100.0 %   100.0 %    100.0 %
  assumed   image: batch is 8
  malformed Conv_12: group is 0
  no shapes NonZero (1), Resize (3): not priced

error G2 group-convolution: 1x1 convs in 3 groups take longer than dense ones
  with the same FLOPs
  --> stages.*.*.gconv  2 places  on 28x28 to 7x7, 240 to 960 channels
      now 1.84 ms  instead 1.21 ms  1.52x slower (1.31 to 1.76, interpolated)
      saves 0.629 ms, 10.4 % of the network
      now       at stages.0.3.gconv: 1x1 conv 240 -> 240 in 3 groups at 28x28,
                and the block around it
      instead   1x1 conv 136 -> 136, dense, with the same FLOPs

warning G3 fragmentation: an undeployed RepVGG block runs 3 branches that fold
  into one conv [exact]
  --> Conv_12
      gtx1080ti-cudnn7-fp32 warning  now 0.900 ms  instead 0.687 ms
        1.31x slower (1.13 to 1.52, measured)
        saves 0.213 ms, 2.1 % of the network
      snapdragon810-neon-fp32 note  now 31.0 ms  instead 27.7 ms
        1.12x slower (0.96 to 1.30, modelled)
        saves 3.32 ms, 1.2 % of the network
        a note at most: uncertain here: measure it
      now       1x1 conv 240 -> 240 in 3 groups at 28x28, and the block around
                it
      instead   1x1 conv 136 -> 136, dense, with the same FLOPs

note G2 group-convolution: 1x1 convs in 3 groups take longer than dense ones
  with the same FLOPs
  --> stages.*.*.gconv  2 places  on 28x28 to 7x7, 240 to 960 channels
      now 1.84 ms  instead 1.21 ms  1.52x slower (1.31 to 1.76, interpolated)
      saves 0.629 ms, 0.4 % of the network
      now       at stages.0.3.gconv: 1x1 conv 240 -> 240 in 3 groups at 28x28,
                and the block around it
      instead   1x1 conv 136 -> 136, dense, with the same FLOPs

note G4 element-wise: channel shuffles move data [upper bound]
  --> stages.*.*.shuffle  2 places  on 28x28 to 7x7, 240 to 960 channels
      now 0.310 ms  instead 0.221 ms  1.40x slower (1.20 to 1.62, extrapolated)
      saves at most 0.0886 ms, 0.9 % of the network
      a note at most: its prices are extrapolated

  together  2 of warning or above would save 2.10 ms, 20.4 % (each kernel once),
            on gtx1080ti-cudnn7-fp32
  ignored   G2 stages.*.*.gconv: retrained in May, see #12

examples/resnet18.onnx
  priced for NVIDIA GTX 1080 Ti, cuDNN 7.0, fp32, batch 8, NCHW
  network   1.10 GFLOPs  346 MB memory access  3.50 M parameters  152 operators
  predicted 10.3 ms (9.62 to 11.1, modelled)
  time      46.7 % goes to group conv, for 4.1 % of the FLOPs
    kind             kernels    time  of time  of FLOPs  of memory
    group conv            32  4.8 ms   46.7 %     4.1 %     60.0 %
    dense conv             3  2.1 ms   20.0 %    95.9 %     30.0 %
    movement               1  0.0 ms   <0.1 %     0.0 %     10.0 %
    block            kernels    time  of time  of FLOPs  of memory
    stages.0.1 (x2)       12  3.0 ms   29.0 %     1.2 %      3.5 %
    stem                   1  1.0 ms    9.7 %    68.5 %      1.5 %
  coverage  97.2 % of the memory access is priced; unpriced: Resize (2), Softmax
            (1)

  findings  none; `archlint explain examples/resnet18.onnx --top 10` shows the
            dearest operators
  together  2 of warning or above would save 2.10 ms, 20.4 % (each kernel once)

unused ignore pyproject.toml: ignore 2: rule "G2", model "*", place "stem.*"
Unless marked exact, `instead` is another design: check its accuracy again. An
upper bound is a cost and no advice. Not covered: training, and what fuses
otherwise (TensorRT, ...). `archlint rule CODE` explains a rule.
1 error, 1 warning, 2 notes in 2 models; 1 model not linted: bad.onnx; not
  shown: 1 ignored
"""

ONE_AT_160_COLUMNS = """\
examples/shufflenet_v1_g3.onnx
  priced for NVIDIA GTX 1080 Ti, cuDNN 7.0, fp32, batch 8, NCHW
  the default target; choose with --target (`archlint targets` lists them)
  network   1.10 GFLOPs  346 MB memory access  3.50 M parameters  152 operators
  predicted 10.3 ms (9.62 to 11.1, modelled)
  time      46.7 % goes to group conv, for 4.1 % of the FLOPs
    kind             kernels    time  of time  of FLOPs  of memory
    group conv            32  4.8 ms   46.7 %     4.1 %     60.0 %
    dense conv             3  2.1 ms   20.0 %    95.9 %     30.0 %
    movement               1  0.0 ms   <0.1 %     0.0 %     10.0 %
    block            kernels    time  of time  of FLOPs  of memory
    stages.0.1 (x2)       12  3.0 ms   29.0 %     1.2 %      3.5 %
    stem                   1  1.0 ms    9.7 %    68.5 %      1.5 %
  coverage  97.2 % of the memory access is priced; unpriced: Resize (2), Softmax (1)
  assumed   image: batch is 8

error G2 group-convolution: 1x1 convs in 3 groups take longer than dense ones with the same FLOPs
  --> stages.*.*.gconv  2 places  on 28x28 to 7x7, 240 to 960 channels
      now 1.84 ms  instead 1.21 ms  1.52x slower (1.31 to 1.76, interpolated)  saves 0.629 ms, 10.4 % of the network
      now       at stages.0.3.gconv: 1x1 conv 240 -> 240 in 3 groups at 28x28, and the block around it
      instead   1x1 conv 136 -> 136, dense, with the same FLOPs

  together  2 of warning or above would save 2.10 ms, 20.4 % (each kernel once)

Unless marked exact, `instead` is another design: check its accuracy again. Not covered: training, and what fuses otherwise (TensorRT, ...). `archlint rule
CODE` explains a rule.
1 error in 1 model
"""  # noqa: E501 - as wide as the screen


def without_color(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_everything_there_is_to_say_at_80_columns() -> None:
    assert render(rich_report(), replace(PLAIN, notes=True)) == ALL_AT_80_COLUMNS


def test_the_same_finding_takes_fewer_lines_at_160_columns() -> None:
    report = Report(models=(model(finding()),))
    assert render(report, Style(width=160)) == ONE_AT_160_COLUMNS


def test_no_line_is_wider_than_asked_for() -> None:
    for width in (60, 80, 100, 160):
        text = render(rich_report(), Style(width=width, notes=True, verbose=True))
        assert max(map(len, text.splitlines())) <= width


def test_no_line_ends_in_a_space() -> None:
    text = render(rich_report(), replace(PLAIN, notes=True, verbose=True))
    assert not re.search(r" $", text, re.MULTILINE)


def test_color_changes_no_character() -> None:
    colored = render(rich_report(), replace(PLAIN, notes=True, color=True))
    assert "\x1b[1;31merror" in colored
    assert without_color(colored) == ALL_AT_80_COLUMNS


def test_the_same_report_gives_the_same_text() -> None:
    assert render(rich_report(), PLAIN) == render(rich_report(), PLAIN)


def test_notes_are_hidden_and_counted() -> None:
    text = render(rich_report(), PLAIN)
    assert "note G4" not in text
    assert "  hidden    2 small notes not shown: --notes\n" in text


def test_what_saves_much_is_shown_whatever_capped_it() -> None:
    capped = replace(upper_bound_finding(), prices=(priced(Severity.NOTE, 1e-3, 1.5, 0.021),))
    text = render(Report(models=(model(capped, finding(Severity.WARNING)),)), PLAIN)
    # what to do comes before what something costs
    assert text.index("warning G2") < text.index("note G4")
    assert "hidden" not in text


def test_of_one_model_the_last_line_says_what_is_not_shown() -> None:
    text = render(Report(models=(model(finding(Severity.NOTE)),)), PLAIN)
    assert "hidden" not in text
    assert text.endswith("1 note in 1 model; not shown: 1 small note (--notes)\n")


def test_verbose_has_the_help_of_another_design_and_what_an_upper_bound_takes_away() -> None:
    both = Report(models=(model(finding(), upper_bound_finding()),))
    text = render(both, replace(PLAIN, notes=True, verbose=True))
    assert "      help      Use dense convs with fewer channels.\n" in text
    assert "      now       at stages.0.0.shuffle: 1x1 conv 240" in text


def test_what_caps_an_upper_bound_is_its_mark() -> None:
    caveat = Caveat(Severity.NOTE, Doubt.UPPER_BOUND)
    capped = replace(
        upper_bound_finding(), prices=(priced(Severity.NOTE, 1e-3, 1.5, 0.3, caveat=caveat),)
    )
    text = render(Report(models=(model(capped),)), PLAIN)
    assert "[upper bound]" in text
    assert "at most:" not in text


def test_the_dearest_are_those_by_what_was_asked_for() -> None:
    text = render(Report(models=(model(),)), replace(PLAIN, sort=Sort.FLOPS))
    assert text.index("dense conv") < text.index("    group conv")
    assert text.index("stem ") < text.index("stages.0.1 (x2)")


def test_top_cuts_the_list_and_counts_what_it_cut() -> None:
    text = render(rich_report(), replace(PLAIN, notes=True, top=1))
    assert "warning G3" not in text
    assert "  hidden    3 findings not shown: --top 1\n" in text


def test_quiet_leaves_the_findings_alone_and_says_what_they_are_priced_for() -> None:
    report = Report(models=(model(), model(exact_finding(), path="b.onnx")))
    text = render(report, replace(PLAIN, quiet=True))
    assert text.startswith(
        "b.onnx\n"
        "  priced for NVIDIA GTX 1080 Ti, cuDNN 7.0, fp32, batch 8, NCHW\n"
        "  the default target; choose with --target (`archlint targets` lists them)\n"
        "\n"
        "warning G3 fragmentation: "
    )
    assert "predicted" not in text
    assert "in 1 model" not in text


def test_quiet_and_no_findings_is_silence() -> None:
    assert render(Report(models=(model(),)), replace(PLAIN, quiet=True)) == ""


def test_verbose_lists_every_place() -> None:
    text = render(Report(models=(model(finding()),)), replace(PLAIN, verbose=True))
    assert (
        "      place     stages.0.3.gconv  1.20 ms  1.60x slower  saves 0.450 ms\n"
        "      place     stages.1.7.gconv  0.640 ms  1.40x slower  saves 0.183 ms\n"
    ) in text


def test_the_default_target_is_said_once() -> None:
    text = render(Report(models=(model(), model(path="b.onnx"))), PLAIN)
    assert text.count("the default target") == 1


def test_redesign_is_warned_of_once_and_not_for_exact_findings() -> None:
    warning = "check its accuracy again"
    several = Report(models=(model(finding(), finding()), model(finding())))
    assert render(several, Style(width=200)).count(warning) == 1
    assert warning not in render(Report(models=(model(exact_finding()),)), Style(width=200))


def test_an_upper_bound_saves_at_most() -> None:
    text = render(Report(models=(model(upper_bound_finding()),)), replace(PLAIN, notes=True))
    assert "note G4 element-wise: channel shuffles move data [upper bound]\n" in text
    assert "      saves at most 0.0886 ms, 0.9 % of the network\n" in text


def test_last_line() -> None:
    cases = {
        (): "No findings.",
        (model(),): "No findings.",
        (model(finding()),): "1 error in 1 model",
        (model(finding(), finding(), finding(Severity.NOTE)), model()): (
            "2 errors, 1 note in 2 models; not shown: 1 small note (--notes)"
        ),
        (ModelReport("a.onnx", error="empty file"),): ("No findings; 1 model not linted: a.onnx."),
    }
    for models, line in cases.items():
        assert render(Report(models=models), Style(width=100)).splitlines()[-1] == line


def test_the_last_line_counts_what_is_not_shown() -> None:
    ignored = IgnoredFinding(finding(), "as published")
    every = replace(model(finding(), finding(), finding(Severity.NOTE)), ignored=(ignored, ignored))
    report = Report(models=(every, every))
    counts = "4 errors, 2 notes in 2 models"
    for style, rest in {
        Style(top=1): "; not shown: 2 small notes (--notes), 2 beyond --top 1, 4 ignored",
        Style(notes=True): "; not shown: 4 ignored",
    }.items():
        assert render(report, replace(style, width=200)).splitlines()[-1] == counts + rest


def test_what_one_target_refuses_another_may_have_priced() -> None:
    refused = replace(model(finding()), error="xeon-ort-fp32-1t: no rows at batch 8")
    text = render(Report(models=(refused,)), PLAIN)
    assert "error G2" in text
    assert "  error     xeon-ort-fp32-1t: no rows at batch 8\n" in text
    assert text.endswith("\n1 error in 1 model\n")


def test_faults_of_archlint_are_counted() -> None:
    text = render(Report(models=(model(),), problems=("a.onnx: rule G3 crashed",)), PLAIN)
    assert text.endswith("\nNo findings; 1 fault of archlint itself.\n")


def test_of_very_many_types_some_are_named_and_the_others_counted() -> None:
    many = tuple(Unpriced(f"Op{number}", 2) for number in range(1000))
    text = render(Report((replace(model(), shapeless=many),)), Style(width=100))
    told = re.sub(r"\s+", " ", text)
    assert "no shapes Op0 (2), Op1 (2), " in told
    assert "Op49 (2), 950 more types (1900): --format json lists them: not priced" in told


def test_no_line_of_a_log_is_a_command_of_a_ci() -> None:
    for name in ("::error::x", "::add-mask::x", "##[add-mask]x", "##vso[task.x]"):
        long = f"{'x' * 60} {name} ::warning::y"
        bad = replace(finding(), module=long, message=long, advice=long)
        text = render(Report((model(bad, path=name),), unused_ignores=(name,)), Style(width=70))
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
        assert not re.search(r"##\w*\[", text)
    assert render(Report((model(path="::error::x"),)), PLAIN).startswith("\\x3a:error::x\n")


def test_names_from_files_cannot_steer_the_terminal_or_forge_lines() -> None:
    evil = "\x1b[2J\r\nNo findings.\u202e\u2028\x9b1m\x00\ud800"
    shown = "\\x1b[2J\\r\\nNo findings.\\u202e\\u2028\\x9b1m\\x00\\ud800"
    place = replace(finding().places[0], module=evil, now=Variant(evil), instead=Variant(evil))
    bad = replace(finding(), module=evil, message=evil, advice=evil, places=(place,))
    report = Report(
        models=(
            replace(model(bad, path=evil), assumptions=(evil,), malformed=(evil,)),
            ModelReport(evil, error=evil),
        ),
        unused_ignores=(evil,),
    )
    text = render(report, Style(width=1000, verbose=True))
    assert text.isascii()
    assert all(line.isprintable() for line in text.splitlines())
    assert f"--> {shown}  2 places" in text
    assert text.splitlines().count("No findings.") == 0
