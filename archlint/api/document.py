"""What all results of the Python API can do: be shown, be plain data, be JSON, be a table."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from archlint.errors import UsageError
from archlint.report.escape import visible

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["Document", "Rows", "as_document"]

Rows = Sequence[dict[str, object]]
"""Lines of a table: the cells by column, the columns those of the first."""

_T = TypeVar("_T")


class Document(ABC):
    """A result; its `repr` is one line, and a notebook shows it as a table."""

    __slots__ = ()

    @abstractmethod
    def to_json(self) -> str:
        """The text that the command writes with `--format json`, its schema with it."""

    def to_dict(self) -> dict[str, Any]:
        """What `to_json` says, as plain data: times in ms, shares from 0 to 1."""
        found: dict[str, Any] = json.loads(self.to_json())
        return found

    def dataframe(self) -> Any:
        """The lines of `rows` as a pandas.DataFrame; raises UsageError where pandas is missing."""
        try:
            pandas = import_module("pandas")
        except ImportError as missing:
            raise UsageError("a dataframe needs pandas: pip install pandas") from missing
        return pandas.DataFrame(list(self.rows()))

    @abstractmethod
    def rows(self) -> Rows:
        """The lines of its table."""

    def __repr__(self) -> str:
        return f"<archlint.{type(self).__name__}: {visible(self._said())}>"

    @abstractmethod
    def _said(self) -> str:
        """It in a line."""

    def _repr_html_(self) -> str:
        rows = self.rows()
        head = "".join(f"<th>{escape(name)}</th>" for name in (rows[0] if rows else ()))
        lines = "".join(f"<tr>{''.join(map(_cell, row.values()))}</tr>" for row in rows)
        said = escape(visible(self._said()))
        return f'<div class="archlint"><p>{said}</p><table><tr>{head}</tr>{lines}</table></div>'


def _cell(value: object) -> str:
    text = "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"<td>{escape(visible(text))}</td>"


def as_document(kind: type[_T], value: DataclassInstance) -> _T:
    """A value as the kind of it that is a document."""
    return kind(*(getattr(value, each.name) for each in fields(value)))
