"""Values by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archlint.errors import UsageError
from archlint.settings.kinds.kind import Kind, Schema
from archlint.settings.kinds.lists import codes, rule, several
from archlint.settings.kinds.plain import count
from archlint.settings.shape import parse_shape
from archlint.settings.toml_text import key_text

if TYPE_CHECKING:
    from archlint.settings.kinds.reader import Reader
    from archlint.settings.known import Known

__all__ = ["PATHS", "RULES_BY_GLOB", "SHAPES", "SIZES", "said_shapes", "table_of"]

Shape = tuple[int, ...]

_SHAPE: Schema = {"type": "string", "pattern": "^0*[1-9][0-9]*(x0*[1-9][0-9]*)*$"}


def table_of(value: Schema) -> Schema:
    """The schema of a table with any keys."""
    return {"type": "object", "additionalProperties": value}


def _shapes(reader: Reader, key: str, value: object) -> Mapping[str, Shape]:
    if isinstance(value, str):
        value = {"": value}
    if not isinstance(value, dict):
        reader.expected(key, 'a shape as "1x3x224x224", or a table of them by name', value)
        return {}
    shapes = {}
    for name, text in value.items():
        shape = parse_shape(text) if isinstance(text, str) else None
        if shape is None:
            where = key_text(key, name) if name else key
            reader.expected(where, 'a shape as "1x3x224x224"', text)
        else:
            shapes[name] = shape
    return shapes


def said_shapes(flag: str, words: Sequence[str]) -> Mapping[str, Shape]:
    """The shapes that a flag gives, by input name; "" is the only input.  Raises UsageError."""
    shapes: dict[str, Shape] = {}
    for word in words:
        name, _, text = word.rpartition("=")
        shape = parse_shape(text) or _typed_shape(text)
        if shape is None:
            expected = "expected NAME=1x3x224x224 or 1x3x224x224"
            raise UsageError(f'{flag}: {expected}, found "{word}"')
        if name in shapes:
            raise UsageError(f'{flag}: the shape of "{name}" is given twice')
        shapes[name] = shape
    return shapes


def _typed_shape(text: str) -> Shape | None:
    """The sizes in int64[1,128], which a model of Python source takes; a file has its dtype."""
    from archlint.source.export.spec import parse_input

    try:
        return parse_input(text).shape
    except UsageError:
        return None


def _sizes(reader: Reader, key: str, value: object) -> Mapping[str, int]:
    if not isinstance(value, dict):
        reader.expected(key, "a table of sizes by name", value)
        return {}
    sizes = {name: count(reader, key_text(key, name), each) for name, each in value.items()}
    return {name: size for name, size in sizes.items() if size is not None}


def _said_sizes(flag: str, words: Sequence[str]) -> Mapping[str, int]:
    sizes: dict[str, int] = {}
    for word in words:
        name, _, text = word.rpartition("=")
        size = parse_shape(text)
        if not name or size is None or len(size) != 1:
            raise UsageError(f'{flag}: expected NAME=SIZE, found "{word}"')
        if name in sizes:
            raise UsageError(f'{flag}: "{name}" is given twice')
        sizes[name] = size[0]
    return sizes


def _paths(reader: Reader, key: str, value: object) -> Mapping[str, str]:
    if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
        return {old: reader.beside(new) for old, new in value.items()}
    reader.expected(key, "a table of folders by the beginnings of paths", value)
    return {}


def _said_paths(flag: str, words: Sequence[str]) -> Mapping[str, str]:
    found = {}
    for word in words:
        old, equals, new = word.partition("=")
        if not equals or not old:
            raise UsageError(f'{flag}: expected OLD=NEW, found "{word}"')
        found[old] = new
    return found


def _by_glob(reader: Reader, key: str, value: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        reader.expected(key, "a table of rules by glob of model paths", value)
        return {}
    return {
        glob: codes(reader, key_text(key, glob), rules)
        for glob, rules in value.items()
        if reader.is_glob(key, glob)
    }


def _shape_schema(_: Known) -> Schema:
    return {"anyOf": [_SHAPE, table_of(_SHAPE)]}


def _size_schema(_: Known) -> Schema:
    return table_of({"type": "integer", "minimum": 1})


def _path_schema(_: Known) -> Schema:
    return table_of({"type": "string"})


def _glob_schema(known: Known) -> Schema:
    return table_of(several(rule(known)))


SHAPES: Kind[Mapping[str, Shape]] = Kind(_shapes, _shape_schema, list[str], said=said_shapes)
SIZES: Kind[Mapping[str, int]] = Kind(_sizes, _size_schema, list[str], said=_said_sizes)
PATHS: Kind[Mapping[str, str]] = Kind(_paths, _path_schema, list[str], said=_said_paths)
RULES_BY_GLOB: Kind[Mapping[str, tuple[str, ...]]] = Kind(_by_glob, _glob_schema)
