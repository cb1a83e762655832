"""What comes out of an export: the model's proto, and where its modules were constructed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import onnx

__all__ = ["Exported", "Recorded", "Site"]


@dataclass(frozen=True, slots=True)
class Site:
    """A call in a source file, as the interpreter tells it.

    `file` is absolute.  Lines count from 1; columns count from 0, in bytes of UTF-8, and are None
    where the interpreter does not know them (Python 3.10).  `function` is the qualified name of
    the function that it is in, or "<module>"; Python 3.10 knows only its last part.
    """

    file: str
    line: int
    end_line: int | None
    column: int | None
    end_column: int | None
    function: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known of a module: its class, and the calls that led to its construction.

    `library` says that its forward is a library's, so that no line of it is the user's.  `sites`
    are the nearest first; empty where the module was not constructed but unpickled or the like.
    """

    class_name: str
    library: bool
    sites: tuple[Site, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """A model without its weights; `record` has each module's path, that of the root is "".

    `remarks` say what was done otherwise than asked or usual, one line each.  `seconds` and
    `peak_bytes` (of memory) are the worker's; `libraries` are the folders whose frames are no
    user's.  `edits` are the texts, by real path, of files that were imported with other ones
    than the disk has.
    """

    proto: onnx.ModelProto
    record: Mapping[str, Recorded]
    remarks: tuple[str, ...]
    libraries: tuple[str, ...]
    seconds: float
    peak_bytes: int
    edits: Mapping[str, str] = field(default_factory=dict)
