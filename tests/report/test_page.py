from __future__ import annotations

import re

import pytest
from rich.text import Text

from archlint.report.page import Page


@pytest.mark.parametrize("unit", ["n", "word ", "漢", "a\u0301"])
def test_a_text_as_long_as_a_file_is_told_whole_in_lines_that_fit(unit: str) -> None:
    page = Page(100, False)
    page.line(unit * 20_000, indent=2, hang=4)
    lines = page.text().splitlines()
    assert "".join(lines).replace(" ", "") == unit.replace(" ", "") * 20_000
    assert lines[0].startswith("  ")
    assert all(line.startswith("      ") for line in lines[1:])
    assert max(len(line) for line in lines) <= 100 * len(unit)


@pytest.mark.parametrize("gap", ["", " ", " " * 300])
def test_spaces_between_lines_are_none_of_either(gap: str) -> None:
    page = Page(100, False)
    page.line(gap.join(["x" * 98] * 40), indent=2)
    assert page.text().splitlines() == ["  " + "x" * 98] * 40


@pytest.mark.parametrize("color", [True, False])
def test_a_line_is_the_same_with_colors_and_without(color: bool) -> None:
    page = Page(40, color)
    page.line(("plain ", "bold red"), "and [b]not[/b] markup :smile: 12", indent=2, hang=2)
    page.verbatim("wider than the page, with spaces at its end", " " * 20)
    page.flow([["::error::"], ["漢字 " * 12]], indent=2)
    page.table([["a", ("b", "bold")], ["c" * 12, "d"]], "<>")
    assert [re.sub(r"\x1b\[[0-9;]*m", "", each) for each in page.text().split("\n")] == [
        "  plain and [b]not[/b] markup :smile: 12",
        "wider than the page, with spaces at its end" + " " * 20,
        "  \\x3a:error::",
        "  漢字 漢字 漢字 漢字 漢字 漢字 漢字",
        "  漢字 漢字 漢字 漢字 漢字 ",
        "a             b",
        "cccccccccccc  d",
        "",
    ]


def moved(unit: str, times: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many characters are wrapped and cut for a text of so many of a unit."""
    count, wrap, divide = 0, Text.wrap, Text.divide

    def counted(plain: object) -> object:
        def call(self: Text, *args: object, **given: object) -> object:
            nonlocal count
            count += len(self.plain)
            return plain(self, *args, **given)  # type: ignore[operator]

        return call

    with monkeypatch.context() as patch:
        patch.setattr(Text, "wrap", counted(wrap))
        patch.setattr(Text, "divide", counted(divide))
        page = Page(100, False)
        page.line(unit * times)
    return count


@pytest.mark.parametrize("unit", ["n", "word ", "漢", "\u0301"])
def test_a_text_is_laid_out_in_a_time_that_is_linear_in_its_length(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorter, longer = (moved(unit, times, monkeypatch) for times in (5_000, 50_000))
    assert longer < 11 * shorter + 1000
