from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from archlint.linter import ignores
from archlint.linter.pipeline import lint
from archlint.linter.target_list import targets
from archlint.results.findings import ModelReport, Report, Severity
from archlint.rule import Place, Rule, Silence, View
from archlint.settings.options import DEFAULT_TARGET, Ignore, Options
from archlint.testing import Net
from tests.linter.fake_rules import Crashing, EachConv, Silent, convs

ARM = "snapdragon810-neon-fp32"
GPU = "gtx1080ti-cudnn7-fp32"


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> list[type[Rule]]:
    """The rules of the run, in place of archlint's own."""
    chosen: list[type[Rule]] = [EachConv]
    monkeypatch.setattr("archlint.linter.pipeline.select_rules", lambda _: tuple(chosen))
    return chosen


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    onnx.save(convs().proto("blocks.3.conv"), "net.onnx")
    return "net.onnx"


def linted(path: str, options: Options | None = None) -> Report:
    return lint([path], options or Options(targets=(GPU,)))


def only(report: Report) -> ModelReport:
    (model,) = report.models
    return model


pytestmark = pytest.mark.usefixtures("rules")


def test_a_model_is_reported_with_its_findings(path: str) -> None:
    report = linted(path)
    model = only(report)
    assert (model.path, model.error, model.operators) == ("net.onnx", None, 4)
    assert model.flops == 4 * 2 * 28 * 28 * 64 * 64 * 9
    (finding,) = model.findings
    assert (finding.code, finding.count) == ("T1", 4)
    assert report.problems == report.unused_ignores == ()


def test_the_default_target_is_told_from_one_that_was_asked_for(path: str) -> None:
    (default,) = only(linted(path, Options())).targets
    assert (default.target, default.is_default) == (DEFAULT_TARGET, True)
    (asked,) = only(linted(path, Options(targets=(default.target,)))).targets
    assert not asked.is_default


def test_the_summary_counts_each_kernel_once(path: str, rules: list[type[Rule]]) -> None:
    alone = only(linted(path))
    rules.append(type("Again", (EachConv,), {"code": "T9"}))
    twice = only(linted(path))
    assert len(twice.findings) == 2
    assert twice.targets[0].saving_findings == 2
    assert twice.targets[0].saving == pytest.approx(alone.targets[0].saving)
    assert twice.targets[0].saving <= twice.targets[0].predicted


def test_findings_come_dearest_first() -> None:
    net = Net()
    x = net.conv(net.input(1, 64, 28, 28), 64, 3, name="small.conv")
    x = net.conv(x, 512, 3, name="large.conv")
    found = only(lint([net.proto(x)], Options(targets=(GPU,)))).findings
    assert [each.module for each in found] == ["large.conv", "small.conv"]


def test_notes_do_not_count_in_the_summary(path: str) -> None:
    model = only(
        linted(
            path,
            Options(targets=(GPU,), batch=1, rule_options={"T1": {"shrink": 1}}, min_slowdown=0),
        )
    )
    assert [each.severity for each in model.findings] == [Severity.NOTE]
    assert (model.targets[0].saving, model.targets[0].saving_findings) == (0, 0)


def test_a_rule_that_crashes_is_named_and_the_others_still_run(
    path: str, rules: list[type[Rule]]
) -> None:
    rules[:] = [Crashing, EachConv, Silent]
    report = linted(path)
    assert report.problems == ("net.onnx: rule T2 crashed: ZeroDivisionError: division by zero",)
    assert [each.code for each in only(report).findings] == ["T1"]
    assert report.exit_code(fail_on=None) == 2
    assert report.exit_code(fail_on=Severity.NOTE) == 2


def test_a_rule_that_ends_the_program_ends_itself(path: str, rules: list[type[Rule]]) -> None:
    class Leaving(Crashing):
        def check(self, view: View) -> Iterator[Place | Silence]:  # noqa: ARG002
            raise SystemExit(0)

    rules[:] = [Leaving, EachConv]
    report = linted(path)
    assert report.problems == ("net.onnx: rule T2 crashed: SystemExit: 0",)
    assert [each.code for each in only(report).findings] == ["T1"]


def test_a_rule_with_nothing_to_say_finds_nothing(path: str, rules: list[type[Rule]]) -> None:
    rules[:] = [Silent]
    report = linted(path)
    assert only(report).findings == ()
    assert report.exit_code(fail_on=Severity.NOTE) == 0


def test_the_exit_code_is_that_of_the_worst_finding(path: str) -> None:
    report = linted(path)
    worst = only(report).findings[0].severity
    assert worst is Severity.WARNING
    codes = [report.exit_code(fail_on) for fail_on in (Severity.ERROR, Severity.WARNING, None)]
    assert codes == [0, 1, 0]


def test_a_model_that_no_target_fits_has_the_reason_and_the_next_is_linted(path: str) -> None:
    report = lint([_each_by_each(9), path], Options(targets=(GPU,)))
    refused, fine = report.models
    assert refused.error is not None
    assert refused.error.startswith("gtx1080ti-cudnn7-fp32 prices batches 1 to 8, not 9: cannot ")
    assert not refused.findings
    assert not refused.targets
    assert fine.error is None
    assert fine.findings
    assert report.errors == (f"<model>: {refused.error}",)
    assert report.exit_code(fail_on=None) == 2


HALF = Net(TensorProto.FLOAT16)
HALF_PROTO = HALF.proto(HALF.conv(HALF.input(1, 8, 14, 14), 16))


def test_a_dtype_outside_the_target_is_read_as_the_network_that_it_is() -> None:
    report = only(lint([HALF_PROTO], Options(targets=(GPU,))))
    assert report.error is None
    assert [each.stored for each in report.targets] == ["float16"]
    assert report.remarks == (
        "the file is float16: priced as the same network in fp32 (--as-stored refuses it)",
    )


def test_as_stored_a_dtype_outside_the_target_is_the_model_s_error() -> None:
    error = only(lint([HALF_PROTO], Options(targets=(GPU,), as_stored=True))).error
    assert error is not None
    assert error.startswith("gtx1080ti-cudnn7-fp32 prices float, not float16; for float16: cobalt")


def _each_by_each(batch: int) -> ModelProto:
    """Every image's product with every other's: its FLOPs do not follow the batch."""
    proto = convs(batch=batch).proto("blocks.3.conv")
    flat = helper.make_node("Flatten", [proto.graph.output[0].name], ["flat"])
    turned = helper.make_node("Transpose", ["flat"], ["turned"])
    proto.graph.node.extend([flat, turned, helper.make_node("MatMul", ["flat", "turned"], ["y"])])
    proto.graph.output[0].CopyFrom(helper.make_empty_tensor_value_info("y"))
    return proto


def test_a_batch_that_no_target_prices_becomes_the_nearest_that_one_does() -> None:
    model = only(lint([convs(batch=9).proto("blocks.3.conv")], Options(targets=(GPU,))))
    assert model.error is None
    assert model.inputs[0].shape == (8, 64, 28, 28)
    assert model.remarks[0] == "batch 8 for 9: the nearest that the target prices"
    asked = only(lint([convs(batch=1).proto("blocks.3.conv")], Options(targets=(GPU,), batch=9)))
    assert asked.error == "gtx1080ti-cudnn7-fp32 prices batches 1 to 8, not 9"


def test_targets_of_different_batches_take_one_that_all_price() -> None:
    model = only(lint([convs(batch=8).proto("blocks.3.conv")], Options(targets=(GPU, ARM))))
    assert model.inputs[0].shape == (1, 64, 28, 28)
    assert [each.target for each in model.targets] == [GPU, ARM]


def test_a_second_look_that_fails_leaves_the_report_with_a_remark() -> None:
    open_batch = _each_by_each(1)
    open_batch.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "n"
    shape = numpy_helper.from_array(np.array([1, 1, 1], np.int64), "one")
    open_batch.graph.initializer.append(shape)
    open_batch.graph.node.append(helper.make_node("Reshape", ["y", "one"], ["z"], name="one"))
    open_batch.graph.output[0].CopyFrom(helper.make_empty_tensor_value_info("z"))
    model = only(lint([open_batch], Options(targets=(GPU,))))
    assert model.error is None
    assert model.inputs[0].shape == (1, 64, 28, 28)
    assert model.remarks[0].startswith("not judged at batch 8 too: cannot take input x = 8x64")


def test_where_no_target_fits_those_of_another_dtype_are_named() -> None:
    error = only(lint([HALF_PROTO], Options(targets=("epyc-milan-ort-int8-1t",)))).error
    half = [each.target for each in targets() if each.dtype == "float16"]
    assert error == (
        f"epyc-milan-ort-int8-1t prices int8, not float16; for float16: {', '.join(half)}"
    )


def test_where_no_target_is_of_a_dtype_those_of_the_same_network_in_others_are_named() -> None:
    net = Net(TensorProto.DOUBLE)
    proto = net.proto(net.conv(net.input(1, 8, 14, 14), 16))
    error = only(lint([proto], Options(targets=("epyc-milan-ort-int8-1t",)))).error
    others = [each.target for each in targets() if each.dtype != "int8"]
    assert error == (
        "epyc-milan-ort-int8-1t prices int8, not double; no target for double; the same "
        f"network in another dtype is priced by {', '.join(sorted(others))}"
    )


def test_where_one_target_refuses_the_others_are_still_reported(path: str) -> None:
    model = only(linted(path, Options(targets=("gtx1080ti-cudnn7-fp32", ARM), batch=8)))
    assert model.error is not None
    assert [each.target for each in model.targets] == ["gtx1080ti-cudnn7-fp32"]
    assert model.findings


def test_each_target_that_fits_prices_the_findings(path: str) -> None:
    model = only(linted(path, Options(targets=("gtx1080ti-cudnn7-fp32", ARM))))
    (finding,) = model.findings
    assert [price.target for price in finding.prices] == ["gtx1080ti-cudnn7-fp32", ARM]


def test_a_file_that_is_no_model_does_not_stop_the_others(path: str, tmp_path: Path) -> None:
    (tmp_path / "not.onnx").write_bytes(b"\x89PNG....")
    bad, missing, fine = lint(["not.onnx", "missing.onnx", path], Options(targets=(GPU,))).models
    assert bad.error is not None
    assert missing.error == "no such file"
    assert fine.findings


def test_the_progress_is_told_before_each_model(path: str) -> None:
    told: list[tuple[int, int, str]] = []
    lint(
        [path, convs().proto("blocks.3.conv")],
        Options(targets=(GPU,)),
        lambda *each: told.append(each),
    )
    assert told == [(0, 2, "net.onnx"), (1, 2, "<model>")]


def ignore(rule: str = "*", model: str = "*", place: str = "*") -> Ignore:
    return Ignore(rule, model, place, "as designed", "pyproject.toml: ignore 1")


@pytest.mark.parametrize(
    "matching",
    [
        ignore("T1", "*", "*"),
        ignore("wide-conv", "*", "*"),
        ignore("T*", "*.onnx", "blocks.*"),
        ignore("T1", "net.onnx", "blocks.2.conv"),
        ignore("T1", "n?t.onnx", "blocks.[0-9].conv"),
    ],
    ids=lambda each: f"{each.rule} {each.model} {each.place}",
)
def test_an_ignored_finding_is_kept_apart_with_its_reason(path: str, matching: Ignore) -> None:
    report = linted(path, Options(targets=(GPU,), ignores=(matching,)))
    model = only(report)
    assert model.findings == ()
    ((ignored),) = model.ignored
    assert (ignored.finding.code, ignored.reason) == ("T1", "as designed")
    assert model.targets[0].saving_findings == 0
    assert report.unused_ignores == ()
    assert report.exit_code(fail_on=Severity.NOTE) == 0


@pytest.mark.parametrize(
    "other",
    [
        ignore("T2", "*", "*"),
        ignore("wide", "*", "*"),
        ignore("*", "other.onnx", "*"),
        ignore("*", "*", "blocks.9.*"),
        ignore("*", "*", "conv"),
    ],
    ids=lambda each: f"{each.rule} {each.model} {each.place}",
)
def test_an_ignore_that_matches_nothing_is_reported(path: str, other: Ignore) -> None:
    report = linted(path, Options(targets=(GPU,), ignores=(other,)))
    assert len(only(report).findings) == 1
    assert report.unused_ignores == (
        f'pyproject.toml: ignore 1: rule "{other.rule}", model "{other.model}",'
        f' place "{other.place}"',
    )


def test_of_many_ignores_few_globs_are_read(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def reads(name: str, glob: str) -> bool:
        read.append(glob)
        return fnmatchcase(name, glob)

    monkeypatch.setattr(ignores, "fnmatchcase", reads)
    many = [ignore("T1", "*", f"stage{number}.*") for number in range(2000)]
    report = linted(path, Options(ignores=(*many, ignore("T1", "*", "blocks.*"))))
    assert len(only(report).ignored) == 1
    assert set(read) == {"T1", "*", "blocks.*"}


@pytest.mark.parametrize("named", ["T1", "wide-conv"])
def test_a_rule_can_be_left_out_for_some_models(path: str, named: str) -> None:
    other = convs().proto("blocks.3.conv")
    report = lint([path, other], Options(targets=(GPU,), per_model_ignores={"net*": (named,)}))
    assert [len(model.findings) for model in report.models] == [0, 1]


def test_a_rule_left_out_for_a_model_is_not_run_there(path: str, rules: list[type[Rule]]) -> None:
    rules[:] = [Crashing]
    assert linted(path, Options(targets=(GPU,), per_model_ignores={"*": ("T2",)})).problems == ()


def test_the_same_model_gives_the_same_report(path: str) -> None:
    assert linted(path) == linted(path)


def renamed(model: onnx.ModelProto) -> onnx.ModelProto:
    for number, node in enumerate(model.graph.node):
        node.name = f"node{number}"
    return model


def test_fingerprints_do_not_hang_on_node_names_or_the_batch() -> None:
    proto = convs().proto("blocks.3.conv")
    before = only(lint([proto], Options(targets=(GPU,)))).findings
    after = only(lint([renamed(proto)], Options(targets=(GPU,), batch=8))).findings
    assert [each.fingerprint for each in before] == [each.fingerprint for each in after]
