"""Architectures that nobody here wrote; benchmarks/architectures.py has more of them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import pytest

from archlint.graph import read_model
from archlint.location import Certainty
from archlint.source.export import ModelSpec, export
from archlint.source.export.located import locate
from archlint.source.export.spec import Value

pytest.importorskip("torch", reason="exporting needs torch")
pytest.importorskip("onnxscript", reason="torch's exporter needs onnxscript")

pytestmark = pytest.mark.slow

SIZES: Mapping[str, Value] = {
    "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64,
}  # fmt: skip
TEXT: Mapping[str, Value] = {**SIZES, "vocab_size": 100}
SPEECH: Mapping[str, Value] = {
    **SIZES, "conv_dim": [16, 16], "conv_kernel": [10, 3], "conv_stride": [5, 2],
    "num_feat_extract_layers": 2, "num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2,
}  # fmt: skip
TRANSFORMERS: Mapping[str, tuple[str, Mapping[str, Value]]] = {
    "BertModel": ("input_ids=int64[1,8]", TEXT),
    "LlamaForCausalLM": ("input_ids=int64[1,8]", TEXT),
    "ViTModel": ("pixel_values=1x3x32x32", {**SIZES, "image_size": 32}),
    "ConvNextModel": (
        "pixel_values=1x3x64x64", {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2},
    ),
    "Wav2Vec2Model": ("input_values=1x400", SPEECH),
    "ASTModel": ("input_values=1x32x16", {**SIZES, "max_length": 32, "num_mel_bins": 16}),
}  # fmt: skip
TIMM = (
    "resnet18",
    "mobilenetv3_small_050",
    "convnext_atto",
    "vit_tiny_patch16_224",
    "ghostnet_050",
    "mixer_s32_224",
)


def needs(package: str) -> None:
    """Skip where a package is not there, or not with all that it imports itself."""
    try:
        importlib.import_module(package)
    except (ImportError, RuntimeError) as e:
        pytest.skip(f"{package} cannot be imported: {str(e).partition(chr(10))[0]}")


def assert_is_located_in(package: str, spec: ModelSpec) -> None:
    exported = export(spec, timeout=300)
    model = read_model(exported.proto, origins=True)
    found = locate(model, exported)
    assert set(found) == {op.index for op in model.operators}
    assert len(found) > 10
    for location in found.values():
        assert location.certainty is Certainty.EXACT
        assert f"/{package}/" in location.span.path
    assert not [each for each in exported.remarks if each.startswith(("built", "exported"))]


@pytest.mark.parametrize("name", TIMM)
def test_a_model_of_timm_has_its_lines_in_timm(name: str) -> None:
    needs("timm")
    assert_is_located_in("timm", ModelSpec.parse("timm:create_model", (), {"model_name": name}))


@pytest.mark.parametrize("name", sorted(TRANSFORMERS))
def test_a_model_of_transformers_has_its_lines_in_transformers(name: str) -> None:
    needs("transformers.models.bert.modeling_bert")
    given, kwargs = TRANSFORMERS[name]
    assert_is_located_in("transformers", ModelSpec.parse(f"transformers:{name}", [given], kwargs))
