"""What to export: where a model's factory is, what it takes, what the model takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

from archlint.did_you_mean import did_you_mean
from archlint.errors import UsageError

__all__ = [
    "DTYPES",
    "PROGRAM",
    "InputSpec",
    "ModelSpec",
    "Value",
    "is_source",
    "parse_input",
    "parse_kwargs",
]

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]
"""What JSON and TOML can say."""

DTYPES = (
    "float16", "bfloat16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64",
    "bool", "complex64",
)  # fmt: skip

PROGRAM = ".pt2"
"""How files end that `torch.export.save` wrote."""

_NOTHING: Mapping[str, Value] = MappingProxyType({})
_NAMED = re.compile(r"([A-Za-z_]\w*)=(.*)", re.S)
_TYPED = re.compile(r"([a-z]+\d*)\[([^\[\]]*)\]")
_MOST_DIGITS = 18
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One tensor that the model takes; `name` is the parameter of `forward`, "" by position."""

    shape: tuple[int, ...]
    dtype: str = "float32"
    name: str = ""

    def __str__(self) -> str:
        shape = ",".join(map(str, self.shape))
        return f"{self.name and self.name + '='}{self.dtype}[{shape}]"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A factory, such as `nets.py:Net`, with what to call it with and what the model takes.

    `source` is a path that ends in ".py" or a dotted module; `attribute` is the dotted name of a
    class, a function or a module in it.  `inputs` empty asks for what the model itself says.
    A program that `torch.export.save` wrote is its path and no attribute.
    """

    source: str
    attribute: str
    inputs: tuple[InputSpec, ...] = ()
    kwargs: Mapping[str, Value] = field(default_factory=lambda: _NOTHING)

    @property
    def factory(self) -> str:
        """Source and attribute as the user writes them."""
        return self.source if self.is_program else f"{self.source}:{self.attribute}"

    @property
    def is_program(self) -> bool:
        """Whether it is a file that `torch.export.save` wrote."""
        return not self.attribute

    @property
    def is_file(self) -> bool:
        """Whether the source is a path; else it is a dotted module."""
        return self.source.endswith(".py")

    @classmethod
    def parse(
        cls,
        factory: str,
        inputs: Iterable[str] = (),
        kwargs: str | Mapping[str, Value] = _NOTHING,
    ) -> ModelSpec:
        """Read what a command line or a configuration says; raises UsageError."""
        source, colon, attribute = factory.rpartition(":")
        shown = _LINE_BREAKS.sub("?", factory)
        if not colon or not source or not _is_dotted(attribute):
            raise UsageError(f'"{shown}" is no model: expected path/to/nets.py:Net or module:Net')
        if not source.endswith(".py") and not _is_dotted(source):
            raise UsageError(
                f'"{shown}" is no model: "{_LINE_BREAKS.sub("?", source)}" is neither a path that '
                "ends in .py nor a dotted module"
            )
        parsed = tuple(map(parse_input, inputs))
        names = [each.name for each in parsed if each.name]
        for name in names:
            if names.count(name) > 1:
                raise UsageError(f"{shown}: the input {name} is given twice")
        for before, after in pairwise(parsed):
            if before.name and not after.name:
                raise UsageError(f"{shown}: the input {after} without a name follows {before}")
        given = parse_kwargs(kwargs) if isinstance(kwargs, str) else kwargs
        return cls(source, attribute, parsed, given)


def is_source(text: str) -> bool:
    """Whether a command line's argument names a factory and not a file of a model."""
    source, colon, attribute = text.rpartition(":")
    return bool(colon) and _is_dotted(attribute) and (source.endswith(".py") or _is_dotted(source))


def parse_input(text: str) -> InputSpec:
    """Read `1x3x224x224`, `int64[1,128]` or either behind `name=`; raises UsageError."""
    shown = _LINE_BREAKS.sub("?", text)
    named = _NAMED.fullmatch(text.strip())
    name, rest = (named[1], named[2].strip()) if named else ("", text.strip())
    typed = _TYPED.fullmatch(rest)
    if typed is None:
        return InputSpec(_sizes(rest, "x", shown) if rest else _wrong(shown), "float32", name)
    if typed[1] not in DTYPES:
        hint = did_you_mean(typed[1], DTYPES)
        raise UsageError(f'input "{shown}": no dtype is called "{typed[1]}"{hint}')
    inner = typed[2].strip()
    return InputSpec(_sizes(inner, ",", shown) if inner else (), typed[1], name)


def _sizes(text: str, between: str, shown: str) -> tuple[int, ...]:
    sizes = []
    for each in text.split(between):
        digits = each.strip()
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > _MOST_DIGITS:
            _wrong(shown)
        if int(digits) == 0:
            raise UsageError(f'input "{shown}": a size of 0')
        sizes.append(int(digits))
    return tuple(sizes)


def _wrong(shown: str) -> tuple[int, ...]:
    raise UsageError(
        f'input "{shown}" is no shape: expected 1x3x224x224 or int64[1,128], with name= before it '
        "where forward takes it by name"
    )


def parse_kwargs(text: str) -> Mapping[str, Value]:
    """Read a JSON object such as `{"num_classes": 10}`; raises UsageError."""
    shown = _LINE_BREAKS.sub("?", text)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as e:
        reason = e.msg if isinstance(e, json.JSONDecodeError) else "it cannot be read"
        raise UsageError(f"kwargs {shown} are no JSON: {reason}") from e
    if not isinstance(found, dict):
        raise UsageError(f'kwargs {shown} are no JSON object: expected {{"name": value}}')
    return found


def _is_dotted(text: str) -> bool:
    return all(each.isidentifier() for each in text.split("."))
