from __future__ import annotations

from pathlib import Path

import pytest

from archlint.cli import run
from archlint.linter.registry import locate_all
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
