"""What one run is asked to do, from whatever source: flags, configuration file, Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archlint.results.severity import Severity
from archlint.settings.kinds.ignores import IGNORED_RULES, IGNORES, Ignore
from archlint.settings.kinds.lists import FOLDERS, RULES, STRINGS, TARGET_FOLDERS, TARGETS
from archlint.settings.kinds.plain import COUNT, FACTOR, SECONDS, SWITCH, choice
from archlint.settings.kinds.rule_options import RULE_OPTIONS, OptionValue
from archlint.settings.kinds.tables import PATHS, RULES_BY_GLOB, SHAPES, SIZES
from archlint.settings.setting import Flag, Key, Panel, Value, setting

__all__ = ["DEFAULT_TARGET", "Ignore", "OptionValue", "Options"]

DEFAULT_TARGET = "rtx4090-torch2.9-amp"


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that decides what is found.

    `targets` empty means the default target; `target_paths` are folders with targets of the
    user's, beside their own folder.  `select` and `ignore` hold rule codes or names;
    empty `select` means every rule, and `extend_select` are some beside those selected.
    `upper_bounds` is the gravest that an upper bound can be.
    `inputs` maps an input name ("" for the only one) to a
    shape, `dims` a symbolic dim to a size.
    `as_stored` refuses models of another dtype than the target's.  `timeout` is the most seconds
    for one model, None for 60 for a file and 600 for Python source; `max_memory` is the most MiB
    for a file, None for any.  `fail_on` None means never.  `rule_options` is by rule
    code.  `per_model_ignores` maps a glob of model paths to rule codes.
    `source_roots` are folders with the Python source of models that were exported elsewhere,
    `path_map` maps beginnings of the paths that they name to folders here, and `libraries` are
    packages besides torch in whose files no user's line is.  `tables` asks for the measured rows
    behind each finding.  `allow_unknown` prices a model without its operators that have no
    shapes.  `fail_on_skipped` is whether a model of which nothing has a price is an error; None
    means where no model at all could be linted.
    """

    targets: tuple[str, ...] = setting(
        Value(TARGETS, (), Panel.PRICING, name="target", api=True),
        Flag(
            "What to price for, by name (rtx4090-torch2.9-amp), in short (rtx4090) or a group "
            "(gpus); repeatable.  `archlint targets` lists them.",
            ("check", "diff", "explain", "fix", "rule", "verify"),
            "TARGET",
        ),
        Key(
            "What is priced for, also in short or a group: `archlint targets` lists the targets.",
            f'["{DEFAULT_TARGET}"]',
        ),
    )
    target_paths: tuple[str, ...] = setting(
        Value(TARGET_FOLDERS, (), Panel.PRICING, api=True),
        key=Key("Folders with targets of your own, from `archlint measure --out`.", '["targets"]'),
    )
    batch: int | None = setting(
        Value(COUNT, None, Panel.PRICING, api=True),
        Flag("The batch size.", ("check", "diff", "explain", "fix", "verify"), "N"),
        Key(
            "The batch size of models that leave it open; by default 1, or the nearest that the "
            "target prices.",
            "8",
        ),
    )
    inputs: Mapping[str, tuple[int, ...]] = setting(
        Value(SHAPES, {}, Panel.PRICING, name="input", api=True),
        key=Key(
            "The shapes of inputs and the sizes of dimensions that models leave open.",
            '{ image = "1x3x224x224" }',
        ),
    )
    dims: Mapping[str, int] = setting(
        Value(SIZES, {}, Panel.PRICING, name="dim", api=True),
        Flag(
            "The size of a dynamic dimension; repeatable.",
            ("check", "diff", "explain", "verify"),
            "NAME=SIZE",
        ),
        Key("", "{ sequence = 128 }"),
    )
    as_stored: bool = setting(
        Value(SWITCH, False, Panel.PRICING, api=True),
        Flag(
            "Refuse files of another dtype than the target's, rather than read them as the "
            "architecture that they are.",
            ("check", "diff", "explain", "fix", "verify"),
            names=("--as-stored",),
        ),
        Key(
            "Refuse files of another dtype than the target's, rather than read them as the "
            "architecture that they are.",
            "true",
        ),
    )
    timeout: float | None = setting(
        Value(SECONDS, None, Panel.PRICING),
        Flag(
            "Give a model up after so long; by default 60 for a file, 600 for Python source.",
            ("check", "diff", "explain", "fix", "verify"),
            "SECONDS",
        ),
        Key("Give a model up after so many seconds, or where it takes so many MiB.", "60"),
    )
    max_memory: int | None = setting(
        Value(COUNT, 4096, Panel.PRICING),
        Flag(
            "Give a file up that takes more memory than this, on Linux (default: 4096).",
            ("check", "diff", "explain", "fix", "verify"),
            "MIB",
        ),
        Key("", "4096"),
    )
    allow_unknown: bool = setting(
        Value(SWITCH, False, Panel.PRICING, api=True),
        Flag(
            "Price what is left where operators that compute have no shapes; all findings are "
            "notes then.",
            ("check", "diff", "explain", "fix", "verify"),
            names=("--allow-unknown/--no-allow-unknown",),
        ),
        Key("Price what is left of models where operators that compute have no shapes.", "true"),
    )
    libraries: tuple[str, ...] = setting(
        Value(STRINGS, (), Panel.SOURCE, name="library"),
        Flag(
            "A package whose lines are not yours, as torch's are not; repeatable.",
            ("check", "diff", "fix"),
            "PACKAGE",
        ),
        Key("Packages whose lines of Python are not yours, as torch's are not.", '["torchvision"]'),
    )
    source_roots: tuple[str, ...] = setting(
        Value(FOLDERS, (), Panel.SOURCE, name="source-root"),
        Flag(
            "Find the lines that made a .onnx file's operators in this folder; runs no code; "
            "repeatable.",
            ("check",),
            "FOLDER",
        ),
        Key(
            "Find the lines that made the operators of .onnx files: folders of source; what paths "
            "in files are here.",
            '["src"]',
        ),
    )
    path_map: Mapping[str, str] = setting(
        Value(PATHS, {}, Panel.SOURCE),
        Flag(
            "Paths in the file that begin with OLD are here in NEW; repeatable.",
            ("check",),
            "OLD=NEW",
        ),
        Key("", '{ "/build" = "src" }'),
    )
    select: tuple[str, ...] = setting(
        Value(RULES, (), Panel.FINDINGS, api=True),
        Flag(
            "Only these rules, by code or name; a comma list, repeatable.",
            ("check", "diff", "fix", "verify"),
            "RULES",
        ),
        Key("The rules to run, and those not to; by default all run: $rules.", "[$codes]"),
    )
    ignore: tuple[str, ...] = setting(
        Value(IGNORED_RULES, (), Panel.FINDINGS, api=True),
        Flag(
            "Not these rules; a comma list, repeatable.",
            ("check", "diff", "fix", "verify"),
            "RULES",
        ),
        Key("", "[$first]"),
    )
    extend_select: tuple[str, ...] = setting(
        Value(RULES, (), Panel.FINDINGS),
        Flag(
            "These rules beside those that --select or the configuration selects.",
            ("check", "diff", "fix", "verify"),
            "RULES",
        ),
        Key(
            "Rules to run beside those that select, here or on the command line, names.", "[$first]"
        ),
    )
    min_slowdown: float = setting(
        Value(FACTOR, 1.1, Panel.FINDINGS, api=True),
        Flag(
            "Only places at least this many times slower than the alternative (default: 1.1).",
            ("check", "fix"),
            "X",
        ),
        Key("Only places at least this many times slower than the alternative."),
    )
    upper_bounds: Severity = setting(  # noqa: RUF009 - it makes a field
        Value(
            choice({each.value: each for each in (Severity.NOTE, Severity.WARNING)}),
            Severity.NOTE,
            Panel.FINDINGS,
            api=True,
        ),
        Flag(
            "What an upper bound is, which says what something costs and not what to do: a note "
            "(the default), or by its saving a warning.",
            ("check", "diff"),
        ),
        Key(
            "What an upper bound is, which says what something costs and not what to do: a note, "
            "or by its saving a warning.",
            '"warning"',
        ),
    )
    fail_on: Severity | None = setting(  # noqa: RUF009 - it makes a field
        Value(
            choice({**{each.value: each for each in Severity}, "never": None}),
            Severity.WARNING,
            Panel.FINDINGS,
        ),
        Flag(
            "Exit with 1 from this severity on (default: warning).",
            ("check", "diff", "merge"),
            elsewhere={
                "diff": (
                    Panel.GATE,
                    "From which severity on a new finding fails (default: warning).",
                )
            },
        ),
        Key("From which severity on the exit code is 1: error, warning, note or never."),
    )
    fail_on_skipped: bool | None = setting(
        Value(SWITCH, None, Panel.FINDINGS, api=True),
        Flag(
            "Exit with 2 if a model is skipped, for nothing in it has a price; by default only if "
            "nothing else is linted, with --no-fail-on-skipped never.",
            ("check", "diff", "verify"),
            names=("--fail-on-skipped/--no-fail-on-skipped",),
        ),
        Key(
            "Whether the exit code is 2 for any model of which nothing has a price (true) or for "
            "none (false); by default where nothing at all could be linted.",
            "true",
        ),
    )
    per_model_ignores: Mapping[str, tuple[str, ...]] = setting(
        Value(RULES_BY_GLOB, {}, Panel.FINDINGS),
        key=Key(
            "Rules that some models need not keep to, by a glob of their paths.",
            '"legacy/*.onnx" = [$first]',
            brackets=1,
        ),
    )
    ignores: tuple[Ignore, ...] = setting(
        Value(IGNORES, (), Panel.FINDINGS, name="ignore"),
        key=Key(
            "Findings that may stay: globs of rule, model and module path, and the reason.  One "
            "that matches nothing is told.  Where `ignore` above is set, put them into its list.",
            'rule = $first\nmodel = "*.onnx"\nplace = "head.*"\n'
            'reason = "the head runs once per clip"',
            brackets=2,
        ),
    )
    rule_options: Mapping[str, Mapping[str, OptionValue]] = setting(
        Value(RULE_OPTIONS, {}, Panel.FINDINGS, name="rules", api=True),
        key=Key("The options of rules.", brackets=1),
    )
    tables: bool = False
