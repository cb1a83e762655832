"""From `nets.py:Net` to the object of that name."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from archlint.did_you_mean import did_you_mean
from archlint.source.export.failure import Absent, Failure

__all__ = ["find_attribute", "load_source"]


def load_source(source: str) -> ModuleType:
    """Import a file or a dotted module as Python would; the working folder is importable."""
    here = str(Path.cwd())
    if not source.endswith(".py"):
        _prepend(here)
        try:
            return importlib.import_module(source)
        except ModuleNotFoundError as e:
            if e.name is not None and f"{source}.".startswith(f"{e.name}."):
                raise Absent(f"there is no module {e.name}") from e
            raise
    path = Path(source).resolve()
    if not path.is_file():
        raise Absent("there is no such file") if not path.exists() else Failure("it is no file")
    _append(here)
    top, name = _dotted(path)
    _prepend(str(top))
    if "." in name:
        module = importlib.import_module(name)
        found = getattr(module, "__file__", None)
        if found is None or Path(found).resolve() != path:
            raise Failure(f"Python imports another file as {name}")
        return module
    if name in sys.modules or not name.isidentifier():
        name = f"archlint source {name}"  # a file may be called like a module that is loaded
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Failure("Python cannot import it")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _dotted(path: Path) -> tuple[Path, str]:
    """The folder above the topmost package around a file, and the file's name from there."""
    folder = path.parent
    names = [] if path.stem == "__init__" else [path.stem]
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        names.insert(0, folder.name)
        folder = folder.parent
    if all(each.isidentifier() for each in names):
        return folder, ".".join(names)
    return path.parent, path.stem


def _prepend(folder: str) -> None:
    sys.path.insert(0, folder)


def _append(folder: str) -> None:
    if folder not in sys.path:
        sys.path.append(folder)


def find_attribute(module: ModuleType, dotted: str) -> object:
    """Follow a chain of attributes; one that is missing is named with the nearest known one."""
    found: object = module
    seen: list[str] = []
    for name in dotted.split("."):
        try:
            found = getattr(found, name)
        except AttributeError as e:
            known = [each for each in dir(found) if not each.startswith("_")]
            inside = f" in {'.'.join(seen)}" if seen else ""
            raise Absent(f'nothing is called "{name}"{inside}{did_you_mean(name, known)}') from e
        seen.append(name)
    return found
