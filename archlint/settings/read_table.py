"""From a table of TOML to what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archlint.did_you_mean import did_you_mean
from archlint.settings.asked import Asked, settings
from archlint.settings.kinds.reader import Reader
from archlint.settings.toml_text import key_text

__all__ = ["read_table"]

_Read = Callable[[Reader, str, object], object]


def read_table(table: Mapping[str, object], reader: Reader) -> Asked:
    """What this table asks for; the reader keeps what is wrong with it."""
    keys: dict[str, list[tuple[str, _Read]]] = {}
    for field, setting in settings().items():
        if setting.key is not None and setting.value.kind.read is not None:
            keys.setdefault(setting.name, []).append((field, setting.value.kind.read))
    reader.note_user_targets(table.get("target-paths"))
    values: dict[str, object] = {"config": reader.path}
    for key, value in table.items():
        if key in keys:
            field, read = keys[key][0]
            values[field] = read(reader, key, value)
        else:
            reader.problem(key_text(key), f"unknown key{did_you_mean(key, keys)}")
    for key, value in table.items():
        for field, read in keys.get(key, ())[1:]:
            values[field] = read(reader, key, value)
    return Asked().told(values, dict.fromkeys(values, reader.path))
