from __future__ import annotations

import pytest

from archlint.source.rewrites import Splice, Unfixable, spliced


def test_splices_are_counted_in_bytes_and_equal_ones_are_done_once() -> None:
    text = "\N{GREEK SMALL LETTER ALPHA}bc"
    splices = [Splice("a.py", 2, 3, "B"), Splice("a.py", 2, 3, "B"), Splice("a.py", 3, 3, "!")]
    assert spliced(text, splices) == "\N{GREEK SMALL LETTER ALPHA}B!c"


def test_splices_that_overlap_are_refused() -> None:
    with pytest.raises(Unfixable, match=r"^two edits of a\.py overlap$"):
        spliced("abc", [Splice("a.py", 0, 2, "x"), Splice("a.py", 1, 3, "y")])
