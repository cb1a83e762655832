"""The table of settings, held against what comes from it and what has to agree with it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
import tomli
from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # it has no types

from archlint import lint
from archlint.cli import run
from archlint.cli.settings import ask, what_is_known
from archlint.errors import UsageError
from archlint.report.formats import FORMATS
from archlint.results.severity import Severity
from archlint.settings.asked import Asked, settings
from archlint.settings.options import Options
from archlint.settings.schema import config_schema, plain
from archlint.settings.setting import Command
from archlint.settings.template import ProposedModel, RuleHelp, config_text
from tests.docs import PAGES, ROOT

SETTINGS = settings()


def test_every_field_is_a_setting_but_for_what_is_no_user_s_to_say() -> None:
    named = {each.name for holder in (Options, Asked) for each in fields(holder)}
    assert named - set(SETTINGS) == {"elsewhere", "options", "origins", "tables"}


def test_what_lint_takes_is_what_the_table_says() -> None:
    taken = dict(inspect.signature(lint).parameters)
    assert taken.pop("models").default is inspect.Parameter.empty
    assert set(taken) == {field for field, each in SETTINGS.items() if each.value.api}
    for field, each in taken.items():
        default = SETTINGS[field].value.default
        assert each.default == (None if isinstance(default, Mapping) else default)


def test_a_default_that_help_tells_is_the_default() -> None:
    told = {
        field: re.findall(r"\(default: (.+?)\)", each.flag.help)
        for field, each in SETTINGS.items()
        if each.flag is not None
    }
    assert {field: words for field, words in told.items() if words} == {
        field: [str(plain(SETTINGS[field].value.default) or "never")]
        for field in ("max_memory", "min_slowdown", "fail_on")
    }


def test_help_names_every_format() -> None:
    flag = SETTINGS["format"].flag
    assert flag is not None
    named = flag.help.partition(": ")[2].partition(", to stdout")[0].replace(" (the default)", "")
    assert set(re.split(", | or ", named)) == set(FORMATS)


def test_the_severities_that_a_run_can_fail_on() -> None:
    words = get_args(SETTINGS["fail_on"].value.kind.word)
    assert words == (*(each.value for each in Severity), "never")


def test_flags_and_keys_are_there_once_a_command() -> None:
    for command in get_args(Command):
        flags = [
            name
            for each in SETTINGS.values()
            if each.flag is not None and command in each.flag.commands
            for name in each.flag.names or (f"--{each.name}",)
        ]
        assert flags
        assert len(set(flags)) == len(flags)


def test_flags_win_over_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "archlint.toml").write_text(
        'select = "G1"\nbatch = 8\nnotes = true\ndim = { a = 1, b = 2 }\nmin-slowdown = 2\n'
        'format = ["full", "json"]\noutput = ["-", "x.json"]\n'
    )
    nothing: Mapping[str, object] = dict.fromkeys(SETTINGS)
    file = ask(nothing)
    assert (file.format, file.output, file.options.dims) == (
        ("full", "json"),
        ("-", "x.json"),
        {"a": 1, "b": 2},
    )
    said = {"batch": 1, "notes": False, "dims": ["b=3"], "format": ["concise"], "min_slowdown": 1.1}
    assert ask({**nothing, **said}) == Asked(
        Options(select=("G1",), batch=1, dims={"a": 1, "b": 3}),
        notes=False,
        format=("concise",),
        config="archlint.toml",
    )
    assert ask({**nothing, "output": ["y"]}).output == ("y",)
    assert ask({**nothing, "isolated": True}) == Asked(isolated=True)
    with pytest.raises(UsageError, match="exclude each other"):
        ask({**nothing, "isolated": True, "config": Path("archlint.toml")})


def test_a_command_without_the_flag_reads_no_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "archlint.toml").write_text("no = TOML")
    assert ask({"verbose": True}) == Asked(verbose=True)


def shown() -> Iterator[str]:
    """The configurations that the docs show, and a template of `archlint init`."""
    # those of editors are not ours
    ours = (each for each in PAGES if each.name != "editors.md")
    for page in (*ours, ROOT / "docs/ci.md"):
        yield from re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    rules = [RuleHelp(code, name, {}) for code, name in what_is_known().rules.items()]
    text = config_text("tool.archlint", rules, ["a.onnx"], [ProposedModel("nets.py:Net")])
    yield re.sub(r"^#(?! |ignore)", "", text, flags=re.MULTILINE)


def test_what_is_shown_is_valid_and_with_another_key_it_is_not() -> None:
    validator = Draft7Validator(config_schema(what_is_known()))
    texts = list(shown())
    assert len(texts) > 3
    for text in texts:
        table = tomli.loads(text)["tool"]["archlint"]
        validator.validate(table)
        (error,) = validator.iter_errors({**table, "selct": []})
        assert "selct" in error.message


def test_the_schema_is_one_and_its_defaults_fit_it() -> None:
    schema = config_schema(what_is_known())
    Draft7Validator.check_schema(schema)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    defaults = {key: each["default"] for key, each in properties.items() if "default" in each}
    assert defaults["min-slowdown"] == 1.1
    assert defaults["fail-on"] == "warning"
    Draft7Validator(schema).validate(defaults)
    assert all(
        each["description"] and "$" not in each["description"] for each in properties.values()
    )


def test_what_holds_is_shown_with_where_it_is_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "archlint.toml").write_text(
        'batch = 8\nselect = ["G1"]\n[dim]\nsequence = 128\n[input]\nimage = "1x3x8x8"\n'
    )
    monkeypatch.chdir(tmp_path)
    words = ["--batch", "4", "--dim", "height=32", "--extend-select", "A1", "--no-notes"]
    assert run(["check", "--show-settings", *words]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("configuration: archlint.toml\n\n# What is priced\n")
    assert (
        dict(re.findall(r"^(.+?) +# (.+)$", shown, re.MULTILINE)).items()
        >= {
            "batch = 4": "--batch",
            'select = ["G1"]': "archlint.toml",
            'extend-select = ["A1"]': "--extend-select",
            'dim = {"sequence": 128, "height": 32}': "archlint.toml, --dim",
            'input = {"image": "1x3x8x8"}': "archlint.toml",
            "notes = false": "--notes",
            "timeout is not set": "default",
            'fail-on = "warning"': "default",
        }.items()
    )


def test_config_lists_and_explains_what_the_schema_has(capsys: pytest.CaptureFixture[str]) -> None:
    options = config_schema(what_is_known())["properties"]
    assert isinstance(options, dict)
    assert run(["config"]) == 0
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.splitlines()] == [*options]
    for name, option in options.items():
        assert run(["config", name]) == 0
        page = capsys.readouterr().out
        assert page.startswith(f"{name}\n\n")
        assert " ".join(str(option["description"]).split()) in " ".join(page.split())
    assert run(["config", "tagret"]) == 2
    assert 'unknown option "tagret" (did you mean "target"?)' in capsys.readouterr().err
