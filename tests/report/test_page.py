from __future__ import annotations

import pytest

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
