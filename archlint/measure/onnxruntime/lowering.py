"""What ONNX Runtime does to operators before it runs them, by dtype."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

__all__ = ["DTYPES", "lowering"]

DTYPES: Mapping[str, tuple[str, ...]] = {
    "float": ("lowering.toml",),
    "int8": ("lowering.toml", "quantised.toml"),
}
"""The files that say it, by the dtypes that can be measured."""


def lowering(dtype: str) -> str:
    """The `[lowering]` section of a target file, for the blocks of a CPU with AVX2."""
    folder = resources.files("archlint.measure.onnxruntime")
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in DTYPES[dtype])
