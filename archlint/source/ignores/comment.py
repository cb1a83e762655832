"""Ignore comments: what they say and what they cover."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from archlint.source.ignores.logical import Comment, LogicalLine, logical_lines

__all__ = ["MARK", "IgnoreComment", "parse_comment", "read_comments"]

MARK = re.compile(r"#\s*archlint\s*:\s*(?P<verb>[\w-]*)\s*(?P<rest>.*)", re.S)
_RULES = re.compile(r"\[(?P<rules>[^\]]*)\]\s*(?P<reason>.*)", re.S)
_EXPECTED = "expected `# archlint: ignore[G2] reason`"


@dataclass(frozen=True, slots=True)
class IgnoreComment:
    """One comment: its place, the rules that it names by code or name, and the reason.

    It covers the lines from `first` to `last`.  `fault` says why it ignores nothing, else "".
    """

    line: int
    column: int
    rules: tuple[str, ...]
    reason: str
    first: int
    last: int
    fault: str = ""

    def covers(self, line: int, end_line: int) -> bool:
        """Whether a stretch of lines is, in part, what the comment is about."""
        return line <= self.last and end_line >= self.first


def read_comments(lines: Sequence[str]) -> tuple[IgnoreComment, ...]:
    """The ignore comments of a file, the broken ones with their fault."""
    found = []
    for logical in logical_lines(lines):
        for comment in logical.comments:
            parsed = parse_comment(comment, logical)
            if parsed is not None:
                found.append(parsed)
    return tuple(found)


def parse_comment(comment: Comment, logical: LogicalLine) -> IgnoreComment | None:
    """What a comment says; None where it is none of ours."""
    match = MARK.search(comment.text)
    if match is None:
        return None
    column = comment.column + match.start()
    rules: tuple[str, ...] = ()
    reason = fault = ""
    inner = _RULES.fullmatch(match["rest"].strip())
    if match["verb"] != "ignore":
        fault = f'unknown "archlint: {match["verb"]}": {_EXPECTED}'
    elif inner is None:
        fault = f"no rules in brackets: {_EXPECTED}"
    else:
        rules = tuple(filter(None, (each.strip() for each in inner["rules"].split(","))))
        reason = inner["reason"].strip()
        if not rules:
            fault = f"no rules in the brackets: {_EXPECTED}"
        elif not reason:
            fault = f"no reason: {_EXPECTED}"
    return IgnoreComment(comment.line, column, rules, reason, logical.first, logical.end, fault)
