"""`archlint server`: findings and predicted times in an editor."""

from __future__ import annotations

from archlint.errors import UsageError

__all__ = ["server"]


def server() -> int:
    """Serve an editor: findings, and the time of each layer.

    Speaks the language server protocol on stdin and stdout; docs/editors.md has the settings of
    editors.  Saving a file of a configured model runs its code, as `archlint check` does.
    """
    from importlib.util import find_spec
    from runpy import run_module

    if find_spec("pygls") is None:
        reason = "the language server needs pygls, which is not installed"
        raise UsageError(f"{reason}: pip install 'archlint[server]'")
    # it stands on the command line, which can start it but not import it
    try:
        run_module("archlint.server", run_name="__main__")
    except (MemoryError, OverflowError, ValueError) as fault:  # of the lengths that it is told
        what = "is not the language server protocol"
        raise UsageError(f"stdin: {what}: {type(fault).__name__}") from fault
    return 0
