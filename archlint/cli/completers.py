"""What a shell proposes for models, rules and targets.

Nothing is loaded until a shell asks.  What cannot be read proposes nothing: nobody wants an
error while typing.  Names of files and of configurations are strangers', and the scripts of
shells evaluate what is proposed, so a name that could be read as anything else is not.
"""

from __future__ import annotations

import os

__all__ = [
    "complete_formats",
    "complete_model",
    "complete_options",
    "complete_rules",
    "complete_target",
]

_SUFFIXES = (".onnx", ".py")
_EVALUATED = frozenset("\\\"'`$!")


def complete_model(incomplete: str) -> list[tuple[str, str]]:
    """The configured models, and the files and folders that a path may go on with."""
    from archlint.cli.settings import configured
    from archlint.errors import ArchlintError

    try:
        models = configured().models
    except ArchlintError:
        models = ()
    found = [(each.name, "a configured model") for each in models if _is_plain(each.name)]
    folder, name = os.path.split(incomplete)
    try:
        entries = sorted(os.scandir(folder or "."), key=lambda each: each.name)
    except OSError:
        return found
    for each in entries:
        path = os.path.join(folder, each.name)
        if each.name.startswith(".") > name.startswith(".") or not _is_plain(path):
            continue
        if each.is_dir():
            found.append((f"{path}/", "a folder"))
        elif each.name.lower().endswith(_SUFFIXES):
            found.append((path, "a file"))
    return found


def complete_options(incomplete: str) -> list[str]:
    """The options of the configuration."""
    from archlint.settings.asked import settings

    names = dict.fromkeys(each.name for each in settings().values() if each.key is not None)
    return [each for each in names if each.startswith(incomplete)]


def complete_rules(incomplete: str) -> list[tuple[str, str]]:
    """The rules' codes, after what a comma list begins with; names where one has begun."""
    from archlint.errors import ArchlintError
    from archlint.linter import known

    before, comma, begun = incomplete.rpartition(",")
    try:
        rules = known().rules
    except ArchlintError:
        return []
    words = [(code, name) for code, name in rules.items()]
    if begun:
        words += [(name, code) for code, name in rules.items()]
    return [(f"{before}{comma}{word}", about) for word, about in words]


def complete_target(incomplete: str) -> list[str]:  # noqa: ARG001 - typer drops what does not fit
    """The targets that are shipped, and those of the user's and of the configuration."""
    from archlint.cli.settings import configured
    from archlint.errors import ArchlintError
    from archlint.linter import targets

    try:
        paths = configured().options.target_paths
        return [each.target for each in targets(paths) if _is_plain(each.target)]
    except ArchlintError:
        return []


def complete_formats(incomplete: str) -> list[str]:
    """The formats of reports."""
    from archlint.report.formats import FORMATS

    return [each for each in FORMATS if each.startswith(incomplete)]


def _is_plain(name: str) -> bool:
    return name.isprintable() and not _EVALUATED & set(name)
