"""The options of a configuration, and what holds in a run, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from textwrap import fill

from archlint.did_you_mean import did_you_mean
from archlint.errors import UsageError
from archlint.settings.asked import Asked, settings
from archlint.settings.kinds.kind import Schema
from archlint.settings.known import Known
from archlint.settings.schema import config_schema, plain
from archlint.settings.setting import Setting
from archlint.settings.toml_text import about_rules

__all__ = ["option_list", "option_page", "settings_text"]

_WIDTH = 79
_OF_THE_FILE = frozenset({"config", "config_from", "isolated"})  # which is shown on top
_MOST_WORDS = 6


def option_list(known: Known) -> str:
    """Every option in a line: its name, the kind of its values, its default."""
    options = _options(known)
    longest = max(map(len, options))
    lines = [
        f"{name:{longest}}  {_type(option)}{_default(option, ', default ')}"
        for name, option in options.items()
    ]
    return "\n".join(lines) + "\n"


def option_page(known: Known, name: str) -> str:
    """All that is known of an option; raises UsageError where there is none of that name."""
    options = _options(known)
    if name not in options:
        raise UsageError(f'unknown option "{name}"{did_you_mean(name, options)}')
    of_name = [each for each in settings().values() if each.name == name]
    flags = [each.flag for each in of_name if each.flag is not None]
    lines = [
        name,
        "",
        fill(str(options[name]["description"]), _WIDTH, break_on_hyphens=False),
        "",
        f"type      {_type(options[name])}",
        _default(options[name], "default   ") or "default   not set",
        *(
            f"flag      {', '.join(each.names) or f'--{name}'} of {', '.join(each.commands)}"
            for each in flags
        ),
        "",
        "example",
        *(f"    {line}" for each in of_name for line in _example(each, known.rules)),
    ]
    return "\n".join(lines) + "\n"


def settings_text(asked: Asked) -> str:
    """What holds in a run of `archlint check`: each option, its value and where that is from."""
    panels: dict[str, list[str]] = {}
    for field, each in settings().items():
        is_of_check = each.flag is not None and "check" in each.flag.commands
        if field in _OF_THE_FILE or not (is_of_check or each.key):
            continue
        value = getattr(asked if hasattr(asked, field) else asked.options, field)
        shown = f"{each.name} = {json.dumps(_plain(value), ensure_ascii=False)}"
        if value is None:
            shown = f"{each.name} is not set"
        origin = asked.origins.get(field, "default")
        panels.setdefault(each.value.panel.value, []).append(f"{shown:40}  # {origin}")
    lines = [f"configuration: {asked.config or 'none'}"]
    for panel, its in panels.items():
        lines += ["", f"# {panel}", *its]
    return "\n".join(lines) + "\n"


def _options(known: Known) -> Mapping[str, Schema]:
    properties = config_schema(known)["properties"]
    assert isinstance(properties, dict)
    return properties


def _type(schema: Schema) -> str:
    """A schema in words."""
    if "enum" in schema:
        words = schema["enum"]
        assert isinstance(words, list)
        more = " ..." * (len(words) > _MOST_WORDS)
        return " | ".join(map(json.dumps, words[:_MOST_WORDS])) + more
    if "anyOf" in schema:
        choices = schema["anyOf"]
        assert isinstance(choices, list)
        return " or ".join(dict.fromkeys(map(_type, choices)))
    return {"array": "list", "object": "table"}.get(str(schema["type"]), str(schema["type"]))


def _default(schema: Schema, before: str) -> str:
    return f"{before}{json.dumps(schema['default'])}" if "default" in schema else ""


def _example(setting: Setting, rules: Mapping[str, str]) -> Iterator[str]:
    key = setting.key
    if key is None:
        return
    example = about_rules(key.example, rules)
    if key.brackets:
        yield f"{'[' * key.brackets}{setting.name}{']' * key.brackets}"
        yield from example.splitlines()
    else:
        yield f"{setting.name} = {example or json.dumps(plain(setting.value.default))}"


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        if value and all(type(each) is int for each in value):
            return "x".join(map(str, value))
        return [_plain(each) for each in value]
    return plain(value)
