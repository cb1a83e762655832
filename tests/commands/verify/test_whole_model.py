from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto

from archlint.commands.verify import Request, verify, whole_model
from archlint.errors import MeasureError
from archlint.measure.fit.drift import Reference
from archlint.results.verification import WholeModel
from archlint.testing import Net
from tests.commands.verify.fakes import MOBILENET, Predicted, Silent, chosen, examined

REFERENCE = Reference(("Conv 64>64 k1x1 @56x56",), (1e-4,))


@pytest.fixture(autouse=True)
def reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_model, "reference_of", lambda _: REFERENCE)


def whole(backend: Predicted, path: str = MOBILENET, **options: object) -> WholeModel:
    models = examined(path, **options)
    request = Request(sessions=2, places=1, whole=True)
    (model,) = verify(models, chosen(backend), request, progress=Silent()).models
    assert model.whole is not None
    return model.whole


def test_the_median_and_the_drift_of_the_reference_are_told() -> None:
    backend = Predicted()
    found = whole(backend)
    drift = (backend.pricer.seconds(REFERENCE.medley) or 0.0) / 1e-4
    assert found.seconds == (0.004, 0.005, 0.004)
    assert found.measured == 0.004
    assert found.drift == pytest.approx(drift)
    assert found.corrected == pytest.approx(0.004 / drift)
    assert found.low < found.predicted < found.high


def test_the_model_runs_at_the_sizes_asked_for_with_weights() -> None:
    backend = Predicted()
    whole(backend, batch=4)
    (model,) = backend.ran
    shape = model.graph.input[0].type.tensor_type.shape
    assert [dim.dim_value for dim in shape.dim] == [4, 3, 224, 224]
    assert all(len(each.raw_data) for each in model.graph.initializer if sum(each.dims) > 256)


def test_a_model_that_the_runtime_refuses_has_the_reason() -> None:
    found = whole(Predicted(no_model="Fake: no such operator"))
    assert (found.seconds, found.reason) == ((), "Fake: no such operator")


def test_a_file_that_is_priced_in_another_dtype_is_not_run(tmp_path: Path) -> None:
    net = Net(TensorProto.FLOAT16)
    proto = net.proto(net.conv(net.input(1, 8, 14, 14), 16))
    onnx.save(proto, tmp_path / "half.onnx")
    backend = Predicted()
    found = whole(backend, str(tmp_path / "half.onnx"))
    assert (found.seconds, backend.ran) == ((), [])
    assert found.reason == "the file is float16: it cannot be run as it is priced"


def test_without_a_reference_it_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(path: Path) -> Reference:
        raise MeasureError(f"{path.name}: it has no reference medley")

    monkeypatch.setattr(whole_model, "reference_of", none)
    assert whole(Predicted()).reason.endswith("it has no reference medley")
