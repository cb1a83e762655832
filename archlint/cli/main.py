"""The program `archlint`: finds the command, and turns what goes wrong into a line and a code."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import getdoc

import typer
from typer.core import TyperGroup
from typer.main import get_command

from archlint.cli.calibrate import calibrate
from archlint.cli.check import check
from archlint.cli.clean import clean
from archlint.cli.completion import VARIABLE, completion
from archlint.cli.config import config
from archlint.cli.diff import diff
from archlint.cli.explain import explain
from archlint.cli.fix import fix
from archlint.cli.help import GroupedHelp
from archlint.cli.init import init
from archlint.cli.measure import measure
from archlint.cli.merge import merge
from archlint.cli.output import complain, fault_text
from archlint.cli.parameters import Version, with_settings
from archlint.cli.progress import LINE
from archlint.cli.rule import rule
from archlint.cli.schema import schema
from archlint.cli.server import server
from archlint.cli.targets import targets
from archlint.cli.verify import verify
from archlint.cli.watch import WATCH, watch
from archlint.did_you_mean import did_you_mean
from archlint.errors import ArchlintError, UsageError

__all__ = ["run"]

_COMMANDS: Mapping[str, Callable[..., int]] = {
    "check": check,
    "diff": diff,
    "merge": merge,
    "rule": rule,
    "targets": targets,
    "explain": explain,
    "fix": fix,
    "calibrate": calibrate,
    "measure": measure,
    "verify": verify,
    "config": config,
    "schema": schema,
    "init": init,
    "server": server,
    "clean": clean,
    "completion": completion,
}
_DEFAULT = "check"
_OWN_OPTIONS = ("-h", "--help", "--version")

_COLLECT_EVERY = 200_000
"""New objects between two garbage collections.  Imports make hundreds of thousands that stay:
at Python's own 700, collecting takes a fifth of a short run."""


def run(args: Sequence[str] | None = None) -> int:
    """Run a command line (by default this process's) and return its exit code.

    0: nothing at or above --fail-on; 1: findings; 2: usage, configuration, unreadable input or
    an internal error; 130: interrupted.
    """
    words = list(sys.argv[1:] if args is None else args)
    gc.set_threshold(_COLLECT_EVERY)
    try:
        _check_folder()
        if os.environ.get(VARIABLE):
            return _propose()
        args = _with_command(words)
        if args[0] == _DEFAULT and WATCH in args:
            return watch(args)
        LINE.begin(args[0], args)
        return _main(args)
    except ArchlintError as e:
        complain(str(e), lines=isinstance(e, UsageError))
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except SystemExit:  # typer's answer to a reader that has gone away
        return 0 if set(_OWN_OPTIONS) & set(words) else 2
    except Exception as e:
        usage = _usage(e, words)
        if usage is not None:
            complain(usage)
        elif {"-v", "--verbose"} & set(words):
            complain(traceback.format_exc().rstrip(), lines=True)
        elif isinstance(e, OSError):
            complain(fault_text(e))
        else:
            complain(f"internal error: {type(e).__name__}: {e} (-v shows the traceback)")
    finally:
        LINE.end()
    return 2


def _check_folder() -> None:
    try:
        os.getcwd()
    except OSError as e:
        raise UsageError(f"the working folder: {e.strerror or e}") from e


def _main(args: list[str]) -> int:
    # typer takes 3 ms to build a command: the one that is called will do
    app = _app([args[0]] if args[0] in _COMMANDS else ())
    return get_command(app).main(args, prog_name="archlint", standalone_mode=False) or 0


def _app(whole: Iterable[str], group: type[TyperGroup] = TyperGroup) -> typer.Typer:
    """The program, with these commands whole and of the others what the list of them tells."""
    app = typer.Typer(
        cls=group,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_archlint)
    for name, command in _COMMANDS.items():
        function = with_settings(name, command) if name in whole else _nothing
        app.command(name, cls=GroupedHelp, help=getdoc(command))(function)
    return app


def _nothing() -> int:
    """What stands for a command that is not called."""
    return 0


def _propose() -> int:
    from archlint.cli.proposals import ProposingGroup, propose

    return propose(_app(_COMMANDS, ProposingGroup))


def _archlint(version: Version = False) -> None:
    """Lint the architecture of neural networks.

    `archlint model.onnx` is short for `archlint check model.onnx`; without a model it is the
    configured ones, or those of the working folder.
    """


def _with_command(args: list[str]) -> list[str]:
    if not args:
        return [_DEFAULT]
    first = args[0]
    if first in _COMMANDS or first in _OWN_OPTIONS:
        return args
    near = "" if first.startswith("-") else did_you_mean(first, _COMMANDS)
    if near and not os.path.exists(first):
        raise UsageError(f'no such file, folder or command: "{first}"{near}')
    return [_DEFAULT, *args]


def _usage(error: Exception, words: Sequence[str]) -> str | None:
    """What typer says of a wrong command line; its exceptions have no public base class."""
    message = getattr(error, "format_message", None)
    if message is None:
        return None
    text = str(message()).strip().rstrip(".").replace("Value error, ", "")
    command = words[0] if words and words[0] in _COMMANDS else _DEFAULT
    return f"{text[:1].lower()}{text[1:]} (try: archlint {command} --help)"
