"""In which pieces kernels walk over their tensors."""

from __future__ import annotations

import pytest

from archlint.cost.kernels.kernel import parse_term
from archlint.cost.pricing.moves import is_general, pieces_of


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        # a row is the last dim: of tokens the channels, of a map what is side by side in it
        ("Mul 64 @197 n1 (by row)", 197),
        ("Mul 4 @4x1536 n1 (by row)", 16),
        ("Split 8 @64x96 (by row)", 2 * 8 * 64),
        ("Slice 4 @28x128 (by row)", 4 * 28),
        ("Gather 40 @56x56", 40),
        ("Gather 32 @144x8 (axis 2)", 32 * 144),
        ("Gather 32 @16x8 (by row)", 32 * 16 * 8),
        ("Gather 768 @16", 16),
    ],
)
def test_pieces_are_what_lies_side_by_side(text: str, pieces: int) -> None:
    assert pieces_of(parse_term(text)[1]) == pieces


@pytest.mark.parametrize(
    ("perm", "general"),
    [
        ("0-2-1-3", False), ("0-2-3-1", False), ("0-3-1-2", False), ("0-2-1-3-4", False),
        ("2-0-3-1-4", True), ("2-0-3-4-1", True), ("0-1-3-2", False), ("3-2-1-0", True),
    ],
)  # fmt: skip
def test_one_dim_past_others_is_quick_and_more_than_that_is_not(perm: str, general: bool) -> None:
    sizes = "x".join("4" * (len(perm.split("-")) - 2))
    assert is_general(parse_term(f"Transpose 4 @{sizes} (perm {perm})")[1]) is general
