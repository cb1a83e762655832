from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.source.ignores import Wanted, add_ignores, read_comments
from archlint.source.ignores.text import read_source

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "nets").glob("*.py"))
OURS = re.compile(r"  # archlint: ignore\[[^]]*\] because")


def added(text: str, *wanted: tuple[int, str]) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(add_ignores(lines, [Wanted(*each) for each in wanted], "because"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = f()\n", "x = f()  # archlint: ignore[G2] because\n"),
        ("x = f()", "x = f()  # archlint: ignore[G2] because"),
        ("x = f()\r\ny\r\n", "x = f()  # archlint: ignore[G2] because\r\ny\r\n"),
        ("x = f(\n    1,\n)\n", "x = f(\n    1,\n)  # archlint: ignore[G2] because\n"),
        ("x = 1 + \\\n    f()\n", "x = 1 + \\\n    f()  # archlint: ignore[G2] because\n"),
        ("x = f('''\na''')\n", "x = f('''\na''')  # archlint: ignore[G2] because\n"),
        ("x = f()  # why\n", "x = f()  # why  # archlint: ignore[G2] because\n"),
        (
            "x = f()  # archlint: ignore[G1] old\n",
            "x = f()  # archlint: ignore[G1, G2] old\n",
        ),
        (
            "# archlint: ignore[G2] old\nx = f()\n",
            "# archlint: ignore[G2] old\nx = f()\n",
        ),
        ("x = 1; y = f()\n", "x = 1; y = f()  # archlint: ignore[G2] because\n"),
        ("@d\nclass A(B):\n\tpass\n", "@d  # archlint: ignore[G2] because\nclass A(B):\n\tpass\n"),
    ],
)
def test_a_comment_goes_behind_the_statement(before: str, after: str) -> None:
    line = 2 if before.startswith("# archlint") else 1
    assert added(before, (line, "G2")) == after


def test_codes_of_one_statement_share_a_comment() -> None:
    assert added("x = f(\n  1)\n", (1, "G4"), (2, "G1"), (1, "G4")) == (
        "x = f(\n  1)  # archlint: ignore[G1, G4] because\n"
    )


def test_a_line_in_no_statement_is_left_alone() -> None:
    assert added("x = 1\n\n# end\n", (3, "G2")) == "x = 1\n\n# end\n"


@settings(max_examples=50)
@given(st.sampled_from(EXAMPLES), st.lists(st.integers(1, 120), min_size=1, max_size=8))
def test_nothing_else_is_touched(path: Path, numbers: list[int]) -> None:
    source = read_source(path)
    assert source is not None
    before = "".join(source.lines)
    after = "".join(add_ignores(source.lines, [Wanted(n, "G1") for n in numbers], "because"))
    assert OURS.sub("", after) == before
    assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(before))
    comments = read_comments(after.splitlines(keepends=True))
    statements = {
        each.first for each in ast_statements(before) if any(each.holds(n) for n in numbers)
    }
    assert bool(comments) == bool(statements)
    assert all(each.reason == "because" and not each.fault for each in comments)


class Lines:
    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last

    def holds(self, number: int) -> bool:
        return self.first <= number <= self.last


def ast_statements(text: str) -> list[Lines]:
    """Simple statements and the heads of the others."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            found.append(Lines(node.lineno, max(node.lineno, last)))
    return found


def test_the_encoding_and_a_mark_of_byte_order_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes("\ufeffx = 'é'\n".encode())
    source = read_source(path)
    assert source is not None
    made = source.encoded(add_ignores(source.lines, [Wanted(1, "G2")], "because"))
    assert made == "\ufeffx = 'é'  # archlint: ignore[G2] because\n".encode()
    path.write_bytes(b"# -*- coding: latin-1 -*-\nx = '\xe9'\n")
    source = read_source(path)
    assert source is not None
    assert source.encoded(list(source.lines)) == path.read_bytes()


def test_a_file_that_is_no_text_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\xff\xfe\x00")
    assert read_source(tmp_path / "a.py") is None
    assert read_source(tmp_path / "gone.py") is None
