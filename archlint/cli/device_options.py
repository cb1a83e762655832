"""The options that each command has which measures a device: what on, and where rows go."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from archlint.measure.backend import Backend

__all__ = [
    "BackendName",
    "BackendOption",
    "Device",
    "DeviceOption",
    "DtypeOption",
    "Mode",
    "ModeOption",
    "ThreadsOption",
    "asked_backend",
    "out_option",
]

_DEVICE = "What is measured on"


class BackendName(str, Enum):
    """The values of --backend."""

    ORT = "ort"
    OPENVINO = "openvino"
    TORCH = "torch"


class Device(str, Enum):
    """The values of --device."""

    CPU = "cpu"
    CUDA = "cuda"


class Mode(str, Enum):
    """The values of --mode."""

    EAGER = "eager"
    GRAPH = "graph"


BackendOption = Annotated[
    BackendName | None,
    typer.Option(
        metavar="ort|openvino|torch",
        help="ONNX Runtime (the default on a CPU), OpenVINO, or torch (the default on a GPU).",
        rich_help_panel=_DEVICE,
    ),
]
DeviceOption = Annotated[
    Device,
    typer.Option(
        metavar="cpu|cuda",
        help="The CPU (the default) or the NVIDIA GPU.",
        show_default=False,
        rich_help_panel=_DEVICE,
    ),
]
DtypeOption = Annotated[
    str,
    typer.Option(
        metavar="DTYPE",
        help="float (the default), float16, bfloat16, int8, as the backend has them.",
        show_default=False,
        rich_help_panel=_DEVICE,
    ),
]
ModeOption = Annotated[
    Mode | None,
    typer.Option(
        metavar="eager|graph",
        help="On a GPU: one operator after the other (the default), or as a CUDA graph.",
        rich_help_panel=_DEVICE,
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="On a CPU: threads (default: 1).", rich_help_panel=_DEVICE
    ),
]


def asked_backend(
    backend: BackendName | None, device: Device, dtype: str, mode: Mode | None, threads: int | None
) -> Backend:
    """The backend that these options ask for; raises UsageError where it is not to be had."""
    from archlint.measure.backends import Settings, make_backend

    return make_backend(
        Settings(backend and backend.value, device.value, dtype, mode and mode.value, threads)
    )


def out_option(panel: str) -> Any:
    """--out, in this panel of a command's help."""
    return typer.Option(
        metavar="DIR",
        help="Where the tables go; by default the folder that archlint finds by itself.",
        show_default=False,
        rich_help_panel=panel,
    )
