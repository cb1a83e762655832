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

    `inside` is the function that the span is in, "" for a line of forward and where that is not
    told.  The first `depth` calls of the chain only carry out what the last of them decides.
    """

    span: Span
    certainty: Certainty
    chain: tuple[Call, ...] = ()
    inside: str = ""
    depth: int = 0

    @property
    def decision(self) -> tuple[Span, ...]:
        """What tells the decision from others: the span, and the calls up to the deciding one."""
        return (self.span, *(call.span for call in self.chain[: self.depth]))
