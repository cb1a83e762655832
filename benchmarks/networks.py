"""Networks of timm, torchvision, transformers and pytorchcv as ONNX files without weights."""

from __future__ import annotations

import logging
import multiprocessing
import os
import random
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
from architectures import AUDIO, TEXT, TIMM, VISION, spec_of

__all__ = ["EXPORTERS", "NAMES", "drawn", "exported"]

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


_MOST_PARAMETERS = 60e6
"""Of a network that was drawn: an export of more takes minutes."""
_SMALL: Mapping[str, int | bool] = {
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "embedding_size", "dim"), 64),
    **dict.fromkeys(("num_hidden_layers", "encoder_layers", "decoder_layers", "n_layer"), 2),
    **dict.fromkeys(("num_layers", "n_layers", "num_decoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "num_key_value_heads", "n_head", "num_heads"), 4),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads", "n_heads"), 4),
    **dict.fromkeys(("intermediate_size", "encoder_ffn_dim", "decoder_ffn_dim", "d_ff"), 128),
    **dict.fromkeys(("ffn_dim", "hidden_dim"), 128),
    **dict.fromkeys(("head_dim", "d_kv"), 16),
    "vocab_size": 1000, "image_size": 64, "use_cache": False, "pad_token_id": 0,
    "max_length": 64, "num_mel_bins": 80,
}  # fmt: skip
_TAKES: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "input_ids": ("int64", (1, 16)),
    "pixel_values": ("float32", (1, 3, 64, 64)),
    "input_values": ("float32", (1, 4000)),
    "input_features": ("float32", (1, 80, 64)),
}
"""What the main input of a drawn model of transformers is filled with, by its name."""


def drawn(package: str, count: int, seed: int) -> Sequence[str]:
    """Names at random of all that a package makes."""
    if package == "timm":
        import timm

        known = timm.list_models()
    elif package == "torchvision":
        import torchvision

        known = torchvision.models.list_models(module=torchvision.models)
    elif package == "transformers":
        from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

        known = [each for each in MODEL_MAPPING_NAMES.values() if isinstance(each, str)]
    else:
        from pytorchcv.model_provider import _models

        known = list(_models)
    return random.Random(seed).sample(sorted({*known} - {*NAMES[package]}), count)


def _of_transformers(name: str) -> tuple[Any, tuple[Any, ...]]:
    """With the sizes of its configuration in `architectures`, or else with small ones."""
    import torch
    import transformers

    class ByPosition(torch.nn.Module):
        def __init__(self, inner: torch.nn.Module, names: Sequence[str]) -> None:
            super().__init__()
            self.inner, self.names = inner, names

        def forward(self, *given: torch.Tensor) -> torch.Tensor:
            made = self.inner(**dict(zip(self.names, given, strict=True)))
            return made[0]

    kind = getattr(transformers, name)
    if name in NAMES["transformers"]:
        spec = spec_of("transformers", name)
        sizes: Mapping[str, Any] = spec.kwargs
        takes = {each.name: (each.dtype, each.shape) for each in spec.inputs}
    else:
        known = kind.config_class().to_dict()
        sizes = {key: value for key, value in _SMALL.items() if key in known}
        takes = {kind.main_input_name: _TAKES[kind.main_input_name]}
        if known.get("is_encoder_decoder"):
            takes["decoder_input_ids"] = _TAKES["input_ids"]
    model = kind(kind.config_class(**sizes))
    given = [torch.zeros(shape, dtype=getattr(torch, dtype)) for dtype, shape in takes.values()]
    return ByPosition(model, list(takes)), tuple(given)


def _torch_model(package: str, name: str) -> tuple[Any, tuple[Any, ...]]:
    """A model and what it takes."""
    import torch

    if package == "transformers":
        return _of_transformers(name)
    if package == "timm":
        import timm

        model = timm.create_model(name, pretrained=False)
        shape = model.default_cfg["input_size"]
    elif package == "torchvision":
        import torchvision

        backboned = any(each in name for each in ("fcn", "deeplab", "lraspp"))
        arguments = {"weights_backbone": None} if backboned else {}
        model = torchvision.models.get_model(name, weights=None, **arguments)
        shape = (3, 299, 299) if name == "inception_v3" else (3, 224, 224)
    else:
        from pytorchcv.model_provider import get_model

        model = get_model(name, pretrained=False)
        if "_en_" in name:
            return model, (torch.zeros(1, 64, 160), torch.tensor([160]))
        shape = (3, *getattr(model, "in_size", (224, 224)))
        if max(shape) > 512:
            shape = (3, 480, 480)
            model.in_size = shape[1:]
    return model, (torch.zeros(1, *shape),)


def _is_large(package: str, name: str) -> bool:
    """Whether a network has too many parameters, where it can be made without them."""
    import torch

    try:
        with torch.device("meta"):
            model, _ = _torch_model(package, name)
    except (NotImplementedError, RuntimeError):  # it computes as it is made
        return False
    return sum(each.numel() for each in model.parameters()) > _MOST_PARAMETERS


def _export(package: str, name: str, exporter: str, file: Path) -> None:
    """Write a network without its weights; what fails is said in a file beside it."""
    import torch

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # graphs of failed exports
    try:
        if name not in NAMES[package] and _is_large(package, name):
            raise ValueError(f"more than {_MOST_PARAMETERS / 1e6:.0f} M parameters")
        model, args = _torch_model(package, name)
        whole = file.with_suffix(".whole")
        with torch.no_grad():
            torch.onnx.export(
                model.eval(), args, whole, dynamo=exporter == "dynamo", verbose=False,
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
