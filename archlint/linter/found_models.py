"""From what words name to models: files, folders, and factories in Python source."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath

from archlint.errors import UsageError
from archlint.graph.read import STDIN
from archlint.linter.source import Source, SourceModel
from archlint.settings.kinds.models import ConfiguredModel
from archlint.source.export.spec import PROGRAM

__all__ = ["FoundModel", "find_model", "find_models", "is_excluded", "is_searched"]

_AWAY = "a link that leads out of the folder, which --untrusted does not follow"
_MOST_NAMED = 10
_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages"})


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model to lint, or why there is none; `made` is one of Python source."""

    path: str
    error: str | None = None
    made: SourceModel | None = None

    @property
    def source(self) -> Source:
        """What the linter takes."""
        return self.path if self.made is None else self.made


def find_models(
    words: Sequence[str],
    configured: Sequence[ConfiguredModel] = (),
    inputs: Sequence[str] | None = None,
    kwargs: str | None = None,
    *,
    untrusted: bool = False,
    exclude: Sequence[str] = (),
) -> tuple[FoundModel, ...]:
    """Each model as given and each folder's `*.onnx`, in the order of `words`, none twice.

    `nets.py:Net` and `package.module:factory` are models of Python source, and so are those that
    are configured, by name, and what `torch.export.save` wrote (`*.pt2`); `inputs` and `kwargs` are
    as the command line has them.  Without words it is all configured models, or where there are
    none the working folder.
    Folders are searched all the way down in sorted order, except for hidden folders, those of
    package managers, and what `exclude` matches.  Paths come out relative to the working folder
    where they lie in it, and with forward slashes.  Raises UsageError where inputs or arguments
    cannot be read, and where something is `untrusted` that would run.
    """
    if untrusted and kwargs is not None:
        raise UsageError("--kwargs goes with Python source, whose code --untrusted does not run")
    by_name = {each.name: each for each in configured}
    found: dict[str, FoundModel] = {}
    for word in words or tuple(by_name) or (".",):
        is_named = word in by_name
        if is_named or (":" in word and not os.path.lexists(word)):
            if untrusted:
                raise UsageError(f"{word}: Python source, whose code --untrusted does not run")
            make = partial(_configured, by_name[word]) if is_named else partial(_made, word)
            found[word] = make(inputs, kwargs)
            continue
        if word.lower().endswith(PROGRAM) and os.path.isfile(word):
            if untrusted:
                raise UsageError(f"{word}: a program of PyTorch, which --untrusted does not load")
            found[word] = _program(word)
            continue
        for each in _found(word, exclude):
            if untrusted and each.error is None and _leads_out(each.path, word):
                each = FoundModel(each.path, _AWAY)
            found.setdefault(os.path.realpath(each.path), each)
    return tuple(found.values())


def _leads_out(path: str, word: str) -> bool:
    """Whether links lead from a path out of the working folder, or of what a word names beside."""
    here = os.getcwd()
    top = here if Path(os.path.abspath(path)).is_relative_to(here) else word
    return path != STDIN and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(top))


def find_model(
    word: str,
    configured: Sequence[ConfiguredModel],
    inputs: Sequence[str] | None,
    kwargs: str | None = None,
    *,
    untrusted: bool = False,
) -> FoundModel:
    """The one model that a word names, be it a file that does not exist."""
    is_program = word.lower().endswith(PROGRAM) and os.path.isfile(word)
    if is_program or ":" in word or any(each.name == word for each in configured):
        (found,) = find_models([word], configured, inputs, kwargs, untrusted=untrusted)
        return found
    return FoundModel(word, _AWAY if untrusted and _leads_out(word, word) else _unnamed(word))


def _unnamed(path: str) -> str | None:
    """What to say of a file of Python that is named without a model in it."""
    if not path.endswith(".py") or not os.path.isfile(path):
        return None
    # read only to help
    from archlint.source.candidates import find_candidates

    found = [
        f"{each.factory} (with {', '.join(each.needs)})" if each.needs else each.factory
        for each in find_candidates([path])
    ]
    shown = found[:_MOST_NAMED] + [f"{len(found) - _MOST_NAMED} more"] * (len(found) > _MOST_NAMED)
    such = f", such as {', '.join(shown)}" if found else f": {path}:NAME"
    return f"is Python source: name the class or function that makes the network{such}"


def _made(factory: str, inputs: Sequence[str] | None, kwargs: str | None) -> FoundModel:
    # loaded only where it is used
    from archlint.source.export.spec import ModelSpec

    spec = ModelSpec.parse(factory, inputs or (), kwargs or "{}")
    return FoundModel(factory, made=SourceModel(spec))


def _program(path: str) -> FoundModel:
    from archlint.source.export.spec import ModelSpec

    return FoundModel(path, made=SourceModel(ModelSpec(path, ""), path))


def _configured(
    model: ConfiguredModel, inputs: Sequence[str] | None, kwargs: str | None
) -> FoundModel:
    """The model as it is configured, and what the command line says otherwise."""
    from archlint.source.export.spec import ModelSpec, parse_kwargs

    given = {**model.kwargs, **parse_kwargs(kwargs or "{}")}
    spec = ModelSpec.parse(model.factory, inputs or model.inputs, given)
    return FoundModel(model.name, made=SourceModel(spec, model.name, model.targets))


def _found(path: str, exclude: Sequence[str]) -> Iterator[FoundModel]:
    shown = _shown(path)
    if path == STDIN:
        yield FoundModel(STDIN)
    elif not path or not os.path.lexists(path):
        yield FoundModel(shown, "no such file or folder")
    elif not os.path.isdir(path):
        yield FoundModel(shown, _unnamed(path))
    else:
        yield from _in_folder(path, shown, exclude)


def _in_folder(folder: str, shown: str, exclude: Sequence[str]) -> Iterator[FoundModel]:
    errors: list[OSError] = []
    count = excluded = 0
    for root, folders, files in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(each for each in folders if is_searched(each))
        for name in sorted(files):
            if name.lower().endswith(".onnx"):
                path = _shown(os.path.join(root, name))
                if is_excluded(path, exclude):
                    excluded += 1
                    continue
                count += 1
                yield FoundModel(path)
    for error in errors:
        where = _shown(os.fsdecode(error.filename)) if error.filename else shown
        yield FoundModel(where, f"cannot be searched: {error.strerror}")
    if not count and not errors:
        but = f" but the {excluded} that --exclude leaves out" if excluded else ""
        yield FoundModel(shown, f"no .onnx file in this folder{but}")


def is_searched(folder: str) -> bool:
    """Whether a folder of this name is looked into."""
    return not folder.startswith(".") and folder not in _SKIPPED_FOLDERS


def is_excluded(path: str, exclude: Sequence[str]) -> bool:
    """Whether one of these globs matches a path, a folder that it is in, or the name of either."""
    above = [path, *map(str, PurePosixPath(path).parents)]
    either = [*above, *(PurePosixPath(each).name for each in above)]
    return any(fnmatchcase(each, glob.rstrip("/")) for glob in exclude for each in either)


def _shown(path: str) -> str:
    absolute, here = Path(os.path.abspath(path)), Path.cwd()
    if path and absolute.is_relative_to(here):
        return absolute.relative_to(here).as_posix()
    return Path(path).as_posix() if path else '""'
