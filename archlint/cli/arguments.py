"""The options that several commands share."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Batch",
    "ColorChoice",
    "ColorWhen",
    "ConfigFile",
    "Dims",
    "Inputs",
    "Isolated",
    "Kwargs",
    "Libraries",
    "OutputKind",
    "PathMap",
    "SourceRoots",
    "Targets",
    "TextOrJson",
    "Timeout",
    "Verbose",
    "Version",
]

_PRICING = "What is priced"
_SOURCE = "Python source"
_CONFIG = "Configuration"
_OUTPUT = "Output"


class ColorWhen(str, Enum):
    """The values of --color."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class OutputKind(str, Enum):
    """The values of --format, except for `archlint check`."""

    TEXT = "text"
    JSON = "json"


def _print_version(wanted: bool) -> None:
    if wanted:
        from archlint.version import __version__

        typer.echo(f"archlint {__version__}")
        raise typer.Exit


Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="TARGET",
        help="A device and runtime to price for; repeatable.  `archlint targets` lists them.",
        rich_help_panel=_PRICING,
    ),
]
Batch = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="The batch size.", rich_help_panel=_PRICING),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="[NAME=]SHAPE",
        help="The shape of an input: image=1x3x224x224, or 1x3x224x224 for a single input; "
        "of a model of Python source with a dtype too: int64[1,128]; repeatable.",
        rich_help_panel=_PRICING,
    ),
]
Dims = Annotated[
    list[str] | None,
    typer.Option(
        "--dim",
        metavar="NAME=SIZE",
        help="The size of a dynamic dimension; repeatable.",
        rich_help_panel=_PRICING,
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Give a model up after so long (default: never).",
        rich_help_panel=_PRICING,
    ),
]
Kwargs = Annotated[
    str | None,
    typer.Option(
        metavar="JSON",
        help='What to call the factories with: {"num_classes": 10}.',
        rich_help_panel=_SOURCE,
    ),
]
Libraries = Annotated[
    list[str] | None,
    typer.Option(
        "--library",
        metavar="PACKAGE",
        help="A package whose lines are not yours, as torch's are not; repeatable.",
        rich_help_panel=_SOURCE,
    ),
]
SourceRoots = Annotated[
    list[str] | None,
    typer.Option(
        "--source-root",
        metavar="FOLDER",
        help="Find the lines that made a .onnx file's operators in this folder; runs no code; "
        "repeatable.",
        rich_help_panel=_SOURCE,
    ),
]
PathMap = Annotated[
    list[str] | None,
    typer.Option(
        "--path-map",
        metavar="OLD=NEW",
        help="Paths in the file that begin with OLD are here in NEW; repeatable.",
        rich_help_panel=_SOURCE,
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="This configuration file instead of the nearest archlint.toml or pyproject.toml.",
        rich_help_panel=_CONFIG,
    ),
]
Isolated = Annotated[
    bool,
    typer.Option("--isolated", help="No configuration file.", rich_help_panel=_CONFIG),
]
TextOrJson = Annotated[
    OutputKind,
    typer.Option(
        "--format",
        metavar="text|json",
        help="For a person (the default), or for machines.",
        show_default=False,
        rich_help_panel=_OUTPUT,
    ),
]
ColorChoice = Annotated[
    ColorWhen | None,
    typer.Option(
        "--color",
        metavar="auto|always|never",
        help="Colors; auto (the default): on a terminal, and as NO_COLOR and FORCE_COLOR say.",
        rich_help_panel=_OUTPUT,
    ),
]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="More detail; tracebacks.", rich_help_panel=_OUTPUT),
]
Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
    ),
]
