"""Files whose convs hold the batch-norms that a target's runtime would run one by one."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.cost.target import Target
from archlint.graph.model import Model
from archlint.graph.operator import Operator

__all__ = ["folded_form"]

_TEXT = (
    "the file is likely the folded form: its convs hold the batch-norms that the runtime runs as "
    "kernels of their own; lint the source for their price"
)


def folded_form(model: Model, targets: Sequence[Target]) -> tuple[str, ...]:
    """A remark on a file that is priced for targets that fold no BatchNormalization themselves.

    A bias that is called like its conv's weight is the module's own; exporters call one that
    they make of a batch-norm otherwise.
    """
    alone = [each.name for each in targets if not each.lowering.folds_norms]
    if not alone or any(op.op_type == "BatchNormalization" for op in model.operators):
        return ()
    if not any(map(_has_foreign_bias, model.operators)):
        return ()
    return (_TEXT if len(alone) == len(targets) else f"{', '.join(alone)}: {_TEXT}",)


def _has_foreign_bias(op: Operator) -> bool:
    if op.op_type != "Conv" or op.weight is None or len(op.inputs) < 3:
        return False
    bias = op.inputs[2]
    if bias is None or not bias.constant:
        return False
    path, dot, name = op.weight.name.rpartition(".")
    return name != "weight" or bias.name != f"{path}{dot}bias"
