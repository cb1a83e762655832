"""`archlint diff` on files, in a real repository."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it comes without types
import pytest

from archlint.cli import run
from archlint.report.schema import schema
from tests.linter.versions import VERSIONS, file_of
from tests.source.test_revision import git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
GPU = ("--target", "gtx1080ti-cudnn7-fp32")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    (tmp_path / "nets").mkdir()
    shutil.copy(file_of("mobilenet_v1"), "nets/net.onnx")
    shutil.copy(file_of("resnet18"), "nets/gone.onnx")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    return tmp_path


def test_a_network_that_has_not_changed_passes_every_gate(
    capsys: pytest.CaptureFixture[str],
) -> None:
    same = str(file_of("shufflenet_v1_g3"))
    assert run(["diff", same, same, *GPU, "--fail-on-new", "--max-slowdown", "0%"]) == 0
    out = capsys.readouterr().out
    assert "1.000x (1.000 to 1.000" in out
    assert out.endswith("0 new findings, 0 gone, 4 unchanged in 1 model\n")


def test_both_gates_close(capsys: pytest.CaptureFixture[str]) -> None:
    pair = (str(file_of("mobilenet_v1")), str(file_of("shufflenet_v1_g3")))
    assert run(["diff", *pair, *GPU]) == 0
    assert run(["diff", *pair, *GPU, "--fail-on-new"]) == 1
    out = capsys.readouterr().out
    name = pair[1]
    assert f"failed {name}: 1 new finding (warning or worse)\n" in out.replace("\n  ", " ")
    assert run(["diff", *pair, *GPU, "--quiet"]) == 0
    quiet = capsys.readouterr().out
    assert "\n  priced for NVIDIA GTX 1080 Ti" in quiet
    assert "\nwarning G2 " in quiet
    assert run(["diff", pair[1], pair[1], *GPU, "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    pair = (pair[1], str(file_of("vgg16")))
    assert run(["diff", *pair, *GPU, "--max-slowdown", "3%"]) == 1
    assert "% slower on gtx1080ti-cudnn7-fp32, allowed is 3 %" in capsys.readouterr().out.replace(
        "\n  ", " "
    )


def test_models_of_the_working_tree_are_held_against_a_revision(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "nets" / "net.onnx").write_bytes(
        VERSIONS["with a block at the front"]("mobilenet_v1").SerializeToString()
    )
    (repository / "nets" / "gone.onnx").unlink()
    shutil.copy(file_of("vgg16"), "nets/new.onnx")
    assert run(["diff", "--base", "HEAD", *GPU, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, json.loads(schema("diff")))
    assert {each["name"]: each["presence"] for each in found["models"]} == {
        "nets/net.onnx": "both", "nets/new.onnx": "added", "nets/gone.onnx": "removed",
    }  # fmt: skip
    (changed,) = (each for each in found["models"] if each["presence"] == "both")
    assert changed["before"]["path"] == "nets/net.onnx@HEAD"
    assert changed["targets"][0]["slowdown"] > 1
    assert run(["diff", "nets/gone.onnx@HEAD", "nets/gone.onnx@main", *GPU]) == 0
    assert run(["diff", "--base", "HEAD", "nets/gone.onnx", *GPU]) == 0
    assert "nets/gone.onnx  removed" in capsys.readouterr().out


def test_what_is_new_may_be_in_the_baseline(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(file_of("shufflenet_v1_g3"), "nets/net.onnx")
    shutil.copy(file_of("shufflenet_v2"), "nets/new.onnx")
    gate = ["diff", "--base", "HEAD", *GPU, "--fail-on-new"]
    assert run(gate) == 1
    known = ["--baseline", "known.toml"]
    assert run(["nets", *GPU, *known, "--write-baseline", "trained already"]) == 0
    capsys.readouterr()
    assert run([*gate, *known]) == 0
    out = capsys.readouterr().out
    assert "known       3 findings with 45 places of the baseline (-v lists them)" in out
    assert " in the baseline in 3 models\n" in out
    assert run([*gate, *known, "-v"]) == 0
    assert ": trained already\n" in capsys.readouterr().out.replace("\n              ", " ")
    assert run([*gate, *known, "--format", "markdown"]) == 0
    assert "- in the baseline: " in capsys.readouterr().out
    assert run([*gate, *known, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, json.loads(schema("diff")))
    (added,) = (each for each in found["models"] if each["presence"] == "added")
    assert {each["reason"] for each in added["after"]["known"]} == {"trained already"}
    (repository / "archlint.toml").write_text('baseline = "known.toml"', "utf-8")
    assert run(gate) == 0
    assert run(["diff", "nets/gone.onnx@HEAD", "nets/net.onnx", *GPU, "--fail-on-new"]) == 0
    assert run([*gate, "--baseline", "none.toml"]) == 2
    capsys.readouterr()


@pytest.mark.parametrize("words", [["--base", "HEAD", "nets/net.onnx"],
                                   ["nets/net.onnx@HEAD", "nets/net.onnx"],
                                   ["broken.onnx", "nets/net.onnx"]])  # fmt: skip
@pytest.mark.parametrize("content", [b"no model", b""])
def test_a_model_whose_base_cannot_be_linted_is_judged_alone(
    words: list[str], content: bytes, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("nets/net.onnx", "broken.onnx"):
        (repository / name).write_bytes(content)
    git("add", "-A")
    git("commit", "-q", "-m", "broken")
    shutil.copy(file_of("shufflenet_v1_g3"), "nets/net.onnx")
    assert run(["diff", *words, *GPU]) == 0
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert err.endswith(": nets/net.onnx is judged alone\n")
    assert err[len("archlint: ") : -1] in " ".join(out.split())
    assert "unchanged  " not in out
    # all of it is new
    assert run(["diff", *words, *GPU, "--fail-on-new", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, json.loads(schema("diff")))
    (model,) = found["models"]
    assert model["before"]["error"]
    assert model["after"]["findings"]
    assert run(["diff", *words, *GPU, "--format", "markdown"]) == 0
    assert "is judged alone" in capsys.readouterr().out


@pytest.mark.parametrize("format_", ["full", "markdown", "concise", "sarif", "github", "junit"])
@pytest.mark.usefixtures("repository")
def test_every_format_tells_what_is_new(format_: str, capsys: pytest.CaptureFixture[str]) -> None:
    pair = (str(file_of("mobilenet_v1")), str(file_of("shufflenet_v1_g3")))
    assert run(["diff", *pair, *GPU, "--format", format_]) == 0
    assert "G2" in capsys.readouterr().out


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["a.onnx"], "expected BASE HEAD, or --base REV (try: archlint diff --help)"),
        ([], "expected BASE HEAD, or --base REV (try: archlint diff --help)"),
        (["nets/net.onnx@x", "nets/net.onnx"], 'git knows no revision "x"'),
        (["nets/a.onnx@HEAD", "nets/net.onnx"], "nets/a.onnx: not a file of the revision HEAD"),
        (["--base", "HEAD", "nets/a.onnx"], "nets/a.onnx: no such file or folder"),
        (["nets/a.onnx", "nets/net.onnx"], "nets/a.onnx: no such file"),
        (
            ["nets/net.onnx", "nets/net.onnx", "--max-slowdown", "x"],
            '--max-slowdown: expected a percentage such as 3%, found "x"',
        ),
    ],
)
def test_what_is_wrong_is_one_line(
    words: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diff", *words]) == 2
    assert capsys.readouterr().err == f"archlint: {fault}\n"


def test_a_model_of_another_name_is_told_to_have_nothing_before_it(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "nets" / "gone.onnx").rename(repository / "nets" / "other.onnx")
    assert run(["diff", "--base", "HEAD", *GPU, "nets"]) == 0
    assert capsys.readouterr().err == ""
    assert run(["diff", "--base", "HEAD", *GPU, "nets", "--max-slowdown", "3%"]) == 0
    assert capsys.readouterr().err == (
        "archlint: --max-slowdown holds nothing against nets/other.onnx: new, where "
        "nets/gone.onnx is gone\n"
    )
