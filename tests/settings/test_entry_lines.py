from __future__ import annotations

from pathlib import Path

import pytest

from archlint.settings.entry_lines import entry_lines


def lines(tmp_path: Path, text: str, count: int) -> list[tuple[int, str]]:
    file = tmp_path / "archlint.toml"
    file.write_text(text, encoding="utf-8")
    return [(each.line, each.text[each.column - 1 :]) for each in entry_lines(str(file), count)]


def test_a_model_is_at_its_name_or_factory(tmp_path: Path) -> None:
    text = """\
batch = 8
[[models]]
# name = "no"
inputs = ["1x3x8x8"]
name = "net"
factory = "a.py:A"

  [[ tool.archlint.models ]]
    factory = "b.py:B"
[other]
name = "x"
"""
    assert lines(tmp_path, text, 2) == [(5, 'name = "net"'), (9, 'factory = "b.py:B"')]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'batch = 1\nmodels = [{ factory = "a.py:A" }]\n',
            (2, 'models = [{ factory = "a.py:A" }]'),
        ),
        ('batch = 1\n"models" = [{ factory = "a.py:A" }]\n', (1, "batch = 1")),
        ("", (1, "")),
    ],
)
def test_what_is_written_otherwise_has_the_nearest_line(
    tmp_path: Path, text: str, expected: tuple[int, str]
) -> None:
    assert lines(tmp_path, text, 1) == [expected]


def test_a_file_that_is_gone_has_no_lines(tmp_path: Path) -> None:
    assert entry_lines(str(tmp_path / "none.toml"), 2) == ()
