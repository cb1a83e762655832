"""Keys and values as messages about a configuration and its template show them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

__all__ = ["about_rules", "key_text", "listed", "value_text"]


def listed(words: Iterable[str]) -> str:
    """Words in quotes."""
    return ", ".join(f'"{word}"' for word in words)


def key_text(*parts: str) -> str:
    """A dotted key as TOML writes it."""
    bare = (part.replace("-", "").replace("_", "").isalnum() for part in parts)
    return ".".join(
        part if plain else json.dumps(part, ensure_ascii=False)
        for part, plain in zip(parts, bare, strict=True)
    )


def value_text(value: object) -> str:
    """A value as it may stand in a message: TOML's words, one line, not too long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:56]}..."


def about_rules(text: str, rules: Mapping[str, str]) -> str:
    """A text in which `$first`, `$codes` and `$rules` stand for rules, given by code with names."""
    first, codes = listed([*rules][:1]), listed(rules)
    named = ", ".join(f"{code} {name}" for code, name in rules.items())
    return text.replace("$first", first).replace("$codes", codes).replace("$rules", named)
