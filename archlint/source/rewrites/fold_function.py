"""The function that folds branches, as it is written into the user's file."""

from __future__ import annotations

__all__ = ["NAME", "fold_function"]

NAME = "folded_branches"

_TEXT = '''\
def folded_branches(x: {torch}.Tensor, *branches: object) -> {torch}.Tensor:
    """The sum of branches, as one convolution where each is a Conv2d, a BatchNorm2d or both.

    A branch is a layer, or layers in series as a Sequential or a tuple; () is x itself, and None
    is left out.  Where a branch is anything else, all run one by one.
    """

    def is_a(layer: object, kind: type) -> bool:
        return isinstance(layer, kind) and type(layer).forward is kind.forward

    def layers_of(branch: object) -> list:
        if isinstance(branch, tuple) or is_a(branch, {nn}.Sequential):
            return [layer for part in branch for layer in layers_of(part)]
        return [] if is_a(branch, {nn}.Identity) else [branch]

    def one_by_one() -> {torch}.Tensor:
        total = 0
        for layers in series:
            out = x
            for layer in layers:
                out = layer(out)
            total = total + out
        return total

    def is_plain(layer: object) -> bool:
        return (
            is_a(layer, {nn}.Conv2d)
            and layer.padding_mode == "zeros"
            and layer.dilation == (1, 1)
            and not isinstance(layer.padding, str)
        )

    series = [layers_of(branch) for branch in branches if branch is not None]
    convs = [layer for layers in series for layer in layers if is_plain(layer)]
    if not convs:
        return one_by_one()
    main = max(convs, key=lambda conv: conv.kernel_size)
    channels = main.in_channels // main.groups
    unit = {torch}.eye(channels, dtype=main.weight.dtype, device=main.weight.device)
    unit = unit.repeat(main.groups, 1)[:, :, None, None]
    kernel, bias = {torch}.zeros_like(main.weight), 0
    for layers in series:
        weight, shift, stride, padding = unit, 0, (1, 1), (0, 0)
        for layer in layers:
            if is_plain(layer) and weight is unit and layer.groups == main.groups:
                weight, shift = layer.weight, 0 if layer.bias is None else layer.bias
                stride, padding = layer.stride, layer.padding
            elif (
                is_a(layer, {nn}.BatchNorm2d)
                and layer.running_var is not None
                and not layer.training
            ):
                scale = 1 / {torch}.sqrt(layer.running_var + layer.eps)
                if layer.affine:
                    scale = layer.weight * scale
                weight = weight * scale[:, None, None, None]
                shift = (shift - layer.running_mean) * scale
                if layer.affine:
                    shift = shift + layer.bias
            else:
                return one_by_one()
        top, left = (whole - own for whole, own in zip(main.padding, padding))
        bottom = kernel.shape[2] - weight.shape[2] - top
        right = kernel.shape[3] - weight.shape[3] - left
        if stride != main.stride or min(left, right, top, bottom) < 0:
            return one_by_one()
        kernel = kernel + {nn}.functional.pad(weight, (left, right, top, bottom))
        bias = bias + shift
    if not isinstance(bias, {torch}.Tensor):
        bias = None
    return {nn}.functional.conv2d(x, kernel, bias, main.stride, main.padding, 1, main.groups)
'''


def fold_function(torch: str, nn: str, indent: str) -> str:
    """The function, with what its module calls torch and torch.nn."""
    text = _TEXT.format(torch=torch, nn=nn)
    return text if indent == "    " else text.replace("    ", indent)
