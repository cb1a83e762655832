"""The runs of a server: begun by saves, begun again by the next, and what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from attrs import evolve
from lsprotocol import converters, types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from archlint.errors import ArchlintError
from archlint.server.child import ask_child
from archlint.server.shown import ShownFile, digest
from archlint.source.ignores.text import read_source

__all__ = ["Run", "Runs"]

Tell = Callable[[str, "int | None"], None]


@dataclass(frozen=True, slots=True)
class Run:
    """What is linted together: in this folder these words, or without any all configured models."""

    folder: Path
    words: tuple[str, ...] = ()


class Runs:
    """What runs are on, and what the last of each has to show."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._on: dict[Run, asyncio.Task[None]] = {}
        self._shown: dict[Run, Mapping[str, ShownFile]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._is_over = False

    def begin(self, run: Run) -> None:
        """Lint anew; what is on is given up, and its hints are not shown from here on."""
        if (before := self._on.get(run)) is not None:
            before.cancel()
        # diagnostics stay until there are new ones: editors move them with their lines
        last = self._shown.get(run, {})
        self._shown[run] = {path: replace(each, digest="") for path, each in last.items()}
        self._on[run] = asyncio.get_running_loop().create_task(self._lint(run))

    def begin_once(self, run: Run) -> None:
        """Lint what was not linted yet."""
        if run not in self._on:
            self.begin(run)

    def fresh(self, uri: str) -> list[ShownFile]:
        """What goes with the text that a document has now: nothing that is being linted anew."""
        path = to_fs_path(uri)
        if path is None:
            return []
        now = digest(self._server.workspace.get_text_document(uri).source)
        name = str(Path(path).resolve())
        return [
            shown[name]
            for shown in self._shown.values()
            if name in shown and shown[name].digest == now
        ]

    def fix(self, folder: str, model: str, code: str, *, redesign: bool) -> None:
        """Run `archlint fix` and hand its edits to the editor."""
        request = {"do": "fix", "model": model, "code": code, "redesign": redesign}
        task = asyncio.get_running_loop().create_task(self._fix(request, Path(folder)))
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    def end(self) -> None:
        """Give all up, without a word: the editor reads nothing any more."""
        self._is_over = True
        for each in (*self._on.values(), *self._others):
            each.cancel()

    async def _lint(self, run: Run) -> None:
        self._refresh_hints()
        try:
            async with self._progress("archlint") as tell:
                answer = await ask_child({"do": "lint", "words": run.words}, run.folder, tell)
        except ArchlintError as fault:
            self._say(str(fault), types.MessageType.Error)
            return
        files = converters.get_converter().structure(answer, list[ShownFile])
        before = self._shown.get(run, {})
        self._shown[run] = {each.path: each for each in files}
        for path in dict.fromkeys((*before, *self._shown[run])):
            self._publish(path)
        self._refresh_hints()

    async def _fix(self, request: Mapping[str, object], folder: Path) -> None:
        try:
            async with self._progress("archlint fix") as tell:
                answer = await ask_child(request, folder, tell)
            await self._apply(answer["files"])
        except ArchlintError as fault:
            self._say(str(fault), types.MessageType.Error)
            return
        self._say(answer["words"], types.MessageType.Info)

    async def _apply(self, files: Sequence[Mapping[str, Any]]) -> None:
        """Hand edits over, all or none: a document may have been changed since it was read."""
        changes = []
        for each in files:
            uri = str(from_fs_path(each["path"]))
            document = self._server.workspace.get_text_document(uri)
            if document.source != each["before"]:
                raise ArchlintError(f"{each['path']} has changed meanwhile: nothing is edited")
            edits = converters.get_converter().structure(each["edits"], list[types.TextEdit])
            named = types.OptionalVersionedTextDocumentIdentifier(uri, document.version)
            changes.append(types.TextDocumentEdit(named, edits))
        if changes:
            edit = types.WorkspaceEdit(document_changes=changes)
            done = await self._server.workspace_apply_edit_async(
                types.ApplyWorkspaceEditParams(edit, "archlint fix")
            )
            if not done.applied:
                raise ArchlintError(f"the editor made no edit: {done.failure_reason or '?'}")

    def _publish(self, path: str) -> None:
        uri = str(from_fs_path(path))
        source = None if path.endswith(".onnx") else read_source(Path(path))
        lines = () if source is None else source.lines
        convert = self._server.workspace.position_codec.range_to_client_units
        found = [
            evolve(each, range=convert(lines, each.range))
            for shown in self._shown.values()
            if path in shown
            for each in shown[path].diagnostics
        ]
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found))

    def _refresh_hints(self) -> None:
        workspace = self._server.client_capabilities.workspace
        hints = None if workspace is None else workspace.inlay_hint
        if hints is not None and hints.refresh_support:
            self._server.workspace_inlay_hint_refresh(None)

    @asynccontextmanager
    async def _progress(self, title: str) -> AsyncIterator[Tell]:
        """What is told is shown, where the editor can."""
        window = self._server.client_capabilities.window
        if window is None or not window.work_done_progress:
            yield lambda _doing, _percentage: None
            return
        progress, token = self._server.work_done_progress, str(uuid4())
        # an answer to a request that was cancelled would end the server's reading
        await asyncio.shield(progress.create_async(token))
        progress.begin(token, types.WorkDoneProgressBegin(title))
        try:
            yield lambda doing, percentage: progress.report(
                token, types.WorkDoneProgressReport(message=doing, percentage=percentage)
            )
        finally:
            # pygls tells of what it cannot write by writing, a thousand times over
            if not self._is_over:
                progress.end(token, types.WorkDoneProgressEnd())

    def _say(self, text: str, kind: types.MessageType) -> None:
        self._server.window_show_message(types.ShowMessageParams(kind, f"archlint: {text}"))
