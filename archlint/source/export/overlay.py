"""Source files that are imported with another text than the one that lies on the disk."""

from __future__ import annotations

import linecache
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from types import CodeType

__all__ = ["texts_instead"]


@contextmanager
def texts_instead(texts: Mapping[str, str]) -> Iterator[None]:
    """Import files (by their real paths) with these texts; nothing is read of or written to them.

    They keep their names in traces, in `__file__` and for `inspect.getsource`.
    """
    original = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, fullname: str) -> CodeType | None:
        text = texts.get(os.path.realpath(loader.path))
        if text is None:
            return original(loader, fullname)
        # without a time of change linecache leaves an entry alone
        linecache.cache[loader.path] = (
            len(text), None, text.splitlines(keepends=True), loader.path
        )  # fmt: skip
        code: CodeType = loader.source_to_code(text, loader.path)
        return code

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        SourceFileLoader.get_code = original  # type: ignore[method-assign]
