"""The rule of docs/writing-a-rule.md, as a package that lies beside archlint."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import onnx
import pytest
import tomli

from archlint.cli import run
from archlint.linter.registry import all_rules
from archlint.testing import Net

PACKAGE = Path(__file__).parent / "archlint-x1"
FILES = ("pyproject.toml", "archlint_x1.py", "test_x1.py")
PAGE = Path(__file__).parents[2] / "docs" / "writing-a-rule.md"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package as pip installs it: the module and what it says of itself, in one folder."""
    site = tmp_path / "site-packages"
    info = site / "archlint_x1-0.1.dist-info"
    info.mkdir(parents=True)
    project = tomli.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    rules = project["entry-points"]["archlint.rules"]
    lines = (f"{code} = {value}\n" for code, value in rules.items())
    (info / "entry_points.txt").write_text(f"[archlint.rules]\n{''.join(lines)}")
    shutil.copy(PACKAGE / "archlint_x1.py", site)
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "archlint_x1", raising=False)
    monkeypatch.chdir(tmp_path)
    all_rules.cache_clear()
    yield
    sys.modules.pop("archlint_x1", None)
    all_rules.cache_clear()


def model() -> onnx.ModelProto:
    net = Net()
    x = net.conv(net.input(1, 3, 112, 112), 32, 3, name="stem")
    x = net.op("Tanh", net.concat(x, net.conv(x, 32, name="more")), name="act")
    x = net.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    return net.proto(net.conv(x, 64, name="head"))


@pytest.mark.usefixtures("installed")
def test_it_is_found_and_run(capsys: pytest.CaptureFixture[str]) -> None:
    onnx.save(model(), "net.onnx")
    command = "archlint --select X1 --format concise net.onnx"
    assert run(command.split()[1:]) == 1
    shown = f"```console\n$ {command}\n{capsys.readouterr().out}```\n"
    assert shown in PAGE.read_text(encoding="utf-8")


@pytest.mark.usefixtures("installed")
def test_it_runs_beside_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rule"]) == 0
    codes = re.findall(r"^[A-Z]\d+", capsys.readouterr().out, re.MULTILINE)
    assert codes == ["A1", "G1", "G2", "G3", "G4", "R1", "X1"]


@pytest.mark.usefixtures("installed")
def test_its_page_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rule", "X1"]) == 0
    assert "X1 activation-before-pool" in capsys.readouterr().out


def test_the_guide_shows_the_files_that_were_tried() -> None:
    blocks = re.findall(
        r"^`(\S+)`:\n\n```\w+\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S
    )
    assert dict(blocks) == {name: (PACKAGE / name).read_text(encoding="utf-8") for name in FILES}


def test_the_package_is_less_than_sixty_lines() -> None:
    texts = [(PACKAGE / name).read_text(encoding="utf-8") for name in FILES]
    assert sum(len(text.splitlines()) for text in texts) < 60


def test_a_type_checker_that_looks_into_it_has_nothing_to_say(tmp_path: Path) -> None:
    command = (
        "mypy --config-file= --check-untyped-defs --follow-imports=skip --ignore-missing-imports"
    )
    run = subprocess.run(
        [sys.executable, "-m", *command.split(), f"--cache-dir={tmp_path}", "archlint_x1.py"],
        cwd=PACKAGE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.stdout == "Success: no issues found in 1 source file\n"
