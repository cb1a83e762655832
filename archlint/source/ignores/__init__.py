"""`# archlint: ignore[G2] reason` in Python source: read, held against findings, written."""

from archlint.source.ignores.add import Wanted, add_ignores, is_reason
from archlint.source.ignores.comment import IgnoreComment, read_comments
from archlint.source.ignores.match import CommentIgnores, Match

__all__ = [
    "CommentIgnores",
    "IgnoreComment",
    "Match",
    "Wanted",
    "add_ignores",
    "is_reason",
    "read_comments",
]
