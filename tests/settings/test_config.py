from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from archlint.did_you_mean import did_you_mean
from archlint.errors import ConfigError
from archlint.settings import Config, ConfiguredModel, Known, find_config, parse_shape, read_config
from archlint.settings.options import Ignore

KNOWN = Known(
    rules={"G1": "channel-width", "G2": "group-convolution", "G3": "fragmentation"},
    rule_options={"G1": {"max-ratio": float, "aligned": bool}, "G2": {"min-groups": int}},
    targets=("gtx1080ti-cudnn7-fp32", "snapdragon810-neon-fp32"),
)
FORMATS = ("full", "concise", "json")


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str, name: str = "archlint.toml") -> Config:
    path = Path.cwd() / name
    path.write_text(text, encoding="utf-8")
    return read_config(path, KNOWN, FORMATS)


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
    assert config == Config(
        path="archlint.toml",
        target=("gtx1080ti-cudnn7-fp32",),
        target_paths=(Path.cwd().as_posix(),),
        select=("G1", "group-convolution"),
        ignore=("G3",),
        fail_on="never",
        min_slowdown=2.0,
        batch=8,
        input={"data:0": (1, 3, 224, 224)},
        dim={"batch_size": 4},
        notes=True,
        top=5,
        format=("full", "json"),
        output=("-", "report.json"),
        color="always",
        quiet=False,
        verbose=True,
        source_root=(Path.cwd().as_posix(),),
        path_map={"/build/nets": (Path.cwd() / "nets").as_posix()},
        library=("torchvision",),
        rules={"G1": {"max-ratio": 4, "aligned": True}, "G2": {"min-groups": 2}},
        per_model_ignores={"legacy/*.onnx": ("G2", "channel-width")},
        ignores=(Ignore("G2", "old/*.onnx", "stem.*", "kept", "archlint.toml: ignore 1"),),
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
    assert config.ignores == (
        Ignore("G*", "*", "*", "first", "pyproject.toml: ignore 1"),
        Ignore("*", "a.onnx", "*", "second", "pyproject.toml: ignore 2"),
    )
    assert config.ignore == ()


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
    found = read_config(tmp_path / "archlint.toml", KNOWN, FORMATS)
    outside = f"{tmp_path.as_posix()}/nets/net.py:Net"
    shapes = ("1x3x32x32", "mask=bool[1,32]")
    assert found.models == (
        ConfiguredModel("net", outside, shapes, {"depth": 3}, ("snapdragon810-neon-fp32",)),
        ConfiguredModel("inner/other.py:make", "other.py:make"),
        ConfiguredModel("package.net:Net", "package.net:Net"),
    )


def test_an_empty_file_says_nothing() -> None:
    assert read("") == Config(path="archlint.toml")
    assert read("[tool.other]\n", "pyproject.toml") == Config(path="pyproject.toml")


def test_a_lone_shape_is_for_the_only_input() -> None:
    assert read('input = "1x3x32x32"').input == {"": (1, 3, 32, 32)}


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
            'models 1: targets: unknown target "gtx" (did you mean "gtx1080ti-cudnn7-fp32"?)',
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
    ],
)
def test_one_problem(text: str, problem: str) -> None:
    assert problems(text) == [f"archlint.toml: {problem}"]


def test_a_file_that_is_not_there_or_not_text() -> None:
    with pytest.raises(ConfigError, match=r"^none\.toml: No such file or directory$"):
        read_config(Path("none.toml"), KNOWN, FORMATS)
    Path("bad.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"^bad\.toml: not UTF-8 text$"):
        read_config(Path("bad.toml"), KNOWN, FORMATS)


def test_target_paths_and_targets_by_path_are_relative_to_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "team" / "targets"
    folder.mkdir(parents=True)
    (folder / "ours.toml").touch()
    config = read('target = ["ours", "./other/mine"]\ntarget-paths = ["team"]')
    assert config.target_paths == (f"{tmp_path.as_posix()}/team",)
    assert config.target == ("ours", f"{tmp_path.as_posix()}/other/mine")


def test_target_paths_are_folders() -> None:
    assert problems('target-paths = ["team", 3]\ntarget = "ours"') == [
        "archlint.toml: target-paths: expected a string or a list of strings, found a list",
        'archlint.toml: target: unknown target "ours" '
        "(known: gtx1080ti-cudnn7-fp32, snapdragon810-neon-fp32)",
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


def test_flag_over_file() -> None:
    file = Config(
        path="archlint.toml",
        select=("G1",),
        batch=8,
        notes=True,
        dim={"a": 1, "b": 2},
        format=("full", "json"),
        output=("-", "x.json"),
    )
    flags = Config(batch=1, notes=False, dim={"b": 3}, format=("concise",))
    assert flags.over(file) == Config(
        path="archlint.toml",
        select=("G1",),
        batch=1,
        notes=False,
        dim={"a": 1, "b": 3},
        format=("concise",),
        output=(),
    )
    assert Config(output=("y",)).over(Config(format=("json",))).output == ("y",)


def test_the_fields_of_a_config_are_its_keys() -> None:
    keys = {each.name.replace("_", "-") for each in fields(Config)} - {"path", "ignores"}
    text = "".join(f"{key}-x = 1\n" for key in sorted(keys))
    assert [line.split('"')[1] for line in problems(text)] == sorted(keys)


def test_shapes() -> None:
    assert parse_shape("1x3x224x224") == (1, 3, 224, 224)
    for bad in ("", "x", "1x", "0x3", "-1", "1 x 3", "1X3", "1,3", "²"):
        assert parse_shape(bad) is None


def test_did_you_mean() -> None:
    assert did_you_mean("g1", ("G1", "G2")) == ' (did you mean "G1"?)'
    assert did_you_mean("gtx", ("gtx1080ti", "xeon")) == ' (did you mean "gtx1080ti"?)'
    assert did_you_mean("zzz", ("G1", "G2")) == ""
