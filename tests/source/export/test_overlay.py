from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path

import pytest

from archlint.source.export.overlay import texts_instead


def test_a_file_is_imported_with_another_text_and_the_disk_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    files = {name: tmp_path / f"overlaid_{name}.py" for name in ("edited", "other")}
    for path in files.values():
        path.write_text("def f():\n    return 1\n", encoding="utf-8")
    new = "# a line more\ndef f():\n    return 2\n"
    with texts_instead({str(files["edited"].resolve()): new}):
        edited = importlib.import_module("overlaid_edited")
        other = importlib.import_module("overlaid_other")
    for module in (edited, other):
        monkeypatch.delitem(sys.modules, module.__name__)
    assert (edited.f(), other.f()) == (2, 1)
    assert inspect.getsource(edited.f) == "def f():\n    return 2\n"
    assert edited.__file__ == str(files["edited"])
    assert files["edited"].read_text(encoding="utf-8") == "def f():\n    return 1\n"
    assert importlib.import_module("overlaid_edited").f() == 1
    monkeypatch.delitem(sys.modules, "overlaid_edited")
