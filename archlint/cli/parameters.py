"""From the table of settings to the parameters of commands, as typer takes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter
from typing import Annotated, get_args

import typer

from archlint.cli.completers import complete_formats, complete_rules, complete_target
from archlint.errors import TargetError, UsageError
from archlint.settings.asked import settings
from archlint.settings.kinds.ignores import IGNORED_RULES
from archlint.settings.kinds.kind import Kind
from archlint.settings.kinds.lists import FORMATS, RULES, TARGETS
from archlint.settings.setting import Flag, Setting

__all__ = ["After", "Version", "with_settings"]


@dataclass(frozen=True, slots=True)
class After:
    """Says of a command's own option behind which other help lists it; else it is the first."""

    name: str


def with_settings(name: str, command: Callable[..., int]) -> Callable[..., int]:
    """The command as typer calls it: with the flags that it shares in place of `asked`.

    A command that takes nothing `asked` is given back as it is.
    """
    own = [
        each.replace(kind=Parameter.KEYWORD_ONLY)
        for each in inspect.signature(command, eval_str=True).parameters.values()
    ]
    if not own or own[0].name != "asked":
        return command
    shared = {
        field: (each, each.flag)
        for field, each in settings().items()
        if each.flag is not None and name in each.flag.commands
    }

    def run(**given: object) -> int:
        from archlint.cli.settings import ask, files_of

        flags = {field: given.pop(field) for field in shared}
        with files_of(flags.get("config_from")) as elsewhere:
            try:
                return command(ask(flags, elsewhere), **given)
            except (UsageError, TargetError) as e:
                if elsewhere is None:
                    raise
                raise UsageError(elsewhere.told(str(e))) from e

    found = [each for each in own[1:] if not _after(each)]
    for field, (setting, flag) in shared.items():
        _insert(found, _parameter(name, field, setting, flag), flag.after)
    for each in own:
        if _after(each):
            _insert(found, each, _after(each))
    run.__doc__ = command.__doc__
    # inspect reads this attribute, of which the type of a function knows nothing
    run.__signature__ = inspect.Signature(found)  # type: ignore[attr-defined]
    return run


def _after(own: Parameter) -> str:
    return next((each.name for each in get_args(own.annotation) if isinstance(each, After)), "")


def _insert(found: list[Parameter], new: Parameter, after: str) -> None:
    """Put a parameter behind the one of a name, or at the end."""
    names = [each.name for each in found]
    found.insert(names.index(after) + 1 if after in names else len(found), new)


def _parameter(command: str, field: str, setting: Setting, flag: Flag) -> Parameter:
    kind = setting.value.kind
    panel, about = flag.elsewhere.get(command, (setting.value.panel, flag.help))
    option = typer.Option(
        None,
        *(flag.names or (f"--{setting.name}",)),
        min=kind.least,
        metavar=flag.metavar or "|".join(get_args(kind.word)) or None,
        callback=_CHECKS.get(kind),
        autocompletion=_COMPLETERS.get(kind),
        help=about,
        rich_help_panel=panel.value,
    )
    return Parameter(field, Parameter.KEYWORD_ONLY, default=option, annotation=kind.word)


def _known_formats(words: list[str] | None) -> list[str] | None:
    """The values of --format, if each names a format."""
    from archlint.did_you_mean import did_you_mean
    from archlint.report.formats import FORMATS as KNOWN

    for word in words or ():
        name = word.partition("=")[0]
        if name not in KNOWN:
            hint = did_you_mean(name, KNOWN) or f" (known: {', '.join(KNOWN)})"
            raise typer.BadParameter(f'unknown format "{name}"{hint}')
    return words


def _print_version(wanted: bool) -> None:
    if wanted:
        from archlint.version import __version__

        typer.echo(f"archlint {__version__}")
        raise typer.Exit


_COMPLETERS: Mapping[Kind[object], Callable[[str], object]] = {
    FORMATS: complete_formats,
    IGNORED_RULES: complete_rules,
    RULES: complete_rules,
    TARGETS: complete_target,
}
_CHECKS: Mapping[Kind[object], Callable[[list[str] | None], list[str] | None]] = {
    FORMATS: _known_formats
}

Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
    ),
]
