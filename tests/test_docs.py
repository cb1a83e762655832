from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import PAGES, ROOT, blocks, printed


def identifier(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=identifier)
def test_a_page_shows_what_its_commands_print(page: Path) -> None:
    shown = list(blocks(page))
    assert shown
    for block in shown:
        assert block == printed(block)
