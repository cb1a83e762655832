from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from archlint.errors import ModelError
from archlint.source.export import Exported, ModelSpec, export, runner
from tests.warm_exports import Start

pytest.importorskip("torch", reason="exporting needs torch")
pytest.importorskip("onnxscript", reason="torch's exporter needs onnxscript")

NET = """
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
    def forward(self, x):
        return self.linear(x)
"""


@pytest.fixture(autouse=True)
def _working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def _cold(cold_start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker starts as a user's does."""
    monkeypatch.setattr(runner, "_worker", cold_start)


def reason(text: str, factory: str = "net.py:Net", timeout: float = 60) -> str:
    Path("net.py").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        export(ModelSpec.parse(factory, ["1x4"]), timeout=timeout)
    assert caught.value.path == factory
    assert "\n" not in str(caught.value)
    return caught.value.reason


def exported(text: str, factory: str = "net.py:Net") -> Exported:
    Path("net.py").write_text(text, encoding="utf-8")
    return export(ModelSpec.parse(factory, ["1x4"]), timeout=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "def load():\n    raise ValueError('no\\nluck')\nload()",
            "ValueError: no (net.py:2)",
        ),
        ("import sys\nsys.exit(3)", "ended the process with code 3 (net.py:2)"),
        ("import sys\nsys.exit('no')", "ended the process with code 1 (net.py:2)"),
        ("import os\nos._exit(3)", "ended the process with code 3"),
        ("import os\nos.abort()", "the process died of SIGABRT (net.py:2)"),
        ("import ctypes\nctypes.string_at(0)", "the process died of SIGSEGV (net.py:2)"),
        (
            "import no_such.package",
            "needs the package no_such, which is not installed (net.py:1)",
        ),
        ("x = (\ny = 3", "SyntaxError: '(' was never closed (net.py:1)"),
        ("Nets = 1", 'nothing is called "Net" (did you mean "Nets"?)'),
        ("Net = 3", "is an int: expected a class, a function or a module"),
        ("class Net: pass", "gives a Net, not a torch.nn.Module"),
        ("def Net(): return None", "gives None, not a torch.nn.Module"),
        ("def Net(): raise KeyError('depth')", "KeyError: 'depth' (net.py:1)"),
    ],
)
def test_code_that_gives_no_model_is_one_line(text: str, expected: str) -> None:
    assert reason(text) == expected


def test_a_file_or_module_that_is_not_there_is_named() -> None:
    assert reason("", "nix.py:Net") == "there is no such file"
    assert reason("", "nix:Net") == "there is no module nix"


def test_code_that_hangs_ends_with_the_time_limit() -> None:
    text = "import time\nwhile True:\n    time.sleep(0.01)"
    assert reason(text, timeout=5) == "took longer than 5 s (net.py:3)"


@pytest.mark.usefixtures("_cold")
def test_what_the_code_prints_and_answers_is_no_part_of_the_protocol(
    capfd: pytest.CaptureFixture[str],
) -> None:
    text = "import sys\nprint('{\"failure\": \"\"}')\nprint('err', file=sys.stderr)\n"
    assert len(exported(text + NET).proto.graph.node) == 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("_cold")
def test_children_of_the_code_do_not_survive() -> None:
    text = (
        "import os, time\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    time.sleep(1000)\n"
        "open('child', 'w').write(str(child))\n"
    )
    assert len(exported(text + NET).proto.graph.node) == 1
    child = int(Path("child").read_text(encoding="utf-8"))
    assert is_gone(child)


@pytest.mark.usefixtures("_cold")
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc here")
def test_children_that_leave_the_group_do_not_survive() -> None:
    text = (
        "import os, time\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os.setsid()\n"
        "    time.sleep(1000)\n"
        "open('child', 'w').write(str(child))\n"
    )
    assert len(exported(text + NET).proto.graph.node) == 1
    assert is_gone(int(Path("child").read_text(encoding="utf-8")))


def is_gone(process: int) -> bool:
    """Within seconds; one that nobody has waited for is a zombie, which is gone as well."""
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{process}/stat")
        if status.is_file() and status.read_text(encoding="utf-8").rpartition(")")[2][1] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_a_child_that_goes_on_gives_no_second_answer() -> None:
    assert len(exported("import os\nos.fork()\n" + NET).proto.graph.node) == 1


def test_files_of_a_package_import_each_other() -> None:
    folder = Path("package/inner")
    folder.mkdir(parents=True)
    for each in ("package/__init__.py", "package/inner/__init__.py"):
        Path(each).touch()
    Path("package/base.py").write_text(NET, encoding="utf-8")
    (folder / "nets.py").write_text("from ..base import Net", encoding="utf-8")
    for factory in ("package/inner/nets.py:Net", "package.inner.nets:Net"):
        found = exported("", factory)
        assert found.record[""].class_name == "package.base.Net"


@pytest.mark.usefixtures("_cold")
def test_a_file_may_be_called_like_a_module_of_python() -> None:
    Path("types.py").write_text(NET, encoding="utf-8")
    assert len(exported("", "types.py:Net").proto.graph.node) == 1


def test_without_torch_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("blocked").mkdir()
    text = "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')"
    Path("blocked/torch.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["blocked", *sys.path]))
    assert reason(NET) == "torch is not installed: pip install archlint[torch]"
