from __future__ import annotations

import sys
from pathlib import Path

import pytest

from archlint.cli import run
from tests.report.fakes import ARM, GPU

HEADS = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}


@pytest.mark.parametrize("suffix", HEADS)
def test_a_plot_is_drawn_by_suffix(suffix: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / f"g1{suffix}"
    assert run(["rule", "G1", "--plot", str(file), "--target", ARM]) == 0
    assert file.read_bytes().startswith(HEADS[suffix])


def test_a_plot_has_a_line_for_each_target_named(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / "g2.svg"
    assert run(["rule", "g2", "--plot", str(file), "--target", GPU, "--target", ARM]) == 0
    assert file.read_text(encoding="utf-8").count(f"<!-- {ARM} -->") == 1
    assert run(["rule", "g2", "--plot", str(file), "--target", GPU]) == 0
    assert f"<!-- {ARM} -->" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (
            ["G1", "--plot", "g1.gif"],
            '--plot: expected a .svg, .png or .pdf file, found "g1.gif"',
        ),
        (["--plot", "g1.svg"], "--plot: which rule? `archlint rule` lists them"),
        (["G1", "--target", GPU], "--target goes with --plot FILE"),
        (
            ["G1", "--plot", "g1.svg", "--target", "gtx1080"],
            'unknown target "gtx1080" (did you mean "gtx1080ti"?)',
        ),
        (
            ["G1", "--plot", "no/g1.svg", "--target", GPU],
            "--plot no/g1.svg: No such file or directory",
        ),
    ],
)
def test_a_wrong_call_is_one_line(
    args: list[str],
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "no/g1.svg" in args:
        pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    assert run(["rule", *args]) == 2
    assert capsys.readouterr().err == f"archlint: {line}\n"
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_a_plot_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run(["rule", "G1", "--plot", str(tmp_path / "g1.svg"), "--target", GPU]) == 2
    assert capsys.readouterr().err == (
        "archlint: --plot needs matplotlib, which is not installed: pip install 'archlint[plot]'\n"
    )
