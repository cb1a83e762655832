"""Write examples/onnx/*.onnx, without weights, from the nets beside this script.

    python examples/export.py [NAME ...]

The files hold the operators, every tensor's name, dims and dtype, and where in examples/nets each
operator came from.  Run twice, the script writes the same bytes.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import math
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import onnx
import torch
from nets import mobilenet, nasnet, repvgg, resnet, shufflenet, unet, vgg, vit
from torch import nn

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY / "examples" / "onnx"
OPSET = 20
MAX_PAYLOAD = 1024  # bytes; shapes, axes and scalars stay well below it

EXAMPLES: dict[str, Callable[[], nn.Module]] = {
    "mobilenet_v1": mobilenet.mobilenet_v1,
    "mobilenet_v2": mobilenet.mobilenet_v2,
    "nasnet_a_small": nasnet.nasnet_a_small,
    "repvgg_a0_deploy": repvgg.repvgg_a0_deployed,
    "repvgg_a0_train": repvgg.repvgg_a0,
    "resnet18": resnet.resnet18,
    "resnet50": resnet.resnet50,
    "shufflenet_v1_g3": shufflenet.shufflenet_v1_g3,
    "shufflenet_v2": shufflenet.shufflenet_v2,
    "unet": unet.unet,
    "vgg16": vgg.vgg16,
    "vit_s16": vit.vit_s16,
}

# Where an operator came from.  The exporter's other keys repeat these or hold its internals.
_NODE_METADATA = {
    "pkg.torch.onnx.class_hierarchy",
    "pkg.torch.onnx.name_scopes",
    "pkg.torch.onnx.stack_trace",
}
_FRAME = re.compile(r'^ *File "(?P<path>[^"]+)", (?P<where>line \d+, in .+)$', re.M)


def perturb(net: nn.Module, seed: int = 0) -> None:
    """Give biases and normalisation layers values that no two layers share, as training does.

    At their initial zeros and ones the exporter would merge them or leave them out, and the
    operators would not be those of a trained net.  The values are positive: some are variances.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in itertools.chain(net.parameters(), net.buffers()):
            if tensor.dim() == 1:
                tensor.uniform_(0.5, 1.5, generator=generator)


def to_onnx(net: nn.Module) -> onnx.ModelProto:
    """The net in eval mode as PyTorch's exporter writes it, for any batch of 3x224x224 images."""
    # It warns that it leaves out operators of torchvision, which is not needed here.
    logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # PyTorch copies tree specs of its own in a way that it has deprecated itself.
        warnings.filterwarnings(
            "ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning
        )
        program = torch.onnx.export(
            net.eval(),
            (torch.zeros(2, 3, 224, 224),),  # not 1: the exporter takes a batch of 1 as fixed
            input_names=["image"],
            output_names=["output"],
            dynamic_shapes=({0: "batch"},),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # None only where a file was asked for
    return program.model_proto


def strip(model: onnx.ModelProto) -> None:
    """Drop weights, this machine's paths, and metadata that says nothing of the architecture."""
    graph = model.graph
    initializers = {tensor.name for tensor in graph.initializer}
    for tensor in _tensors(model):
        weight = tensor.data_type == onnx.TensorProto.FLOAT and math.prod(tensor.dims) > 1
        if weight or len(tensor.raw_data) > MAX_PAYLOAD:
            tensor.ClearField("raw_data")

    kept = [value for value in graph.value_info if value.name not in initializers]
    del graph.value_info[:]
    graph.value_info.extend(kept)

    model.producer_version = model.producer_version.split("+")[0]  # no "+cpu", no "+cu130"
    for holder in (model, graph, *graph.input, *graph.output, *graph.value_info):
        del holder.metadata_props[:]
    for tensor in graph.initializer:
        del tensor.metadata_props[:]
    for node in graph.node:
        entries = [entry for entry in node.metadata_props if entry.key in _NODE_METADATA]
        for entry in entries:
            if entry.key == "pkg.torch.onnx.stack_trace":
                entry.value = own_frames(entry.value)
        del node.metadata_props[:]
        node.metadata_props.extend(entries)


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from model.graph.initializer
    for node in model.graph.node:
        yield from (attribute.t for attribute in node.attribute if attribute.HasField("t"))


def own_frames(stack_trace: str) -> str:
    """The frames that lie beside this script: paths relative to the repository, no code."""
    frames = []
    for frame in _FRAME.finditer(stack_trace):
        path = Path(frame["path"])
        if path.is_relative_to(REPOSITORY / "examples"):
            relative = path.relative_to(REPOSITORY).as_posix()
            frames.append(f'File "{relative}", {frame["where"]}')
    return "\n  ".join(frames)


def build(name: str) -> onnx.ModelProto:
    """The example of that name, ready to be saved."""
    torch.manual_seed(0)
    net = EXAMPLES[name]()
    perturb(net)
    model = to_onnx(net)
    strip(model)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the example models.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    names = parser.parse_args().names or sorted(EXAMPLES)
    if unknown := sorted(set(names) - set(EXAMPLES)):
        parser.error(f"no such example: {', '.join(unknown)}; there are {', '.join(EXAMPLES)}")
    FOLDER.mkdir(exist_ok=True)
    for name in names:
        content = build(name).SerializeToString(deterministic=True)
        (FOLDER / f"{name}.onnx").write_bytes(content)
        print(f"{name}.onnx  {len(content):,} bytes")


if __name__ == "__main__":
    main()
