"""Exit codes of runs over models that cannot be priced, or not be read whole."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it comes without types
import onnx
import pytest

from archlint.cli import run
from archlint.report.schema import schema
from tests.linter.fake_rules import convs
from tests.linter.test_skipped import trees
from tests.linter.test_unknown import half

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two models that nothing prices, one that is priced, one that is read in part."""
    monkeypatch.chdir(tmp_path)
    for name in ("all/classical", "odd", "cut"):
        Path(name).mkdir(parents=True)
    onnx.save(trees(), "all/classical/a.onnx")
    onnx.save(trees(), "all/classical/b.onnx")
    onnx.save(convs().proto("blocks.3.conv"), "all/net.onnx")
    onnx.save(half(), "cut/half.onnx")
    return tmp_path


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["all"], 0),
        (["all", "--fail-on-skipped"], 2),
        (["all/net.onnx", "all/classical/a.onnx"], 0),
        (["all/classical/a.onnx"], 2),
        (["all/classical"], 2),
        (["all/classical", "--no-fail-on-skipped"], 0),
        (["all/classical", "--fail-on", "never"], 2),
        (["cut"], 2),
        (["cut", "all", "--fail-on", "never"], 2),
        (["cut", "--allow-unknown"], 0),
    ],
)
def test_exit_codes(args: list[str], code: int) -> None:
    assert run(args) == code


def test_a_broken_file_counts_beside_skipped_ones(capsys: Capture) -> None:
    Path("all/broken.onnx").write_bytes(b"no model")
    assert run(["all"]) == 2
    out = capsys.readouterr().out
    assert "2 models skipped (nothing has a price); 1 model not linted: all/broken.onnx." in out


def test_the_configuration_can_say_both(capsys: Capture) -> None:
    Path("archlint.toml").write_text("fail-on-skipped = true\n")
    assert run(["all"]) == 2
    assert run(["all", "--no-fail-on-skipped"]) == 0
    Path("archlint.toml").write_text("allow-unknown = true\n")
    assert run(["cut"]) == 0
    capsys.readouterr()


def test_a_list_of_findings_names_what_is_skipped_beside_it(capsys: Capture) -> None:
    assert run(["all", "--format", "concise"]) == 0
    assert "archlint: all/classical/a.onnx: skipped: rtx4090" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["explain", "check"])
def test_what_is_not_read_is_refused_with_the_reason(command: str, capsys: Capture) -> None:
    assert run([command, "cut/half.onnx"]) == 2
    assert "lost at Strange strange" in capsys.readouterr().err


def test_explain_goes_on_where_that_is_allowed(capsys: Capture) -> None:
    assert run(["explain", "cut/half.onnx", "second", "--allow-unknown"]) == 0
    assert "no shapes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("pair", "code"),
    [
        (("all/net.onnx", "cut/half.onnx"), 2),
        (("cut/half.onnx", "cut/half.onnx"), 2),
        (("all/net.onnx", "all/classical/a.onnx"), 2),
        (("all/classical/a.onnx", "all/classical/a.onnx"), 2),
    ],
)
def test_a_diff_passes_nothing_that_cannot_be_judged(
    pair: tuple[str, str], code: int, capsys: Capture
) -> None:
    assert run(["diff", *pair]) == code
    assert capsys.readouterr().err


def test_a_diff_of_what_is_read_in_part_is_made_where_that_is_allowed(capsys: Capture) -> None:
    assert run(["diff", "cut/half.onnx", "cut/half.onnx", "--allow-unknown"]) == 0
    assert "not priced  2 operators without shapes" in capsys.readouterr().out


def test_a_diff_of_what_is_skipped_in_both_is_counted(capsys: Capture) -> None:
    same = ("all/classical/a.onnx", "all/classical/a.onnx")
    assert run(["diff", *same, "--no-fail-on-skipped", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(json.loads(schema("diff"))).validate(document)
    assert "no price" in document["models"][0]["after"]["skipped"]
    assert run(["diff", *same, "--no-fail-on-skipped"]) == 0
    assert capsys.readouterr().out.endswith("in 1 model; 1 model skipped\n")


def test_a_baseline_is_not_emptied_by_a_model_that_is_no_longer_read(capsys: Capture) -> None:
    example = Path(__file__).parents[2] / "examples/onnx/shufflenet_v2.onnx"
    proto = onnx.load(example)
    onnx.save(proto, "net.onnx")
    known = ("net.onnx", "--baseline", "known.toml")
    assert run([*known, "--write-baseline", "as of v1"]) == 0
    before = Path("known.toml").read_text()
    onnx.save(half(), "net.onnx")
    assert run([*known, "--prune-baseline"]) == 2
    assert run([*known, "--write-baseline", "later"]) == 2
    assert Path("known.toml").read_text() == before
    capsys.readouterr()
