"""`archlint init`: what it writes holds as it stands, and nothing is ever overwritten."""

from __future__ import annotations

import json
import re
from pathlib import Path
from shutil import copy, which

import pytest
import tomli

from archlint.cli import run
from archlint.cli.settings import configured as configured_in
from archlint.settings.asked import Asked, settings
from archlint.settings.options import Options
from tests.gate.repository import EXAMPLES, ROOT, repository

NETS = """\
import torch.nn as nn
from torch.nn import Module

raise SystemExit("nobody runs this")


class Part(nn.Module):
    pass


def part():
    return Part()


class Base(Module):
    def __init__(self, classes, *, width=8, depth):
        super().__init__()
        self.part = part()


class Net(Base):
    pass


class _Private(Base):
    pass


class Other:
    pass
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old nets").mkdir()
    copy(EXAMPLES / "vgg16.onnx", tmp_path / "old nets/vgg.onnx")
    (tmp_path / "nets.py").write_text(NETS, "utf-8")
    return tmp_path


def say(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = run(["init", *args])
    out, err = capsys.readouterr()
    return code, out, err


def configured(name: str = "archlint.toml") -> Asked:
    return configured_in(Path(name))


def uncommented(text: str, *, but_for: str) -> str:
    """The text with all its keys in force."""
    lines = text.splitlines()
    return "\n".join(
        line if line.startswith(("# ", f"#{but_for}")) else line.removeprefix("#") for line in lines
    )


@pytest.mark.parametrize("args", [(), ("--pyproject",)])
def test_what_is_written_says_nothing_until_it_is_edited(
    folder: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...]
) -> None:
    name = "pyproject.toml" if args else "archlint.toml"
    if args:
        (folder / name).write_text('[project]\nname = "nets"', "utf-8")
    assert say(capsys, *args) == (
        0,
        f"{name}: written; seen: 1 .onnx file, 1 likely network in Python\n"
        ".pre-commit-config.yaml: written; `pre-commit install` turns it on\n",
        "",
    )
    assert configured(name) == Asked(config=name)
    assert max(map(len, (folder / name).read_text("utf-8").splitlines())) <= 100
    assert run(["--fail-on", "never", "--quiet"]) == 0


@pytest.mark.parametrize("args", [(), ("--pyproject",)])
def test_every_key_is_there_and_holds_once_its_sign_is_gone(
    folder: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...]
) -> None:
    name = "pyproject.toml" if args else "archlint.toml"
    if args:
        (folder / name).write_text('[project]\nname = "nets"\n', "utf-8")
    say(capsys, *args)
    for each in ("targets", "src"):
        (folder / each).mkdir()
    text = uncommented((folder / name).read_text("utf-8"), but_for="ignore = ")
    (folder / name).write_text(text, "utf-8")
    config = configured(name)
    table = tomli.loads((folder / name).read_text("utf-8"))
    table = table["tool"]["archlint"] if args else table
    assert set(table) == {each.name for each in settings().values() if each.key is not None}
    # a list of rules and tables cannot both be `ignore`
    shows_default = {"max_memory", "ignore", "min_slowdown", "fail_on", "color", "quiet", "verbose"}
    for field, setting in settings().items():
        holder = config.options if hasattr(Options, field) else config
        is_default = getattr(holder, field) == setting.value.default
        assert is_default == (setting.key is None or field in shows_default) or field == "config"
    assert dict(config.options.rule_options) == {
        "A1": {"min-excess": 1.1},
        "G1": {"min-mac-ratio": 1.05},
        "G3": {"min-width": 3},
    }
    (model,) = config.models
    assert (model.name, model.factory) == ("Net", "nets.py:Net")


@pytest.mark.usefixtures("folder")
def test_models_are_proposed_with_what_they_need(capsys: pytest.CaptureFixture[str]) -> None:
    say(capsys)
    text = Path("archlint.toml").read_text("utf-8")
    assert text.endswith(
        "# Models of PyTorch source that `archlint check` lints; linting them runs their code.  "
        'Without\n# any it lints the .onnx files in this folder: 1 now, such as "old '
        'nets/vgg.onnx".\n'
        "# These classes look like networks; say what their forward takes.\n"
        "#[[models]]\n"
        '#name = "Net"\n'
        '#factory = "nets.py:Net"\n'
        '#inputs = ["1x3x224x224"]\n'
        "# It needs classes, depth.\n"
        "#kwargs = {}\n"
        "#targets = [] # those of the run\n"
    )


def test_the_networks_of_the_examples_are_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nets = tmp_path / "zoo"
    nets.mkdir()
    for file in (ROOT / "examples/nets").glob("*.py"):
        copy(file, nets)
    monkeypatch.chdir(nets)
    say(capsys, "--no-pre-commit")
    text = Path("archlint.toml").read_text("utf-8")
    assert re.findall(r'#factory = "\w+\.py:(\w+)"', text) == [
        "MobileNetV1", "MobileNetV2", "NASNet", "RepVGG", "ResNet", "ShuffleNetV1",
        "ShuffleNetV2", "UNet", "VGG", "ViT",
    ]  # fmt: skip
    assert not Path(".pre-commit-config.yaml").exists()


def test_networks_of_one_name_keep_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "more.py").write_text("from torch import nn\nclass Net(nn.Module): ...\n", "utf-8")
    (folder / "nets.py").write_text("from torch import nn\nclass Net(nn.Module): ...\n", "utf-8")
    say(capsys)
    text = (folder / "archlint.toml").read_text("utf-8")
    assert re.findall(r"#name = (.*)", text) == ['"more.py:Net"', '"nets.py:Net"']


def test_tests_environments_and_broken_files_are_no_source(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("tests/nets.py", "env/lib/nets.py", ".hidden/nets.py", "src/test_nets.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("from torch import nn\nclass Odd(nn.Module): ...\n", "utf-8")
    (folder / "env/pyvenv.cfg").touch()
    (folder / "broken.py").write_bytes(b"class Broken(nn.Module\0): \xff")
    (folder / "evil\nname.py").write_text("from torch import nn\nclass E(nn.Module): ...\n")
    assert "1 likely network in Python" in say(capsys)[1]


def test_a_configuration_that_is_there_stays(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "archlint.toml").write_text("batch = 8\n", "utf-8")
    (folder / "pyproject.toml").write_text("[project]\n", "utf-8")
    for args in ((), ("--pyproject",)):
        told = "archlint: archlint.toml: a configuration of archlint is there already\n"
        assert say(capsys, *args) == (2, "", told)
    assert (folder / "archlint.toml").read_text("utf-8") == "batch = 8\n"
    assert (folder / "pyproject.toml").read_text("utf-8") == "[project]\n"
    assert not (folder / ".pre-commit-config.yaml").exists()


@pytest.mark.parametrize("args", [(), ("--pyproject",)])
def test_a_table_that_is_there_stays(
    folder: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...]
) -> None:
    text = "[tool.archlint]\nbatch = 8\n"
    (folder / "pyproject.toml").write_text(text, "utf-8")
    told = "archlint: pyproject.toml: a configuration of archlint is there already\n"
    assert say(capsys, *args) == (2, "", told)
    assert (folder / "pyproject.toml").read_text("utf-8") == text


def test_a_project_file_keeps_what_it_has(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = '[project]\r\nname = "gr\u00fc\u00df"\r\n\r\n[tool.ruff]\r\nline-length = 100'
    (folder / "pyproject.toml").write_bytes(before.encode())
    assert say(capsys, "--pyproject")[0] == 0
    assert (folder / "pyproject.toml").read_bytes().startswith(before.encode())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "pyproject.toml: no such file (without --pyproject: archlint.toml)"),
        (b"tool = {ruff = {}}\n", "pyproject.toml: no table can be added: "),
        (b"[project\n", "pyproject.toml: "),
        (b"name = '\xff'\n", "pyproject.toml: "),
    ],
)
def test_a_project_file_that_takes_no_table_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], text: bytes | None, told: str
) -> None:
    if text is not None:
        (folder / "pyproject.toml").write_bytes(text)
    code, out, err = say(capsys, "--pyproject")
    assert (code, out) == (2, "")
    assert err.startswith(f"archlint: {told}")
    assert err.count("\n") == 1
    if text is not None:
        assert (folder / "pyproject.toml").read_bytes() == text


def test_hooks_that_are_there_stay_and_the_entry_is_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / ".pre-commit-config.yaml").write_text("repos: []\n", "utf-8")
    _, out, _ = say(capsys)
    assert "\n.pre-commit-config.yaml: add this to its `repos:`\n\n  - repo: https://" in out
    assert (folder / ".pre-commit-config.yaml").read_text("utf-8") == "repos: []\n"


def test_hooks_that_have_archlint_are_not_told_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(capsys)
    (folder / "archlint.toml").unlink()
    assert say(capsys)[1].endswith("\n.pre-commit-config.yaml: has archlint already\n")


@pytest.mark.skipif(which("git") is None, reason="git is not installed")
def test_hooks_belong_to_the_repository(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = repository(folder / "project", folder / "home")
    made.write({"nets/net.py": "pass\n"})
    monkeypatch.chdir(made.folder / "nets")
    assert "\n../.pre-commit-config.yaml: add this to its `repos:`\n" in say(capsys)[1]
    assert not list(made.folder.rglob(".pre-commit-config.yaml"))


@pytest.mark.usefixtures("folder")
def test_the_written_hooks_are_the_project_s_own(capsys: pytest.CaptureFixture[str]) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    say(capsys)
    text = Path(".pre-commit-config.yaml").read_text("utf-8")
    known = [each["id"] for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())]
    (entry,) = yaml.safe_load(text)["repos"]
    assert [each["id"] for each in entry["hooks"]] == known[:1]
    (entry,) = yaml.safe_load(text.replace("# - id", "- id"))["repos"]
    assert [each["id"] for each in entry["hooks"]] == known
    assert json.dumps(entry["rev"]).strip('"').startswith("v")


@pytest.mark.parametrize("args", [(), ("--pyproject",)])
def test_a_full_disk_leaves_what_was_there(
    folder: Path,
    args: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "pyproject.toml").write_text("[project]\n", "utf-8")
    before = sorted(folder.rglob("*"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    name = "pyproject.toml" if args else "archlint.toml"
    assert say(capsys, *args) == (2, "", f"archlint: {name}: No space left on device\n")
    assert sorted(folder.rglob("*")) == before
    assert (folder / "pyproject.toml").read_text("utf-8") == "[project]\n"


def test_a_linked_pyproject_stays_a_link(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "real.toml").write_text("[project]\n", "utf-8")
    (folder / "pyproject.toml").symlink_to("real.toml")
    assert say(capsys, "--pyproject")[0] == 0
    assert (folder / "pyproject.toml").is_symlink()
    assert "[tool.archlint]" in (folder / "real.toml").read_text("utf-8")
