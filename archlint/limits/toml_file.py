"""TOML from anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli

from archlint.limits.files import LARGEST_TEXT, read_bounded

__all__ = ["parse_toml", "read_toml"]


def read_toml(path: str | Path, most: int = LARGEST_TEXT) -> dict[str, Any]:
    """The table in a file of at most so many bytes.

    Raises OSError, and ValueError with what is wrong in one line.
    """
    return parse_toml(read_bounded(path, most))


def parse_toml(data: bytes) -> dict[str, Any]:
    """The table in a text; raises ValueError with what is wrong in one line."""
    try:
        text = data.decode()
    except UnicodeDecodeError as e:
        raise ValueError("not UTF-8 text") from e
    try:
        return tomli.loads(text)
    except RecursionError as e:
        raise ValueError("not valid TOML: nested too deep") from e
    except ValueError as e:  # also of an integer with thousands of digits
        raise ValueError(f"not valid TOML: {str(e).partition(';')[0]}") from e
