"""The operators that torch's exporter has a translation of, collected once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["operators_once"]

_REGISTRY, _LIBRARY = "torch.onnx._internal.exporter._registration", "onnxscript_apis"
_COLLECT = "get_torchlib_ops"


@contextmanager
def operators_once() -> Iterator[None]:
    """Keep the exporter from parsing the source of 500 translations for each module anew.

    That takes as long as the rest of a small one.  Versions of torch that keep them elsewhere
    parse it.
    """
    try:
        library: Any = getattr(import_module(_REGISTRY), _LIBRARY)
        collect = getattr(library, _COLLECT)
    except (ImportError, AttributeError):
        yield
        return
    setattr(library, _COLLECT, lambda: list(_collected(collect)))
    try:
        yield
    finally:
        setattr(library, _COLLECT, collect)


@cache
def _collected(collect: Callable[[], list[object]]) -> tuple[object, ...]:
    return tuple(collect())
