from __future__ import annotations

import re
from pathlib import Path

import pytest
import tomli
from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # it has no types

from archlint.cost.target_files import SHIPPED, list_targets
from archlint.did_you_mean import did_you_mean
from archlint.errors import ConfigError
from archlint.settings.asked import Asked, settings
from archlint.settings.files import find_config, read_config
from archlint.settings.kinds.models import ConfiguredModel
from archlint.settings.known import Known
from archlint.settings.options import Ignore, Options
from archlint.settings.schema import config_schema
from archlint.settings.shape import parse_shape

KNOWN = Known(
    rules={"G1": "channel-width", "G2": "group-convolution", "G3": "fragmentation"},
    rule_options={"G1": {"max-ratio": float, "aligned": bool}, "G2": {"min-groups": int}},
    targets=list_targets(SHIPPED),
    formats=("full", "concise", "json"),
)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


NOT_OF_THE_SCHEMA = re.compile(
    "no such folder|unknown target|a second model|the same rule twice|found nan$|glob|ignore . rule"
)
"""What only reading can tell."""


def read(text: str, name: str = "archlint.toml") -> Asked:
    """What a configuration says; its schema says the same of it as reading does."""
    path = Path.cwd() / name
    path.write_text(text, encoding="utf-8")
    try:
        found = read_config(path, KNOWN)
    except ConfigError as fault:
        lines = str(fault).splitlines()
        assert not fits(text, name) or all(map(NOT_OF_THE_SCHEMA.search, lines))
        raise
    assert fits(text, name)
    return found


def fits(text: str, name: str) -> bool:
    """Whether a configuration is one by its schema."""
    try:
        table = tomli.loads(text)
    except tomli.TOMLDecodeError:
        return False
    if name == "pyproject.toml":
        table = table["tool"].get("archlint", {})
    return bool(Draft7Validator(config_schema(KNOWN)).is_valid(table))


def problems(text: str, name: str = "archlint.toml") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text, name)
    return str(caught.value).split("\n")


def test_every_key() -> None:
    config = read(
        """
        target = "gtx1080ti-cudnn7-fp32"
        target-paths = "."
        select = ["G1", "group-convolution"]
        ignore = ["G3", { rule = "G2", model = "old/*.onnx", place = "stem.*", reason = "kept" }]
        fail-on = "never"
        min-slowdown = 2
        batch = 8
        notes = true
        top = 5
        format = ["full", "json"]
        output = ["-", "report.json"]
        color = "always"
        quiet = false
        verbose = true
        dim = { batch_size = 4 }
        source-root = "."
        path-map = { "/build/nets" = "nets" }
        library = ["torchvision"]
        input = { "data:0" = "1x3x224x224" }
        [rules.G1]
        max-ratio = 4
        aligned = true
        [rules.group-convolution]
        min-groups = 2
        [per-model-ignores]
        "legacy/*.onnx" = ["G2", "channel-width"]
        """
    )
    assert config == Asked(
        Options(
            targets=("gtx1080ti-cudnn7-fp32",),
            target_paths=(Path.cwd().as_posix(),),
            select=("G1", "group-convolution"),
            ignore=("G3",),
            fail_on=None,
            min_slowdown=2.0,
            batch=8,
            inputs={"data:0": (1, 3, 224, 224)},
            dims={"batch_size": 4},
            source_roots=(Path.cwd().as_posix(),),
            path_map={"/build/nets": (Path.cwd() / "nets").as_posix()},
            libraries=("torchvision",),
            rule_options={"G1": {"max-ratio": 4, "aligned": True}, "G2": {"min-groups": 2}},
            per_model_ignores={"legacy/*.onnx": ("G2", "channel-width")},
            ignores=(Ignore("G2", "old/*.onnx", "stem.*", "kept", "archlint.toml: ignore 1"),),
        ),
        config="archlint.toml",
        notes=True,
        top=5,
        format=("full", "json"),
        output=("-", "report.json"),
        color="always",
        quiet=False,
        verbose=True,
    )


def test_ignore_tables_in_pyproject() -> None:
    config = read(
        """
        [[tool.archlint.ignore]]
        rule = "G*"
        reason = "first"
        [[tool.archlint.ignore]]
        model = "a.onnx"
        reason = "second"
        """,
        "pyproject.toml",
    )
    assert config.options.ignores == (
        Ignore("G*", "*", "*", "first", "pyproject.toml: ignore 1"),
        Ignore("*", "a.onnx", "*", "second", "pyproject.toml: ignore 2"),
    )
    assert config.options.ignore == ()


def test_models_of_python_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    (tmp_path / "archlint.toml").write_text(
        """
        [[models]]
        name = "net"
        factory = "nets/net.py:Net"
        inputs = ["1x3x32x32", "mask=bool[1,32]"]
        kwargs = { depth = 3 }
        targets = "snapdragon810-neon-fp32"
        [[models]]
        factory = "inner/other.py:make"
        [[models]]
        factory = "package.net:Net"
        """,
        encoding="utf-8",
    )
    found = read_config(tmp_path / "archlint.toml", KNOWN)
    outside = f"{tmp_path.as_posix()}/nets/net.py:Net"
    shapes = ("1x3x32x32", "mask=bool[1,32]")
    assert found.models == (
        ConfiguredModel("net", outside, shapes, {"depth": 3}, ("snapdragon810-neon-fp32",)),
        ConfiguredModel("inner/other.py:make", "other.py:make"),
        ConfiguredModel("package.net:Net", "package.net:Net"),
    )


def test_an_empty_file_says_nothing() -> None:
    assert read("") == Asked(config="archlint.toml")
    assert read("[tool.other]\n", "pyproject.toml") == Asked(config="pyproject.toml")


def test_a_lone_shape_is_for_the_only_input() -> None:
    assert read('input = "1x3x32x32"').options.inputs == {"": (1, 3, 32, 32)}


def test_all_problems_come_at_once() -> None:
    assert problems(
        """
        [tool.archlint]
        fail-om = "error"
        select = ["G1", "G22"]
        target = ["gtx1080ti-cudnn7-fp23"]
        batch = "eight"
        fail-on = "warnings"
        min-slowdown = 0.5
        top = true
        notes = "yes"
        format = "jsn"
        output = 3
        color = 1
        input = { x = "1,3" }
        dim = { n = 0 }
        ignore = [{ rule = "G9", place = 3, resaon = "x" }, { reason = " " }]
        [tool.archlint.rules.G1]
        max-ration = 3
        aligned = 1
        [tool.archlint.rules.G2]
        min-groups = true
        [tool.archlint.rules.group-convolution]
        [tool.archlint.rules.chanel-width]
        [tool.archlint.per-model-ignores]
        "a.onnx" = ["X"]
        """,
        "pyproject.toml",
    ) == [
        f"pyproject.toml: tool.archlint.{each}"
        for each in (
            'fail-om: unknown key (did you mean "fail-on"?)',
            'select: unknown rule "G22" (did you mean "G2"?)',
            'target: unknown target "gtx1080ti-cudnn7-fp23" '
            '(did you mean "gtx1080ti-cudnn7-fp32"?)',
            'batch: expected a whole number from 1 on, found "eight"',
            'fail-on: expected one of "error", "warning", "note", "never", found "warnings" '
            '(did you mean "warning"?)',
            "min-slowdown: expected a number from 1.0 on, found 0.5",
            "top: expected a whole number from 1 on, found true",
            'notes: expected true or false, found "yes"',
            'format: unknown format "jsn" (did you mean "json"?)',
            "output: expected a string or a list of strings, found 3",
            'color: expected one of "auto", "always", "never", found 1',
            'input.x: expected a shape as "1x3x224x224", found "1,3"',
            "dim.n: expected a whole number from 1 on, found 0",
            'rules.G1.max-ration: unknown option (did you mean "max-ratio"?)',
            "rules.G1.aligned: expected true or false, found 1",
            "rules.G2.min-groups: expected a whole number, found true",
            "rules.group-convolution: the same rule twice, by code and by name",
            'rules.chanel-width: unknown rule (did you mean "channel-width"?)',
            'per-model-ignores."a.onnx": unknown rule "X" '
            "(known: G1, G2, G3, channel-width, group-convolution, fragmentation)",
            "ignore 1: place: expected a string, found 3",
            'ignore 1: unknown key "resaon" (did you mean "reason"?)',
            "ignore 1: a reason is missing",
            'ignore 1: unknown rule "G9" '
            "(known: G1, G2, G3, channel-width, group-convolution, fragmentation)",
            "ignore 2: the reason is empty",
        )
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules = 1", "rules: expected a table by rule, found 1"),
        ("rules = { G1 = 2 }", "rules.G1: expected a table of options, found 2"),
        ("dim = 4", "dim: expected a table of sizes by name, found 4"),
        ("dim = { a = true }", "dim.a: expected a whole number from 1 on, found true"),
        (
            "input = 4",
            'input: expected a shape as "1x3x224x224", or a table of them by name, found 4',
        ),
        ('input = "3"\nbatch = 0', "batch: expected a whole number from 1 on, found 0"),
        ('select = ["G1", 2]', "select: expected a string or a list of strings, found a list"),
        (
            "per-model-ignores = []",
            "per-model-ignores: expected a table of rules by glob of model paths, found a list",
        ),
        ('"a\\nb" = 1', '"a\\nb": unknown key'),
        (
            "min-slowdown = nan",
            "min-slowdown: expected a number from 1.0 on, found nan",
        ),
        ("models = 1", "models: expected tables: [[models]], found 1"),
        ("[[models]]\nname = 'a'", "models 1: a factory is missing, such as nets.py:Net"),
        (
            "[[models]]\nfactory = 'nets.py'",
            'models 1: "nets.py" is no model: expected path/to/nets.py:Net or module:Net',
        ),
        ("[[models]]\nfactory = 'n.py:N'\nname = 3", "models 1: name: expected a name, found 3"),
        (
            "[[models]]\nfactory = 'n.py:N'\nkwargs = 3",
            "models 1: kwargs: expected a table, found 3",
        ),
        (
            "[[models]]\nfactory = 'n.py:N'\ninput = '1x3'",
            'models 1: unknown key "input" (did you mean "inputs"?)',
        ),
        (
            "[[models]]\nfactory = 'n.py:N'\n[[models]]\nfactory = 'n.py:N'",
            'models 2: a second model called "n.py:N"',
        ),
        (
            "[[models]]\nfactory = 'n.py:N'\ntargets = 'gtx'",
            'models 1: targets: unknown target "gtx" (did you mean "gtx1080ti"?)',
        ),
        (
            'source-root = "no"',
            'source-root: no such folder: "no"',
        ),
        (
            "path-map = 3",
            "path-map: expected a table of folders by the beginnings of paths, found 3",
        ),
        ("batch = ", "not valid TOML: Invalid value (at end of document)"),
        (
            f'[[ignore]]\nrule = "G1"\nplace = "{"[" * 100_000}"\nreason = "r"',
            "ignore 1: a glob of 100000 characters: 1000 are allowed",
        ),
        (
            f'[per-model-ignores]\n"{"[" * 1001}" = ["G1"]',
            "per-model-ignores: a glob of 1001 characters: 1000 are allowed",
        ),
    ],
)
def test_one_problem(text: str, problem: str) -> None:
    assert problems(text) == [f"archlint.toml: {problem}"]


def test_a_file_that_is_not_there_or_not_text() -> None:
    with pytest.raises(ConfigError, match=r"^none\.toml: No such file or directory$"):
        read_config(Path("none.toml"), KNOWN)
    Path("bad.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"^bad\.toml: not UTF-8 text$"):
        read_config(Path("bad.toml"), KNOWN)


def test_target_paths_and_targets_by_path_are_relative_to_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "team" / "targets"
    folder.mkdir(parents=True)
    (folder / "ours.toml").touch()
    config = read('target = ["ours", "./other/mine"]\ntarget-paths = ["team"]')
    assert config.options.target_paths == (f"{tmp_path.as_posix()}/team",)
    assert config.options.targets == ("ours", f"{tmp_path.as_posix()}/other/mine")


def test_target_paths_are_folders() -> None:
    assert problems('target-paths = ["team", 3]\ntarget = "ours"') == [
        "archlint.toml: target-paths: expected a string or a list of strings, found a list",
        'archlint.toml: target: unknown target "ours" (`archlint targets` lists them)',
    ]
    assert problems('target-paths = "team"') == [
        'archlint.toml: target-paths: no such folder: "team"'
    ]


def test_tool_archlint_must_be_a_table() -> None:
    assert problems("[tool]\narchlint = 3\n", "pyproject.toml") == [
        "pyproject.toml: tool.archlint: expected a table, found 3"
    ]


def test_the_nearest_file_counts_and_archlint_toml_wins(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "archlint.toml").touch()
    assert find_config(inner) == tmp_path / "archlint.toml"
    near = tmp_path / "a" / "pyproject.toml"
    near.write_text("[tool.other]\n")
    assert find_config(inner) == tmp_path / "archlint.toml"
    near.write_text("[tool.archlint]\n")
    assert find_config(inner) == near
    own = tmp_path / "a" / "archlint.toml"
    own.touch()
    assert find_config(inner) == own


def test_a_broken_pyproject_is_found_so_that_it_is_complained_of(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool\n")
    assert find_config(tmp_path) == tmp_path / "pyproject.toml"


def test_what_is_told_later_wins_and_tables_are_added_to() -> None:
    file = Asked().told({"select": ("G1",), "batch": 8, "notes": True, "dims": {"a": 1, "b": 2}})
    assert file == Asked(Options(select=("G1",), batch=8, dims={"a": 1, "b": 2}), notes=True)
    assert file.told({"batch": 1, "notes": False, "dims": {"b": 3}}) == Asked(
        Options(select=("G1",), batch=1, dims={"a": 1, "b": 3}), notes=False
    )


def test_the_keys_are_those_of_the_table() -> None:
    keys = sorted({each.name for each in settings().values() if each.key is not None})
    text = "".join(f"{key}-x = 1\n" for key in keys)
    assert [line.split('"')[1] for line in problems(text)] == keys


def test_shapes() -> None:
    assert parse_shape("1x3x224x224") == (1, 3, 224, 224)
    for bad in ("", "x", "1x", "0x3", "-1", "1 x 3", "1X3", "1,3", "²"):
        assert parse_shape(bad) is None


def test_did_you_mean() -> None:
    assert did_you_mean("g1", ("G1", "G2")) == ' (did you mean "G1"?)'
    assert did_you_mean("gtx", ("gtx1080ti", "xeon")) == ' (did you mean "gtx1080ti"?)'
    assert did_you_mean("zzz", ("G1", "G2")) == ""
