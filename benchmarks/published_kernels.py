"""The kernels of timm's networks, from exports without weights, for `published.py`.

    python benchmarks/published_kernels.py FOLDER [MINUTES [FILE ...]]

Exports what has published times into FOLDER, in a random order, as far as the minutes go (60);
what is there is not exported again.  Then lowers all of it into the facts, or into the FILEs named
there ("kernels-nhwc").
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import logging
import multiprocessing
import os
import random
import resource
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import onnx
from published_facts import FACTS, LOWERINGS, PUBLISHED, kernels_file

from archlint.cost.kernels.kernel import format_chain
from archlint.cost.lowering.lower import lower
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, list_targets
from archlint.errors import ArchlintError
from archlint.graph.model import Model
from archlint.graph.reader import read_model

_MOST_PARAMETERS = 300e6
_SECONDS = 25
"""Of CPU time for one network."""
_VALUES_KEPT = 1024
"""Bytes above which an exported constant is a weight, whose values no lowering looks at."""
_FOLDS = (
    "efficientvit_m", "fastvit", "levit", "mobileone", "repghost", "repvgg", "repvit", "shvit",
    "tiny_vit",
)  # fmt: skip
"""What begins the names of networks whose branches can be folded."""


def wanted() -> list[tuple[str, int]]:
    """The pairs, and the others in a random order; `NAME@deployed` has its branches folded."""
    timed: dict[str, set[int]] = {}
    for each in PUBLISHED.values():
        with gzip.open(FACTS / f"{each.times}.csv.gz", "rt", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                timed.setdefault(row["network"], set()).add(int(row["image"]))
    first = []
    with (FACTS / "pairs.csv").open(encoding="utf-8") as lines:
        for pair in csv.DictReader(lines):
            both = timed.get(pair["network"], set()) & timed.get(pair["other"], set())
            first += [(pair[key], min(both)) for key in ("network", "other") if both]
    rest = sorted((name, image) for name, images in timed.items() for image in images)
    rest += [(f"{name}@deployed", image) for name, image in rest if name.startswith(_FOLDS)]
    random.Random(16).shuffle(rest)
    return list(dict.fromkeys(first + rest))


def _without_values() -> None:
    """Weights are not filled: nobody looks at them, and memory that is not touched costs none."""
    import timm.layers.weight_init
    import torch

    for name in ("normal_", "uniform_", "erfinv_", "bernoulli_"):
        setattr(torch.Tensor, name, lambda tensor, *_, **__: tensor)
    timm.layers.weight_init._trunc_normal_ = lambda tensor, *_, **__: tensor


def _model(network: str, image: int) -> Any:
    import timm
    from timm.utils.model import reparameterize_model

    name, _, deployed = network.partition("@")
    try:
        model = timm.create_model(name, pretrained=False, img_size=image)
    except TypeError:  # one that takes any size
        model = timm.create_model(name, pretrained=False)
    count = sum(each.numel() for each in model.parameters())
    if count > _MOST_PARAMETERS:
        raise ValueError(f"{count / 1e6:.0f} M parameters")
    model.eval()
    return reparameterize_model(model) if deployed else model


def _export(network: str, image: int, file: Path) -> None:
    """Write a network without its weights; what fails is said in a file beside it."""
    import torch

    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS + 1))
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # graphs of failed exports
    try:
        model, whole = _model(network, image), io.BytesIO()
        with torch.no_grad():
            torch.onnx.export(
                model, (torch.zeros(1, 3, image, image),), whole, dynamo=False, opset_version=17,
                # batch-norms stay operators of their own
                training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
            )  # fmt: skip
        proto = onnx.load_from_string(whole.getvalue())
        for tensor in proto.graph.initializer:
            if len(tensor.raw_data) > _VALUES_KEPT:
                tensor.ClearField("raw_data")
        file.write_bytes(gzip.compress(proto.SerializeToString()))
    except Exception as error:
        text = f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
        file.with_suffix(".failed").write_text(text, encoding="utf-8")


def export_all(folder: Path, minutes: float) -> None:
    """Export one network after the other, each in a process of its own, until the time is up."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    _without_values()
    end = time.monotonic() + 60 * minutes
    for network, image in wanted():
        file = folder / f"{network}.{image}.onnx.gz"
        if file.exists() or file.with_suffix(".failed").exists():
            continue
        if time.monotonic() > end:
            return
        process = multiprocessing.get_context("fork").Process(
            target=_export, args=(network, image, file)
        )
        process.start()
        process.join()
        if not file.exists() and not file.with_suffix(".failed").exists():
            file.with_suffix(".failed").write_text("it took too long", encoding="utf-8")


def lowered(model: Model, rules: RuntimeRules) -> dict[str, Any]:
    """A model as kernels; raises ValueError where it has an operator without one."""
    found = lower(model, rules)
    if found.unpriced:
        types = sorted({model.operators[index].op_type for index in found.unpriced})
        raise ValueError(f"no kernel for {', '.join(types)}")
    counts = Counter(each.kernel for each in found.kernels for _ in range(each.repeats))
    chain = sorted(((n, each) for each, n in counts.items()), key=lambda pair: pair[1].text)
    return {
        "flops": sum((each.flops or 0) * each.repeats for each in model.operators),
        "mac": sum((each.mac or 0) * each.repeats for each in model.operators),
        "operators": len(model.operators),
        "kernels": format_chain(chain),
    }


def lower_all(folder: Path, names: Sequence[str]) -> None:
    """Write each exported network as the kernels of several runtimes."""
    targets = list_targets(SHIPPED) | list_targets(FACTS)
    rules = {name: load_target(targets[LOWERINGS[name].target]).lowering for name in names}
    lines = dict.fromkeys(names, "")
    for file in sorted(folder.glob("*.onnx.gz")):
        network, image = file.name.removesuffix(".onnx.gz").rsplit(".", 1)
        proto = onnx.load_from_string(gzip.decompress(file.read_bytes()))
        for batch, of_batch in groupby(names, key=lambda name: LOWERINGS[name].batch):
            try:
                model = read_model(proto, batch=batch)
                for name in of_batch:
                    line = {"network": network, "image": int(image), **lowered(model, rules[name])}
                    lines[name] += json.dumps(line) + "\n"
            except (ArchlintError, ValueError) as fault:
                print(f"{network} {image}: {fault}")
    for name, text in lines.items():
        kernels_file(name).write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    into = Path(sys.argv[1])
    into.mkdir(parents=True, exist_ok=True)
    export_all(into, float(sys.argv[2]) if len(sys.argv) > 2 else 60)
    lower_all(into, sys.argv[3:] or list(LOWERINGS))
