from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from archlint.cli.schema import JsonOf
from archlint.report.schema import SCHEMAS, schema
from archlint.settings.options import Options
from archlint.version import __version__
from tests.cli.conftest import Archlint, FakeLinter
from tests.report.fakes import ARM, GPU, RULES

HEAVY = ("numpy", "onnx", "networkx")
PROGRAM = "import sys; from archlint.cli import run; code = run(sys.argv[1:])"


@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("-h",),
        ("--version",),
        ("check", "--help"),
        ("check", "--version"),
        ("explain", "--help"),
        ("fix", "--help"),
        ("init", "--help"),
        ("completion", "bash"),
        ("measure", "--help"),
        ("verify", "--help"),
        ("targets", "--help"),
        ("rule", "--help"),
        ("schema",),
    ],
)
def test_help_loads_nothing_heavy(args: tuple[str, ...]) -> None:
    code = f"{PROGRAM}; print([m for m in {(*HEAVY, 'rich')} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *args],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stderr == ""


def test_linting_loads_nothing_that_only_others_need() -> None:
    model = "examples/onnx/mobilenet_v2.onnx"
    needed = ("filelock", "networkx", "tomli_w", "onnxruntime", "torch", "libcst")
    code = f"{PROGRAM}; print([m for m in {needed} if m in sys.modules], code)"
    command = [sys.executable, "-c", code, "--isolated", "--fail-on", "never", model]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] 0"


def test_help_lists_the_commands(archlint: Archlint) -> None:
    outcome = archlint("--help")
    assert outcome.code == 0
    for command in (
        "check", "diff", "merge", "rule", "targets", "explain", "fix", "calibrate", "measure",
        "verify", "schema", "init", "server", "clean", "completion",
    ):  # fmt: skip
        assert f"\n  {command} " in outcome.out
    assert "..." not in outcome.out.split("Commands:")[1]


def test_help_of_check_is_in_sections(archlint: Archlint) -> None:
    lines = archlint("check", "--help").out.splitlines()
    assert [line for line in lines if line.endswith(":") and not line.startswith(" ")] == [
        "Arguments:",
        "What is priced:",
        "Python source:",
        "Which findings:",
        "Output:",
        "Configuration:",
        "Other options:",
    ]
    assert max(map(len, lines)) <= 80


def test_a_command_s_own_options_stand_among_those_that_it_shares(archlint: Archlint) -> None:
    text = archlint("check", "--help").out
    findings = text.split("Which findings:")[1].split("Output:")[0]
    assert re.findall(r"^  --([a-z-]+)", findings, re.MULTILINE) == [
        "select", "ignore", "extend-select", "min-slowdown", "upper-bounds", "fail-on", "exit-zero",
        "fail-on-skipped", "exclude", "show-files", "notes", "add-ignores", "baseline",
        "write-baseline", "prune-baseline", "top",
    ]  # fmt: skip


def test_no_arguments_lint_the_folder(archlint: Archlint, linter: FakeLinter) -> None:
    assert archlint().code == 0
    assert linter.paths == ["a.onnx", "nets/b.onnx"]


@pytest.mark.parametrize(
    "args", [("--version",), ("check", "--version"), ("check", "a", "--version")]
)
def test_version(archlint: Archlint, args: tuple[str, ...]) -> None:
    outcome = archlint(*args)
    assert (outcome.code, outcome.out) == (0, f"archlint {__version__}\n")


def test_rules_are_listed(archlint: Archlint) -> None:
    assert archlint("rule").out == (
        "G1 channel-width: convs of unbalanced width\nG2 group-convolution: convs in groups\n"
    )


@pytest.mark.parametrize("name", ["G2", "group-convolution"])
def test_a_rule_is_raw_markdown_off_a_terminal(archlint: Archlint, name: str) -> None:
    assert archlint("rule", name).out == RULES[1].page
    told = json.loads(archlint("rule", name, "--format", "json").out)
    assert [each["page"] for each in told["rules"]] == [RULES[1].page]


def test_an_unknown_rule(archlint: Archlint) -> None:
    outcome = archlint("rule", "G9")
    assert (outcome.code, outcome.err) == (2, 'archlint: unknown rule "G9"\n')


def test_targets(archlint: Archlint) -> None:
    assert archlint("targets").out.splitlines()[2].startswith(f"  {GPU} ")
    assert archlint("targets", "-v").out.startswith(f"{GPU} (the default)\n  device ")
    document = json.loads(archlint("targets", "--format", "json").out)
    assert [each["target"] for each in document["targets"]] == [GPU, ARM]


@pytest.mark.parametrize("words", [("add", "mine"), ("mine",), ("add", "mine", "more")])
def test_a_target_is_added_by_its_name(archlint: Archlint, words: tuple[str, ...]) -> None:
    added = archlint("targets", *words, "--networks", "times.csv")
    assert added.code == 2
    assert "archlint targets add NAME --networks FILE --like TARGET" in added.err


def test_targets_by_name(archlint: Archlint) -> None:
    assert archlint("targets", ARM).out.startswith(f"{ARM}\n  device ")


def test_targets_are_those_of_the_configuration_s_folders_too(
    archlint: Archlint, linter: FakeLinter, tmp_path: Path
) -> None:
    (tmp_path / "archlint.toml").write_text('target-paths = ["nets"]', encoding="utf-8")
    assert archlint("targets").code == 0
    assert linter.paths == [f"{tmp_path.as_posix()}/nets"]
    assert archlint("targets", "--isolated").code == 0
    assert linter.paths == []


def test_explain_passes_its_options_on(archlint: Archlint, linter: FakeLinter) -> None:
    outcome = archlint("explain", "m.onnx", "Conv_1", "--batch", "2", "--target", ARM)
    assert outcome.code == 0
    assert outcome.out.startswith("mobilenet_v2.onnx\n")
    assert (linter.paths, linter.operator) == (["m.onnx"], "Conv_1")
    assert linter.options == Options(targets=(ARM,), batch=2)


def test_explain_as_json(archlint: Archlint) -> None:
    document = json.loads(archlint("explain", "m.onnx", "--format", "json").out)
    assert [each["op_type"] for each in document["operators"]] == ["Conv", "Clip", "Resize"]


def test_explain_lists_the_dearest_operators(archlint: Archlint) -> None:
    def listed(*args: str) -> list[str]:
        text = archlint("explain", "m.onnx", "--format", "csv", *args).out
        return [line.split(",")[1] for line in text.splitlines()[1:]]

    assert listed() == ["Conv", "Clip", "Resize"]
    assert listed("--top", "1") == ["Conv"]
    assert listed("--sort", "mac", "--top", "2") == ["Clip", "Conv"]
    assert listed("--sort", "flops") == ["Conv", "Clip", "Resize"]


@pytest.mark.parametrize("command", SCHEMAS)
def test_schema(archlint: Archlint, command: str) -> None:
    assert archlint("schema", command).out == schema(command)


def test_schema_is_that_of_check_by_default(archlint: Archlint) -> None:
    assert archlint("schema").out == schema("check")


def test_schema_of_the_configuration_knows_the_rules_and_formats(archlint: Archlint) -> None:
    keys = json.loads(archlint("schema", "config").out)["properties"]
    assert keys["select"]["anyOf"][0] == {
        "enum": ["G1", "G2", "channel-width", "group-convolution"]
    }
    assert "|sarif|" in keys["format"]["anyOf"][0]["pattern"]


def test_choices() -> None:
    assert tuple(each.value for each in JsonOf) == (*SCHEMAS, "config")


def test_a_reader_that_goes_away_is_no_fault() -> None:
    code = f"{PROGRAM}; sys.exit(code)"
    with subprocess.Popen(
        [sys.executable, "-c", code, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_output_survives_a_narrow_encoding() -> None:
    code = (
        "import sys; from archlint.cli.output import write_out; write_out('gr\\u00f6\\u00dfe\\n')"
    )
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, check=True)
    assert done.stdout.split() == [b"gr\\xf6\\xdfe"]


@pytest.mark.skipif(find_spec("pty") is None, reason="no pseudo-terminals here")
@pytest.mark.parametrize(
    ("words", "texts"),
    [
        (
            [],
            [
                "check: starting",
                "linting 1 of 2: a\\x1b.onnx",
                "linting 1 of 2 (exporting, 3 s): a\\x1b.onnx",
            ],
        ),
        (["-q"], []),
    ],
)
def test_progress_shows_on_a_terminal_only_and_goes_away(
    words: list[str], texts: list[str]
) -> None:
    import pty

    code = (
        "from archlint.cli.output import complain\n"
        "from archlint.cli.progress import LINE\n"
        "from archlint.doing import doing\n"
        f"LINE.begin('check', {words})\n"
        "LINE.linting(0, 2, 'a\\x1b.onnx')\n"
        "doing('exporting, 3 s')\n"
        "complain('the rest')\n"
        "LINE.end()\n"
    )
    leader, follower = pty.openpty()
    subprocess.run([sys.executable, "-c", code], stderr=follower, check=True)
    os.close(follower)
    shown = os.read(leader, 1000).decode()
    os.close(leader)
    told = [f"\r\x1b[K{each}" for each in texts] + ["\r\x1b[K"] * bool(texts)
    assert shown.replace("\r\n", "\n") == "".join(told) + "archlint: the rest\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stderr.split() == b"archlint: the rest".split()
