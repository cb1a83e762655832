"""`archlint init`: a configuration and the pre-commit entry to begin with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archlint.errors import UsageError
from archlint.limits.files import read_bounded

if TYPE_CHECKING:
    from archlint.settings.template import RuleHelp

__all__ = ["init"]

_HOOKS = ".pre-commit-config.yaml"
_ENTRY = """\
  - repo: https://github.com/archlint/archlint
    rev: v{version}
    hooks:
      - id: archlint # the .onnx files of a commit; needs no PyTorch
      # the configured models, when Python files change; takes your PyTorch:
      # - id: archlint-models
"""
_TESTS = frozenset({"test", "tests", "testing"})


def init(
    pyproject: Annotated[
        bool,
        typer.Option(
            "--pyproject",
            help="Add a table [tool.archlint] to pyproject.toml instead of writing archlint.toml.",
        ),
    ] = False,
    pre_commit: Annotated[
        bool,
        typer.Option(
            "--pre-commit/--no-pre-commit",
            help="Write .pre-commit-config.yaml too, or where there is one show what to add to it.",
            show_default=False,
        ),
    ] = True,
) -> int:
    """Write a commented configuration and the pre-commit entry."""
    from archlint.cli.output import write_out
    from archlint.cli.reporting import complain_of_rules
    from archlint.report.units import counted

    files, sources = _files()
    goal = Path("pyproject.toml" if pyproject else "archlint.toml")
    _refuse(goal)
    text, candidates = _configuration(pyproject, files, sources)
    if pyproject:
        _append(goal, text)
    else:
        _write(goal, text)
    seen = f"{counted(len(files), '.onnx file')}, {counted(candidates, 'likely network')} in Python"
    said = f"{goal}: written; seen: {seen}\n"
    if pre_commit:
        said += _hooks()
    write_out(said)
    return complain_of_rules()


def _refuse(goal: Path) -> None:
    """Raise UsageError where a configuration is in this folder already."""
    from archlint.settings.files import find_config

    nearest = find_config(Path.cwd())
    if nearest is not None and nearest.parent == Path.cwd():
        raise UsageError(f"{nearest.name}: a configuration of archlint is there already")
    if goal.name == "pyproject.toml" and not goal.is_file():
        raise UsageError("pyproject.toml: no such file (without --pyproject: archlint.toml)")
    if goal.name == "archlint.toml" and os.path.lexists(goal):
        raise UsageError("archlint.toml: in the way")


def _configuration(pyproject: bool, files: list[str], sources: list[str]) -> tuple[str, int]:
    from archlint.settings.template import ProposedModel, config_text
    from archlint.source.candidates import find_candidates

    models = [ProposedModel(each.factory, each.needs) for each in find_candidates(sources)]
    prefix = "tool.archlint" if pyproject else ""
    return config_text(prefix, _rules(), files, models), len(models)


def _rules() -> list[RuleHelp]:
    from archlint.linter.registry import all_rules
    from archlint.settings.template import RuleHelp

    return [
        RuleHelp(
            rule.code,
            rule.name,
            {each.name: (str(each.default).lower(), each.help) for each in rule.options},
        )
        for rule in all_rules()
    ]


def _files() -> tuple[list[str], list[str]]:
    """The .onnx files and the Python files of this folder, but for tests and environments."""
    from archlint.linter.found_models import is_searched

    models: list[str] = []
    sources: list[str] = []
    for root, folders, files in os.walk("."):
        folders[:] = sorted(
            each
            for each in folders
            if is_searched(each) and not os.path.exists(os.path.join(root, each, "pyvenv.cfg"))
        )
        where = Path(root)
        is_test = bool(_TESTS & set(where.parts))
        for name in sorted(files):
            path = (where / name).as_posix()
            if not path.isprintable():
                continue
            if name.lower().endswith(".onnx"):
                models.append(path)
            elif name.endswith(".py") and not is_test and not name.startswith("test_"):
                sources.append(path)
    return models, sources


def _write(path: Path, text: str) -> None:
    from archlint.whole_file import write_whole

    try:
        write_whole(Path(os.path.realpath(path)), text.encode())
    except OSError as e:
        raise UsageError(f"{path}: {e.strerror or e}") from e


def _append(path: Path, text: str) -> None:
    """Add a table to a TOML file, if it is one and stays one."""
    import tomli

    try:
        before = read_bounded(path).decode()
    except OSError as e:
        raise UsageError(f"{path}: {e.strerror or e}") from e
    after = f"{before}{'' if before.endswith(chr(10)) else chr(10)}\n{text}"
    try:
        tomli.loads(after)
    except tomli.TOMLDecodeError as e:
        raise UsageError(f"{path}: no table can be added: {e}") from e
    _write(path, after)


def _hooks() -> str:
    """Write the pre-commit entry, or say what to add, and where."""
    from archlint.version import __version__

    entry = _ENTRY.format(version=__version__)
    file = _repository() / _HOOKS
    shown = Path(os.path.relpath(file)).as_posix()
    if not os.path.lexists(file) and file.parent == Path.cwd():
        _write(Path(_HOOKS), f"repos:\n{entry}")
        return f"{_HOOKS}: written; `pre-commit install` turns it on\n"
    if file.is_file() and "id: archlint" in file.read_text("utf-8", errors="replace"):
        return f"{shown}: has archlint already\n"
    return f"{shown}: add this to its `repos:`\n\n{entry}"


def _repository() -> Path:
    """The folder of the git repository around the working folder, or else that itself."""
    here = Path.cwd()
    return next((each for each in (here, *here.parents) if (each / ".git").exists()), here)
