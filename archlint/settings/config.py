"""What a configuration says, and what it may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from archlint.settings.options import Ignore

if TYPE_CHECKING:
    from archlint.source.export.spec import Value

__all__ = ["Config", "ConfiguredModel", "Known", "RuleOption"]

RuleOption = float | int | bool


@dataclass(frozen=True, slots=True)
class Known:
    """What a configuration may name: rule codes with their names, rule options, targets.

    `rule_options` is by rule code, then by option name: the type that its value must have
    (float, int or bool).
    """

    rules: Mapping[str, str]
    rule_options: Mapping[str, Mapping[str, type]]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfiguredModel:
    """A table of the key `models`: a model of Python source, with what its factory takes.

    `inputs` are as `--input` takes them, `kwargs` are the factory's; `targets` empty means those
    of the run.
    """

    name: str
    factory: str
    inputs: tuple[str, ...] = ()
    kwargs: Mapping[str, Value] = field(default_factory=dict)
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration file says; None or empty where it says nothing.

    Fields are named after the keys.  `ignores` are the tables of the key `ignore`, and
    `rules` holds the options of each rule by its code.
    """

    path: str = ""
    target: tuple[str, ...] = ()
    target_paths: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str | None = None
    min_slowdown: float | None = None
    timeout: float | None = None
    batch: int | None = None
    input: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    dim: Mapping[str, int] = field(default_factory=dict)
    notes: bool | None = None
    top: int | None = None
    format: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    color: str | None = None
    quiet: bool | None = None
    verbose: bool | None = None
    rules: Mapping[str, Mapping[str, RuleOption]] = field(default_factory=dict)
    per_model_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignores: tuple[Ignore, ...] = ()
    models: tuple[ConfiguredModel, ...] = ()
    source_root: tuple[str, ...] = ()
    path_map: Mapping[str, str] = field(default_factory=dict)
    library: tuple[str, ...] = ()
    baseline: str | None = None

    def over(self, other: Config) -> Config:
        """This configuration, and `other` where this one says nothing.

        Mappings are merged by key.  A format of this one's comes with its own outputs.
        """
        merged: dict[str, object] = {}
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Mapping):
                merged[each.name] = {**theirs, **mine}
            elif mine is None or mine in ((), ""):
                merged[each.name] = theirs
        if self.format:
            merged["output"] = self.output
        return replace(self, **merged)  # type: ignore[arg-type]  # taken from the same fields
