"""The process that lints and fixes for the server: one request, one answer.

It reads the request as a line of JSON from stdin, and ends when stdin does.  On stdout it says
how far it is, a line of JSON each, and last the answer.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from lsprotocol import converters, types

from archlint.baseline import Baseline
from archlint.cli.baseline import find_baseline
from archlint.cli.reporting import with_entries, with_unread
from archlint.cli.settings import configured, sized
from archlint.commands.fix import fix
from archlint.doing import hear
from archlint.errors import ArchlintError, ConfigError
from archlint.linter import examine
from archlint.linter.found_models import find_models
from archlint.report.units import milliseconds
from archlint.results.fix_report import FixReport, Outcome
from archlint.server.actions import line_edits
from archlint.server.render import shown_files
from archlint.server.shown import ShownFile
from archlint.settings.asked import Asked
from archlint.source.ignores.text import read_source

__all__ = ["main"]


def main() -> None:
    """Answer the request."""
    signal.signal(signal.SIGTERM, _interrupt)
    says = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what rules print is no part of the answer
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_server, daemon=True).start()

    def say(what: Mapping[str, object]) -> None:
        says.write(f"{json.dumps(what)}\n")
        says.flush()

    def tell(number: int, of: int, name: str) -> None:
        percentage = 100 * number // of if of > 1 else None
        say({"doing": name, "percentage": percentage})
        hear(lambda what: say({"doing": f"{name}: {what}", "percentage": percentage}))

    try:
        if request["do"] == "fix":
            answer: object = _fix(request, lambda doing: say({"doing": doing}))
        else:
            answer = converters.get_converter().unstructure(_lint(request["words"], tell))
        say({"answer": answer})
    except ArchlintError as fault:
        say({"fault": str(fault)})
    except KeyboardInterrupt:
        os._exit(130)  # to take all that is loaded apart takes a second
    except Exception as fault:  # the editor shows it; the server's log has the rest
        traceback.print_exc()
        say({"fault": f"internal error: {type(fault).__name__}: {fault}"})


def _interrupt(number: int, _frame: FrameType | None) -> None:
    """End as an interrupted run does: exports are ended then too."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end_with_server() -> None:
    while os.read(0, 1):  # no lock of Python's is held, so that the process can end meanwhile
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _lint(words: Sequence[str], tell: Any) -> list[ShownFile]:
    try:
        asked = configured()
    except ConfigError as fault:
        return [_broken(fault)]
    if not words and not asked.models:
        return []
    found = find_models(words, asked.models)
    readable = [each.source for each in found if each.error is None]
    known = _baseline(asked)
    examined, report = examine(
        readable, sized(asked, found), tell, None if known is None else known.of_model
    )
    report = with_entries(with_unread(report, found), asked)
    return shown_files(examined, report, _lines, asked.config or ".")


def _baseline(asked: Asked) -> Baseline | None:
    return None if asked.baseline is None else find_baseline(asked, may_be_absent=False)


def _lines(path: str) -> Sequence[str] | None:
    source = read_source(Path(path))
    return None if source is None else source.lines


def _broken(fault: ConfigError) -> ShownFile:
    """A configuration that cannot be read; its problems are at its first line."""
    top = types.Range(types.Position(0, 0), types.Position(0, 1 << 16))
    level = types.DiagnosticSeverity.Error
    problems = [types.Diagnostic(top, each, level, source="archlint") for each in fault.problems]
    return ShownFile(str(Path(fault.path).resolve()), "", problems, [], [], [])


def _fix(request: Mapping[str, Any], tell: Any) -> Mapping[str, object]:
    """The edits of each file, with the text that they are made to, and what they come to."""
    asked = configured()
    (found,) = find_models([request["model"]], asked.models)
    if found.made is None:
        raise ArchlintError(f"{found.path}: fix needs Python source")
    options = replace(asked.options, select=(request["code"],))
    report, _ = fix(found.made, options, redesign=request["redesign"], notes=True, tell=tell)
    convert = converters.get_converter().unstructure
    return {
        "files": [
            {
                "path": str(Path(each.path).resolve()),
                "before": each.before,
                "edits": convert(line_edits(each.before, each.after)),
            }
            for each in report.changes
        ],
        "words": _words(report),
    }


def _words(report: FixReport) -> str:
    done = [each.what for each in report.steps if each.outcome is Outcome.FIXED]
    if not done:
        reasons = (each.reason or each.what for each in report.steps)
        return "; ".join(["nothing is changed", *dict.fromkeys(reasons)])
    times = (
        f"{milliseconds(before)} to {milliseconds(report.after.seconds[target])} on {target}"
        for target, before in report.before.seconds.items()
    )
    return f"{'; '.join(done)}: {', '.join(times)}"
