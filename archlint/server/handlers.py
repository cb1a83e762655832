"""What the server answers an editor, and when it begins a run."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from archlint.server.actions import FIX
from archlint.server.runs import Run, Runs
from archlint.settings.files import find_config
from archlint.version import __version__

__all__ = ["server"]


def server() -> LanguageServer:
    """The server, not started yet."""
    made = LanguageServer("archlint", __version__)
    runs = Runs(made)

    @made.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        if (run := _run_of(params.text_document.uri)) is not None:
            runs.begin_once(run)

    @made.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        if (run := _run_of(params.text_document.uri)) is not None:
            runs.begin(run)

    @made.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        first, last = params.range.start.line, params.range.end.line
        document = made.workspace.get_text_document(params.text_document.uri)
        convert = document.position_codec.position_to_client_units
        return [
            evolve(hint, position=convert(document.lines, hint.position))
            for file in runs.fresh(params.text_document.uri)
            for hint in file.hints
            if first <= hint.position.line <= last
        ]

    @made.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        found = (
            types.Hover(each.contents)
            for file in runs.fresh(params.text_document.uri)
            for each in file.hovers
            if each.range is not None and each.range.start.line == params.position.line
        )
        return next(found, None)

    @made.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        first, last = params.range.start.line, params.range.end.line
        return [
            action
            for file in runs.fresh(params.text_document.uri)
            for action in file.actions
            if first <= int(str(action.data)) <= last
        ]

    @made.feature(types.SHUTDOWN)
    def shutdown(_params: None) -> None:
        runs.end()

    @made.command(FIX)
    def fix(folder: str, model: str, code: str, redesign: bool) -> None:
        runs.fix(folder, model, code, redesign=redesign)

    return made


def _run_of(uri: str) -> Run | None:
    """What is linted when this document is saved, if anything is."""
    name = to_fs_path(uri)
    if name is None:
        return None
    path = Path(name)
    config = find_config(path.parent)
    folder = path.parent if config is None else config.parent
    if path.suffix == ".onnx":
        return Run(folder, (str(path),))
    is_concerned = path.suffix == ".py" or path == config
    return Run(folder) if config is not None and is_concerned else None
