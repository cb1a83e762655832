"""Where in source code something is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Call", "Certainty", "Location", "Span"]


class Certainty(Enum):
    """How sure a location is.

    EXACT is the call that made the module, or the line of `forward` that made the operator;
    MODULE is the nearest thing around it that could be found: the class, or the call that made
    the module around it.
    """

    EXACT = "exact"
    MODULE = "module"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source file.

    `path` is relative to the working folder where it lies in it, with forward slashes.  Lines
    and columns count from 1, columns in characters; `end_column` is one behind the last
    character.  `text` is the whole first line, without its end.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call that led to another one: `Bottleneck(...)` in `ResNet.__init__`."""

    span: Span
    what: str
    inside: str


@dataclass(frozen=True, slots=True)
class Location:
    """A span with the constructor calls that led to it, the nearest first.

    `inside` is the function or class that the span is in, "" where that is not told.
    """

    span: Span
    certainty: Certainty
    chain: tuple[Call, ...] = ()
    inside: str = ""

    @property
    def decision(self) -> tuple[Span, ...]:
        """What tells this location from those of other decisions.

        A call in a plain function, such as `conv1x1(...)`, decides little: so do the calls of
        that function, up to the first one in a class.
        """
        spans, inside = [self.span], self.inside
        for call in self.chain:
            if not inside or "." in inside.rpartition("<locals>.")[2]:
                break
            spans.append(call.span)
            inside = call.inside
        return tuple(spans)
