"""Each promise of docs/security.md has a test, by a name that there is."""

from __future__ import annotations

import re

import pytest

from tests.gate.repository import ROOT

PAGE = (ROOT / "docs/security.md").read_text("utf-8")
PROMISES = re.compile(r"\| promise \| test \|\n\|---\|---\|\n((?:\| .*\n)+)")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_promise_names_a_test() -> None:
    rows = [line for table in PROMISES.findall(PAGE) for line in table.splitlines()]
    assert len(rows) > 20
    assert [row for row in rows if not TEST.search(row)] == []


@pytest.mark.parametrize(("file", "name"), sorted(set(TEST.findall(PAGE))))
def test_a_test_that_the_page_names_is_there(file: str, name: str) -> None:
    assert f"\ndef {name}(" in (ROOT / file).read_text("utf-8")
