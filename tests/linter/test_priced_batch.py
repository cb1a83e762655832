"""A model at the batches that targets price."""

from __future__ import annotations

import onnx

from archlint.linter import lint
from archlint.results.findings import ModelReport
from archlint.settings.options import Options
from tests.linter.fake_rules import convs

GPU, CPU, ARM = "rtx4090-torch2.9-amp", "epyc-milan-ort-fp32-1t", "snapdragon810-neon-fp32"


def linted(model: onnx.ModelProto, *targets: str, **asked: object) -> ModelReport:
    options = Options(targets=targets, **asked)  # type: ignore[arg-type]
    (found,) = lint([model], options).models
    return found


def batches(model: ModelReport) -> list[int | None]:
    return [each.batch for each in model.targets]


def proto(batch: int | str) -> onnx.ModelProto:
    made = convs(batch=batch if isinstance(batch, int) else 1).proto("blocks.3.conv")
    if isinstance(batch, str):
        made.graph.input[0].type.tensor_type.shape.dim[0].dim_param = batch
    return made


def test_each_target_has_the_nearest_where_no_batch_is_priced_by_all() -> None:
    model = linted(proto(4), GPU, CPU, ARM)
    assert batches(model) == [256, 4, 1]
    assert model.inputs[0].shape is not None
    assert model.inputs[0].shape[0] == 4
    assert model.remarks[:2] == (
        f"{GPU}: batch 256 for 4: the nearest that the targets price",
        f"{ARM}: batch 1 for 4: the nearest that the targets price",
    )
    # the same place on all of them
    assert model.error is None


def test_a_batch_that_all_price_is_everybody_s() -> None:
    assert batches(linted(proto(4), CPU, ARM)) == [1, 1]
    assert batches(linted(proto(4), CPU)) == [4]


def test_an_open_batch_is_one_that_the_target_prices_and_is_not_doubted() -> None:
    model = linted(proto("n"), GPU)
    assert batches(model) == [256]
    text = "batch 256, which the file leaves open: the nearest that the target prices"
    assert model.remarks[0] == text
    assert model.flips == ()


def test_a_shape_that_is_given_says_nothing_of_the_batch() -> None:
    assert batches(linted(proto("n"), GPU, inputs={"": (1, 64, 28, 28)})) == [256]


def test_a_batch_that_is_asked_for_is_taken_or_refused() -> None:
    refused = linted(proto("n"), GPU, batch=8).error
    assert refused is not None
    assert refused.startswith(f"{GPU} prices batches 256 to 1024, not 8; for batch 8: ")
    assert "epyc-genoa-ort-fp32-1t" in refused
    assert "int8" not in refused
    asked = linted(proto("n"), GPU, dims={"n": 2})
    assert asked.error is not None
    assert asked.error.startswith(f"{GPU} prices batches 256 to 1024, not 2: ")
    assert batches(linted(proto("n"), GPU, batch=512)) == [512]
