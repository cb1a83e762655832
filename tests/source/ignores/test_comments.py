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


def test_a_comment_covers_its_statement_or_class_and_strings_are_no_comments() -> None:
    assert [(each.rules, each.reason, each.first, each.last) for each in read(NETS)] == [
        (("G1",), "small", 4, 13),
        (("G2",), "trained already", 7, 9),
        (("G2",), "the line below", 13, 13),
    ]


@pytest.mark.parametrize(
    ("location", "code", "reason"),
    [
        (at(7), "G2", "trained already"),
        (at(9), "G2", "trained already"),
        (at(13), "G2", "the line below"),
        (at(7), "G1", "small"),
        (at(1, 7), "G2", "trained already"),
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


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("# archlint: ignore[G2]", "no reason: "),
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
    ignores.look([at(1)])
    match = ignores.match(at(7), "G2")
    assert match is not None
    assert len(ignores.diagnoses()) == 3
    ignores.use(match)
    assert ignores.diagnoses() == (
        "nets.py:4:26: unused ignore of G1",
        "nets.py:12:9: unused ignore of G2",
    )


@pytest.mark.usefixtures("ignores")
def test_a_rule_that_did_not_run_is_not_unused() -> None:
    others = CommentIgnores(RULES, ["G2"])
    others.look([at(1)])
    assert all("G2" in each for each in others.diagnoses())


def test_an_unknown_rule_has_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text("x = 1  # archlint: ignore[G3x, G1] why\n", encoding="utf-8")
    ignores = CommentIgnores(RULES, RULES)
    match = ignores.match(at(1), "G1")
    assert match is not None
    ignores.use(match)
    assert ignores.diagnoses() == ('nets.py:1:8: unknown rule "G3x" (known: G1, G2)',)


def test_what_is_no_python_has_no_comments() -> None:
    assert read("def f(:  # archlint: ignore[G2] why\n") == ()
    assert read("x = '''\n# archlint: ignore[G2] why\n") == ()
