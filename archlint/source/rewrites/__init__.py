"""From findings to other source text: pure functions, text in, text out."""

from archlint.source.rewrites.activation import replace_activation
from archlint.source.rewrites.edit import Edit, Read, Splice, spliced
from archlint.source.rewrites.fold import fold_branches
from archlint.source.rewrites.knobs import (
    Decision,
    Knob,
    find_aligned,
    find_decisions,
    find_widths,
)
from archlint.source.rewrites.literals import Literal, find_literals
from archlint.source.rewrites.source_text import SourceText, Unfixable
from archlint.source.rewrites.swap import swap_layers

__all__ = [
    "Decision",
    "Edit",
    "Knob",
    "Literal",
    "Read",
    "SourceText",
    "Splice",
    "Unfixable",
    "find_aligned",
    "find_decisions",
    "find_literals",
    "find_widths",
    "fold_branches",
    "replace_activation",
    "spliced",
    "swap_layers",
]
