from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from archlint.cli import run
from archlint.linter.registry import all_rules, locate_all, rule_info
from tests.docs import (
    PAGES,
    PYTHON_PAGE,
    ROOT,
    RULE_PAGES,
    blocks,
    can_run,
    plot_command,
    printed,
    python_printed,
)
from tests.measured import MARKED, measured_tables, with_tables

_LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
_PART = re.compile(r"\]\(([^)\s#]*)#([^)]*)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_REPOSITORY = "https://github.com/archlint/archlint/blob/main/"


def identifier(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [page for page in PAGES if any(blocks(page))], ids=identifier)
def test_a_page_shows_what_its_commands_print(page: Path) -> None:
    for block in filter(can_run, blocks(page)):
        assert block == printed(block)


def test_the_page_on_python_shows_what_its_examples_print() -> None:
    text = PYTHON_PAGE.read_text(encoding="utf-8")
    assert python_printed(PYTHON_PAGE) == text


@pytest.mark.parametrize("page", RULE_PAGES, ids=identifier)
def test_a_rule_s_page_shows_the_rows_of_every_target(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    rows = measured_tables(page.parent.name.partition("_")[0].upper())
    assert bool(MARKED.search(text)) == bool(rows)
    assert text == with_tables(page)


@pytest.mark.parametrize("page", RULE_PAGES, ids=identifier)
def test_a_rule_s_page_shows_a_plot_of_every_target(page: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert "](plot.svg)" in page.read_text(encoding="utf-8")
    made = tmp_path / "plot.svg"
    assert run(plot_command(page, made)) == 0
    committed = page.with_name("plot.svg").read_text(encoding="utf-8")
    every = [each.target for each in locate_all(()) if each.place.is_shipped]
    # a plot's kernels run at batch 1; lines are of kernels that were timed
    shipped = [each.name for each in every if each.batches[0] == 1 and not each.is_inferred]
    for drawn in (committed, made.read_text(encoding="utf-8")):
        # texts are drawn as outlines, with what they say as a comment
        assert [name for name in shipped if f"<!-- {name} -->" in drawn] == shipped


def test_the_readme_is_short_and_its_links_work_wherever_it_is_shown() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    for link in _LINK.findall(text):
        assert link.startswith("https://")
        if link.startswith(_REPOSITORY):
            assert (ROOT / link.removeprefix(_REPOSITORY)).exists(), link


def test_the_url_of_a_rule_leads_to_its_page() -> None:
    pages = {rule_info(rule).url.removeprefix(_REPOSITORY) for rule in all_rules()}
    assert pages == set(map(identifier, RULE_PAGES))


def test_links_of_the_docs_lead_somewhere() -> None:
    for page in [*(ROOT / "docs").rglob("*.md"), *RULE_PAGES, ROOT / "CONTRIBUTING.md"]:
        for link in _LINK.findall(page.read_text(encoding="utf-8")):
            assert link.startswith("https://") or (page.parent / link).exists(), (page, link)


def test_links_to_a_part_of_a_page_lead_to_a_heading() -> None:
    for page in [*(ROOT / "docs").rglob("*.md"), *RULE_PAGES, ROOT / "CONTRIBUTING.md"]:
        for link, part in _PART.findall(page.read_text(encoding="utf-8")):
            target = page.parent / link if link else page
            if not link.startswith("https://") and target.suffix == ".md":
                headings = _HEADING.findall(target.read_text(encoding="utf-8"))
                slugs = [
                    re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings
                ]
                assert part in slugs, (page, link, part)


def test_the_pictures_are_those_that_the_program_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    pictures = importlib.import_module("pictures")
    for name, drawn in (
        ("predicted-measured", pictures.predicted_and_measured()),
        ("time-flops", pictures.time_and_flops()),
    ):
        committed = ROOT / "docs" / "pictures" / f"{name}.svg"
        assert committed.read_text(encoding="utf-8") == drawn
