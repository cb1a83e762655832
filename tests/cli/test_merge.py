from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from archlint.cli import run
from archlint.report import as_json
from archlint.report.from_json import report_of
from archlint.report.json_text import checksum
from archlint.report.style import Style
from tests.report import fakes

ROOT = Path(__file__).parents[2]
MODELS = [
    f"examples/onnx/{each}.onnx" for each in ("mobilenet_v1", "mobilenet_v2", "shufflenet_v1_g3")
]
PRICED = ("--isolated", "--target", "gtx1080ti", "--batch", "8")
FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown")


@pytest.fixture
def shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    files = [str(tmp_path / f"{number}.json") for number in (1, 2)]
    for number, file in enumerate(files, 1):
        run(["check", *PRICED, "--shard", f"{number}/2", f"--format=json={file}", "-q", *MODELS])
    return files


def test_json_comes_back_as_it_was_written() -> None:
    text = as_json.render(fakes.rich_report(), Style())
    assert as_json.render(report_of(json.loads(text)), Style()) == text


def _without_times(text: str) -> str:
    """A SARIF log has times to more digits than JSON."""
    return re.sub(r'"(now|instead)Ms": .*', "", text)


def test_shards_together_are_the_report_of_all(
    shards: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    for name in FORMATS:
        capfd.readouterr()
        code = run(["check", *PRICED, "--format", name, *MODELS])
        whole = _without_times(capfd.readouterr().out)
        assert run(["merge", "--isolated", "--format", name, *reversed(shards)]) == code == 1
        assert _without_times(capfd.readouterr().out) == whole


def test_the_exit_code_is_that_of_the_whole(
    shards: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["merge", "--isolated", "--fail-on", "never", *shards]) == 0
    bad = tmp_path / "bad.json"
    assert run(["check", "--isolated", f"--format=json={bad}", "absent.onnx"]) == 2
    capfd.readouterr()
    assert run(["merge", "--isolated", "--fail-on", "never", *shards, str(bad)]) == 2
    assert "absent.onnx: no such file or folder" in capfd.readouterr().err


def _edited(text: str, **members: object) -> str:
    """A report with other members, and the checksum that goes with them."""
    document = {**json.loads(text), **members}
    del document["checksum"]
    return json.dumps({**document, "checksum": checksum(document)})


def test_what_cannot_be_merged_is_said(
    shards: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = Path(shards[0]).read_text(encoding="utf-8")
    changed = "changed since archlint wrote it: its checksum is another one"
    models = json.loads(text)["models"]
    cases = {
        "{": "not JSON",
        text[: len(text) // 2]: "not JSON",
        "[]": "not a JSON report of `archlint check`",
        text.replace('"schema_version": 2', '"schema_version": 1'): "schema_version 1, where",
        text.replace('"checksum"', '"sum"'): changed,
        text.replace('"error"', '"warning"', 1): changed,
        json.dumps({**json.loads(text), "models": []}): changed,
        re.sub(r'"predicted_ms": [^,]+', '"predicted_ms": NaN', text): "NaN is no number of JSON",
        re.sub(r'"predicted_ms": [^,]+', '"predicted_ms": 1e999', text): "not JSON compliant",
        _edited(text, models=[{}]): "a damaged report: KeyError: 'mac_bytes'",
        _edited(text, models=[{**models[0], "path": 3}]): "a damaged report: TypeError: expected",
        _edited(text, models=[], shard="2/1"): "--shard: expected 1/8 to 8/8",
        text: "in 2 of the reports",
    }
    other = tmp_path / "other.json"
    for content, why in cases.items():
        other.write_text(content, encoding="utf-8")
        assert run(["merge", "--isolated", shards[0], str(other)]) == 2
        (line,) = capfd.readouterr().err.splitlines()
        assert why in line
    assert run(["merge", "--isolated", "absent.json"]) == 2
    assert "absent.json: No such file" in capfd.readouterr().err
    assert run(["merge", "--isolated", "--format", "html", *shards]) == 2
    assert "--format html: JSON reports have no times of operators" in capfd.readouterr().err


def test_no_shard_is_missing_or_there_twice(
    shards: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.json"
    text = Path(shards[1]).read_text(encoding="utf-8")
    empty.write_text(_edited(text, models=[]), encoding="utf-8")
    for reports, why in (
        (shards[:1], "shard 2/2: in none of the reports"),
        (shards[1:], "shard 1/2: in none of the reports"),
        ([*shards, str(empty)], "shard 2/2: in 2 of the reports"),
    ):
        assert run(["merge", "--isolated", *reports]) == 2
        assert capfd.readouterr().err == f"archlint: {why}\n"


def test_a_report_that_is_laid_out_anew_is_the_same(
    shards: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    run(["merge", "--isolated", *shards])
    expected = capfd.readouterr()
    document = json.loads(Path(shards[0]).read_text(encoding="utf-8"))
    Path(shards[0]).write_text(json.dumps(document, sort_keys=True), encoding="utf-8")
    run(["merge", "--isolated", *shards])
    assert capfd.readouterr() == expected
