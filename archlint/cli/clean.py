"""`archlint clean`: remove what `check` keeps of files that it linted."""

from __future__ import annotations

from archlint.settings.asked import Asked

__all__ = ["clean"]


def clean(asked: Asked) -> int:
    """Remove what check keeps of files, the folder .archlint_cache.

    It lies beside the configuration, or without one in the working folder.
    """
    from archlint.cli.cache_folder import folder_beside
    from archlint.cli.output import complain
    from archlint.linter import kept
    from archlint.report.units import counted

    folder = folder_beside(asked)
    count = kept.clean(folder)
    what = f"{counted(count, 'result')} removed" if count else "nothing to remove"
    complain(f"{folder}: {what}")
    return 0
