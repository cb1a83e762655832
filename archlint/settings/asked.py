"""What a command line asks for, with what the configuration says where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from archlint.results.shares import Sort
from archlint.settings.kinds.lists import FORMATS, OUTPUTS, STRINGS
from archlint.settings.kinds.models import MODELS, ConfiguredModel
from archlint.settings.kinds.plain import COUNT, FILE, SWITCH, TEXT, choice
from archlint.settings.options import Options
from archlint.settings.setting import (
    Command,
    Flag,
    Key,
    Panel,
    Setting,
    Value,
    setting,
    settings_of,
)

if TYPE_CHECKING:
    from archlint.source.export.elsewhere import Elsewhere

__all__ = ["Asked", "settings"]


_PRINTING: tuple[Command, ...] = (
    "check", "diff", "explain", "fix", "merge", "rule", "targets", "verify",
)  # fmt: skip
"""The commands that print a report."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is found, by `options`, and beside that what is looked at, and how it is told.

    `input_words` and `kwargs` are as the command line has them, for what they mean is the model's
    matter.  `config` is the configuration file that was read, "" for none and for one of
    `config_from`; what that has of the files that are named lies `elsewhere`.  `origins` says of
    each field that is given where it is: the file or the flag.
    """

    options: Options = field(default_factory=Options)
    input_words: tuple[str, ...] = setting(
        Value(STRINGS, (), Panel.PRICING, name="input"),
        Flag(
            "The shape of an input: image=1x3x224x224, or 1x3x224x224 for a single input; "
            "of a model of Python source with a dtype too: int64[1,128]; repeatable.",
            ("check", "diff", "explain", "fix", "verify"),
            "[NAME=]SHAPE",
            after="batch",
        ),
    )
    kwargs: str | None = setting(
        Value(TEXT, None, Panel.SOURCE),
        Flag(
            'What to call the factories with: {"num_classes": 10}.',
            ("check", "diff", "fix"),
            "JSON",
            after="timeout",
        ),
    )
    untrusted: bool = setting(
        Value(SWITCH, False, Panel.SOURCE),
        Flag(
            "For files of strangers: refuse models of Python source, whose code would run, and "
            "links that lead out of the working folder.",
            ("check", "diff", "explain"),
            names=("--untrusted",),
            after="kwargs",
        ),
    )
    exclude: tuple[str, ...] = setting(
        Value(STRINGS, (), Panel.FINDINGS),
        Flag(
            "In folders, not the models that this glob matches: a path, a folder or a name; what "
            "is named is linted all the same; repeatable.",
            ("check", "diff"),
            "GLOB",
        ),
        Key(
            "In folders, not the models that these globs match: paths, folders or names.",
            '["legacy", "*_int8.onnx"]',
        ),
    )
    exit_zero: bool = setting(
        Value(SWITCH, False, Panel.FINDINGS),
        Flag(
            "Exit with 0 whatever is found, as with --fail-on never.",
            ("check",),
            names=("--exit-zero",),
            after="fail_on",
        ),
    )
    notes: bool = setting(
        Value(SWITCH, False, Panel.FINDINGS),
        Flag(
            "Show small notes too: findings that save less than 2 % of the network.",
            ("check", "diff", "fix", "merge"),
            names=("--notes/--no-notes",),
            elsewhere={
                "fix": (
                    Panel.FINDINGS,
                    "Notes too: findings that save less than 2 % of the network.",
                )
            },
        ),
        Key("Show small notes too: findings that save less than 2 % of the network.", "true"),
    )
    baseline: str | None = setting(
        Value(FILE, None, Panel.FINDINGS, api=True),
        Flag(
            "Places in this file are known: they are no findings unless they become dearer.",
            ("check", "diff"),
            "FILE",
        ),
        Key(
            "The file of known places, which are no findings: --write-baseline writes it.",
            '"archlint-baseline.toml"',
        ),
    )
    top: int | None = setting(
        Value(COUNT, None, Panel.FINDINGS),
        Flag("Show the N findings of each model that save most.", ("check", "merge"), "N"),
        Key("The most findings of a model to show.", "10"),
    )
    format: tuple[str, ...] = setting(
        Value(FORMATS, (), Panel.OUTPUT),
        Flag(
            "How to report: full (the default), concise, json, sarif, github, gitlab, junit, "
            "rdjson, markdown, csv, html or model-explorer, to stdout or a file; repeatable.",
            ("check", "diff", "merge"),
            "NAME[=FILE]",
            ("--format", "--output-format"),
        ),
        Key(
            "How to report; each format with its output, and - is the screen.", '["full", "sarif"]'
        ),
    )
    output: tuple[str, ...] = setting(
        Value(OUTPUTS, (), Panel.OUTPUT),
        Flag(
            "Where formats without a =FILE go: the first one to the first output and so on; "
            "- is stdout, and so is the last one without an output.",
            ("check", "diff", "merge"),
            "FILE",
        ),
        Key("", '["-", "archlint.sarif"]'),
    )
    sort: Sort | None = setting(  # noqa: RUF009 - it makes a field
        Value(choice({each.value: each for each in Sort}), None, Panel.OUTPUT),
        Flag(
            "What the dearest kinds and blocks have most of, else time; mac is memory access.",
            ("check", "explain", "merge"),
            elsewhere={
                "explain": (
                    Panel.OUTPUT,
                    "The operators that have most of this first; mac is memory access.",
                )
            },
        ),
    )
    as_json: bool = setting(
        Value(choice({"full": False, "json": True}), False, Panel.OUTPUT, name="format"),
        Flag("For a person (the default), or for machines.", ("fix", "rule", "targets", "verify")),
    )
    color: str = setting(
        Value(choice({each: each for each in ("auto", "always", "never")}), "auto", Panel.OUTPUT),
        Flag(
            "Colors; auto (the default): on a terminal, and as NO_COLOR and FORCE_COLOR say.",
            _PRINTING,
        ),
        Key("Colors; auto: on a terminal, and as NO_COLOR and FORCE_COLOR say."),
    )
    quiet: bool = setting(
        Value(SWITCH, False, Panel.OUTPUT),
        Flag(
            "Findings and errors, nothing else.",
            ("check", "diff", "merge"),
            names=("--quiet", "-q"),
        ),
        Key("Findings and errors, nothing else; or more detail, and tracebacks."),
    )
    verbose: bool = setting(
        Value(SWITCH, False, Panel.OUTPUT),
        Flag(
            "More detail; tracebacks.",
            (*_PRINTING, "calibrate", "measure"),
            names=("--verbose", "-v"),
        ),
        Key(""),
    )
    jobs: int | None = setting(
        Value(COUNT, None, Panel.OUTPUT),
        Flag(
            "How many models to lint at once; by default, on Linux, as many as there are cores, "
            "for eight models and more.",
            ("check",),
            "N",
            ("--jobs", "-j"),
        ),
    )
    cache: bool = setting(
        Value(SWITCH, True, Panel.OUTPUT),
        Flag(
            "Lint every file anew, and keep nothing in .archlint_cache.",
            ("check",),
            names=("--cache/--no-cache",),
            after="jobs",
        ),
        Key(
            "Whether files are linted again that have not changed, nor what decides: else what "
            "came of them lies in .archlint_cache, beside this file.",
            "false",
        ),
    )
    models: tuple[ConfiguredModel, ...] = setting(
        Value(MODELS, (), Panel.CONFIG),
        key=Key(
            "Models of PyTorch source that `archlint check` lints; linting them runs their code.",
            brackets=2,
        ),
    )
    config: str = setting(
        Value(FILE, "", Panel.CONFIG),
        Flag(
            "This configuration file instead of the nearest archlint.toml or pyproject.toml.",
            ("check", "clean", "diff", "explain", "fix", "merge", "targets", "verify"),
            "FILE",
        ),
    )
    isolated: bool = setting(
        Value(SWITCH, False, Panel.CONFIG),
        Flag(
            "No configuration file.",
            ("check", "clean", "diff", "explain", "fix", "merge", "targets", "verify"),
            names=("--isolated",),
        ),
    )
    config_from: str | None = setting(
        Value(TEXT, None, Panel.CONFIG),
        Flag(
            "The configuration, the baseline and targets that are named by a path, as they are at "
            "this revision of git: what a change makes of them does not count.",
            ("check", "diff"),
            "REV",
            after="config",
        ),
    )
    elsewhere: Elsewhere | None = None
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)

    def told(self, values: Mapping[str, object], origins: Mapping[str, str] = {}) -> Asked:
        """This with other values, by field, and where they are from; mappings are added to."""
        own_origins = dict(self.origins)
        for name, origin in origins.items():
            is_more = name in own_origins and isinstance(values[name], Mapping)
            own_origins[name] = f"{own_origins[name]}, {origin}" if is_more else origin
        own: dict[str, object] = {}
        of_options: dict[str, object] = {}
        for name, value in values.items():
            holder, goes = (self.options, of_options) if name in _OF_OPTIONS else (self, own)
            goes[name] = {**getattr(holder, name), **value} if isinstance(value, Mapping) else value
        # each value is of its field's type, for `setting` holds the kind to it
        options = replace(self.options, **of_options)  # type: ignore[arg-type]
        return replace(self, options=options, origins=own_origins, **own)  # type: ignore[arg-type]


_OF_OPTIONS = settings_of(Options)
_ALL = {**_OF_OPTIONS, **settings_of(Asked)}


def settings() -> Mapping[str, Setting]:
    """Every option there is, by its field of `Options` or `Asked`."""
    return _ALL
