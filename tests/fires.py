"""Networks where a rule fires, on the rules' pages: from the findings that were run.

They stand between two marks; `python -m tests.docs` writes them anew from docs/findings.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FIRES", "fires_table"]

FINDINGS = Path(__file__).parents[1] / "docs" / "findings.md"

_BEGIN, _END = "<!-- fires: from docs/findings.md, by python -m tests.docs -->", "<!-- end -->"
FIRES = re.compile(f"(?<={re.escape(_BEGIN)}\n).*?(?={re.escape(_END)})", re.DOTALL)
"""What stands between the marks of a page."""

_MOST = 3
_EXAMPLES = "examples"
_ROW = re.compile(r"^\| (?P<cells>\S+ \| [A-Z]\d \| .*) \|$", re.MULTILINE)
_MEASURED = re.compile(r"[\d.]+")
_LIBRARIES = {"tv": "torchvision", "timm": "timm", "ptcv": "pytorchcv", "smp": "smp",
              "hf": "transformers", "var": "torchvision"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Run:
    """A finding of a network, as its row has it."""

    network: str
    library: str
    finding: str
    where: str
    predicted: str
    measured: str
    verdict: str

    @property
    def is_example(self) -> bool:
        return self.library == _EXAMPLES

    @property
    def slowdown(self) -> float:
        found = _MEASURED.match(self.measured)
        return 0.0 if found is None else float(found[0])


def fires_table(rule: str) -> str:
    """Three networks, of libraries first, where it is slowest as measured: a finding of each."""
    text = FINDINGS.read_text(encoding="utf-8")
    best: dict[str, _Run] = {}
    for each in sorted(_runs(text, rule), key=lambda each: (each.is_example, -each.slowdown)):
        if each.verdict.startswith("confirmed"):
            best.setdefault(_kin(each.network), each)
    rows = [
        (
            f"{each.network} ({each.library})",
            each.finding,
            each.where,
            each.predicted,
            each.measured,
        )
        for each in list(best.values())[:_MOST]
    ]
    head = ("network", "finding", "where", "slow-down, predicted", "measured")
    lines = (head, ["---"] * len(head), *rows)
    return "".join(f"| {' | '.join(each)} |\n" for each in lines)


def _runs(text: str, rule: str) -> Iterator[_Run]:
    for match in _ROW.finditer(text):
        cells: Sequence[str] = match["cells"].split(" | ")
        if cells[1] == rule and len(cells) == 7:
            stem, _, name = cells[0].partition(".")[0].partition("_")
            known = _LIBRARIES.get(stem)
            network = name if known else cells[0]
            yield _Run(network, known or _EXAMPLES, *cells[2:])


def _kin(network: str) -> str:
    """The family, of which one is enough: the word that its name begins with."""
    found = re.match(r"[a-z]+", network)
    return network if found is None else found[0]
