"""A configuration to begin with: every key with what it does, as comments.

A key counts once the `#` right before it is gone; `# ` begins words.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from archlint.settings.asked import settings
from archlint.settings.schema import plain
from archlint.settings.toml_text import about_rules

__all__ = ["ProposedModel", "RuleHelp", "config_text"]

_WIDTH = 96
_MOST_MODELS = 20


@dataclass(frozen=True, slots=True)
class ProposedModel:
    """A model that might be configured; `needs` are arguments that have no default."""

    factory: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleHelp:
    """A rule, and each of its options with the default, as TOML has it, and what it does."""

    code: str
    name: str
    options: Mapping[str, tuple[str, str]]


def config_text(
    prefix: str, rules: Sequence[RuleHelp], files: Sequence[str], models: Sequence[ProposedModel]
) -> str:
    """The text of archlint.toml, or with the prefix `tool.archlint` a part of pyproject.toml.

    `files` are .onnx files that were found.
    """
    lines = [
        "# archlint: a linter for the architecture of neural networks.",
        "# A # right before a key makes it an example, or shows the default: it counts once the #",
        "# is gone.  Flags win over this file, and paths are relative to it.",
    ]
    if prefix:
        lines.append(f"[{prefix}]")
    known = {each.code: each.name for each in rules}
    lines += [*_values(known), *_tables(prefix, known)]
    lines += [*_options(prefix, rules), *_models(prefix, files, models)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _values(rules: Mapping[str, str]) -> Iterator[str]:
    panel = None
    for each in settings().values():
        if each.key is None or each.key.brackets:
            continue
        if each.value.panel is not panel:
            yield ""
        panel = each.value.panel
        yield from _words(about_rules(each.key.about, rules))
        example = about_rules(each.key.example, rules) or json.dumps(plain(each.value.default))
        yield f"#{each.name} = {example}"


def _tables(prefix: str, rules: Mapping[str, str]) -> Iterator[str]:
    """The tables that are written as they stand in the table of settings."""
    for each in settings().values():
        if each.key is not None and each.key.brackets and each.key.example:
            yield ""
            yield from _words(each.key.about)
            yield f"#{'[' * each.key.brackets}{_key(prefix, each.name)}{']' * each.key.brackets}"
            yield from (f"#{line}" for line in about_rules(each.key.example, rules).splitlines())
    yield ""


def _options(prefix: str, rules: Sequence[RuleHelp]) -> Iterator[str]:
    for rule in rules:
        if rule.options:
            yield f"#[{_key(prefix, 'rules')}.{rule.code}]"
        for name, (default, about) in rule.options.items():
            yield from _words(f"{rule.name}: {about}.")
            yield f"#{name} = {default}"
    yield ""


def _models(prefix: str, files: Sequence[str], models: Sequence[ProposedModel]) -> Iterator[str]:
    named = f", such as {_text(files[0])}" if files else ""
    key = settings()["models"].key
    about = "" if key is None else key.about
    yield from _words(
        f"{about}  Without any it lints the .onnx files in this folder: {len(files)} now{named}."
    )
    if models:
        yield from _words("These classes look like networks; say what their forward takes.")
    shown = models[:_MOST_MODELS] or (ProposedModel("nets.py:Net"),)
    names = Counter(model.factory.rpartition(":")[2] for model in models)
    for model in shown:
        name = model.factory.rpartition(":")[2]
        yield f"#[[{_key(prefix, 'models')}]]"
        yield f"#name = {_text(name if names[name] < 2 else model.factory)}"
        yield f"#factory = {_text(model.factory)}"
        yield '#inputs = ["1x3x224x224"]'
        if model.needs:
            yield from _words(f"It needs {', '.join(model.needs)}.")
        yield "#kwargs = {}"
        yield "#targets = [] # those of the run"
        yield ""
    if (more := len(models) - len(shown)) > 0:
        yield from _words(f"{more} more classes look like networks.")


def _words(text: str) -> list[str]:
    return wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False)


def _key(prefix: str, key: str) -> str:
    return f"{prefix}.{key}" if prefix else key


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
