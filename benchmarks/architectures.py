"""Lint architectures of timm and transformers from source, and count where their lines were found.

    python benchmarks/architectures.py [timm|transformers] [NAME ...]

Prints a row a model: the time and the memory of the export, its operators, and how many of them
have the exact constructor call or line of forward, in the package's own files.  Weights are never
downloaded: configurations are small and made up.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from archlint.errors import ModelError
from archlint.graph import read_model
from archlint.location import Certainty
from archlint.source.export import ModelSpec, export
from archlint.source.export.located import locate
from archlint.source.export.spec import Value

Config = Mapping[str, Value]

TIMM = """
resnet50 resnext50_32x4d seresnet50 res2net50_26w_4s resnest14d densenet121 vgg16 mobilenetv2_100
mobilenetv3_large_100 mobilenetv4_conv_small efficientnet_b0 tf_efficientnetv2_b0 mnasnet_100
regnety_004 convnext_tiny convnextv2_atto repvgg_a0 dla34 hrnet_w18_small inception_v3
ghostnet_100 fastvit_t8 edgenext_small efficientformer_l1 levit_128 mobilevit_s poolformer_s12
vit_small_patch16_224 deit_tiny_patch16_224 swin_tiny_patch4_window7_224 mixer_s32_224
beit_base_patch16_224 cait_xxs24_224 coat_tiny crossvit_tiny_240 twins_svt_small
xcit_nano_12_p16_224 maxvit_tiny_tf_224 nfnet_f0 hardcorenas_a
""".split()

_TEXT: Config = {"vocab_size": 1000}
_SIZES: Config = {
    "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128,
}  # fmt: skip
_NO_CACHE: Config = {"use_cache": False}
_ENCODER: Config = {**_TEXT, **_SIZES}
_DECODER: Config = {**_ENCODER, **_NO_CACHE, "num_key_value_heads": 2, "head_dim": 16}
_VISION: Config = {**_SIZES, "image_size": 64}
_STAGES: Config = {"hidden_sizes": [16, 32, 64, 128], "depths": [1, 1, 1, 1]}
_SPEECH: Config = {
    **_SIZES,
    "conv_dim": [32, 32, 32],
    "conv_kernel": [10, 3, 3],
    "conv_stride": [5, 2, 2],
    "num_feat_extract_layers": 3,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}

TEXT: Mapping[str, Config] = {
    "BertModel": _ENCODER,
    "RobertaModel": _ENCODER,
    "ElectraModel": _ENCODER,
    "AlbertModel": _ENCODER,
    "MobileBertModel": {**_TEXT, "num_hidden_layers": 2},
    "DistilBertModel": {**_TEXT, "dim": 64, "n_layers": 2, "n_heads": 4, "hidden_dim": 128},
    "DebertaV2Model": _ENCODER,
    "SqueezeBertModel": {**_ENCODER, "embedding_size": 64},
    "MPNetModel": _ENCODER,
    "ConvBertModel": _ENCODER,
    "ModernBertModel": {**_ENCODER, "pad_token_id": 0},
    "T5EncoderModel": {
        **_TEXT, "d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 2, "num_heads": 4,
    },
    "GPT2LMHeadModel": {**_TEXT, **_NO_CACHE, "n_embd": 64, "n_layer": 2, "n_head": 4},
    "GPTNeoXForCausalLM": {**_ENCODER, **_NO_CACHE},
    "OPTForCausalLM": {**_ENCODER, **_NO_CACHE, "ffn_dim": 128, "word_embed_proj_dim": 64},
    "BloomForCausalLM": {**_TEXT, **_NO_CACHE, "hidden_size": 64, "n_layer": 2, "n_head": 4},
    "LlamaForCausalLM": _DECODER,
    "MistralForCausalLM": _DECODER,
    "Qwen2ForCausalLM": _DECODER,
    "Qwen3ForCausalLM": _DECODER,
    "GemmaForCausalLM": _DECODER,
    "PhiForCausalLM": {**_ENCODER, **_NO_CACHE},
    "StableLmForCausalLM": _DECODER,
    "OlmoForCausalLM": _DECODER,
}  # fmt: skip
VISION: Mapping[str, Config] = {
    "ViTModel": _VISION,
    "DeiTModel": _VISION,
    "BeitModel": _VISION,
    "Dinov2Model": _VISION,
    "CLIPVisionModel": _VISION,
    "SiglipVisionModel": _VISION,
    "ConvNextModel": _STAGES,
    "ResNetModel": {**_STAGES, "embedding_size": 16},
    "RegNetModel": {**_STAGES, "embedding_size": 16, "groups_width": 16},
    "SegformerModel": _STAGES,
    "MobileNetV2Model": {"image_size": 64},
    "MobileViTModel": {"image_size": 64},
    "PoolFormerModel": _STAGES,
    "SwinModel": {"image_size": 64, "embed_dim": 24, "depths": [2, 2], "num_heads": [3, 6]},
    "LevitModel": {
        "image_size": 64, "hidden_sizes": [32, 64, 96], "num_attention_heads": [2, 4, 6],
    },
}  # fmt: skip
AUDIO: Mapping[str, Config] = {
    "Wav2Vec2Model": _SPEECH,
    "HubertModel": _SPEECH,
    "WavLMModel": _SPEECH,
    "Data2VecAudioModel": _SPEECH,
    "UniSpeechModel": _SPEECH,
    "SEWModel": {**_SPEECH, "squeeze_factor": 2},
    "ASTModel": {**_SIZES, "max_length": 64, "num_mel_bins": 32},
    "WhisperModel": {
        **_TEXT, **_NO_CACHE, "d_model": 64, "encoder_layers": 2, "decoder_layers": 2,
        "encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 128,
        "decoder_ffn_dim": 128, "pad_token_id": 0, "decoder_start_token_id": 1,
    },
}  # fmt: skip
_INPUTS: Mapping[str, tuple[str, ...]] = {
    "ASTModel": ("input_values=1x64x32",),
    "WhisperModel": ("input_features=1x80x3000", "decoder_input_ids=int64[1,8]"),
}


@dataclass(slots=True)
class Row:
    """What a model gave."""

    name: str
    error: str = ""
    seconds: float = 0.0
    peak_bytes: int = 0
    operators: int = 0
    exact: int = 0
    in_package: int = 0
    remarks: tuple[str, ...] = ()
    others: Counter[str] = field(default_factory=Counter)


def spec_of(package: str, name: str) -> ModelSpec:
    """The factory of a model with its small configuration."""
    if package == "timm":
        return ModelSpec.parse("timm:create_model", (), {"model_name": name})
    for listed, usual in (
        (TEXT, "input_ids=int64[1,16]"),
        (VISION, "pixel_values=1x3x64x64"),
        (AUDIO, "input_values=1x4000"),
    ):
        if name in listed:
            inputs = _INPUTS.get(name, (usual,))
            return ModelSpec.parse(f"transformers:{name}", inputs, listed[name])
    raise SystemExit(f"no small configuration for {name}")


def look(package: str, name: str) -> Row:
    """Export a model and locate its operators."""
    row = Row(name)
    try:
        exported = export(spec_of(package, name), timeout=500)
    except ModelError as error:
        row.error = error.reason
        return row
    row.seconds, row.peak_bytes, row.remarks = (
        exported.seconds, exported.peak_bytes, exported.remarks,
    )  # fmt: skip
    model = read_model(exported.proto, origins=True)
    found = locate(model, exported)
    row.operators = len(model.operators)
    for op in model.operators:
        location = found.get(op.index)
        exact = location is not None and location.certainty is Certainty.EXACT
        row.exact += exact
        if location is not None and f"/{package}/" in location.span.path:
            row.in_package += exact
        if not exact:
            row.others[op.op_type] += 1
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description="Lint architectures of others from source.")
    parser.add_argument("package", nargs="?", choices=["timm", "transformers"])
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all of the list")
    given = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    for package, listed in (("timm", TIMM), ("transformers", [*TEXT, *VISION, *AUDIO])):
        if given.package not in (None, package):
            continue
        rows = []
        print(f"{package:32}    time  memory  operators  exact  in {package}")
        for name in given.names or listed:
            row = look(package, name)
            rows.append(row)
            if row.error:
                print(f"{name:32} failed: {row.error}", flush=True)
                continue
            print(
                f"{name:32} {row.seconds:6.1f}s {row.peak_bytes / 1e6:4.0f} MB {row.operators:10}"
                f" {row.exact / row.operators:6.1%} {row.in_package / row.operators:7.1%}"
                f"  {dict(row.others) or ''} {' / '.join(row.remarks)}",
                flush=True,
            )
        done = [row for row in rows if not row.error]
        whole = sum(row.in_package == row.operators for row in done)
        print(f"{len(done)} of {len(rows)} exported, {whole} with every line in {package}\n")


if __name__ == "__main__":
    main()
