"""What an editor offers to do about a finding."""

from __future__ import annotations

import difflib
import io
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from lsprotocol import types

from archlint.cli.add_ignores import lines_of
from archlint.report.result import Result
from archlint.results.fix_report import FileChange
from archlint.source.ignores import Wanted, add_ignores

__all__ = ["FIX", "fix_action", "ignore_action", "line_edits", "workspace_edit"]

FIX = "archlint.fix"
"""The command that runs `archlint fix` for a model and a rule, and hands its edits over."""

_REASON = "TODO: why"


def fix_action(result: Result) -> types.CodeAction:
    """Run `archlint fix` for this rule on this model; each of its edits is exported and priced."""
    finding, model = result.finding, result.model.path
    what = "exact edits" if finding.exact else "redesign, to be trained again"
    title = f"archlint fix: {finding.code} {finding.name} in {model} ({what})"
    arguments = [str(Path.cwd()), model, finding.code, not finding.exact]
    return _action(result, title, command=types.Command(title, FIX, arguments=arguments))


def ignore_action(
    result: Result, read: Callable[[str], Sequence[str] | None]
) -> types.CodeAction | None:
    """Write comments that ignore the finding at each of its places, where these are ours."""
    wanted: dict[str, set[Wanted]] = defaultdict(set)
    for span in lines_of(result.finding):
        wanted[span.path].add(Wanted(span.line, span.end_line, result.finding.code))
    changes = []
    for path, its in wanted.items():
        before = read(path)
        if before is None:
            continue
        after = add_ignores(before, its, _REASON)
        changes.append(FileChange(path, "".join(before), "".join(after)))
    if not changes:
        return None
    title = f"archlint: ignore {result.finding.code} here, with a comment"
    return _action(result, title, edit=workspace_edit(changes))


def _action(
    result: Result,
    title: str,
    *,
    edit: types.WorkspaceEdit | None = None,
    command: types.Command | None = None,
) -> types.CodeAction:
    # `data` is the line that it is offered at
    kind = types.CodeActionKind.QuickFix
    return types.CodeAction(title, kind, edit=edit, command=command, data=result.span.line - 1)


def workspace_edit(changes: Sequence[FileChange]) -> types.WorkspaceEdit:
    """The lines that change in files; their paths count from the working folder."""
    return types.WorkspaceEdit(
        {
            Path(each.path).resolve().as_uri(): line_edits(each.before, each.after)
            for each in changes
        }
    )


def line_edits(before: str, after: str) -> list[types.TextEdit]:
    """From one text to another, by whole lines."""
    old, new = (list(io.StringIO(text, newline="")) for text in (before, after))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        types.TextEdit(
            types.Range(types.Position(start, 0), types.Position(end, 0)), "".join(new[a:b])
        )
        for tag, start, end, a, b in matcher.get_opcodes()
        if tag != "equal"
    ]
