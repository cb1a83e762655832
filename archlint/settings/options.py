"""What one run is asked to do, from whatever source: flags, configuration file, Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archlint.results.severity import Severity
from archlint.settings.kinds.ignores import IGNORED_RULES, IGNORES, Ignore
from archlint.settings.kinds.lists import FOLDERS, RULES, STRINGS, TARGETS
from archlint.settings.kinds.plain import COUNT, FACTOR, SECONDS, choice
from archlint.settings.kinds.rule_options import RULE_OPTIONS
from archlint.settings.kinds.tables import PATHS, RULES_BY_GLOB, SHAPES, SIZES
from archlint.settings.known import OptionValue
from archlint.settings.setting import Flag, Key, Panel, setting

__all__ = ["DEFAULT_TARGET", "Ignore", "OptionValue", "Options"]

DEFAULT_TARGET = "gtx1080ti-cudnn7-fp32"


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that decides what is found.

    `targets` empty means the default target; `target_paths` are folders with targets of the
    user's, beside their own folder.  `select` and `ignore` hold rule codes or names;
    empty `select` means every rule.  `inputs` maps an input name ("" for the only one) to a
    shape, `dims` a symbolic dim to a size.  `timeout` is the most seconds for one model, None for
    any number.  `fail_on` None means never.  `rule_options` is by rule code.
    `per_model_ignores` maps a glob of model paths to rule codes.
    `source_roots` are folders with the Python source of models that were exported elsewhere,
    `path_map` maps beginnings of the paths that they name to folders here, and `libraries` are
    packages besides torch in whose files no user's line is.  `tables` asks for the measured rows
    behind each finding.
    """

    targets: tuple[str, ...] = setting(
        TARGETS,
        (),
        Panel.PRICING,
        name="target",
        flag=Flag(
            "A device and runtime to price for; repeatable.  `archlint targets` lists them.",
            ("check", "diff", "explain", "fix", "rule", "verify"),
            "TARGET",
        ),
        key=Key(
            "What is priced for: `archlint targets` lists the targets.", f'["{DEFAULT_TARGET}"]'
        ),
        api=True,
    )
    target_paths: tuple[str, ...] = setting(
        FOLDERS,
        (),
        Panel.PRICING,
        key=Key("Folders with targets of your own, from `archlint measure --out`.", '["targets"]'),
        api=True,
    )
    batch: int | None = setting(
        COUNT,
        None,
        Panel.PRICING,
        flag=Flag("The batch size.", ("check", "diff", "explain", "fix", "verify"), "N"),
        key=Key("The batch size of models that leave it open; by default 1.", "8"),
        api=True,
    )
    inputs: Mapping[str, tuple[int, ...]] = setting(
        SHAPES,
        {},
        Panel.PRICING,
        name="input",
        key=Key(
            "The shapes of inputs and the sizes of dimensions that models leave open.",
            '{ image = "1x3x224x224" }',
        ),
        api=True,
    )
    dims: Mapping[str, int] = setting(
        SIZES,
        {},
        Panel.PRICING,
        name="dim",
        flag=Flag(
            "The size of a dynamic dimension; repeatable.",
            ("check", "diff", "explain", "verify"),
            "NAME=SIZE",
        ),
        key=Key("", "{ sequence = 128 }"),
        api=True,
    )
    timeout: float | None = setting(
        SECONDS,
        None,
        Panel.PRICING,
        flag=Flag(
            "Give a model up after so long (default: never).", ("check", "diff", "fix"), "SECONDS"
        ),
        key=Key("Give a model up after so many seconds.", "60"),
    )
    libraries: tuple[str, ...] = setting(
        STRINGS,
        (),
        Panel.SOURCE,
        name="library",
        flag=Flag(
            "A package whose lines are not yours, as torch's are not; repeatable.",
            ("check", "diff", "fix"),
            "PACKAGE",
        ),
        key=Key(
            "Packages whose lines of Python are not yours, as torch's are not.", '["torchvision"]'
        ),
    )
    source_roots: tuple[str, ...] = setting(
        FOLDERS,
        (),
        Panel.SOURCE,
        name="source-root",
        flag=Flag(
            "Find the lines that made a .onnx file's operators in this folder; runs no code; "
            "repeatable.",
            ("check",),
            "FOLDER",
        ),
        key=Key(
            "Find the lines that made the operators of .onnx files: folders of source; what paths "
            "in files are here.",
            '["src"]',
        ),
    )
    path_map: Mapping[str, str] = setting(
        PATHS,
        {},
        Panel.SOURCE,
        flag=Flag(
            "Paths in the file that begin with OLD are here in NEW; repeatable.",
            ("check",),
            "OLD=NEW",
        ),
        key=Key("", '{ "/build" = "src" }'),
    )
    select: tuple[str, ...] = setting(
        RULES,
        (),
        Panel.FINDINGS,
        flag=Flag(
            "Only these rules, by code or name; a comma list, repeatable.",
            ("check", "diff", "fix", "verify"),
            "RULES",
        ),
        key=Key(
            "The rules to run, and those not to; by default all run: $rules.",
            "[$codes]",
        ),
        api=True,
    )
    ignore: tuple[str, ...] = setting(
        IGNORED_RULES,
        (),
        Panel.FINDINGS,
        flag=Flag(
            "Not these rules; a comma list, repeatable.",
            ("check", "diff", "fix", "verify"),
            "RULES",
        ),
        key=Key("", "[$first]"),
        api=True,
    )
    min_slowdown: float = setting(
        FACTOR,
        1.1,
        Panel.FINDINGS,
        flag=Flag(
            "Only places at least this many times slower than the alternative (default: 1.1).",
            ("check", "fix"),
            "X",
        ),
        key=Key("Only places at least this many times slower than the alternative."),
        api=True,
    )
    fail_on: Severity | None = setting(  # noqa: RUF009 - it makes a field
        choice({**{each.value: each for each in Severity}, "never": None}),
        Severity.WARNING,
        Panel.FINDINGS,
        flag=Flag(
            "Exit with 1 from this severity on (default: warning).",
            ("check", "diff"),
            elsewhere={
                "diff": (
                    Panel.GATE,
                    "From which severity on a new finding fails (default: warning).",
                )
            },
        ),
        key=Key("From which severity on the exit code is 1: error, warning, note or never."),
    )
    per_model_ignores: Mapping[str, tuple[str, ...]] = setting(
        RULES_BY_GLOB,
        {},
        Panel.FINDINGS,
        key=Key(
            "Rules that some models need not keep to, by a glob of their paths.",
            '"legacy/*.onnx" = [$first]',
            brackets=1,
        ),
    )
    ignores: tuple[Ignore, ...] = setting(
        IGNORES,
        (),
        Panel.FINDINGS,
        name="ignore",
        key=Key(
            "Findings that may stay: globs of rule, model and module path, and the reason.  One "
            "that matches nothing is told.  Where `ignore` above is set, put them into its list.",
            'rule = $first\nmodel = "*.onnx"\nplace = "head.*"\n'
            'reason = "the head runs once per clip"',
            brackets=2,
        ),
    )
    rule_options: Mapping[str, Mapping[str, OptionValue]] = setting(
        RULE_OPTIONS,
        {},
        Panel.FINDINGS,
        name="rules",
        key=Key("The options of rules.", brackets=1),
        api=True,
    )
    tables: bool = False
