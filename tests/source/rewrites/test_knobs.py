from __future__ import annotations

from archlint.remedy import AlignedWidths, OtherWidths
from archlint.source.rewrites import (
    Decision,
    Literal,
    find_aligned,
    find_decisions,
    find_literals,
    find_widths,
    spliced,
)
from tests.source.rewrites.places import location, reading

TABLE = """\
from torch import nn

class Net(nn.Module):
    STAGES = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 96, 3, 1),
    )

    def __init__(self):
        for expansion, width, depth, stride in self.STAGES:
            self.add(Block(width, expansion))
"""
GROUPS = """\
from torch import nn

class Net(nn.Module):
    def __init__(self, groups=4, width=128):
        self.conv = nn.Conv2d(width, width, 3, 1, 1, 1, groups)

def net():
    return Net(groups=4)
"""


def literals(text: str, piece: str, *calls: str) -> list[Literal]:
    return find_literals([location(text, piece, *calls)], reading(text))


def turned(text: str, decision: Decision) -> list[str]:
    return [spliced(text, decision.knob.splices(values)) for values in decision.tries]


def test_numbers_have_the_names_of_what_takes_them() -> None:
    text = "from torch import nn\n\ndef f(x):\n    return nn.Conv2d(8, out_channels=16 * x[3])\n"
    found = literals(text, "nn.Conv2d(8, out_channels=16 * x[3])")
    assert [(each.value, each.role, each.factor) for each in found] == [
        (8, "in_channels", ""),
        (16, "out_channels", "*"),
    ]


def test_groups_become_one_wherever_they_are_written() -> None:
    found = literals(GROUPS, "nn.Conv2d(width, width, 3, 1, 1, 1, groups)", "Net(groups=4)")
    remedies = [OtherWidths(4, (128, 96), (128, 96))]
    (decision,) = find_decisions(found, remedies)
    assert turned(GROUPS, decision) == [GROUPS.replace("groups=4", "groups=1")]
    (width,) = find_widths(found, remedies, decision, decision.tries[0])
    assert width.words((96,)) == "width 128 -> 96 (nets.py:4)"


def test_groups_become_as_many_as_the_finding_proposes() -> None:
    found = literals(GROUPS, "nn.Conv2d(width, width, 3, 1, 1, 1, groups)", "Net(groups=4)")
    (decision,) = find_decisions(found, [OtherWidths(4, (128, 112), (128, 112), 2)])
    assert turned(GROUPS, decision) == [GROUPS.replace("groups=4", "groups=2")]


def test_an_expansion_in_a_row_of_a_table_is_turned_in_the_rows_that_were_found() -> None:
    found = literals(TABLE, "Block(width, expansion)")
    remedies = [OtherWidths(1, (96, 160), (576, 320))]
    (decision,) = find_decisions(found, remedies)
    assert turned(TABLE, decision) == [
        TABLE.replace("(6, 96", "(2, 96"),
        TABLE.replace("(6, 96", "(3, 96"),
    ]
    assert decision.beside is not None
    assert decision.beside.words((160,)) == "STAGES 96 -> 160 (nets.py:7)"


def test_a_factor_in_an_expression_is_an_expansion() -> None:
    text = "from torch import nn\n\ndef block(dim):\n    return nn.Linear(dim, 4 * dim)\n"
    found = literals(text, "nn.Linear(dim, 4 * dim)")
    (decision,) = find_decisions(found, [OtherWidths(1, (64, 96), (256, 160))])
    assert turned(text, decision) == [text.replace("4 *", "2 *"), text.replace("4 *", "3 *")]


def test_a_factor_that_is_written_often_is_turned_everywhere_first() -> None:
    text = """\
from torch import nn

def block(dim, other):
    return nn.Sequential(
        nn.Linear(dim, dim * 4), nn.BatchNorm1d(dim * 4), nn.Linear(dim * 4, other * 4)
    )
"""
    found = literals(text, "nn.Linear(dim, dim * 4)")
    decisions = find_decisions(found, [OtherWidths(1, (64, 96), (256, 160))])
    assert turned(text, decisions[0])[0] == text.replace("dim * 4", "dim * 2")
    assert decisions[0].knob.words((2, 2, 2)) == "dim * 4 -> 2 (nets.py:5)"
    assert [len(each.knob.literals) for each in decisions] == [3, 1, 1, 1, 1]


def test_a_number_that_has_nothing_to_do_with_the_widths_decides_nothing() -> None:
    text = "from torch import nn\n\ndef block(dim):\n    return nn.Linear(dim, dim, depth=4)\n"
    found = literals(text, "nn.Linear(dim, dim, depth=4)")
    assert find_decisions(found, [OtherWidths(1, (64, 96), (512, 160))]) == []
    assert find_decisions(found, [OtherWidths(4, (64, 96), (64, 96))]) == []


def test_aligned_widths_are_sought_all_together_then_by_value_and_by_role() -> None:
    text = """\
from torch import nn

def net():
    return nn.Sequential(nn.Conv2d(58, 58, 3), nn.Conv2d(58, 116, 1, groups=58))
"""
    found = literals(text, "nn.Conv2d(58, 58, 3)")
    tries = find_aligned(found, [AlignedWidths(((58, 60), (116, 120)))])
    assert [(knob.values, values) for knob, values in tries[:3]] == [
        ((58, 58, 58, 116), (60, 60, 60, 120)),
        ((58, 58, 58), (60, 60, 60)),
        ((116,), (120,)),
    ]
    assert find_aligned(found, [AlignedWidths(((62, 64),))]) == []
