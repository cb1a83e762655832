from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from archlint.errors import ConfigError, ModelError, UsageError
from archlint.report import FORMATS, as_json
from archlint.report.style import Style
from archlint.results.findings import Report, Severity
from archlint.settings.options import Options
from tests.cli.conftest import Archlint, FakeLinter, Outcome
from tests.report.fakes import GPU, exact_finding, finding

LINE = "{}:1:1: error G2 1x1 convs in 3 groups take longer than dense ones with the same"


@pytest.mark.parametrize(
    ("severities", "args", "code"),
    [
        ((), (), 0),
        (("note",), (), 0),
        (("note",), ("--fail-on", "note"), 1),
        (("warning",), (), 1),
        (("warning",), ("--fail-on", "error"), 0),
        (("warning",), ("--fail-on", "never"), 0),
        (("error", "note"), (), 1),
        (("error",), ("--fail-on", "never"), 0),
        (("error",), ("--exit-zero",), 0),
        (("error",), ("missing.onnx", "--exit-zero"), 2),
        (("error",), ("--top", "1", "-q"), 1),
        ((), ("missing.onnx",), 2),
        (("error",), ("missing.onnx",), 2),
        (("error",), ("missing.onnx", "--fail-on", "never"), 2),
    ],
)
@pytest.mark.parametrize("format_", FORMATS)
def test_exit_codes(
    archlint: Archlint,
    linter: FakeLinter,
    severities: tuple[str, ...],
    args: tuple[str, ...],
    code: int,
    format_: str,
) -> None:
    linter.findings = tuple(finding(Severity(each)) for each in severities)
    assert archlint("a.onnx", *args, "--format", format_).code == code


def test_files_are_shown_and_not_linted(archlint: Archlint, linter: FakeLinter) -> None:
    assert archlint("--show-files") == Outcome(0, "a.onnx\nnets/b.onnx\n", "")
    assert archlint(".", "--exclude", "nets", "--show-files").out == "a.onnx\n"
    assert archlint("a.onnx", "gone.onnx", "--show-files") == Outcome(
        2, "a.onnx\n", "archlint: gone.onnx: no such file or folder\n"
    )
    assert linter.paths == []


def test_a_configuration_may_exclude(archlint: Archlint, linter: FakeLinter) -> None:
    Path("archlint.toml").write_text('exclude = ["a.*"]\n')
    assert archlint(".").code == 0
    assert linter.paths == ["nets/b.onnx"]


def test_the_command_check_may_be_left_out(archlint: Archlint, linter: FakeLinter) -> None:
    linter.findings = (finding(),)
    assert archlint("a.onnx") == archlint("check", "a.onnx")
    assert archlint("--format", "concise", "a.onnx").out.startswith(LINE.format("a.onnx"))


@pytest.mark.parametrize("option", ["--target", "--verify", "-check"])
def test_an_option_is_no_mistyped_command(archlint: Archlint, option: str) -> None:
    assert "no such file, folder or command" not in archlint(option, GPU, "a.onnx").err


def test_options_may_come_first(archlint: Archlint, linter: FakeLinter) -> None:
    assert archlint("--target", GPU, "a.onnx").code == 0
    assert linter.paths == ["a.onnx"]


def test_a_mistyped_command_is_no_file(archlint: Archlint) -> None:
    outcome = archlint("chekc", "a.onnx")
    assert outcome.code == 2
    assert outcome.err == (
        'archlint: no such file, folder or command: "chekc" (did you mean "check"?)\n'
    )


def test_all_options_reach_the_linter(archlint: Archlint, linter: FakeLinter) -> None:
    archlint(
        *("check", "a.onnx", "--target", "x", "--target", "y", "--select", "G1, G2,"),
        *("--select", "G3", "--ignore", "G4", "--fail-on", "error", "--min-slowdown", "1.25"),
        *(
            "--timeout",
            "2.5",
            "--batch",
            "4",
            "--input",
            "data:0=1x3x32x32",
            "--input",
            "b=2",
            "--dim",
            "n=5",
        ),
    )
    assert linter.options == Options(
        targets=("x", "y"),
        select=("G1", "G2", "G3"),
        ignore=("G4",),
        batch=4,
        inputs={"data:0": (1, 3, 32, 32), "b": (2,)},
        dims={"n": 5},
        min_slowdown=1.25,
        timeout=2.5,
        fail_on=Severity.ERROR,
    )


def test_an_upper_bound_may_be_a_warning(archlint: Archlint, linter: FakeLinter) -> None:
    archlint("a.onnx")
    assert linter.options == Options()
    archlint("a.onnx", "--upper-bounds", "warning")
    assert linter.options == Options(upper_bounds=Severity.WARNING)
    Path("archlint.toml").write_text('upper-bounds = "warning"\n', encoding="utf-8")
    archlint("a.onnx")
    assert linter.options == Options(upper_bounds=Severity.WARNING)


def test_the_costs_are_sorted_as_asked_for(archlint: Archlint) -> None:
    by_time, by_flops = archlint("a.onnx").out, archlint("a.onnx", "--sort", "flops").out
    assert by_time.index("\n    group conv") < by_time.index("\n    dense conv")
    assert by_flops.index("\n    dense conv") < by_flops.index("\n    group conv")


def test_without_options_the_linter_gets_the_defaults(
    archlint: Archlint, linter: FakeLinter
) -> None:
    archlint("--input", "1x3x32x32")
    assert linter.options == Options(inputs={"": (1, 3, 32, 32)})
    assert linter.paths == ["a.onnx", "nets/b.onnx"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--input", "x=3,4"), 'expected NAME=1x3x224x224 or 1x3x224x224, found "x=3,4"'),
        (("--input", "1", "--input", "2"), 'the shape of "" is given twice'),
        (("--timeout", "0"), "expected a number of seconds above 0, found 0.0"),
        (("--dim", "5"), 'expected NAME=SIZE, found "5"'),
        (("--dim", "a=5x5"), 'expected NAME=SIZE, found "a=5x5"'),
        (("--dim", "a=5", "--dim", "a=6"), '"a" is given twice'),
    ],
)
def test_wrong_sizes_are_one_line(archlint: Archlint, args: tuple[str, ...], message: str) -> None:
    outcome = archlint("a.onnx", *args)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"archlint: {args[0]}: {message}\n"


@pytest.mark.parametrize(
    "args",
    [
        ("--formt", "json"),
        ("--format", "xml"),
        ("--top", "0"),
        ("--batch", "none"),
        ("--min-slowdown", "0.5"),
        ("--fail-on", "always"),
        ("--color", "pink"),
        ("--output",),
    ],
)
def test_wrong_options_are_one_line(archlint: Archlint, args: tuple[str, ...]) -> None:
    outcome = archlint("check", "a.onnx", *args)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("archlint: ")
    assert outcome.err.endswith("(try: archlint check --help)\n")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("number", ["nan", "inf", "1e999"])
def test_nothing_is_above_a_slowdown_that_is_no_number(archlint: Archlint, number: str) -> None:
    outcome = archlint("check", "a.onnx", "--min-slowdown", number)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        f"archlint: --min-slowdown: expected a number from 1.0 on, found {float(number)}\n"
    )


def test_bad_models_are_a_line_each_and_the_others_are_linted(
    archlint: Archlint, linter: FakeLinter
) -> None:
    (Path("empty")).mkdir()
    linter.unreadable = {"a.onnx": "not an ONNX model: it is empty"}
    linter.findings = (finding(),)
    outcome = archlint("gone.onnx", "a.onnx", "empty", "nets", "--format", "concise")
    assert outcome.code == 2
    assert outcome.out.startswith(LINE.format("nets/b.onnx"))
    assert outcome.err == (
        "archlint: gone.onnx: no such file or folder\n"
        "archlint: a.onnx: not an ONNX model: it is empty\n"
        "archlint: empty: no .onnx file in this folder\n"
    )


def test_errors_are_in_the_json_in_the_order_asked_for(
    archlint: Archlint, linter: FakeLinter
) -> None:
    linter.unreadable = {"a.onnx": "broken"}
    outcome = archlint("gone.onnx", "nets/b.onnx", "a.onnx", "--format", "json")
    models = json.loads(outcome.out)["models"]
    assert [(each["path"], each["error"]) for each in models] == [
        ("gone.onnx", "no such file or folder"),
        ("nets/b.onnx", None),
        ("a.onnx", "broken"),
    ]


def test_faults_of_rules_are_lines_and_exit_code_2(archlint: Archlint, linter: FakeLinter) -> None:
    linter.problems = ("a.onnx: rule G3 failed: KeyError: 7",)
    outcome = archlint("a.onnx")
    assert (outcome.code, outcome.err) == (2, "archlint: a.onnx: rule G3 failed: KeyError: 7\n")


def test_concise_says_on_stderr_what_it_leaves_out(archlint: Archlint, linter: FakeLinter) -> None:
    linter.findings = (finding(), finding(), finding(Severity.NOTE))
    linter.unused_ignores = ("archlint.toml: ignore 1",)
    outcome = archlint("a.onnx", "--format", "concise", "--top", "1")
    assert outcome.out.count("\n") == 1
    assert outcome.err == (
        "archlint: a.onnx: 1 small note not shown: --notes\n"
        "archlint: a.onnx: 1 finding not shown: --top 1\n"
        "archlint: unused ignore archlint.toml: ignore 1\n"
    )
    assert archlint("a.onnx", "--format", "concise", "--top", "1", "-q").err == ""


def test_a_note_that_fails_the_run_is_shown(archlint: Archlint, linter: FakeLinter) -> None:
    linter.findings = (finding(Severity.NOTE),)
    assert "note G2" not in archlint("a.onnx").out
    assert "note G2" in archlint("a.onnx", "--notes").out
    assert "note G2" in archlint("a.onnx", "--fail-on", "note").out


def test_formats_go_to_their_outputs(archlint: Archlint, linter: FakeLinter) -> None:
    linter.findings = (finding(),)
    outcome = archlint(
        *("a.onnx", "--format", "json", "--output", "r.json", "--format", "full"),
        *("--output", "r.txt", "--format", "concise"),
    )
    assert outcome.out == archlint("a.onnx", "--format", "concise").out
    assert json.loads(Path("r.json").read_text())["models"][0]["path"] == "a.onnx"
    assert Path("r.txt").read_text() == archlint("a.onnx").out


def test_a_format_may_name_its_file(archlint: Archlint, linter: FakeLinter) -> None:
    linter.findings = (finding(),)
    files = ("--output-format", "json=r.json", "--format", "sarif=a=b.sarif")
    outcome = archlint("a.onnx", "--format", "concise", *files)
    assert outcome.out == archlint("a.onnx", "--format", "concise").out
    assert json.loads(Path("r.json").read_text())["models"][0]["path"] == "a.onnx"
    assert json.loads(Path("a=b.sarif").read_text())["version"] == "2.1.0"
    assert archlint("a.onnx", "--format", "json=r.json").out == ""


def test_a_format_that_goes_to_many_files_is_written_out_once(
    archlint: Archlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def render(report: Report, style: Style) -> str:
        written.append((report, style))
        return "text\n"

    monkeypatch.setattr(as_json, "render", render)
    files = [f"{number}.json" for number in range(200)]
    archlint("a.onnx", *(word for file in files for word in ("--format", f"json={file}")))
    assert [Path(file).read_text() for file in files] == ["text\n"] * 200
    assert len(written) == 1


def test_files_of_formats_come_before_outputs(archlint: Archlint) -> None:
    archlint("a.onnx", "--format", "full", "--output", "r.txt", "--format", "json=r.json")
    assert Path("r.txt").read_text().startswith("a.onnx\n")
    assert Path("r.json").read_text().startswith("{\n")


def test_the_configuration_may_name_files(archlint: Archlint) -> None:
    Path("archlint.toml").write_text('format = ["concise", "markdown=r.md"]\n')
    assert archlint("a.onnx").out == ""
    assert Path("r.md").read_text().startswith("**archlint**: ")
    Path("archlint.toml").write_text('format = ["markdwn=r.md"]\n')
    assert archlint("a.onnx").err == (
        'archlint: archlint.toml: format: unknown format "markdwn" (did you mean "markdown"?)\n'
    )


def test_the_summary_of_a_job_is_added_to(
    archlint: Archlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    Path("summary.md").write_text("# Of an earlier command\n")
    for _ in range(2):
        assert archlint("a.onnx", "--format", "markdown=summary.md").code == 0
    lines = Path("summary.md").read_text().splitlines()
    assert lines[0] == "# Of an earlier command"
    assert [line[:13] for line in lines].count("**archlint**:") == 2


def test_statistics_stand_instead_of_the_findings(archlint: Archlint, linter: FakeLinter) -> None:
    linter.findings = (finding(), finding(Severity.NOTE))
    files = ("--format", "json=r.json")
    outcome = archlint("a.onnx", "--statistics", "--format", "full", *files)
    assert outcome.code == 1
    assert outcome.out.endswith("\n\n1 error, 1 note in 1 model\n")
    assert "stages" not in outcome.out
    assert len(json.loads(Path("r.json").read_text())["models"][0]["findings"]) == 2
    concise = archlint("a.onnx", "--statistics", "--format", "concise")
    assert (concise.out, concise.err) == (outcome.out, "")


def test_a_summary_stands_instead_of_the_findings(archlint: Archlint) -> None:
    outcome = archlint("a.onnx", "--summary")
    assert outcome.out.startswith("network, target ")
    both = archlint("a.onnx", "--summary", "--format", "sarif=a.sarif", "--format", "markdown")
    assert "| network | on |" in both.out
    assert Path("a.sarif").read_text().startswith("{")
    refused = archlint("a.onnx", "--summary", "--format", "json")
    line = "archlint: --summary goes with --format full, concise, markdown or csv\n"
    assert (refused.code, refused.err) == (2, line)
    refused = archlint("a.onnx", "--summary", "--statistics")
    assert refused.err == "archlint: --statistics and --summary exclude each other\n"


def test_statistics_need_a_format_for_people(archlint: Archlint) -> None:
    outcome = archlint("a.onnx", "--statistics", "--format", "sarif")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "archlint: --statistics goes with --format full or concise\n"


@pytest.mark.parametrize("format_", FORMATS)
def test_no_name_of_a_file_steers_a_log(
    archlint: Archlint, linter: FakeLinter, format_: str
) -> None:
    linter.findings = (finding(),)
    names = ("::error::x.onnx", "##[add-mask]x.onnx", "a\nNo findings.\x1b[2J\u202e.onnx")
    for name in names:
        Path(name).touch()
    linter.unreadable = {names[0]: "is empty"}
    outcome = archlint(*names, "gone\n::error::y", "--format", format_)
    assert outcome.code == 2
    for line in (outcome.out + outcome.err).split("\n"):
        assert line.isprintable()
        assert line != "No findings."
        if format_ != "github":
            assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert not line.lstrip().startswith(("::add-mask", "::error::"))


def test_the_tables_are_asked_for_where_the_page_is(archlint: Archlint, linter: FakeLinter) -> None:
    for formats, tables in {("json",): False, ("json=a", "html=b"): True}.items():
        archlint("a.onnx", *(word for each in formats for word in ("--format", each)))
        assert linter.options == Options(tables=tables)


def test_an_output_alone_gets_the_full_report(archlint: Archlint) -> None:
    assert archlint("a.onnx", "--output", "r.txt", "--color", "always").out == ""
    assert Path("r.txt").read_text().startswith("a.onnx\n")
    assert sorted(os.listdir()) == ["a.onnx", "nets", "r.txt"]


def test_a_dash_is_stdout(archlint: Archlint) -> None:
    args = ("--format", "concise", "--output", "r.txt", "--format", "json", "--output", "-")
    assert archlint("a.onnx", *args).out.startswith("{\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ("--format", "json", "--format", "full"),
            "--format is given 2 times and --output 0 times: the first format goes to the first "
            "output and so on, and only the last may be without one",
        ),
        (
            ("--output", "a", "--output", "b"),
            "--format is given 1 times and --output 2 times: the first format goes to the first "
            "output and so on, and only the last may be without one",
        ),
        (
            ("--format", "json", "--output", "a", "--format", "full", "--output", "a"),
            "two formats go to a",
        ),
        (("--format", "json", "--output", "-", "--format", "full"), "two formats go to stdout"),
        (("--format", "json="), '--format: expected json=FILE, found "json="'),
        (("--output", "none/r.txt"), "--output none/r.txt: No such file or directory"),
    ],
)
def test_wrong_pairs(archlint: Archlint, args: tuple[str, ...], message: str) -> None:
    outcome = archlint("a.onnx", *args)
    assert (outcome.code, outcome.err) == (2, f"archlint: {message}\n")


def test_files_are_replaced_whole_and_devices_written_to(archlint: Archlint) -> None:
    Path("old.txt").write_text("old")
    Path("link.txt").symlink_to("old.txt")
    assert archlint("a.onnx", "--output", "link.txt").code == 0
    assert Path("link.txt").is_symlink()
    assert Path("old.txt").read_text().startswith("a.onnx\n")
    assert archlint("a.onnx", "--output", os.devnull).code == 0
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize(
    ("args", "env", "colored"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "auto"), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": ""}, False),
    ],
)
def test_colors(
    archlint: Archlint,
    monkeypatch: pytest.MonkeyPatch,
    args: tuple[str, ...],
    env: dict[str, str],
    colored: bool,
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in archlint("a.onnx", *args).out) is colored


def test_columns_set_the_width_off_a_terminal(
    archlint: Archlint, linter: FakeLinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    linter.findings = (exact_finding(),)
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, archlint("a.onnx").out.splitlines())) <= 60


def test_the_configuration_is_read_and_flags_win(archlint: Archlint, linter: FakeLinter) -> None:
    Path("pyproject.toml").write_text(
        '[tool.archlint]\nselect = ["G1"]\nbatch = 8\nformat = "json"\nfail-on = "error"\n'
    )
    linter.findings = (finding(Severity.WARNING),)
    outcome = archlint("a.onnx", "--batch", "2")
    assert outcome.code == 0
    assert outcome.out.startswith("{\n")
    assert linter.options == Options(select=("G1",), batch=2, fail_on=Severity.ERROR)
    assert archlint("a.onnx", "--isolated").code == 1
    assert linter.options == Options()


def test_a_configured_model_is_at_its_line_of_the_configuration(
    archlint: Archlint, linter: FakeLinter
) -> None:
    linter.findings = (finding(),)
    entry = '[[tool.archlint.models]]\nfactory = "zoo:make"\nname = "small"\n'
    Path("pyproject.toml").write_text(f"[tool.archlint]\nbatch = 8\n\n{entry}")
    outcome = archlint("small", "a.onnx", "--format", "gitlab")
    places = [each["location"] for each in json.loads(outcome.out)]
    assert places == [
        {"path": "pyproject.toml", "lines": {"begin": 5, "end": 5}},
        {"path": "a.onnx", "lines": {"begin": 1, "end": 1}},
    ]


def test_another_configuration_file(archlint: Archlint, linter: FakeLinter) -> None:
    Path("my.toml").write_text('select = "G2"\n')
    assert archlint("a.onnx", "--config", "my.toml").code == 0
    assert linter.options == Options(select=("G2",))
    outcome = archlint("a.onnx", "--config", "my.toml", "--isolated")
    assert outcome.err == "archlint: --isolated and --config exclude each other\n"
    outcome = archlint("a.onnx", "--config", "none.toml")
    assert (outcome.code, outcome.err) == (2, "archlint: none.toml: No such file or directory\n")


def test_three_mistakes_in_a_configuration_are_three_lines(archlint: Archlint) -> None:
    Path("archlint.toml").write_text('selct = "G1"\ntarget = "gtx1080"\nbatch = "one"\n')
    outcome = archlint("a.onnx")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        'archlint: archlint.toml: selct: unknown key (did you mean "select"?)\n'
        'archlint: archlint.toml: target: unknown target "gtx1080" '
        '(did you mean "gtx1080ti"?)\n'
        'archlint: archlint.toml: batch: expected a whole number from 1 on, found "one"\n'
    )


@pytest.mark.parametrize(
    ("failure", "code", "err"),
    [
        (UsageError('unknown rule "G9"'), 2, 'archlint: unknown rule "G9"\n'),
        (UsageError("one\ntwo"), 2, "archlint: one\narchlint: two\n"),
        (ConfigError("c.toml", ["a", "b"]), 2, "archlint: c.toml: a\narchlint: c.toml: b\n"),
        (ModelError("a\n.onnx", "bad\x1b"), 2, "archlint: a\\n.onnx: bad\\x1b\n"),
        (
            ValueError("oh\nno"),
            2,
            "archlint: internal error: ValueError: oh\\nno (-v shows the traceback)\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_failures(
    archlint: Archlint, linter: FakeLinter, failure: BaseException, code: int, err: str
) -> None:
    linter.failure = failure
    outcome = archlint("a.onnx")
    assert (outcome.code, outcome.out, outcome.err) == (code, "", err)


def test_verbose_shows_the_traceback_of_an_internal_error(
    archlint: Archlint, linter: FakeLinter
) -> None:
    linter.failure = ValueError("oh no")
    lines = archlint("a.onnx", "-v").err.splitlines()
    assert lines[0] == "archlint: Traceback (most recent call last):"
    assert lines[-1] == "archlint: ValueError: oh no"


def test_jobs_and_the_cache_reach_the_linter(
    archlint: Archlint, linter: FakeLinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    archlint("a.onnx", "-j", "3")
    assert (linter.jobs, linter.cache) == (3, None)  # no test has a cache that does not ask for it
    monkeypatch.delenv("ARCHLINT_NO_CACHE")
    archlint("a.onnx")
    assert (linter.jobs, linter.cache) == (None, Path(".archlint_cache"))
    archlint("a.onnx", "--no-cache")
    assert linter.cache is None
    archlint("a.onnx", "--untrusted")
    assert linter.cache is None
