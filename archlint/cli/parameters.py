"""The options that several commands share."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from archlint.cli.completers import complete_rules, complete_target

__all__ = [
    "BaselineFile",
    "Batch",
    "ColorChoice",
    "ColorWhen",
    "ConfigFile",
    "Dims",
    "FailOn",
    "FailOnSeverity",
    "Formats",
    "Ignore",
    "Inputs",
    "Isolated",
    "Kwargs",
    "Libraries",
    "MinSlowdown",
    "Notes",
    "OutputKind",
    "Outputs",
    "PathMap",
    "Quiet",
    "Select",
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
_FINDINGS = "Which findings"


class ColorWhen(str, Enum):
    """The values of --color."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class OutputKind(str, Enum):
    """The values of --format, except for `archlint check`."""

    TEXT = "text"
    JSON = "json"


class FailOn(str, Enum):
    """The values of --fail-on."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NEVER = "never"


def _known_formats(words: list[str] | None) -> list[str] | None:
    """The values of --format, if each names a format."""
    from archlint.did_you_mean import did_you_mean
    from archlint.report.formats import FORMATS

    for word in words or ():
        name = word.partition("=")[0]
        if name not in FORMATS:
            hint = did_you_mean(name, FORMATS) or f" (known: {', '.join(FORMATS)})"
            raise typer.BadParameter(f'unknown format "{name}"{hint}')
    return words


def _format_names(incomplete: str) -> list[str]:
    from archlint.report.formats import FORMATS

    return [each for each in FORMATS if each.startswith(incomplete)]


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
        autocompletion=complete_target,
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
Select = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RULES",
        autocompletion=complete_rules,
        help="Only these rules, by code or name; a comma list, repeatable.",
        rich_help_panel=_FINDINGS,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RULES",
        autocompletion=complete_rules,
        help="Not these rules; a comma list, repeatable.",
        rich_help_panel=_FINDINGS,
    ),
]
MinSlowdown = Annotated[
    float | None,
    typer.Option(
        min=1.0,
        metavar="X",
        help="Only places at least this many times slower than the alternative (default: 1.1).",
        rich_help_panel=_FINDINGS,
    ),
]
FailOnSeverity = Annotated[
    FailOn | None,
    typer.Option(
        metavar="error|warning|note|never",
        help="Exit with 1 from this severity on (default: warning).",
        rich_help_panel=_FINDINGS,
    ),
]
Notes = Annotated[
    bool | None,
    typer.Option(
        "--notes/--no-notes",
        help="Show notes too: findings that save less than 2 % of the network.",
        rich_help_panel=_FINDINGS,
    ),
]
BaselineFile = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="Places in this file are known: they are no findings unless they become dearer.",
        rich_help_panel=_FINDINGS,
    ),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "--output-format",
        metavar="NAME[=FILE]",
        callback=_known_formats,
        autocompletion=_format_names,
        help="How to report: full (the default), concise, json, sarif, github, gitlab, junit, "
        "rdjson, markdown, html or model-explorer, to stdout or a file; repeatable.",
        rich_help_panel=_OUTPUT,
    ),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="Where formats without a =FILE go: the first one to the first output and so on; "
        "- is stdout, and so is the last one without an output.",
        rich_help_panel=_OUTPUT,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Findings and errors, nothing else.", rich_help_panel=_OUTPUT
    ),
]
