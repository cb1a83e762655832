"""Text for a person: wrapped, aligned and coloured, with every string made safe to print."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from io import StringIO

from rich.console import Console
from rich.text import Text

from archlint.report.escape import unsteering, visible

__all__ = ["Page", "Part"]

Part = str | tuple[str, str]
"""A string, or a string and its rich style."""

_GAP = "  "
_PIECE = 256  # characters


class Page:
    """Lines of text, gathered and then given out at once; `width` None never wraps."""

    def __init__(self, width: int | None, color: bool) -> None:
        self._width = None if width is None else max(width, 40)
        self._color = color
        self._file = StringIO()
        self._console = Console(
            file=self._file,
            force_terminal=color,
            color_system="standard" if color else None,
            no_color=False,
            width=self._width,
            legacy_windows=False,
            force_jupyter=False,
        )

    def line(self, *parts: Part, indent: int = 0, hang: int = 0) -> None:
        """Put one paragraph; its later lines are indented by `hang` more."""
        self._paragraph(_text(parts), indent, hang)

    def verbatim(self, *parts: Part, indent: int = 0) -> None:
        """Put one line that is not wrapped."""
        self._put(_text(parts), indent)

    def flow(self, phrases: Sequence[Sequence[Part]], indent: int = 0, hang: int = 0) -> None:
        """Put phrases side by side and break lines between them, inside only if one is too long."""
        row = Text()
        for phrase in map(_text, phrases):
            joined = Text.assemble(row, _GAP, phrase) if row else phrase
            if row and not self._fits(joined, indent):
                self._paragraph(row, indent, hang)
                indent, hang = indent + hang, 0
                row = phrase
            else:
                row = joined
        if row:
            self._paragraph(row, indent, hang)

    def table(
        self,
        rows: Sequence[Sequence[Part]],
        align: str,
        indent: int = 0,
        long: int | None = None,
    ) -> None:
        """Put rows in columns as wide as they must be; `align` has "<" or ">" per column.

        A row of one cell is a line below the row before it.  Where the column numbered `long`
        makes the table too wide, its longest cells take a line of their own.
        """
        cells = [[_text([part]) for part in row] for row in rows]
        columns = zip(*(row for row in cells if len(row) > 1), strict=True)
        widths = [max(cell.cell_len for cell in column) for column in columns]
        if long is not None and self._width is not None:
            others = sum(widths) - widths[long] + len(_GAP) * (len(widths) - 1)
            widths[long] = min(widths[long], max(self._width - indent - others, 0))
        for row in cells:
            if len(row) == 1:
                self._paragraph(row[0], indent + len(_GAP), len(_GAP))
                continue
            if long is not None and row[long].cell_len > widths[long]:
                self._paragraph(row[long], indent, len(_GAP))
                row[long] = Text()
            self._put(_aligned(row, widths, align), indent)

    def blank(self) -> None:
        """Put an empty line."""
        self._file.write("\n")

    def text(self) -> str:
        """All lines so far."""
        return self._file.getvalue()

    def _fits(self, text: Text, indent: int) -> bool:
        return self._width is None or indent + text.cell_len <= self._width

    def _paragraph(self, text: Text, indent: int, hang: int) -> None:
        # a name may be as long as its file: no line looks at, or moves, more than it may need
        rest, more = text, deque[Text]()
        if self._width is not None and not self._fits(text, indent):
            rest, *pieces = text.divide(range(_PIECE, len(text), _PIECE))
            more.extend(pieces)
        while self._width is not None:
            width = max(self._width - indent, 20)
            rest = _filled(rest, more, 2 * width)
            if not more and self._fits(rest, indent):
                break
            first = rest.wrap(self._console, width)[0]
            rest = _unspaced(rest[len(first.plain) :], more)
            first.rstrip()
            self._put(first, indent)
            indent, hang = indent + hang, 0
        if rest:
            self._put(rest, indent)

    def _put(self, text: Text, indent: int) -> None:
        if text.plain.lstrip().startswith("::"):
            text = Text(unsteering(text.plain))
        line = Text.assemble(" " * indent, text)
        if self._color:
            self._console.print(line, soft_wrap=True)
        else:
            # what rich makes of it, in a tenth of the time: reports may have thousands of lines
            self._file.write(f"{line.plain}\n")


def _filled(text: Text, more: deque[Text], cells: int) -> Text:
    """A text with as many of its next pieces as make it so many cells: characters may take none."""
    there = text.cell_len
    if more and there < cells:
        text = text.copy()
    while more and there < cells:
        piece = more.popleft()
        there += piece.cell_len
        text.append_text(piece)
    return text


def _unspaced(text: Text, more: deque[Text]) -> Text:
    """A text, or the next pieces of it, from its first character on that is no space."""
    while True:
        left = text.plain.lstrip()
        if left or not more:
            return text[len(text.plain) - len(left) :]
        text = more.popleft()


def _aligned(row: Sequence[Text], widths: Sequence[int], align: str) -> Text:
    line = Text()
    for number, (cell, width, side) in enumerate(zip(row, widths, align, strict=True)):
        pad = " " * (width - cell.cell_len)
        line.append(_GAP if number else "")
        line.append_text(Text.assemble(pad, cell) if side == ">" else Text.assemble(cell, pad))
    line.rstrip()
    return line


def _text(parts: Sequence[Part]) -> Text:
    safe = ((visible(p), "") if isinstance(p, str) else (visible(p[0]), p[1]) for p in parts)
    return Text.assemble(*safe)
