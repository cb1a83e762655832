"""What a rule imports: a rule of archlint's own, or one of another package.

- A rule is a class: `Rule`, `Option`, `OptionValue`.  It looks at a `View` and gives a `Place`
  or a `Silence` for each candidate: `Decision`, `Nature`, `Limit`, `Choice`, `Severity`.
- What it looks at: the network (`Model`, `Operator`, `Tensor`), the kernels that the target runs
  for it (`Target`, `Lowered`, `PlacedKernel`, `Kernel`, `Kind`) and their prices (`Pricer`,
  `Comparison`, `Price`, `Basis`).
- What a place may say of the source: `OtherActivation`, `OtherWidths`, `AlignedWidths`,
  `FoldedBranches`, `SwappedLayers`.
- `pattern_of` gives a module path without its indices, `unnumbered` one without any numbers,
  for decisions.
- What it has measured: `Workload`, `Experiment`; what `archlint rule --plot` draws of it: `Plot`,
  `Panel`, `PlotPoint`.

These are stable (docs/stability.md).  What follows them in `__all__` is the engine's, for the
rules that move widths or lower a model again: it may change with any minor version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import ACTIVATIONS, POOLS, REORDERS, VIEWS
from archlint.cost.lowering.difference import (
    Difference,
    differences,
    relower,
    rewrite_differences,
)
from archlint.cost.lowering.lower import Change, Lowered, PlacedKernel, lower
from archlint.cost.lowering.on_path import apart, on_path
from archlint.cost.pricer import Comparison, Pricer
from archlint.cost.pricing.price import Basis, Price
from archlint.cost.redesign.alignment import owes_to_alignment
from archlint.cost.redesign.equal_time import as_long, at_equal_time
from archlint.cost.redesign.fastest import fastest, keeping, width_step
from archlint.cost.redesign.layers import layers_of, layers_text
from archlint.cost.redesign.pairs import Pair, find_pair
from archlint.cost.redesign.redesign import FLOPS_FROM, FLOPS_TO, Block, Candidate, find_block
from archlint.cost.redesign.shared_width import SharedWidth, find_shared_widths
from archlint.cost.redesign.width_changes import WidthChanges
from archlint.cost.target import Target
from archlint.graph.composites import find_composites
from archlint.graph.model import Model
from archlint.graph.operator import Operator, Tensor
from archlint.graph.pattern import pattern_of, unnumbered
from archlint.graph.rewrite import Rewrite
from archlint.graph.widths import MODEL_INPUT, Widths
from archlint.remedy import (
    AlignedWidths,
    FoldedBranches,
    OtherActivation,
    OtherWidths,
    Remedy,
    SwappedLayers,
)
from archlint.results.findings import Severity
from archlint.rule import Choice, Decision, Limit, Nature, Option, Place, Rule, Silence, View
from archlint.settings.options import OptionValue

__all__ = [  # noqa: RUF022 - in the order of the docstring
    "Rule", "Option", "OptionValue", "View", "Place", "Choice", "Silence", "Decision", "Nature",
    "Limit", "Severity",
    "Model", "Operator", "Tensor", "Target", "Lowered", "PlacedKernel", "Kernel", "Kind",
    "Pricer", "Comparison", "Price", "Basis",
    "Remedy", "OtherActivation", "OtherWidths", "AlignedWidths", "FoldedBranches", "SwappedLayers",
    "pattern_of", "unnumbered",
    "Workload", "Experiment", "Plot", "Panel", "PlotPoint",
    # the engine's
    "ACTIVATIONS", "POOLS", "REORDERS", "VIEWS", "MODEL_INPUT", "Widths", "find_composites",
    "Pair", "find_pair", "Block", "Candidate", "FLOPS_FROM", "FLOPS_TO", "find_block", "fastest",
    "keeping", "width_step", "as_long", "at_equal_time", "layers_of", "layers_text",
    "owes_to_alignment", "SharedWidth", "find_shared_widths", "WidthChanges",
    "apart", "on_path", "lower", "relower", "Change", "Difference", "differences",
    "Rewrite", "rewrite_differences",
]  # fmt: skip

if TYPE_CHECKING:
    from archlint.measure.plan.experiment import Experiment, Workload
    from archlint.results.plot import Panel, Plot, PlotPoint
else:  # a type checker must not take every name for one of these
    _HOMES = {
        **dict.fromkeys(("Experiment", "Workload"), "archlint.measure.plan.experiment"),
        **dict.fromkeys(("Panel", "Plot", "PlotPoint"), "archlint.results.plot"),
    }

    def __getattr__(name: str) -> object:
        # a lint must not pay for what plots and measurements are made of
        if name in _HOMES:
            from importlib import import_module

            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module 'archlint.plugin' has no attribute {name!r}")
