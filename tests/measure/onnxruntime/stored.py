"""The kernels of ONNX Runtime's graphs on CPUs of other kinds, as text files.

`python -m tests.measure.onnxruntime.stored` writes the file of the CPU at hand, or with names of
cases behind it these alone; an emulator such as `qemu-x86_64 -cpu Haswell` makes it another one.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import onnxruntime

from tests.measure.onnxruntime.cases import MODELS, NETS
from tests.measure.onnxruntime.ort_graph import (
    Signature,
    block_here,
    optimised,
    signatures_of_graph,
)

__all__ = ["BLOCKS", "read"]

FOLDER = Path(__file__).with_name("graphs")
BLOCKS: Mapping[int, str] = {
    1: "no blocks, as on ARM",
    8: "blocks of 8, as with AVX2",
    16: "blocks of 16, as with AVX-512",
}
"""The kinds of CPUs by the channels that the runtime keeps together."""


def read(block: int) -> dict[str, Counter[Signature]]:
    """The kernels of each case, by its name."""
    found: dict[str, Counter[Signature]] = {}
    for line in _file(block).read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            kernels = found[line[2:]] = Counter()
        elif not line.startswith("#"):
            count, op, path, epilogue, sizes = line.split(",")
            signature = (op, path, tuple(epilogue.split()), tuple(map(int, sizes.split())))
            kernels[signature] = int(count)
    return found


def _file(block: int) -> Path:
    return FOLDER / f"block{block}.txt"


def _lines(block: int, folder: Path, asked: Collection[str]) -> Iterator[str]:
    yield f"# ONNX Runtime {onnxruntime.__version__}, {BLOCKS[block]}: count, operator, path, ..."
    known = read(block) if asked else {}
    for name, case in {**MODELS, **NETS}.items():
        yield f"= {name}"
        if name in asked or name not in known:
            known[name] = signatures_of_graph(optimised(case(), folder), block)
        kernels = known[name]
        for (op, path, epilogue, sizes), count in sorted(kernels.items()):
            yield f"{count},{op},{path},{' '.join(epilogue)},{' '.join(map(str, sizes))}"


def main() -> None:
    """Write the file of the CPU at hand."""
    with tempfile.TemporaryDirectory() as name:
        block = block_here(Path(name))
        text = "\n".join(_lines(block, Path(name), sys.argv[1:]))
    _file(block).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
