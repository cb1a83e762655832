from __future__ import annotations

import pytest

from archlint.source.rewrites import Unfixable, fold_branches
from tests.source.rewrites.places import edited, location, reading

HEAD = "from torch import nn\n\n\nclass Block(nn.Module):\n"


def folded(forward: str, piece: str) -> str:
    """The new lines of a forward; `piece` is where its branches are added."""
    text = HEAD + forward
    new = edited(text, fold_branches([location(text, piece)], reading(text)))
    assert new.startswith("import torch\nfrom torch import nn\n\n\ndef folded_branches(")
    compile(new, "nets.py", "exec")
    return new.partition("class Block(nn.Module):\n")[2]


def test_statements_that_add_up_stay_for_training() -> None:
    forward = (
        "    def forward(self, x):\n"
        "        # branches\n"
        "        out = self.dense(x)  # 3x3\n"
        "        if self.short is not None:\n"
        "            out = out + self.short(x)\n"
        "        return self.act(out)  # kept\n"
    )
    assert folded(forward, "out + self.short(x)") == (
        "    def forward(self, x):\n"
        "        # branches\n"
        "        if self.training:\n"
        "            out = self.dense(x)  # 3x3\n"
        "            if self.short is not None:\n"
        "                out = out + self.short(x)\n"
        "        else:\n"
        "            out = folded_branches(x, self.dense, self.short)\n"
        "        return self.act(out)  # kept\n"
    )


@pytest.mark.parametrize(
    ("expression", "arguments"),
    [
        ("self.a(x) + self.b(x)", "self.a, self.b"),
        ("self.bn1(self.a(x)) + self.b(x) + x", "(self.a, self.bn1), self.b, ()"),
        ("self.a(x) + (self.b(x) if self.wide else 0)", "self.a, self.b if self.wide else None"),
        ("self.a(x) + sum(each(x) for each in self.more)", "self.a, *self.more"),
    ],
)
def test_a_sum_inside_an_expression_gets_a_name(expression: str, arguments: str) -> None:
    forward = f"    def forward(self, x):\n        return self.act({expression})\n"
    assert folded(forward, expression) == (
        "    def forward(self, x):\n"
        "        if self.training:\n"
        f"            merged = {expression}\n"
        "        else:\n"
        f"            merged = folded_branches(x, {arguments})\n"
        "        return self.act(merged)\n"
    )


@pytest.mark.parametrize(
    ("loop", "branch", "argument"),
    [
        ("branch in self.branches", "branch(x)", "*self.branches"),
        ("i in range(self.count)", "self.branches[i](x)",
         "*[self.branches[i] for i in range(self.count)]"),
        ("i in range(2)", "self.norms[i](self.convs[i](x))",
         "*[(self.convs[i], self.norms[i]) for i in range(2)]"),
    ],
)  # fmt: skip
def test_a_loop_over_branches_is_read(loop: str, branch: str, argument: str) -> None:
    forward = (
        "    def forward(self, x):\n"
        "        out = 0\n"
        f"        for {loop}:\n"
        f"            out += {branch}\n"
        "        return out\n"
    )
    assert f"            out = folded_branches(x, {argument})\n" in folded(
        forward, f"out += {branch}"
    )


def test_a_branch_that_may_be_absent_is_handed_on_as_it_is() -> None:
    """As RepVGG's own code has it."""
    forward = (
        "    def forward(self, inputs):\n"
        "        if hasattr(self, 'rbr_reparam'):\n"
        "            return self.act(self.rbr_reparam(inputs))\n"
        "        if self.rbr_identity is None:\n"
        "            id_out = 0\n"
        "        else:\n"
        "            id_out = self.rbr_identity(inputs)\n"
        "        return self.act(self.rbr_dense(inputs) + self.rbr_1x1(inputs) + id_out)\n"
    )
    call = "folded_branches(inputs, self.rbr_dense, self.rbr_1x1, self.rbr_identity)"
    assert (
        f"        else:\n            merged = {call}\n        return self.act(merged)\n"
        in folded(forward, "self.rbr_1x1(inputs) + id_out")
    )


@pytest.mark.parametrize(
    ("forward", "piece", "reason"),
    [
        (
            "    def forward(self, x):\n        return self.a(x) + self.b(x + 1)\n",
            "self.a(x)",
            "adds its branches up in a way that archlint cannot read",
        ),
        (
            "    def forward(self, x, y):\n        return self.a(x) + self.b(y)\n",
            "self.a(x)",
            "adds its branches up in a way that archlint cannot read",
        ),
        (
            "    def forward(self, x):\n        return self.a(x) + self.b(x).relu()\n",
            "self.a(x)",
            "adds its branches up in a way that archlint cannot read",
        ),
        (
            "    def forward(self, x):\n"
            "        a = self.a(x)\n        y = a + self.b(x)\n        return y, a\n",
            "a + self.b(x)",
            "reads a behind the sum too",
        ),
        *(
            (
                "    def forward(self, x):\n"
                f"        a = self.a(x)\n        {between}\n        return a + self.b(x)\n",
                "a + self.b(x)",
                "adds its branches up in a way that archlint cannot read",
            )
            for between in ("x.add_(1)", "self.seen = a", "y = x.mul_(2)", "print(a)", "del x")
        ),
        (
            "    def forward(self, x):\n"
            "        out = 0\n"
            "        for i in range(3):\n"
            "            if i == self.dropped:\n                continue\n"
            "            out += self.branches[i](x)\n"
            "        return out\n",
            "out +=",
            "adds its branches up in a way that archlint cannot read",
        ),
        ("    def forward(self, x): return self.a(x) + self.b(x)\n", "self.a(x)", "is on one line"),
    ],
)
def test_a_forward_that_is_not_understood_is_left_alone(
    forward: str, piece: str, reason: str
) -> None:
    text = HEAD + forward
    with pytest.raises(Unfixable) as fault:
        fold_branches([location(text, piece)], reading(text))
    assert str(fault.value) == f"forward at nets.py:5 {reason}"


def test_a_function_of_that_name_is_not_written_over() -> None:
    text = f"def folded_branches():\n    pass\n\n{HEAD}" + (
        "    def forward(self, x):\n        return self.a(x) + self.b(x)\n"
    )
    with pytest.raises(Unfixable, match=r"^nets\.py has another folded_branches already$"):
        fold_branches([location(text, "self.a(x)")], reading(text))


def test_ends_of_lines_and_indents_are_the_file_s() -> None:
    forward = "\tdef forward(self, x):\n\t\treturn self.a(x) + self.b(x)\n"
    text = (HEAD + forward).replace("\n", "\r\n")
    new = edited(text, fold_branches([location(text, "self.a(x)")], reading(text)))
    assert new.count("\n") == new.count("\r\n")
    assert "\t\tif self.training:\r\n\t\t\tmerged = self.a(x) + self.b(x)\r\n" in new
