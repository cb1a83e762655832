"""Where text goes: stdout, files, stderr, and in which width and colours."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.cli.progress import LINE
from archlint.errors import UsageError
from archlint.report.escape import visible
from archlint.whole_file import write_whole

if TYPE_CHECKING:
    from archlint.report.style import Style
    from archlint.results.shares import Sort

__all__ = [
    "complain", "fault_text", "pair", "refuse_links", "screen", "split", "write_file", "write_out",
]  # fmt: skip


_SUMMARY = "GITHUB_STEP_SUMMARY"


def split(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """`NAME=FILE` as a format and its output; formats without one come after all others.

    So `sarif=a.sarif full` writes the file and shows the rest, in whatever order they stand.
    """
    alone = [each for each in words if "=" not in each]
    pairs = [each.partition("=") for each in words if "=" in each]
    for name, _, file in pairs:
        if not file:
            raise UsageError(f'--format: expected {name}=FILE, found "{name}="')
    return (*(each[0] for each in pairs), *alone), tuple(each[2] for each in pairs)


def pair(formats: Sequence[str], outputs: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    """Each format with its output; None is stdout, which `-` names too.

    The i-th format goes to the i-th output; the last format may be without one.
    """
    formats = formats or ("full",)
    missing = len(formats) - len(outputs)
    if missing not in (0, 1):
        raise UsageError(
            f"--format is given {len(formats)} times and --output {len(outputs)} times: the first "
            "format goes to the first output and so on, and only the last may be without one"
        )
    goals = [None if each == "-" else each for each in outputs] + [None] * missing
    for goal, count in Counter(goals).items():
        if count > 1:
            raise UsageError(f"two formats go to {'stdout' if goal is None else visible(goal)}")
    return tuple(zip(formats, goals, strict=True))


def refuse_links(paths: Iterable[str]) -> None:
    """Raise UsageError where a link of the working folder stands in the way to a file or folder."""
    here = os.getcwd()
    for path in paths:
        whole = os.path.abspath(path)
        if Path(whole).is_relative_to(here) and os.path.realpath(whole) != whole:
            raise UsageError(f"{visible(path)}: through a link, which --untrusted does not follow")


def screen(color: str | None, **wishes: bool | int | Sort | None) -> Style:
    """The style for stdout: `color` is auto (or None), always or never."""
    from archlint.report.style import DEFAULT_WIDTH, Style

    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns if terminal else _asked_width()
    return Style(width=width or DEFAULT_WIDTH, color=_colored(color, terminal), **wishes)  # type: ignore[arg-type]


def write_out(text: str) -> None:
    """Write to stdout; a reader that has gone away (`| head`) is no fault."""
    LINE.clear()
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_stdout()
    except OSError as e:
        _drop_stdout()
        raise UsageError(f"stdout: {e.strerror or e}") from e


def _drop_stdout() -> None:
    """Python flushes stdout once more at exit: let that go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_file(path: str, content: str | bytes, option: str = "--output") -> None:
    """Write a file whole or not at all; raises UsageError where that cannot be done.

    The summary of a job of GitHub Actions is added to: other commands of the step write there too.
    """
    data = content.encode() if isinstance(content, str) else content
    goal = Path(os.path.realpath(path))
    try:
        if goal.is_file() and goal == Path(
            os.path.realpath(os.environ.get(_SUMMARY) or os.devnull)
        ):
            with goal.open("ab") as file:
                file.write(data)
            return
        if goal.exists() and not goal.is_file():
            goal.write_bytes(data)
            return
        write_whole(goal, data)
    except OSError as e:
        raise UsageError(f"{option} {visible(path)}: {e.strerror or e}") from e


def complain(text: str, *, lines: bool = False) -> None:
    """Write `archlint: text` to stderr; with `lines`, so for each line of it."""
    LINE.clear()
    with suppress(OSError):  # where stderr is full or closed there is no other place to say it
        for line in text.split("\n") if lines else [text]:
            print(f"archlint: {visible(line)}", file=sys.stderr)  # noqa: T201 - stderr is for this


def fault_text(error: OSError) -> str:
    """What the system refused, and of which file if that is known."""
    where = "" if error.filename is None else f"{error.filename}: "
    return f"{where}{error.strerror or error}"


def _asked_width() -> int:
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isascii() and columns.isdigit() and len(columns) < 10 else 0


def _colored(color: str | None, terminal: bool) -> bool:
    if color in ("always", "never"):
        return color == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"
