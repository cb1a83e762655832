from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

from archlint.report.explain_csv import render
from archlint.results.shares import Sort
from tests.report.fakes import GPU, explanation


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_a_row_for_each_operator_with_what_is_known() -> None:
    conv, relu, resize = rows(render(explanation()))
    assert (conv["target"], conv["ms"], conv["share"]) == (GPU, "0.213457", "0.041")
    assert (conv["inputs"], conv["weight"], conv["parameters"]) == (
        "8x16x112x112",
        "96x16x1x1",
        "1536",
    )
    assert (conv["bound"], conv["live_bytes"]) == ("memory", "44960000")
    assert (conv["flops"], conv["mac_bytes"], conv["fired"]) == ("308281344", "44965888", "G1")
    assert (relu["target"], relu["ms"], relu["fired"]) == ("", "", "")
    assert (resize["flops"], resize["kernel"]) == ("", "none: no shapes")


def test_no_name_is_a_formula() -> None:
    given = explanation()
    evil = replace(given.operators[0], name="=cmd()", module="@x\n")
    (row,) = rows(render(replace(given, operators=(evil,))))
    assert (row["operator"], row["module"]) == ("'=cmd()", "'@x\\n")


def test_the_dearest_come_first() -> None:
    given = explanation()
    by_time = given.dearest(Sort.TIME, 1)
    assert [each.op_type for each in by_time.operators] == ["Conv"]
    by_memory = given.dearest(Sort.MAC, None)
    assert [each.op_type for each in by_memory.operators] == ["Clip", "Conv", "Resize"]
