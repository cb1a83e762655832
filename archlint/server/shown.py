"""What an editor shows in a file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from lsprotocol import types

__all__ = ["ShownFile", "digest"]


@dataclass(frozen=True, slots=True)
class ShownFile:
    """What there is to show in one file, by its absolute path.

    `digest` is that of the text which hints, hovers and actions go with.  Columns count
    characters, but for edits, which are of whole lines.
    """

    path: str
    digest: str
    diagnostics: list[types.Diagnostic]
    hints: list[types.InlayHint]
    hovers: list[types.Hover]
    actions: list[types.CodeAction]


def digest(text: str) -> str:
    """What tells one text of a file from another."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
