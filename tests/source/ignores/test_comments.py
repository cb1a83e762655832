from __future__ import annotations

from pathlib import Path

import pytest

from archlint.location import Call, Certainty, Location, Span
from archlint.source.ignores import CommentIgnores, IgnoreComment, read_comments

RULES = {"G1": "unbalanced-channel-width", "G2": "excessive-group-convolution"}
NETS = """\
from torch import nn


class Block(nn.Module):  # archlint: ignore[G1] small
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(
            8, 8, 1,
        )  # archlint: ignore[G2] trained already

    def forward(self, x):
        # archlint: ignore[G2] the line below
        return self.conv(x) + x
    # archlint: ignore[G2] of another block


def text():
    return "# archlint: ignore[G2] no comment"
"""


def read(text: str) -> tuple[IgnoreComment, ...]:
    return read_comments(text.splitlines(keepends=True))


def span(line: int, end_line: int = 0) -> Span:
    return Span("nets.py", line, 1, end_line or line, 2, "")


def at(line: int, *chain: int) -> Location:
    calls = tuple(Call(span(each), "Block(...)", "Net.__init__") for each in chain)
    return Location(span(line), Certainty.EXACT, calls)


@pytest.fixture
def ignores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommentIgnores:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(NETS, encoding="utf-8")
    return CommentIgnores(RULES, RULES)


def covered(text: str) -> list[tuple[int, int]]:
    return [(each.extent.first, each.extent.last) for each in read(text)]


def test_a_comment_covers_its_statement_or_class_and_strings_are_no_comments() -> None:
    found = [(each.rules, each.reason, each.extent.first, each.extent.last) for each in read(NETS)]
    assert found == [
        (("G1",), "small", 4, 13),
        (("G2",), "trained already", 7, 9),
        (("G2",), "the line below", 13, 13),
        (("G2",), "of another block", 0, 0),
    ]


C = "# archlint: ignore[G1] r"
SEQUENTIAL = """\
m = nn.Sequential({0}
    nn.Conv2d(8, 8, 1),{1}
    nn.Conv2d({2}
        8,
        8,
        groups=c // 4,{3}
    ),{4}
    nn.Sequential({5}
        nn.Conv2d(8, 8, 1),
    ),
    {6}
    a
    + b,{7}
    *more,{8}
){9}
"""


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (0, ["1-15", "2-2", "3-7", "8-10", "9-9", "12-13"]),
        (1, ["2-2"]),
        (2, ["3-7"]),
        (3, ["3-7"]),
        (4, ["3-7"]),
        (5, ["8-10", "9-9"]),
        (6, ["1-15", "12-13"]),
        (7, ["1-15", "12-13"]),
        (8, ["1-15"]),
        (9, ["1-15", "2-2", "3-7", "8-10", "9-9", "12-13"]),
    ],
)
def test_inside_a_statement_a_comment_covers_the_call_that_it_is_at(
    at: int, expected: list[str]
) -> None:
    (comment,) = read(SEQUENTIAL.format(*("  " + C if n == at else "" for n in range(10))))
    stretches = (1, 15), (2, 2), (3, 7), (8, 10), (9, 9), (12, 13)
    held = [each for each in stretches if comment.extent.holds(*each)]
    assert [f"{first}-{last}" for first, last in held] == expected


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"m = S(\n    {C}\n    A(\n    1),\n    B())\n", (3, 4)),
        (f"m = S(\n    {C}\n\n    # why\n    A(),\n    B())\n", (5, 5)),
        (f"m = S(\n    A(),\n    {C}\n)\n", (1, 4)),
        (f"y = (\n    f(x)\n    + g(x)  {C}\n)\n", (2, 3)),
        (f"y = (\n    x\n    + z  {C}\n)\n", (2, 3)),
        (f"y = (  {C}\n    x\n    + z\n)\n", (1, 4)),
        (f"x = f(); y = g(\n)  {C}\n", (1, 2)),
        (f"x = 1 + \\\n    f()  {C}\n", (1, 2)),
        (f"x = f('''\n{C}\n''')  {C}\n", (1, 3)),
        (f"for x in f(\n    1):  {C}\n    g()\n", (1, 2)),
    ],
)
def test_what_a_comment_covers(text: str, lines: tuple[int, int]) -> None:
    assert covered(text) == [lines]


@pytest.mark.parametrize(
    "text",
    [
        f"@d({C}\n)\n@e\nclass A(\n    B,\n):\n    x = 1\n",
        f"@d(\n)\n@e  {C}\nclass A(\n    B,\n):\n    x = 1\n",
        f"@d(\n)\n@e\nclass A(\n    B,  {C}\n):\n    x = 1\n",
        f"{C}\n@d\n@e\nclass A(\n    B,\n):\n    x = 1\n",
    ],
)
def test_at_the_head_of_a_class_or_its_decorators_it_is_the_class(text: str) -> None:
    first = 2 if text.startswith(C) else 1
    assert covered(text) == [(first, 7)]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_ends_of_lines_can_be_any(end: str) -> None:
    assert read(NETS.replace("\n", end)) == read(NETS)


def test_a_place_that_is_only_known_to_be_in_a_class_is_not_covered_by_its_lines() -> None:
    (_, conv, *_) = read(NETS)
    assert conv.extent.holds(7, 9)
    assert not conv.extent.holds(4, 13)


@pytest.mark.parametrize(
    "text",
    [
        f"{C}\n\nx = 1\n",
        f"x = 1\n{C}\n",
        C,
        f"def f():\n    x = 1\n    {C}\nclass A:\n    y = 1\n",
    ],
)
def test_a_comment_on_nothing_says_so(text: str) -> None:
    (found,) = read(text)
    assert found.fault == "covers nothing: expected at the end of a line, or right above one"


@pytest.mark.parametrize(
    ("location", "code", "reason"),
    [
        (at(7), "G2", "trained already"),
        (at(9), "G2", "trained already"),
        (at(13), "G2", "the line below"),
        (at(7), "G1", "small"),
        (at(1, 7), "G2", "trained already"),
        (at(1, 1, 9), "G2", "trained already"),
        (at(1), "G1", None),
        (at(5), "G2", None),
        (None, "G1", None),
    ],
)
def test_reasons(
    ignores: CommentIgnores, location: Location | None, code: str, reason: str | None
) -> None:
    match = ignores.match(location, code)
    assert (match and match.reason) == reason


def test_rules_go_by_code_or_name_and_several_share_a_comment() -> None:
    (found,) = read("x = 1  # why  # archlint: ignore[G1, excessive-group-convolution] old net\n")
    assert (found.rules, found.reason) == (("G1", "excessive-group-convolution"), "old net")
    assert found.column == 15


def test_several_comments_can_share_a_line_and_other_tools_theirs() -> None:
    text = "x = 1  # archlint: ignore[G1] see #12  # archlint: Ignore [G2]\tb c  # noqa: E501\n"
    assert [(each.column, each.rules, each.reason) for each in read(text)] == [
        (8, ("G1",), "see #12"),
        (40, ("G2",), "b c"),
    ]


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("# archlint: ignore[G2]", "no reason: "),
        ("# archlint: ignore[G2]  # noqa: E501", "no reason: "),
        ("# archlint ignore[G2] why", "no colon behind archlint: "),
        ("# archlint: ignore", "no rules in brackets: "),
        ("# archlint: ignore[ ] why", "no rules in the brackets: "),
        ("# archlint: disable=G2", 'unknown "archlint: disable": '),
        ("#archlint:", 'unknown "archlint: ": '),
    ],
)
def test_a_broken_comment_has_a_fault_and_ignores_nothing(comment: str, fault: str) -> None:
    (found,) = read(f"x = 1  {comment}\n")
    assert found.fault == f"{fault}expected `# archlint: ignore[G2] reason`"


def test_other_comments_are_none_of_ours() -> None:
    assert read("x = 1  # noqa: E501\n# archlint is a linter\ny = 2\n") == ()


def test_unused_and_unknown_are_diagnosed_in_files_that_were_looked_at(
    ignores: CommentIgnores,
) -> None:
    assert ignores.diagnoses() == ()
    ignores.read_files_of([at(7)])
    match = ignores.match(at(7), "G2")
    assert match is not None
    assert len(ignores.diagnoses()) == 4
    ignores.use(match)
    assert ignores.diagnoses() == (
        "nets.py:4:26: unused ignore of G1",
        "nets.py:12:9: unused ignore of G2",
        "nets.py:14:5: covers nothing: expected at the end of a line, or right above one",
    )


def test_of_two_comments_the_one_that_covers_less_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "class A:  # archlint: ignore[G1] all\n    x = f()  # archlint: ignore[G1] this\n"
    (tmp_path / "nets.py").write_text(text, encoding="utf-8")
    match = CommentIgnores(RULES, RULES).match(at(2), "G1")
    assert match is not None
    assert match.reason == "this"


@pytest.mark.usefixtures("ignores")
def test_a_rule_that_did_not_run_is_not_unused() -> None:
    others = CommentIgnores(RULES, ["G2"])
    others.read_files_of([at(7)])
    assert [each for each in others.diagnoses() if "unused" in each] == [
        "nets.py:9:12: unused ignore of G2",
        "nets.py:12:9: unused ignore of G2",
    ]


def test_an_unknown_rule_has_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text("x = 1  # archlint: ignore[G3x, G1] why\n", encoding="utf-8")
    ignores = CommentIgnores(RULES, RULES)
    match = ignores.match(at(1), "G1")
    assert match is not None
    ignores.use(match)
    assert ignores.diagnoses() == ('nets.py:1:8: unknown rule "G3x" (known: G1, G2)',)


@pytest.mark.parametrize(
    "text",
    ["def f(:  # archlint: ignore[G2] why\n", "x = '''\n# archlint: ignore[G2] why\n", "\0" + C],
)
def test_what_is_no_python_has_one_comment_that_says_so(text: str) -> None:
    (found,) = read(text)
    assert found.fault == ("not read: it is not valid Python for the Python that archlint runs on")
    assert not found.extent.holds(1, 1)
    assert read(text.replace("archlint", "")) == ()


@pytest.mark.filterwarnings("default")
def test_warnings_about_the_source_are_not_ours_to_give(
    recwarn: pytest.WarningsRecorder,
) -> None:
    assert [each.fault for each in read(f"x = '\\d'  {C}\n")] == [""]
    assert not recwarn.list


@pytest.mark.usefixtures("ignores")
def test_comments_in_what_made_no_part_of_the_model_are_not_unused() -> None:
    elsewhere = CommentIgnores(RULES, RULES)
    elsewhere.read_files_of([at(1)])
    assert not any("unused" in each for each in elsewhere.diagnoses())


def test_a_comment_outside_of_classes_is_unused_wherever_the_model_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "def f():\n    return 1\nx = f()  # archlint: ignore[G1] why\n"
    (tmp_path / "nets.py").write_text(text, encoding="utf-8")
    ignores = CommentIgnores(RULES, RULES)
    ignores.read_files_of([at(2)])
    assert ignores.diagnoses() == ("nets.py:3:10: unused ignore of G1",)
