from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.source.ignores import Wanted, add_ignores, is_reason, read_comments
from archlint.source.ignores.text import read_source

FILES = sorted(
    path
    for folder in ("examples/nets", "archlint/source/ignores", "tests/source/ignores")
    for path in (Path(__file__).parents[3] / folder).glob("*.py")
)
REASON = "as the property wants"  # as a comment, it is in none of the files
OURS = re.compile(rf"  # archlint: ignore\[[^]]*\] {REASON}")


def added(text: str, *wanted: tuple[int, int, str], reason: str = "because") -> str:
    lines = text.splitlines(keepends=True)
    return "".join(add_ignores(lines, [Wanted(*each) for each in wanted], reason))


@pytest.mark.parametrize(
    ("before", "end_line", "after"),
    [
        ("x = f()\n", 1, "x = f()  # archlint: ignore[G2] because\n"),
        ("x = f()", 1, "x = f()  # archlint: ignore[G2] because"),
        ("x = f()\r\ny\r\n", 1, "x = f()  # archlint: ignore[G2] because\r\ny\r\n"),
        ("x = f()\ry\r", 1, "x = f()  # archlint: ignore[G2] because\ry\r"),
        ("x = f(\n    1,\n)\n", 3, "x = f(\n    1,\n)  # archlint: ignore[G2] because\n"),
        ("x = f() + \\\n    g\n", 1, "x = f() + \\\n    g  # archlint: ignore[G2] because\n"),
        ("x = f('''\na''')\n", 2, "x = f('''\na''')  # archlint: ignore[G2] because\n"),
        ("x = f(), '''\na'''\n", 1, "x = f(), '''\na'''  # archlint: ignore[G2] because\n"),
        ("x = f()  # why\n", 1, "x = f()  # why  # archlint: ignore[G2] because\n"),
        ("x = f(); y = 1\n", 1, "x = f(); y = 1  # archlint: ignore[G2] because\n"),
        ("@d\nclass A: x = 1\n", 1, "@d  # archlint: ignore[G2] because\nclass A: x = 1\n"),
        ("if f():\n\tpass\n", 1, "if f():  # archlint: ignore[G2] because\n\tpass\n"),
    ],
)
def test_a_comment_goes_behind_the_statement(before: str, end_line: int, after: str) -> None:
    assert added(before, (1, end_line, "G2")) == after


def test_a_call_inside_a_statement_of_several_lines_has_its_own_comment() -> None:
    before = "m = S(\n  A(1),\n  B(\n    2),\n  C('''\n'''), D(),\n  E(), \\\n  F(),\n)\n"
    assert added(before, (2, 2, "G1"), (3, 4, "G2"), (5, 6, "G3"), (7, 7, "G4")) == (
        "m = S(\n  A(1),  # archlint: ignore[G1] because\n"
        "  B(\n    2),  # archlint: ignore[G2] because\n"
        "  C('''\n'''), D(),  # archlint: ignore[G3] because\n"
        "  E(), \\\n  F(),\n)  # archlint: ignore[G4] because\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = f()  # archlint: ignore[G1] old", "x = f()  # archlint: ignore[G1, G2] old; because"),
        (
            "x = f()  # archlint: ignore[G1] because so",
            "x = f()  # archlint: ignore[G1, G2] because so",
        ),
        ("x = f()  # archlint: ignore[G2] old", "x = f()  # archlint: ignore[G2] old"),
        (
            "# archlint: ignore[G1] old\nx = f()",
            "# archlint: ignore[G1, G2] old; because\nx = f()",
        ),
        (
            "x = f()  # a  # archlint: ignore[G1] old  # noqa: E501",
            "x = f()  # a  # archlint: ignore[G1, G2] old; because  # noqa: E501",
        ),
        (
            "x = f()  # archlint: ignore[G1]",
            "x = f()  # archlint: ignore[G1]  # archlint: ignore[G2] because",
        ),
        (
            "x = f()  # archlint: ignore[] a  # archlint: ignore[G1] b",
            "x = f()  # archlint: ignore[] a  # archlint: ignore[G1, G2] b; because",
        ),
    ],
)
def test_a_comment_that_is_there_takes_the_codes_on(before: str, after: str) -> None:
    line = before.count("\n") + 1
    made = added(before, (line, line, "G2"))
    assert made == after
    rules = [each.rules for each in read_comments([*made.splitlines(keepends=True)])]
    assert any("G2" in each for each in rules)


def test_a_comment_on_more_than_is_wanted_is_left_alone() -> None:
    before = "m = S(\n  A(1),\n  B(2),\n)  # archlint: ignore[G1] old\n"
    assert added(before, (2, 2, "G2")) == before.replace(
        "A(1),", "A(1),  # archlint: ignore[G2] because"
    )


def test_codes_of_one_statement_share_a_comment() -> None:
    wanted = (1, 2, "G4"), (1, 2, "G1"), (2, 2, "G4")
    assert added("x = f(\n  1)\n", *wanted) == (
        "x = f(\n  1)  # archlint: ignore[G1, G4] because\n"
    )


def test_a_line_in_no_statement_is_left_alone() -> None:
    assert added("x = 1\n\n# end\n", (3, 3, "G2"), (9, 9, "G2")) == "x = 1\n\n# end\n"


def test_what_is_no_python_is_refused() -> None:
    with pytest.raises(ValueError, match="it is not valid Python"):
        added("\tx = (\n", (1, 1, "G2"))


@pytest.mark.parametrize(
    "text", ["", " ", "a\nb", "a\x1b[31m", "# why", "a  # noqa", "a # archlint: ignore[G1] b", "a "]
)
def test_a_reason_that_would_be_read_otherwise_is_none(text: str) -> None:
    assert not is_reason(text)
    with pytest.raises(ValueError, match="not a reason"):
        added("x = f()\n", (1, 1, "G2"), reason=text)


@pytest.mark.parametrize("text", ["as published", "see #12", "C# and [x], ]y[", "schön: 层"])
def test_a_reason_is_read_as_it_is_written(text: str) -> None:
    assert is_reason(text)
    (comment,) = read_comments([added("x = f()", (1, 1, "G2"), reason=text)])
    assert (comment.rules, comment.reason, comment.fault) == (("G2",), text, "")


STATEMENTS = st.sampled_from(
    [
        "x = f(1, g(2))",
        "x = S(\n    A(1),\n    B(2, c=d(\n        3)),  # why\n\n    # above\n    C(4),\n)",
        "x = f(1) + \\\n    g(2)",
        "x = f('''\n# archlint: ignore[G1] no comment\n''', g(2)), h(3)",
        'x = f(f"{g(2)}") \\\n    + h(3); y = k(4)',
        "for i in f(\n    2\n): g(i)",
        "@d(1)\nclass A(b(2)):\n    x = f(3)  # archlint: ignore[G2] old\n\n    # c\n    y = g(4)",
        "if f(1):\n\tx = g(2)  \n\ty = h(\n\t\t3,\n\t)  # why",
        "def f(self, x=g(1)):\n    ''''''\n    return (\n        a(x)\n        + b(x)  # c\n    )",
        "x = [f(i) for i in g(\n    1)]\x0c",
        "# archlint: ignore[G2] old\nx = f('é层', g(\n 1))  # archlint: ignore[G3]",
        "\n# alone\n",
        "lambda: f(\n    g(1),  # archlint: ignore[G1] there\n    h(2))  # fmt: skip",
    ]
)


def checked(lines: Sequence[str], numbers: Sequence[int]) -> None:
    """Add comments for calls of a file, and compare all else."""
    before = "".join(lines)
    tree = ast.parse(re.sub("\r\n?", "\n", before))
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    picked = [calls[number % len(calls)] for number in numbers if calls]
    wanted = [Wanted(each.lineno, each.end_lineno or 0, "G1") for each in picked]
    made = add_ignores(lines, wanted, REASON)
    after = "".join(made)
    assert ast.dump(ast.parse(re.sub("\r\n?", "\n", after))) == ast.dump(tree)
    taken_back = OURS.sub("", after)
    taken_back = taken_back.replace(f"[G2, G1] old; {REASON}", "[G2] old")
    assert taken_back == before
    comments = [each for each in read_comments(made) if "G1" in each.rules and not each.fault]
    for each in wanted:
        assert any(comment.extent.holds(each.line, each.end_line) for comment in comments)
    assert add_ignores(made, wanted, REASON) == made


@given(
    st.lists(STATEMENTS, min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.lists(st.integers(0, 30), min_size=1, max_size=6),
)
def test_nothing_else_of_any_statements_is_touched(
    statements: list[str], end: str, has_last_end: bool, numbers: list[int]
) -> None:
    text = "\n".join(statements) + "\n" * has_last_end
    checked([line + end for line in text.split("\n")[:-1]] + text.split("\n")[-1:], numbers)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(FILES), st.lists(st.integers(0, 500), min_size=1, max_size=8))
def test_nothing_else_of_a_real_file_is_touched(path: Path, numbers: list[int]) -> None:
    source = read_source(path)
    assert source is not None
    assert source.encoded(source.lines) == path.read_bytes()
    checked(source.lines, numbers)


@pytest.mark.parametrize(
    ("data", "after"),
    [
        ("\ufeffx = 'é'\r\n".encode(), "\ufeffx = 'é'  # archlint: ignore[G2] so\r\n".encode()),
        (b"x = '\xe9'  # coding: latin-1\n", None),  # a cookie stands on a line of its own
        (
            b"# -*- coding: latin-1 -*-\nx = '\xe9'",
            b"# -*- coding: latin-1 -*-\nx = '\xe9'  # archlint: ignore[G2] so",
        ),
        (b"\xff\xfe\x00", None),
        (b"# coding: hex\n12", None),
        (b"# coding: nonsense\n12", None),
    ],
)
def test_encoding_and_byte_order_mark_stay(
    tmp_path: Path, data: bytes, after: bytes | None
) -> None:
    (tmp_path / "a.py").write_bytes(data)
    source = read_source(tmp_path / "a.py")
    if after is None:
        assert source is None
        return
    assert source is not None
    last = len(source.lines)
    assert source.encoded(add_ignores(source.lines, [Wanted(last, last, "G2")], "so")) == after


def test_what_cannot_be_written_back_to_the_byte_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"# coding: utf-7\nx = '+AGE-'\n")  # an "a" spelt out
    source = read_source(tmp_path / "a.py")
    assert source is not None
    assert source.lines[1] == "x = 'a'\n"
    with pytest.raises(ValueError, match="its utf-7 text has other bytes when written back"):
        source.encoded(source.lines)


def test_a_reason_that_the_encoding_lacks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"# coding: latin-1\nx = 1\n")
    source = read_source(tmp_path / "a.py")
    assert source is not None
    with pytest.raises(ValueError, match="can't encode"):
        source.encoded(add_ignores(source.lines, [Wanted(2, 2, "G2")], "层"))


def test_a_file_that_is_gone_is_not_read(tmp_path: Path) -> None:
    assert read_source(tmp_path / "gone.py") is None
