"""Where in the PyTorch module tree an operator comes from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

__all__ = ["METADATA_KEYS", "metadata_scopes", "module_of"]

_SCOPES = "pkg.torch.onnx.name_scopes"
_CLASSES = "pkg.torch.onnx.class_hierarchy"
_NAMESPACE = "namespace"
METADATA_KEYS = frozenset({_SCOPES, _CLASSES, _NAMESPACE})

_PARAMETER = re.compile(
    r"(?:weight|bias|kernel|gamma|beta|alpha|slope|running_mean|running_var|[wb](?=_\d+$))"
    r"(?:_(?:bias|scale|zero_point|quantized|quant|int8|q|DequantizeLinear|\d+))*$"
)
_OF_TENSORFLOW = re.compile(
    r"(.+)/(?:convolution|depthwise|separable_conv2d|MatMul|Cast)[\d_]*"
    r"(?:/(?:ReadVariableOp|merged_input|resource))+(?::0)?$"
)
_QUANTISER = re.compile(
    r"(?:\._?(?:weight_)?(?:fake_quant|quantizer|post_process)\w*|[._](?:quantized|dequantized))$"
)
_CONV_CLASSES = {3: "Conv1d", 4: "Conv2d", 5: "Conv3d"}


def module_of(
    op_type: str,
    node_name: str,
    weight_names: Iterable[str],
    weight_rank: int | None,
    metadata: Mapping[str, str],
) -> tuple[str, str]:
    """The dotted module path of an operator and its module's class, "" where unknown.

    Weight names win: exporters fold batch-norm into convs and keep the batch-norm's metadata.
    Then the exporter's metadata counts, then a node name such as "/layer1/layer1.0/conv2/Conv".
    """
    scopes = metadata_scopes(metadata)
    for name in weight_names:
        path = _path_of_weight(name)
        if path:
            for scope, scope_class in scopes:
                if scope == path:
                    return path, scope_class.rpartition(".")[2]
            folded = bool(scopes) and op_type == "Conv" and weight_rank is not None
            return path, _CONV_CLASSES.get(weight_rank or 0, "") if folded else ""
    if scopes:
        path, scope_class = scopes[-1]
        return path, scope_class.rpartition(".")[2]
    return _path_of_node(node_name), ""


@lru_cache(maxsize=4096)
def _path_of_weight(name: str) -> str:
    found = _OF_TENSORFLOW.match(name)
    if found:
        return found[1].replace("/", ".")
    if "::" in name or "." not in name:
        return ""
    path, _, parameter = _QUANTISER.sub("", name.removesuffix("_DequantizeLinear")).rpartition(".")
    path = path.removesuffix(".parametrizations").strip("./")
    return path.replace("/", ".") if _PARAMETER.match(parameter) else ""


def _path_of_node(name: str) -> str:
    """A path of scopes; the older exporter repeats the parent's name: "layer1/layer1.0".

    TensorFlow Lite lists what it fused, the conv or product last: "net/relu/Relu;net/conv/Conv".
    """
    scopes = [each for each in name.rpartition(";")[2].split("/")[:-1] if each]
    if not scopes:
        return ""
    path: list[str] = []
    for scope in scopes:
        if path and scope.startswith(path[-1] + "."):
            path[-1] = scope
        else:
            path.append(scope)
    return ".".join(path)


def metadata_scopes(metadata: Mapping[str, str]) -> list[tuple[str, str]]:
    """Module paths and qualified classes from the outermost module to the innermost."""
    if not metadata:
        return []
    names = _string_list(metadata.get(_SCOPES, ""))
    classes = _string_list(metadata.get(_CLASSES, ""))
    if not names or len(names) != len(classes):
        names, classes = _split_namespace(metadata.get(_NAMESPACE, ""))
    return list(zip(names, classes, strict=True))[:-1]


def _string_list(text: str) -> list[str]:
    """The strings of a Python list's repr; most need no parser."""
    if not isinstance(text, str) or not text.startswith("["):
        return []
    if text.startswith("['") and text.endswith("']") and '"' not in text and "\\" not in text:
        return text[2:-2].split("', '")
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _split_namespace(text: str) -> tuple[list[str], list[str]]:
    """Split "a: Class/a.b: Class/relu: aten.relu.default"."""
    if not isinstance(text, str) or ": " not in text:
        return [], []
    pairs = [each.partition(": ") for each in text.split("/")]
    return [name for name, _, _ in pairs], [kind for _, _, kind in pairs]
