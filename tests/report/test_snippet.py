from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from archlint.location import Call, Certainty, Location, Span
from archlint.report.full import render
from archlint.report.snippet import notes, snippet
from archlint.report.style import Style
from archlint.results.findings import Report
from tests.report import fakes

LINE = "        self.conv = nn.Conv2d(8, 8, 1)  # why"


def span(text: str, told: str, line: int = 7, end_line: int = 0) -> Span:
    at = text.index(told)
    return Span("nets.py", line, at + 1, end_line or line, at + len(told) + 1, text)


def test_carets_stand_under_what_is_told() -> None:
    found = snippet(span(LINE, "nn.Conv2d(8, 8, 1)"), 80)
    assert (found.number, found.text) == ("7", LINE.strip())
    assert found.carets == "            ^^^^^^^^^^^^^^^^^^"


def test_a_call_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    text = "    x = nn.Conv2d(  "
    found = snippet(Span("nets.py", 7, 9, 9, 6, text), 80)
    assert (found.text, found.carets) == ("x = nn.Conv2d(", "    ^^^^^^^^^^")


def test_tabs_and_wide_characters_are_counted_as_they_are_shown() -> None:
    text = "\t\u5c64 =\tf(x)"
    found = snippet(span(text, "f(x)"), 80)
    at = found.text.index("f(x)")
    assert "\t" not in found.text
    assert found.carets == " " * cell_len(found.text[:at]) + "^^^^"


def test_nothing_of_a_file_steers_a_terminal() -> None:
    found = snippet(span("x = '\x1b[31m\u202e'; f(x)", "f(x)"), 80)
    assert found.text == r"x = '\x1b[31m\u202e'; f(x)"
    assert found.carets == " " * found.text.index("f(x)") + "^^^^"


@pytest.mark.parametrize("told", ["f(x)", "g(" + "y, " * 60 + ")"])
def test_a_long_line_is_cut_around_what_is_told(told: str) -> None:
    text = "a = b; " * 30 + told + " # c" * 30
    for width in (30, 60, 100):
        found = snippet(span(text, told), width)
        assert cell_len(found.text) <= width - 4
        assert len(found.carets) <= cell_len(found.text)
        assert found.text[len(found.carets) - found.carets.count("^") :].startswith(told[:4])


def test_notes_are_the_calls_that_led_there_and_what_is_not_exact() -> None:
    call = Call(span("    Block(8)", "Block(8)", 20), "Block(...)", "Net.__init__")
    location = Location(span(LINE, "nn"), Certainty.MODULE, (call,))
    assert list(notes(location)) == [
        "the nearest line that is known: its own could not be found",
        "by Block(...) in Net.__init__, nets.py:20:5",
    ]


def test_a_finding_shows_its_line() -> None:
    call = Call(span("    Block(8)", "Block(8)", 120), "Block(...)", "Net.__init__")
    location = Location(span(LINE, "nn.Conv2d(8, 8, 1)", 107), Certainty.EXACT, (call,))
    found = replace(fakes.finding(), location=location)
    text = render(Report((fakes.model(found),)), Style())
    assert "  --> nets.py:107:21: stages.*.*.gconv  2 places" in text
    assert (
        """\
          |
      107 | self.conv = nn.Conv2d(8, 8, 1)  # why
          |             ^^^^^^^^^^^^^^^^^^
          = by Block(...) in Net.__init__, nets.py:120:5
"""
        in text
    )
