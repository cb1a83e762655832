"""Where a configuration may have reports written: it may be a stranger's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archlint.cli.output import write_file
from archlint.cli.settings import configured
from archlint.errors import ConfigError

HINT = "(--output may name any file)"
KINDS = "*.html, *.json, *.log, *.md, *.sarif, *.txt, *.xml"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)


def problems(text: str) -> list[str]:
    """What is wrong with a configuration, a line each."""
    Path("archlint.toml").write_text(text, "utf-8")
    try:
        configured()
    except ConfigError as fault:
        return list(fault.problems)
    return []


@pytest.mark.parametrize(
    "path",
    ["/any/path.sarif", "../a.json", "a/../../a.json", "away/a.json", "link.json", "a\\u0000.json"],
)
def test_a_report_outside_of_the_working_folder_is_refused(tmp_path: Path, path: str) -> None:
    Path("away").symlink_to(tmp_path)
    Path("link.json").symlink_to(tmp_path / "a.json")
    for line in (
        f'format = ["json={path}"]',
        f'format = ["full", "json"]\noutput = ["-", "{path}"]',
    ):
        (problem,) = problems(line)
        key = line.rpartition("\n")[2].partition(" ")[0]
        assert problem == f'{key}: "{path}" is not in the working folder {HINT}'


@pytest.mark.parametrize(
    "path", [".git/config", "venv/bin/activate", "site-packages/a.pth", "a", "nets.py", ".json"]
)
def test_a_report_replaces_no_file_of_another_kind(path: str) -> None:
    assert problems(f'format = ["json={path}"]') == [
        f'format: "{path}" is not called as a report is, {KINDS} {HINT}'
    ]


def test_a_report_in_the_working_folder_is_what_a_configuration_names() -> None:
    Path("reports").mkdir()
    Path("here").symlink_to("reports")
    names = ["a.sarif", "reports/a.json", "here/a.XML", os.path.abspath("a.md"), ".reports/a.txt"]
    assert problems(f"format = {[f'full={each}' for each in names]}") == []
    assert problems('format = ["full", "json"]\noutput = ["-", "a.json"]') == []


def test_a_configuration_above_writes_into_the_working_folder() -> None:
    Path("archlint.toml").write_text('format = ["json=a.json"]')
    Path("below").mkdir()
    os.chdir("below")
    assert configured().format == ("json=a.json",)
    Path("../archlint.toml").write_text('format = ["json=../a.json"]')
    with pytest.raises(ConfigError, match="is not in the working folder"):
        configured()


def test_no_link_leads_a_report_elsewhere_on_its_way(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("as it was")
    Path(f".a.json.{os.getpid()}.part").symlink_to(tmp_path / "theirs")
    write_file("a.json", "report")
    assert Path("a.json").read_text() == "report"
    assert not Path("a.json").is_symlink()
    assert (tmp_path / "theirs").read_text() == "as it was"
