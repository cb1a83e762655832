"""Text, tables and lists of the page that `--format html` writes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from html import escape

from archlint.report.escape import visible

__all__ = ["breakable", "counted_list", "table", "text"]


def text(words: str) -> str:
    """Words as text of the page, whatever they hold."""
    return escape(visible(words))


def breakable(path: str) -> str:
    """A path as text whose lines break behind its separators first."""
    return re.sub(r"([/_])", r"\1<wbr>", text(path))


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Collection[int] = (),
    wide: Collection[int] = (),
) -> str:
    """A table that scrolls by itself where it is too wide; the cells are HTML.

    `numbers` are the columns to be set right, `wide` those that need room for words.
    """

    def row(tag: str, cells: Sequence[str]) -> str:
        made = "".join(f"<{tag}{_class(at)}>{cell}</{tag}>" for at, cell in enumerate(cells))
        return f"<tr>{made}</tr>"

    def _class(at: int) -> str:
        name = "num" if at in numbers else "wide" if at in wide else ""
        return f' class="{name}"' if name else ""

    body = "".join(row("td", each) for each in rows)
    start = f"<thead>{row('th', [text(each) for each in head])}</thead>"
    return f'<div class="scroll"><table>{start}<tbody>{body}</tbody></table></div>'


def counted_list(lines: Iterable[str], kind: str = "soft") -> str:
    """A list of lines of text, "" for none."""
    items = "".join(f"<li>{text(each)}</li>" for each in lines)
    return f'<ul class="{kind}">{items}</ul>' if items else ""
