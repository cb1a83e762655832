"""Equations of Einsum, against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper

from archlint.graph.equation import spelled_out
from archlint.graph.reader import read_model
from tests.graph.making import model, value


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("...ij,...jk->...ik", [(2, 3, 4, 5), (2, 3, 5, 6)]),
        ("...ij, jk -> i...k", [(7, 3, 4, 5), (5, 6)]),
        ("...i,...i->...", [(2, 3, 4), (3, 4)]),
        ("i...,...", [(4, 3), (3,)]),
        ("jk,ij", [(5, 6), (4, 5)]),
        ("b...a->ab...", [(2, 3, 4, 5)]),
        ("aB,Bc->ca", [(2, 3), (3, 4)]),
    ],
)
def test_an_equation_spelled_out_says_the_same(
    equation: str, shapes: list[tuple[int, ...]]
) -> None:
    tensors = [np.random.default_rng(0).normal(size=shape) for shape in shapes]
    found = spelled_out(equation, [len(each) for each in shapes])
    assert found is not None
    terms, result = found
    assert list(map(len, terms)) == list(map(len, shapes))
    same = np.einsum(f"{','.join(terms)}->{result}", *tensors)
    np.testing.assert_allclose(same, np.einsum(equation.replace(" ", ""), *tensors))


@pytest.mark.parametrize("equation", ["ij", "ijkl,jk", "...ijk,jk", "i,j,k", "ij,jk,"])
def test_one_that_does_not_fit_its_tensors_is_not_spelled_out(equation: str) -> None:
    assert spelled_out(equation, [2, 2]) is None


def test_more_axes_than_there_are_letters_are_not_spelled_out() -> None:
    assert spelled_out("...a->...a", [60]) is None


def test_a_product_with_an_ellipsis_is_read() -> None:
    node = helper.make_node("Einsum", ["a", "b"], ["y"], equation="...ij,...jk->...ik")
    read = read_model(model([node], [value("a", [2, 3, 4, 5]), value("b", [2, 3, 5, 6])]))
    assert not read.unread
    assert read.operators[0].output.shape == (2, 3, 4, 6)
    assert read.flops == 2 * 2 * 3 * 4 * 5 * 6
