"""PyTorch on a GPU before it had attention as one kernel, training operator by operator.

The kernels are those of the forward pass: what the backward pass runs for each of them is in the
prices, for it follows from them.
"""

from __future__ import annotations

from archlint.cost.lowering.pass_list import PassList
from archlint.cost.lowering.passes.flash_attention import fuse_called_attention
from archlint.cost.lowering.runtimes.torch_gpu import PASSES as CALLED

__all__ = ["PASSES"]

PASSES = PassList(
    tuple(each for each in CALLED.passes if each is not fuse_called_attention), CALLED.kernel_of
)
