"""What an export from source gives and takes, against the exporter's own file and time.

python benchmarks/from_source.py examples   the 12 examples against examples/onnx
python benchmarks/from_source.py lines      how many of their lines are exact, from source and file
python benchmarks/from_source.py resnet50   time against torch.onnx.export alone, alternated
python benchmarks/from_source.py llama      memory for a Llama of 7 billion parameters
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import onnx

import archlint
from archlint.graph import read_model
from archlint.linter import lint
from archlint.linter.source import SourceModel
from archlint.location import Certainty, Location
from archlint.settings.options import Options
from archlint.source.export import ModelSpec, export
from archlint.source.export.located import locate
from archlint.source.export.peak import peak_memory
from archlint.source.static import locate_statically

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
TARGETS = ("epyc-milan-ort-fp32-1t", "epyc-milan-torch-fp32-1t", "gtx1080ti-cudnn7-fp32")
FACTORIES = {
    "mobilenet_v1": "mobilenet.py:mobilenet_v1",
    "mobilenet_v2": "mobilenet.py:mobilenet_v2",
    "nasnet_a_small": "nasnet.py:nasnet_a_small",
    "repvgg_a0_deploy": "repvgg.py:repvgg_a0_deployed",
    "repvgg_a0_train": "repvgg.py:repvgg_a0",
    "resnet18": "resnet.py:resnet18",
    "resnet50": "resnet.py:resnet50",
    "shufflenet_v1_g3": "shufflenet.py:shufflenet_v1_g3",
    "shufflenet_v2": "shufflenet.py:shufflenet_v2",
    "unet": "unet.py:unet",
    "vgg16": "vgg.py:vgg16",
    "vit_s16": "vit.py:vit_s16",
}
ROUNDS = 7
ALONE = """
import sys, time, torch
sys.path.insert(0, sys.argv[1])
import resnet
net = resnet.resnet50().eval()
started = time.perf_counter()
torch.onnx.export(net, (torch.zeros(1, 3, 224, 224),), dynamo=True, verbose=False)
print(time.perf_counter() - started)
"""


def example(name: str, batch: int = 1) -> ModelSpec:
    return ModelSpec.parse(f"{EXAMPLES / 'nets' / FACTORIES[name]}", [f"{batch}x3x224x224"])


def compare_examples() -> None:
    print("example             operators  FLOPs   parameters  time on three targets     "
          "findings  located")  # fmt: skip
    for name in FACTORIES:
        exported = export(example(name))
        file = onnx.load(EXAMPLES / "onnx" / f"{name}.onnx")
        made, file_report = archlint.lint([exported.proto, file], targets=TARGETS, batch=1).models
        model = read_model(exported.proto, origins=True)
        located = Counter(each.certainty.value for each in locate(model, exported).values())
        times = [
            f"{a.predicted / b.predicted:.4f}"
            for a, b in zip(made.targets, file_report.targets, strict=True)
        ]
        same = [
            [(each.code, each.fingerprint) for each in report.findings]
            for report in (made, file_report)
        ]
        print(
            f"{name:18} {made.operators:4}/{file_report.operators:4}"
            f"  {made.flops / file_report.flops:.4f}"
            f"  {made.parameters / file_report.parameters:.4f}      {' '.join(times)}"
            f"      {len(same[0])}/{len(same[1])} {'same' if same[0] == same[1] else 'differ'}"
            f"  {dict(located)} {' '.join(exported.remarks)}",
            flush=True,
        )


def count_lines() -> None:
    """Of operators and findings, as exact/all; the file's with --source-root alone."""
    print("example             source: operators  findings   file: operators  findings  not exact")
    for name in FACTORIES:
        path = EXAMPLES / "onnx" / f"{name}.onnx"
        source = example(name, 8)
        exported = export(source)
        made, file = read_model(exported.proto, origins=True), read_model(str(path), origins=True)
        options = Options(targets=TARGETS, batch=8, source_roots=(str(EXAMPLES),))
        reports = lint([SourceModel(source), str(path)], options).models
        places = [[each.location for each in report.findings] for report in reports]
        located = locate(made, exported), locate_statically(file, [EXAMPLES], {})
        rest = [op.op_type for op in file.operators if not _is_exact(located[1].get(op.index))]
        shares = [
            f"{sum(map(_is_exact, found))}/{count}"
            for found, count in (
                (located[0].values(), len(made.operators)), (places[0], len(places[0])),
                (located[1].values(), len(file.operators)), (places[1], len(places[1])),
            )
        ]  # fmt: skip
        print(
            f"{name:18} {shares[0]:>18} {shares[1]:>9} {shares[2]:>17} {shares[3]:>9}"
            f"  {dict(Counter(rest)) or ''}",
            flush=True,
        )


def _is_exact(location: Location | None) -> bool:
    return location is not None and location.certainty is Certainty.EXACT


def time_resnet50() -> None:
    """A process each; the export alone is the call without the imports around it."""
    own, alone, whole = [], [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        command = [sys.executable, "-W", "ignore", "-c", ALONE, str(EXAMPLES / "nets")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        whole.append(time.perf_counter() - started)
        alone.append(float(done.stdout.split()[-1]))
        own.append(export(example("resnet50")).seconds)
    for title, others in (("the call alone", alone), ("the whole process", whole)):
        ratios = [a / b for a, b in zip(own, others, strict=True)]
        print(
            f"{statistics.median(own):.2f} s against {statistics.median(others):.2f} s for {title}:"
            f" {statistics.median(own) / statistics.median(others):.2f} times"
            f" (pairs {min(ratios):.2f} to {max(ratios):.2f})"
        )


def weigh_llama() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    spec = ModelSpec.parse(
        "transformers:LlamaForCausalLM", ["input_ids=int64[1,128]"], {"use_cache": False}
    )
    exported = export(spec)
    report = archlint.lint(exported.proto, targets=TARGETS[:1]).models[0]
    print(
        f"{report.parameters / 1e9:.2f} billion parameters, {report.operators} operators,"
        f" {exported.seconds:.0f} s; peak of the worker {exported.peak_bytes / 1e9:.2f} GB,"
        f" of the parent {peak_memory() / 1e9:.2f} GB; {report.error or 'linted'}"
    )


if __name__ == "__main__":
    runs = {
        "examples": compare_examples,
        "lines": count_lines,
        "resnet50": time_resnet50,
        "llama": weigh_llama,
    }
    for each in sys.argv[1:] or runs:
        runs[each]()
