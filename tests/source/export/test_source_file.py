from __future__ import annotations

import pytest

from archlint.location import Span
from archlint.source.source_file import SourceFile

TEXT = """\
class Net:
    def __init__(self):
        self.é = Conv(1); self.last = Conv(
            2, 3)

    def forward(self, x):
        x += self.last(x)
        if x.sum() > relu(x):
            x = self.a(x) + torch.cat(
                (x, x), dim=1)
        for block in self.blocks:
            x = block(x)
        def inner(y):
            return y * 2
        try:
            return [
                x
            ]
        except ValueError:
            return inner(x) \\
                + 1
"""
FILE = SourceFile("nets.py", TEXT)


def shown(span: Span) -> str:
    lines = TEXT.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    return " ".join(each.strip() for each in [lines[0][span.column - 1 :], *lines[1:]])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (3, "Conv(1)"),
        (7, "x += self.last(x)"),
        (8, "x.sum() > relu(x)"),
        (9, "self.a(x) + torch.cat( (x, x), dim=1)"),
        (10, "(x, x)"),
        (11, "self.blocks"),
        (12, "block(x)"),
        (14, "y * 2"),
        (16, "[ x ]"),
        (17, "x"),
        (20, "inner(x) \\ + 1"),
        (21, "1"),
    ],
)
def test_a_line_of_forward_is_its_longest_expression(line: int, expected: str) -> None:
    assert shown(FILE.expression_on(line)) == expected


def test_columns_count_characters() -> None:
    call = FILE.call_at(3, 39, 4, 17)  # the é has two bytes
    assert call is not None
    span = FILE.span_of(call)
    assert (span.line, span.column, span.end_line, span.end_column) == (3, 39, 4, 18)
    assert span.text == "        self.é = Conv(1); self.last = Conv("


def test_a_call_can_be_found_by_its_name_alone() -> None:
    found = FILE.call_on(9, "cat")
    assert found is not None
    assert shown(FILE.span_of(found)) == "torch.cat( (x, x), dim=1)"
    assert FILE.call_on(1, "Net") is None


@pytest.mark.parametrize(
    ("line", "name"),
    [(1, "<module>"), (3, "Net.__init__"), (8, "Net.forward"), (14, "Net.forward.<locals>.inner")],
)
def test_a_line_is_in_a_function(line: int, name: str) -> None:
    assert FILE.function_at(line) == name
