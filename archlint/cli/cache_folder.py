"""Where a run keeps what came of files that it linted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.linter.kept import FOLDER

if TYPE_CHECKING:
    from archlint.settings.asked import Asked

__all__ = ["NO_CACHE", "cache_folder", "folder_beside"]

NO_CACHE = "ARCHLINT_NO_CACHE"
"""The environment variable that is --no-cache."""


def cache_folder(asked: Asked) -> Path | None:
    """The folder, None where nothing is kept: what strangers have checked out is not trusted."""
    is_off = not asked.cache or asked.untrusted or asked.elsewhere is not None
    return None if is_off or os.environ.get(NO_CACHE) else folder_beside(asked)


def folder_beside(asked: Asked) -> Path:
    """The folder beside the configuration, or without one in the working folder."""
    return Path(asked.config).parent / FOLDER
