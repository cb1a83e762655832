"""The examples as PyTorch's exporters write them, without weights: made once for all workers."""

from __future__ import annotations

import hashlib
import importlib
import sys
import warnings
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path
from typing import Any

import onnx
import pytest
from filelock import FileLock

from archlint.graph.wire import read_weightless

__all__ = ["EXAMPLES", "exported_example"]

EXAMPLES = Path(__file__).parents[1] / "examples"
_FOLDER = Path(__file__).parents[1] / ".pytest_cache" / "exported"

Export = Callable[[Any, BytesIO], object]
"""From a module, with its weights, to ONNX in a buffer."""


def exported_example(name: str, form: str, export: Export) -> onnx.ModelProto:
    """What `export`, which `form` tells from others, makes of an example.

    It is read from an earlier run, which saves importing torch, where the examples' source and
    torch are the same; without torch the test is skipped.
    """
    file = _FOLDER / f"{_key(f'{name} {form}')}.onnx"
    with FileLock(f"{file}.lock"):
        if not file.exists():
            buffer = BytesIO()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # those of torch's exporters
                export(_built(name), buffer)
            file.write_bytes(read_weightless(buffer))
    return onnx.ModelProto.FromString(file.read_bytes())


def _key(title: str) -> str:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    return hashlib.sha256(title.encode() + _sources()).hexdigest()[:20]


@cache
def _sources() -> bytes:
    try:
        versions = "".join(version(package) for package in ("torch", "onnxscript"))
    except PackageNotFoundError as fault:
        pytest.skip(f"{fault.name} exports the examples")
    files = (EXAMPLES / "export.py", *sorted((EXAMPLES / "nets").glob("*.py")))
    return versions.encode() + b"".join(file.read_bytes() for file in files)


def _built(name: str) -> Any:
    import torch

    sys.path.insert(0, str(EXAMPLES))
    try:
        export = importlib.import_module("export")
    finally:
        sys.path.remove(str(EXAMPLES))
    torch.manual_seed(0)
    net = export.EXAMPLES[name]()
    export.perturb(net)
    return net.eval()
