"""The JSON Schema of a configuration."""

from __future__ import annotations

from enum import Enum

from archlint.settings.asked import settings
from archlint.settings.kinds.kind import Schema
from archlint.settings.known import Known
from archlint.settings.toml_text import about_rules

__all__ = ["config_schema", "plain"]


def config_schema(known: Known) -> Schema:
    """The JSON Schema of archlint.toml, and of the table `tool.archlint`, as SchemaStore takes it.

    It knows the rules, their options and the formats that are installed; what only a file system
    can tell, and whether a target's name is one, it leaves to archlint.
    """
    properties: dict[str, Schema] = {}
    about = ""
    for each in settings().values():
        if each.key is None or each.value.kind.schema is None:
            continue
        about = each.key.about or about
        default = {} if each.value.default is None else {"default": plain(each.value.default)}
        # of two that have a key the second's schema holds for both
        before = properties.get(each.name, {}).get("description")
        told = about_rules(about, known.rules)
        properties[each.name] = {
            **each.value.kind.schema(known),
            "description": f"{before}  {told}" if before else told,
            **default,
        }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://json.schemastore.org/archlint.json",
        "title": "The configuration of archlint",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def plain(value: object) -> object:
    """A default as JSON and TOML have it."""
    if isinstance(value, Enum):
        return plain(value.value)
    return list(value) if isinstance(value, tuple) else value
