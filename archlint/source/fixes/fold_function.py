"""The function that folds branches, as it is written into the user's file."""

from __future__ import annotations

__all__ = ["NAME", "fold_function"]

NAME = "folded_branches"

_TEXT = '''\
def folded_branches(x: {torch}.Tensor, *branches: object) -> {torch}.Tensor:
    """The sum of linear branches in eval mode, as one convolution.

    A branch is a Conv2d, a BatchNorm2d or a Conv2d and a BatchNorm2d in series, as a Sequential
    or a tuple; () is x itself, and None is left out.
    """

    def layers_of(branch: object) -> list:
        if isinstance(branch, tuple) or (
            isinstance(branch, {nn}.Sequential) and type(branch).forward is {nn}.Sequential.forward
        ):
            return [layer for part in branch for layer in layers_of(part)]
        return [branch]

    series = [layers_of(branch) for branch in branches if branch is not None]
    convs = [layer for layers in series for layer in layers if isinstance(layer, {nn}.Conv2d)]
    main = max(convs, key=lambda conv: conv.kernel_size)
    channels = main.in_channels // main.groups
    unit = {torch}.eye(channels, dtype=main.weight.dtype, device=main.weight.device)
    unit = unit.repeat(main.groups, 1)[:, :, None, None]
    kernel, bias = {torch}.zeros_like(main.weight), 0
    for layers in series:
        weight, shift, stride, padding = unit, 0, (1, 1), (0, 0)
        for layer in layers:
            if isinstance(layer, {nn}.Conv2d) and weight is unit:
                is_plain = layer.dilation == (1, 1) and layer.padding_mode == "zeros"
                if not is_plain or layer.groups != main.groups:
                    raise TypeError(f"no branch to fold: {{layer}}")
                weight, shift = layer.weight, 0 if layer.bias is None else layer.bias
                stride, padding = layer.stride, layer.padding
            elif isinstance(layer, {nn}.BatchNorm2d):
                scale = 1 / {torch}.sqrt(layer.running_var + layer.eps)
                if layer.affine:
                    scale = layer.weight * scale
                weight = weight * scale[:, None, None, None]
                shift = (shift - layer.running_mean) * scale
                if layer.affine:
                    shift = shift + layer.bias
            elif not isinstance(layer, {nn}.Identity):
                raise TypeError(f"no branch to fold: {{layer}}")
        top, left = (whole - own for whole, own in zip(main.padding, padding))
        bottom = kernel.shape[2] - weight.shape[2] - top
        right = kernel.shape[3] - weight.shape[3] - left
        if stride != main.stride or min(left, right, top, bottom) < 0:
            raise TypeError(f"{{layers}} and {{main}} cover other pixels")
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
