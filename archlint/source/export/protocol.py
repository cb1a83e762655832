"""What the worker is asked and what it answers, as JSON in a folder of the parent's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from archlint.source.export.elsewhere import Elsewhere
from archlint.source.export.exported import Recorded, Site
from archlint.source.export.spec import InputSpec, ModelSpec

__all__ = [
    "ANSWER",
    "DOING",
    "PROTO",
    "REQUEST",
    "TRACE",
    "Answer",
    "Request",
    "read_answer",
    "read_request",
]

REQUEST, ANSWER, PROTO, TRACE = "request.json", "answer.json", "model.onnx", "trace"
DOING = "doing"
"""The files; the answer, and what is being done, are renamed into place when they are written."""


@dataclass(frozen=True, slots=True)
class Request:
    """The model, the packages besides torch whose frames are no user's, and texts of files.

    `keep_norms` asks for each batch-norm as an operator of its own.
    """

    spec: ModelSpec
    packages: tuple[str, ...]
    edits: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Elsewhere | None = None
    keep_norms: bool = False

    def to_json(self) -> str:
        """The request as text."""
        spec = self.spec
        return json.dumps({
            "source": spec.source,
            "attribute": spec.attribute,
            "inputs": [asdict(each) for each in spec.inputs],
            "kwargs": dict(spec.kwargs),
            "packages": self.packages,
            "edits": dict(self.edits),
            "elsewhere": None if self.elsewhere is None else asdict(self.elsewhere),
            "keep_norms": self.keep_norms,
        })  # fmt: skip


def read_request(folder: Path) -> Request:
    """What the parent wrote."""
    data = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    inputs = tuple(
        InputSpec(tuple(each["shape"]), each["dtype"], each["name"]) for each in data["inputs"]
    )
    spec = ModelSpec(data["source"], data["attribute"], inputs, data["kwargs"])
    elsewhere = data["elsewhere"] and Elsewhere(**data["elsewhere"])
    packages = tuple(data["packages"])
    return Request(spec, packages, data["edits"], elsewhere, data["keep_norms"])


@dataclass(frozen=True, slots=True)
class Answer:
    """What an export gave; `failure` is the reason why it gave none, else "".

    `is_absent` says that the reason is that there is no such model.
    """

    failure: str = ""
    is_absent: bool = False
    record: Mapping[str, Recorded] | None = None
    remarks: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    peak_bytes: int = 0

    def to_json(self) -> str:
        """The answer as text; each site is written once."""
        sites: dict[Site, int] = {}
        modules = {
            path: [
                each.class_name,
                each.library,
                [sites.setdefault(site, len(sites)) for site in each.sites],
            ]
            for path, each in (self.record or {}).items()
        }
        return json.dumps({
            "failure": self.failure,
            "is_absent": self.is_absent,
            "modules": modules,
            "sites": [list(asdict(site).values()) for site in sites],
            "remarks": self.remarks,
            "libraries": self.libraries,
            "peak_bytes": self.peak_bytes,
        })  # fmt: skip


def read_answer(folder: Path) -> Answer | None:
    """What the worker wrote, None where it did not come so far."""
    path = folder / ANSWER
    if not path.is_file():
        return None
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    sites = [Site(*each) for each in data["sites"]]
    record = {
        path: Recorded(name, library, tuple(sites[each] for each in numbers))
        for path, (name, library, numbers) in data["modules"].items()
    }
    return Answer(
        data["failure"],
        data["is_absent"],
        record,
        tuple(data["remarks"]),
        tuple(data["libraries"]),
        data["peak_bytes"],
    )
