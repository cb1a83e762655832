"""An editor: pygls' own client, with what the server sent it."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from cattrs import Converter
from lsprotocol import converters, types
from pygls.lsp.client import LanguageClient

__all__ = ["Session", "session"]

_ACTION = types.Command | types.CodeAction
_PATIENCE = 60.0  # s; an export on a busy machine
_TO_LEAVE = 30.0  # s
_ALL = types.Range(types.Position(0, 0), types.Position(1 << 16, 0))


class Session:
    """What a test does in an editor that has one document open."""

    def __init__(self, client: LanguageClient) -> None:
        self._client = client
        self._texts: dict[Path, str] = {}
        self._changed = asyncio.Event()
        self.diagnostics: dict[str, list[types.Diagnostic]] = {}
        self.published = self.refreshed = 0
        self.progress: list[object] = []
        self.messages: list[str] = []
        self.edits: list[types.WorkspaceEdit] = []

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]
        def publish(params: types.PublishDiagnosticsParams) -> None:
            self.diagnostics[params.uri] = list(params.diagnostics)
            self.published += 1
            self._changed.set()

        @client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)  # type: ignore[untyped-decorator]
        def refresh(_params: None) -> None:
            self.refreshed += 1

        @client.feature(types.WINDOW_SHOW_MESSAGE)  # type: ignore[untyped-decorator]
        def show(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)
            self._changed.set()

        @client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)  # type: ignore[untyped-decorator]
        def create(_params: types.WorkDoneProgressCreateParams) -> None:
            return None

        @client.feature(types.PROGRESS)  # type: ignore[untyped-decorator]
        def report(params: types.ProgressParams) -> None:
            self.progress.append(params.value)
            self._changed.set()

        @client.feature(types.WORKSPACE_APPLY_EDIT)  # type: ignore[untyped-decorator]
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            self.edits.append(params.edit)
            self._changed.set()
            return types.ApplyWorkspaceEditResult(applied=True)

    def open(self, path: Path, language: str = "python") -> None:
        text = self._texts[path] = path.read_text(encoding="utf-8")
        document = types.TextDocumentItem(path.as_uri(), language, 0, text)
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(document))

    def type(self, path: Path, text: str) -> None:
        """Have another text in the editor, not saved."""
        self._texts[path] = text
        self._client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(1, path.as_uri()),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def save(self, path: Path) -> None:
        path.write_text(self._texts[path], encoding="utf-8")
        self._client.text_document_did_save(types.DidSaveTextDocumentParams(_named(path)))

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something that a message of the server's brings."""

        async def wait() -> None:
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

        await asyncio.wait_for(wait(), _PATIENCE)

    def count(self, kind: str) -> int:
        """How often progress of this kind was told."""
        return sum(isinstance(each, dict) and each["kind"] == kind for each in self.progress)

    async def publishing(self) -> None:
        """Wait for diagnostics that were not there before."""
        before = self.published
        await self.until(lambda: self.published > before)

    async def hints(self, path: Path) -> dict[str, str]:
        """The hints by the text of their line."""
        params = types.InlayHintParams(_named(path), _ALL)
        found = await self._client.text_document_inlay_hint_async(params)
        lines = self._texts[path].splitlines()
        for each in found or ():
            assert each.position.character == len(lines[each.position.line])
        return {lines[each.position.line].strip(): str(each.label) for each in found or ()}

    async def hover(self, path: Path, line: str) -> str:
        at = types.Position(self._line(path, line), 8)
        found = await self._client.text_document_hover_async(types.HoverParams(_named(path), at))
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    async def actions(self, path: Path, line: str) -> list[types.CodeAction]:
        at = types.Position(self._line(path, line), 8)
        params = types.CodeActionParams(
            _named(path), types.Range(at, at), types.CodeActionContext([])
        )
        found = await self._client.text_document_code_action_async(params)
        return [each for each in found or () if isinstance(each, types.CodeAction)]

    async def run(self, action: types.CodeAction) -> None:
        assert action.command is not None
        params = types.ExecuteCommandParams(action.command.command, action.command.arguments)
        await self._client.workspace_execute_command_async(params)

    def apply(self, edit: types.WorkspaceEdit) -> None:
        """Make the edits of open documents, as an editor does."""
        by_uri = dict(edit.changes or {})
        for each in edit.document_changes or ():
            assert isinstance(each, types.TextDocumentEdit)
            by_uri[each.text_document.uri] = [
                edit for edit in each.edits if isinstance(edit, types.TextEdit)
            ]
        for path, text in list(self._texts.items()):
            lines = list(io.StringIO(text))
            for made in reversed(by_uri.get(path.as_uri(), ())):
                lines[made.range.start.line : made.range.end.line] = [made.new_text]
            self.type(path, "".join(lines))

    def _line(self, path: Path, text: str) -> int:
        lines = [each.strip() for each in self._texts[path].splitlines()]
        return lines.index(text)


@asynccontextmanager
async def session(folder: Path) -> AsyncIterator[Session]:
    """A server that an editor has started, and shuts down."""
    client = LanguageClient("tests", "1", converter_factory=_converter)
    made = Session(client)
    await client.start_io(sys.executable, "-m", "archlint", "server", cwd=folder)
    can = types.ClientCapabilities(
        window=types.WindowClientCapabilities(work_done_progress=True),
        workspace=types.WorkspaceClientCapabilities(
            inlay_hint=types.InlayHintWorkspaceClientCapabilities(refresh_support=True)
        ),
        general=types.GeneralClientCapabilities(
            position_encodings=[types.PositionEncodingKind.Utf16]
        ),
    )
    await client.initialize_async(
        types.InitializeParams(capabilities=can, root_uri=folder.as_uri())
    )
    client.initialized(types.InitializedParams())
    try:
        yield made
    finally:
        await asyncio.wait_for(_leave(client), _TO_LEAVE)


async def _leave(client: LanguageClient) -> None:
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()  # type: ignore[no-untyped-call]


def _converter() -> Converter:
    """lsprotocol's, which takes an action that has a command for the command."""
    made = converters.get_converter()

    def action(value: dict[str, object], _kind: object) -> types.Command | types.CodeAction:
        if isinstance(value.get("command"), str):
            return made.structure(value, types.Command)
        return made.structure(value, types.CodeAction)

    made.register_structure_hook(_ACTION, action)
    return made


def _named(path: Path) -> types.TextDocumentIdentifier:
    return types.TextDocumentIdentifier(path.as_uri())
