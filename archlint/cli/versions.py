"""The two versions of each model that `archlint diff` is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from archlint.baseline import Baseline, Entry
from archlint.commands.diff import Versions
from archlint.errors import ModelError, UsageError
from archlint.graph.read import read_proto
from archlint.linter.found_models import (
    FoundModel,
    find_model,
    find_models,
    is_excluded,
    is_searched,
)
from archlint.linter.source import Loaded, Source
from archlint.results.findings import ModelReport
from archlint.settings.asked import Asked
from archlint.source.export.elsewhere import Elsewhere
from archlint.source.export.spec import is_source
from archlint.source.revision import Revision

__all__ = ["Wanted", "against_revision", "two_versions"]


@dataclass(slots=True)
class Wanted:
    """What the command line says of models; what is checked out goes with `stack`.

    New places are excused that the baseline knows.
    """

    asked: Asked
    stack: ExitStack
    baseline: Baseline | None = None
    _trees: dict[str, Elsewhere] = field(default_factory=dict)

    def tree(self, revision: Revision) -> Elsewhere:
        """The files of a revision, checked out once."""
        if revision.commit not in self._trees:
            self._trees[revision.commit] = self.stack.enter_context(revision.checked_out())
        return self._trees[revision.commit]

    def at(self, found: FoundModel, revision: Revision) -> Source:
        """A model as it is at a revision.

        Raises UsageError where a file is not there, ModelError where it cannot be read.
        """
        name = f"{found.path}@{revision.name}"
        if found.made is not None:
            return replace(found.made, name=name, elsewhere=self.tree(revision))
        content = revision.read(found.path)
        folder = Path(self.stack.enter_context(TemporaryDirectory(prefix="archlint-")))
        file = folder / "model.onnx"
        file.write_bytes(content)
        try:
            return Loaded(name, read_proto(str(file)))
        except ModelError as fault:
            raise ModelError(name, fault.reason) from fault

    def excused(self, found: FoundModel) -> tuple[Entry, ...]:
        """The places of a model that the baseline knows, which is that of the working tree."""
        return () if self.baseline is None else self.baseline.of_model(found.path)

    def find(self, word: str) -> FoundModel:
        """The one model that a word names."""
        asked = self.asked
        found = find_model(
            word, asked.models, asked.input_words, asked.kwargs, untrusted=asked.untrusted
        )
        if found.error is not None:
            raise UsageError(f"{found.path}: {found.error}")
        return found


def two_versions(words: Sequence[str], wanted: Wanted) -> tuple[Versions, ...]:
    """The version before and the one after, as two words name them."""
    head = wanted.find(_split(words[1], wanted)[0])
    before, unread = _before(lambda: _version(words[0], wanted))
    after = _version(words[1], wanted)
    return (Versions(words[1], before, after, excused=wanted.excused(head), unread=unread),)


def against_revision(words: Sequence[str], base: str, wanted: Wanted) -> tuple[Versions, ...]:
    """Each model and itself at a revision; it may be missing on one side.

    In folders, files that are no more are found too.
    """
    revision = Revision.find(base)
    versions, asked = [], wanted.asked
    heads = find_models(
        words,
        asked.models,
        asked.input_words,
        asked.kwargs,
        untrusted=asked.untrusted,
        exclude=asked.exclude,
    )
    for found in heads:
        is_there = found.error is None
        if found.made is not None:
            was_there = not found.made.spec.is_file or revision.has(found.made.spec.source)
        else:
            was_there = revision.has(found.path)
        is_gone = not os.path.lexists(found.path) or os.path.isdir(found.path)
        if not is_there and not (was_there and is_gone):
            if os.path.isdir(found.path) and _gone(found.path, revision, (), asked.exclude):
                continue
            raise UsageError(f"{found.path}: {found.error}")
        before, unread = _before(partial(wanted.at, found, revision)) if was_there else (None, None)
        after = found.source if is_there else None
        excused = wanted.excused(found)
        versions.append(Versions(found.path, before, after, True, excused, unread))
    known = {os.path.realpath(each.path) for each in heads}
    for folder in [word for word in words if os.path.isdir(word)] or ([] if words else ["."]):
        if not words and asked.models:
            break
        versions += [
            Versions(path, wanted.at(FoundModel(path), revision), None)
            for path in _gone(folder, revision, known, asked.exclude)
        ]
    return tuple(versions)


def _gone(
    folder: str, revision: Revision, known: set[str] | tuple[()], exclude: Sequence[str]
) -> list[str]:
    """The models that a folder had at a revision and has no more."""
    return [
        Path(path).as_posix()
        for path in revision.files(folder)
        if path.lower().endswith(".onnx")
        and os.path.realpath(path) not in known
        and not os.path.lexists(path)
        and not is_excluded(Path(path).as_posix(), exclude)
        and all(map(is_searched, Path(os.path.relpath(path, folder)).parts[:-1]))
    ]


def _before(find: Callable[[], Source]) -> tuple[Source | None, ModelReport | None]:
    """The version before, or why it cannot be read."""
    try:
        return find(), None
    except ModelError as fault:
        return None, ModelReport(fault.path, error=fault.reason)


def _version(word: str, wanted: Wanted) -> Source:
    model, revision = _split(word, wanted)
    found = wanted.find(model)
    return found.source if revision is None else wanted.at(found, Revision.find(revision))


def _split(word: str, wanted: Wanted) -> tuple[str, str | None]:
    """The model and the revision in `model@revision`; a file of that name is no revision."""
    names = [each.name for each in wanted.asked.models]
    if not os.path.lexists(word):
        for at, letter in enumerate(word):
            model = word[:at]
            if letter == "@" and (model.endswith(".onnx") or is_source(model) or model in names):
                return model, word[at + 1 :]
    return word, None
