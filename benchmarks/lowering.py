"""Whether lowering gives the kernels of ONNX Runtime's own graph, on networks of four packages.

    python benchmarks/lowering.py [--exporter NAME] [--keep FOLDER] [PACKAGE[:NAME,...] ...]

Run from the repository.  Exports each network with random weights in a process of its own, lets
ONNX Runtime optimise it for this CPU, and compares the kernels by operator, path, epilogue and the
sizes of their weights.  A row a network says what differs, with the effect in percent of its
predicted time: our kernels that the runtime doesn't run, less those of the runtime that we don't
have, each of these at the mean price of what we have instead of its operator, or else of all of
it.  `--keep` is where exported
files stay and are found again; files there of any other origin are compared too with `files`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import onnx
from architectures import AUDIO, TEXT, TIMM, VISION, spec_of

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from archlint.cost.lowering.lower import lower  # noqa: E402
from archlint.cost.pricer import Pricer  # noqa: E402
from archlint.cost.target import load_target  # noqa: E402
from archlint.cost.target_files import SHIPPED, files_of  # noqa: E402
from archlint.errors import ArchlintError  # noqa: E402
from archlint.graph.reader import read_model  # noqa: E402
from tests.measure.onnxruntime.ort_graph import (  # noqa: E402
    Signature,
    block_here,
    optimised,
    signatures_of_graph,
    signatures_of_kernels,
)

TARGET = "amd-epyc-ort-fp32-1t"
"""Whose prices weigh the differences."""
NAMES: Mapping[str, Sequence[str]] = {
    "timm": (
        *TIMM,
        *"""
        resnet18 resnext26ts resnet26d skresnet18 selecsls42b vovnet39a ese_vovnet19b_dw
        cspdarknet53 cspresnet50 darknet53 dpn48b densenetblur121d efficientnet_lite0
        efficientnet_b1_pruned mixnet_s tinynet_e fbnetc_100 semnasnet_075 spnasnet_100 lcnet_050
        mobilenetv1_100 mobilenetv3_small_050 mobilenetv4_hybrid_medium tf_mobilenetv3_small_075
        tf_efficientnet_b0 regnetx_002 regnetz_b16 repghostnet_050 ghostnetv2_100 mobileone_s0
        repvit_m0_9 starnet_s1 rexnet_100 rexnetr_200 hardcorenas_a inception_v4 xception41
        inception_resnet_v2 nasnetalarge pnasnet5large resnetv2_50 bat_resnext26ts gcresnext26ts
        eca_resnet33ts lambda_resnet26t halonet26t botnet26t_256 sebotnet33ts_256 coatnet_0_rw_224
        maxvit_rmlp_pico_rw_256 coatnext_nano_rw_224 convmixer_768_32 convit_tiny visformer_tiny
        pit_ti_224 tnt_s_patch16_224 tnt_s_legacy_patch16_224 volo_d1_224 davit_tiny
        focalnet_tiny_srf gcvit_xxtiny hiera_tiny_224 mvitv2_tiny nest_tiny pvt_v2_b0
        swinv2_cr_tiny_ns_224
        swinv2_tiny_window8_256 swin_s3_tiny_224 eva02_tiny_patch14_224 vit_tiny_patch16_224
        vit_relpos_small_patch16_224 vit_small_patch16_dinov3 flexivit_small samvit_base_patch16_224
        sequencer2d_s gmlp_s16_224 resmlp_12_224 gmixer_12_224 mixer_b16_224 efficientformerv2_s0
        efficientvit_b0 efficientvit_m0 efficientvit_l1 edgenext_xx_small fasternet_t0 fastvit_sa12
        inception_next_atto convnext_atto convnextv2_pico mobilevitv2_050 mobilevit_xxs
        tiny_vit_5m_224 nextvit_small poolformerv2_s12 metaformer_ppff_s12_224 caformer_s18
        convformer_s18
        rdnet_tiny hgnet_tiny hgnetv2_b0 shvit_s1 swiftformer_xs mambaout_femto levit_conv_128s
        crossvit_9_240 jx_nest_tiny twins_pcpvt_small xcit_tiny_12_p8_224 beitv2_base_patch16_224
        """.split(),
    ),
    "torchvision": """
        resnet18 wide_resnet50_2 resnext50_32x4d squeezenet1_1 densenet121
        googlenet inception_v3 mobilenet_v2 mobilenet_v3_small mnasnet0_5 shufflenet_v2_x1_0
        efficientnet_b0 efficientnet_v2_s regnet_y_400mf regnet_x_400mf convnext_tiny vit_b_32
        swin_t swin_v2_t maxvit_t fcn_resnet50 deeplabv3_mobilenet_v3_large
        lraspp_mobilenet_v3_large
    """.split(),
    "transformers": (*TEXT, *VISION, *AUDIO),
    "pytorchcv": """
        preresnet18 seresnet18 bninception airnet50_1x64d_r2 bam_resnet18 cbam_resnet18 diracnet18v2
        condensenet74_c4_g4 sparsenet121 peleenet wrn50_2 drnc26 dla34 hrnet_w18_small_v1
        vovnet39 shufflenet_g3_wd4 shufflenetv2_wd4 menet108_8x1_g3 mobilenet_wd4 fdmobilenet_wd4
        igcv3_wd4 darts isqrtcovresnet18 proxylessnas_cpu fbnet_cb mixnet_s squeezeresnet_v1_1
        sqnxt23_w1 ghostnet spnasnet efficientnet_edge_small_b lwopenpose2d_mobilenet_cmupan_coco
        bisenet_resnet18_celebamaskhq icnet_resnetd50b_cityscapes linknet_cityscapes
        segnet_cityscapes unet_cityscapes contextnet_cityscapes fastscnn_cityscapes
        sinet_cityscapes danet_resnetd50b_cityscapes jasperdr10x5_en_nr quartznet5x5_en_ls
    """.split(),
}
EXPORTERS = ("torchscript", "dynamo")
_DIMS_LEFT = 1024
"""Bytes above which an exported constant is a weight, whose values no lowering looks at."""


@dataclass(slots=True)
class Row:
    """What a network gave: kernels of ours that the runtime doesn't run, and the reverse."""

    name: str
    kernels: int = 0
    ours: Counter[Signature] = field(default_factory=Counter)
    theirs: Counter[Signature] = field(default_factory=Counter)
    effect: float = 0.0
    by_kind: Mapping[str, float] = field(default_factory=dict)
    error: str = ""


def _torch_model(package: str, name: str) -> tuple[Any, tuple[Any, ...]]:
    """A model in eval mode and what it takes."""
    import torch

    if package == "transformers":
        import transformers

        class ByPosition(torch.nn.Module):
            def __init__(self, inner: torch.nn.Module, names: Sequence[str]) -> None:
                super().__init__()
                self.inner, self.names = inner, names

            def forward(self, *given: torch.Tensor) -> torch.Tensor:
                made = self.inner(**dict(zip(self.names, given, strict=True)))
                return made[0]

        spec = spec_of(package, name)
        kind = getattr(transformers, name)
        model = kind(kind.config_class(**spec.kwargs)).eval()
        inputs = spec.inputs
        given = {
            each.name: torch.zeros(each.shape, dtype=getattr(torch, each.dtype)) for each in inputs
        }
        return ByPosition(model, [each.name for each in inputs]), tuple(given.values())
    if package == "timm":
        import timm

        model = timm.create_model(name, pretrained=False).eval()
        shape = model.default_cfg["input_size"]
    elif package == "torchvision":
        import torchvision

        arguments = {"weights_backbone": None} if "resnet50" in name or "v3_large" in name else {}
        if "fcn" not in name and "deeplab" not in name and "lraspp" not in name:
            arguments = {}
        model = torchvision.models.get_model(name, weights=None, **arguments).eval()
        shape = (3, 299, 299) if name == "inception_v3" else (3, 224, 224)
    else:
        from pytorchcv.model_provider import get_model

        model = get_model(name, pretrained=False).eval()
        if "_en_" in name:
            return model, (torch.zeros(1, 64, 160), torch.tensor([160]))
        shape = (3, *getattr(model, "in_size", (224, 224)))
        if max(shape) > 512:
            shape = (3, 480, 480)
            model.in_size = shape[1:]
    return model, (torch.zeros(1, *shape),)


def _export(package: str, name: str, exporter: str, file: Path) -> None:
    """Write a network without its weights; what fails is said in a file beside it."""
    import logging
    import warnings

    import torch

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # graphs of failed exports
    try:
        model, args = _torch_model(package, name)
        whole = file.with_suffix(".whole")
        with torch.no_grad():
            torch.onnx.export(
                model, args, whole, dynamo=exporter == "dynamo", verbose=False,
                opset_version=18 if exporter == "dynamo" else 17,
                **({"external_data": False} if exporter == "dynamo" else {}),
            )  # fmt: skip
        proto = onnx.load(whole)
        whole.unlink()
        for tensor in proto.graph.initializer:
            if len(tensor.raw_data) > _DIMS_LEFT:
                tensor.ClearField("raw_data")
        onnx.save(proto, file)
    except Exception as error:
        text = f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
        file.with_suffix(".failed").write_text(text, encoding="utf-8")


def exported(package: str, name: str, exporter: str, folder: Path, seconds: float) -> Path:
    """The file of a network, made unless it is there; raises ValueError with what failed."""
    file = folder / f"{package}.{name}.{exporter}.onnx"
    failed = file.with_suffix(".failed")
    if not file.exists() and not failed.exists():
        process = multiprocessing.get_context("fork").Process(
            target=_export, args=(package, name, exporter, file)
        )
        process.start()
        process.join(seconds)
        if process.is_alive():
            process.kill()
            failed.write_text(f"not exported within {seconds:.0f} s", encoding="utf-8")
        process.join()
    if not file.exists():
        raise ValueError(failed.read_text(encoding="utf-8") if failed.exists() else "it crashed")
    return file


class Judge:
    """Compares the kernels of files with those of ONNX Runtime on this CPU."""

    def __init__(self, folder: Path) -> None:
        target = load_target(files_of(SHIPPED / TARGET))
        self._pricer, self._folder, self._block = Pricer(target), folder, block_here(folder)
        blocked = target.lowering.blocked
        if blocked is not None:
            blocked = replace(blocked, block=self._block) if self._block > 1 else None
        self._rules = replace(target.lowering, blocked=blocked)

    def row(self, file: Path) -> Row:
        """What differs in one file."""
        row = Row(file.stem)
        proto = onnx.load(file)
        try:
            theirs = signatures_of_graph(optimised(proto, self._folder), self._block)
        except Exception as error:
            row.error = f"ONNX Runtime: {' '.join(str(error).split())[:120]}"
            return row
        try:
            lowered = lower(read_model(proto), self._rules)
        except ArchlintError as error:
            row.error = str(error)
            return row
        ours = signatures_of_kernels(lowered, self._block)
        row.kernels, row.ours, row.theirs = sum(theirs.values()), ours - theirs, theirs - ours
        prices: defaultdict[Signature, list[float]] = defaultdict(list)
        by_op: defaultdict[str, list[float]] = defaultdict(list)
        for placed in lowered.kernels:
            one = replace(lowered, kernels=(placed,))
            (signature,) = signatures_of_kernels(one, self._block)
            seconds = self._pricer.seconds([placed.kernel])
            if seconds is not None:
                prices[signature].append(seconds)
                by_op[signature[0]].append(seconds)
        total = sum(map(sum, prices.values())) or 1.0
        everywhere = min(map(min, prices.values()), default=0.0)
        kinds: defaultdict[str, float] = defaultdict(float)
        for signature, count in row.ours.items():
            kinds[f"ours {kind_of(signature)}"] += count * fmean(prices[signature] or [0.0])
        instead: defaultdict[str, list[float]] = defaultdict(list)
        for signature in row.ours:
            instead[signature[0]].extend(prices[signature])
        for signature, count in row.theirs.items():
            mean = fmean(instead[signature[0]] or by_op[signature[0]] or [everywhere])
            kinds[f"runtime's {kind_of(signature)}"] -= count * mean
        row.by_kind = {kind: seconds / total for kind, seconds in kinds.items()}
        row.effect = sum(row.by_kind.values())
        return row


def kind_of(signature: Signature) -> str:
    """A signature without its sizes."""
    op, path, epilogue, _ = signature
    return " ".join(filter(None, (op, path, "+".join(epilogue) and f"+{'+'.join(epilogue)}")))


def _shown(counts: Counter[Signature]) -> str:
    kinds: Counter[str] = Counter()
    for signature, count in counts.items():
        kinds[kind_of(signature)] += count
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "none"


def _files(options: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Path | str]]:
    """Each network's file, or why there is none."""
    for asked in options.networks or NAMES:
        package, _, only = asked.partition(":")
        if package == "files":
            yield from ((each.stem, each) for each in sorted(folder.glob("*.onnx")))
            continue
        for name in only.split(",") if only else NAMES[package]:
            for exporter in (options.exporter,) if options.exporter else EXPORTERS:
                try:
                    file = exported(package, name, exporter, folder, options.seconds)
                except ValueError as error:
                    yield f"{package}.{name}.{exporter}", str(error)
                else:
                    yield file.stem, file


def summary(rows: Sequence[Row]) -> None:
    """How many are equal, and what differs where they are not, by kind."""
    compared = [row for row in rows if not row.error]
    equal = [row for row in compared if not row.ours and not row.theirs]
    near = sum(abs(row.effect) < 0.01 for row in compared)
    print(
        f"\n{len(compared)} of {len(rows)} networks compared: {len(equal)} equal,"
        f" {near} within 1 % of the predicted time"
    )
    kinds: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in compared:
        counts: Counter[str] = Counter()
        for which, found in (("ours", row.ours), ("runtime's", row.theirs)):
            for signature, count in found.items():
                counts[f"{which} {kind_of(signature)}"] += count
        for kind, count in counts.items():
            kinds[kind].append((count, row.by_kind.get(kind, 0.0)))
    print(f"{'kind of difference':48} networks kernels  effect: mean, most")
    for kind, found in sorted(kinds.items(), key=lambda each: -len(each[1])):
        effects = [effect for _, effect in found]
        print(
            f"{kind:48} {len(found):8} {sum(count for count, _ in found):7}"
            f"  {fmean(effects):+.2%} {max(effects, key=abs):+.2%}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="PACKAGE[:NAME,...]")
    parser.add_argument("--exporter", choices=EXPORTERS, help="default: both")
    parser.add_argument("--keep", type=Path, help="folder of the exported files")
    parser.add_argument("--seconds", type=float, default=60, help="for one export")
    options = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(exist_ok=True)
        judge = Judge(Path(scratch))
        for name, file in _files(options, folder):
            began = time.perf_counter()
            row = Row(name, error=file) if isinstance(file, str) else judge.row(file)
            rows.append(row)
            if row.error:
                print(f"{name:48} not compared: {row.error}", flush=True)
            elif row.ours or row.theirs:
                print(
                    f"{name:48} {row.effect:+7.2%} of {row.kernels} kernels:"
                    f" ours {_shown(row.ours)} | runtime's {_shown(row.theirs)}",
                    flush=True,
                )
            else:
                spent = time.perf_counter() - began
                print(f"{name:48} equal: {row.kernels} kernels ({spent:.1f} s)", flush=True)
    summary(rows)


if __name__ == "__main__":
    main()
