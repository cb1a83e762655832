from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from archlint.cli import run
from archlint.errors import ArchlintError
from archlint.linter import lint, registry
from archlint.linter.registry import all_rules, broken_rules, page_of
from archlint.linter.target_places import find_target_files
from archlint.rule import Rule
from archlint.settings.options import Options
from tests.linter.fake_rules import EachConv

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "examples" / "onnx" / "mobilenet_v2.onnx"


@pytest.fixture
def _fresh() -> Iterator[None]:
    all_rules.cache_clear()
    yield
    all_rules.cache_clear()


@pytest.mark.parametrize("link", ["absent", "a text file"])
def test_without_the_link_to_the_rules_one_line_says_what_to_do(tmp_path: Path, link: str) -> None:
    package = tmp_path / "archlint"
    package.mkdir()
    for each in (ROOT / "archlint").iterdir():
        if each.name != "rules":
            (package / each.name).symlink_to(each)
    if link == "a text file":
        (package / "rules").write_text("../rules")
    run = subprocess.run(
        [sys.executable, "-m", "archlint", "rule"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        "archlint: rule A1 (archlint.rules.a1_misaligned_width.rule:MisalignedWidth): "
        f"{package}/rules is no folder: it is a symbolic link to ../rules, which some checkouts "
        "and archives lack; make it anew, or `pip install .` in the checkout\n"
    )


@pytest.mark.usefixtures("_fresh")
def test_no_rule_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda **_: [])
    with pytest.raises(ArchlintError, match=r"^no rule is installed: "):
        all_rules()


@pytest.mark.usefixtures("_fresh")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("raise RuntimeError('no licence')", "no licence"),
        ("raise SystemExit(0)", "SystemExit(0)"),
        ("raise ValueError('two\\nlines')", "two lines"),
        ("import no_such_library", "No module named 'no_such_library'"),
        ("class Its: code = 'X1'", "it is no subclass of archlint.plugin.Rule"),
        ("Its = 3", "it is no subclass of archlint.plugin.Rule"),
        ("class Its(Rule): check = None", "it has no code"),
        ("class Its(Rule): code, name, summary = 'X1', 'a', 'b'", "it has no check"),
        ("class Its(EachConv): name = None", "it has no name"),
        ("class Its(EachConv): code = 'my rule'", "code 'my rule' is not a letter and a number, "),
        ("class Its(EachConv): name = 'G1'", "name 'G1' is not small words with hyphens, "),
        ("class Its(EachConv): code = 'G1'", "code G1 is taken"),
        (
            "class Its(EachConv): name = 'unbalanced-channel-width'",
            "name unbalanced-channel-width is taken by G1",
        ),
    ],
)
def test_a_rule_that_is_none_or_called_like_another_is_named_and_the_others_run(
    text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imports = "from archlint.plugin import Rule\nfrom tests.linter.fake_rules import EachConv\n"
    (tmp_path / "no_rule.py").write_text(f"{imports}{text}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "no_rule", raising=False)
    entries = [
        EntryPoint("G1", "archlint.rules.g1_channel_width.rule:ChannelWidth", "archlint.rules"),
        EntryPoint("X1", "no_rule:Its", "archlint.rules"),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda **_: entries)
    assert [rule.code for rule in all_rules()] == ["G1"]
    (line,) = broken_rules()
    assert line.startswith(f"rule X1 (no_rule:Its): {reason}")
    assert "\n" not in line
    report = lint([str(MODEL)], Options())
    assert report.models[0].targets
    assert report.errors == (line,)
    assert report.exit_code(None) == 2
    assert lint([str(MODEL)], Options(ignore=("X1",))).errors == ()
    assert lint([str(MODEL)], Options(select=("G1",))).errors == ()
    only = lint([str(MODEL)], Options(select=("X1",)))
    assert (only.rules, only.errors) == ((), (line,))


@pytest.mark.usefixtures("_fresh")
def test_each_command_says_which_rule_is_broken_and_does_what_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [
        EntryPoint("G1", "archlint.rules.g1_channel_width.rule:ChannelWidth", "archlint.rules"),
        EntryPoint("X1", "no_such_module:Its", "archlint.rules"),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda **_: entries)
    monkeypatch.chdir(tmp_path)
    line = "archlint: rule X1 (no_such_module:Its): No module named 'no_such_module'\n"
    (tmp_path / "archlint.toml").write_text('[rules.X1]\nwidth = "any"\n', encoding="utf-8")
    for words in (["rule"], ["explain", str(MODEL)], [str(MODEL)], [str(MODEL), "--select", "X1"]):
        assert run(words) == 2
        out, err = capsys.readouterr()
        assert err == line, words
        assert out != ""
    for words in (["rule", "X1"], ["measure", "--target", "a", "--out", "."]):
        assert run(words) == 2
        assert capsys.readouterr() == ("", line), words
    assert run([str(MODEL), "--ignore", "X1", "--fail-on", "never"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("_fresh")
def test_where_a_rule_lies_no_targets_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = find_target_files(())
    package = tmp_path / "its_rule"
    package.mkdir()
    text = "from tests.linter.fake_rules import EachConv\nclass Its(EachConv): code = 'X1'\n"
    (package / "__init__.py").write_text(text)
    (tmp_path / "its_target").mkdir()
    (tmp_path / "its_target" / "target.toml").write_text("name = 'its_target'\n")
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets" / "old.toml").write_text("name = 'old'\n")
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint("X1", "its_rule:Its", "archlint.rules")
    monkeypatch.setattr(registry, "entry_points", lambda **_: [entry])
    assert [rule.code for rule in all_rules()] == ["X1"]
    assert find_target_files(()) == before


def test_a_rule_without_a_page_says_what_it_says_of_itself() -> None:
    assert page_of(EachConv) == "# T1 wide-conv\n\nConvs could be narrower\n"


def test_a_page_is_a_text_or_a_file_that_may_lie_beside_the_rule() -> None:
    class Text(EachConv):
        page = "# A page\n"

    class File(EachConv):
        page = Path("fake_rules.py")  # what lies beside this test

    assert page_of(Text) == "# A page\n"
    assert page_of(File) == Path(__file__).with_name("fake_rules.py").read_text(encoding="utf-8")


def test_a_page_that_is_not_there_is_an_error() -> None:
    class Lost(EachConv):
        page = Path("lost.md")

    with pytest.raises(ArchlintError, match=r"^rule T1: its page cannot be read: .*lost\.md"):
        page_of(Lost)


def test_the_readme_beside_a_module_that_is_no_package_s_is_not_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "from tests.linter.fake_rules import EachConv\nclass Its(EachConv): pass\n"
    for folder in (tmp_path, tmp_path / "in_package"):
        folder.mkdir(exist_ok=True)
        (folder / "alone.py").write_text(text)
        (folder / "README.md").write_text("Whose?\n")
    (tmp_path / "in_package" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    def its(module: str) -> type[Rule]:
        return EntryPoint("T1", f"{module}:Its", "archlint.rules").load()  # type: ignore[no-any-return]

    assert page_of(its("alone")).startswith("# T1 ")
    assert page_of(its("in_package.alone")) == "Whose?\n"
