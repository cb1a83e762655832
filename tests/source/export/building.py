"""Records of the modules in `nets.py`, without an export."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

NETS = Path(__file__).with_name("nets.py")


def built(attribute: str, *inputs: str) -> tuple[Any, Any]:
    """The module and the record of its construction."""
    from archlint.source.export.build import make
    from archlint.source.export.libraries import Libraries
    from archlint.source.export.load import find_attribute, load_source
    from archlint.source.export.record import Recorder
    from archlint.source.export.spec import ModelSpec

    spec = ModelSpec.parse(f"{NETS}:{attribute}", inputs)
    recorder = Recorder(Libraries.of())
    with recorder.watching():
        found = make(spec, find_attribute(load_source(spec.source), attribute), fake=True)
    return found, recorder.record_of(found.module)


def line_of(comment: str) -> int:
    """The line of `nets.py` that ends in a comment."""
    lines = NETS.read_text(encoding="utf-8").splitlines()
    (found,) = [number for number, line in enumerate(lines, 1) if line.endswith(comment)]
    return found


def source(attribute: str) -> str:
    """The factory as one would write it here."""
    return f"{os.path.relpath(NETS)}:{attribute}"
