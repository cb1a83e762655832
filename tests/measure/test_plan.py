from __future__ import annotations

from dataclasses import replace

import pytest

from archlint.cost.kernel import parse_chain
from archlint.cost.lowering import Blocked
from archlint.errors import MeasureError
from archlint.measure.experiment import Experiment
from archlint.measure.plan import Plan, Runtime, make_plan
from archlint.measure.target_file import lowering_of
from tests.measure.fake_backend import FakeBackend, convs, experiments

ADDS = [f"Add {n} @28x28" for n in range(8, 100)]


NONE: frozenset[str] = frozenset()
BLOCKED = Blocked(8, 4, NONE, NONE, NONE, NONE, NONE, gated={}, resizes=NONE)


def runtime(backend: FakeBackend, blocked: Blocked | None = None) -> Runtime:
    lowering = replace(lowering_of(backend), blocked=blocked)
    return Runtime(lowering, backend.runs, backend.memory)


def texts(plan: Plan) -> list[list[str]]:
    return [[task.text for task in batch.tasks] for batch in plan.batches]


def test_the_rules_take_turns_most_informative_first() -> None:
    plan = make_plan(experiments(g1=ADDS[:3], g4=ADDS[3:5]), runtime(FakeBackend()), {})
    assert texts(plan) == [[ADDS[0], ADDS[3], ADDS[1], ADDS[4], ADDS[2]]]


def test_batches_hold_forty_kernels_of_one_weight_level_and_others_fill_them_up() -> None:
    made = {
        "g1": [Experiment(text, "s", rotation=n % 2) for n, text in enumerate(convs(60))],
        "g4": [Experiment(text, "s") for text in ADDS[:30]],
    }
    plan = make_plan(made, runtime(FakeBackend()), {})
    assert [len(batch.tasks) for batch in plan.batches] == [40, 34, 16]
    assert [batch.weight_bytes for batch in plan.batches] == [4_000_000, 40_000_000, 4_000_000]
    for batch in plan.batches:
        levels = {task.kernel.rotation * 10**6 for task in batch.tasks if task.kernel.weight_bytes}
        assert levels == {batch.weight_bytes}
    assert sum(len({*batch}) for batch in texts(plan)) == plan.tasks == 90


def test_a_batch_has_no_more_weights_than_its_level() -> None:
    wide = [f"MatMul {1000 + n}>250 @8" for n in range(9)]
    plan = make_plan(experiments(g1=wide), runtime(FakeBackend()), {})
    weights = [sum(task.kernel.weight_bytes for task in batch.tasks) for batch in plan.batches]
    assert [len(batch.tasks) for batch in plan.batches] == [3, 3, 3]
    assert max(weights) <= 4_000_000


def test_weights_beyond_a_level_are_timed_at_the_next_that_holds_them() -> None:
    chain = ["MatMul 4000>1000", "MatMul 12000>10000"]
    plan = make_plan(experiments(g1=chain), runtime(FakeBackend()), {})
    assert texts(plan) == [["MatMul 4000>1000 /40MB"], ["MatMul 12000>10000 /400MB"]]


def test_a_level_that_the_kernel_tells_is_kept() -> None:
    plan = make_plan(experiments(g1=["MatMul 8>8 @1 /7MB"]), runtime(FakeBackend()), {})
    assert [batch.weight_bytes for batch in plan.batches] == [7_000_000]


def test_what_is_done_refused_or_too_big_is_counted_and_left_out() -> None:
    backend = FakeBackend(refuses=frozenset({"Softmax"}), memory=4_000_000)
    made = experiments(g4=["Add 8 @8x8", "Add 9 @8x8", "Softmax 9", "Add 640 @224x224"])
    plan = make_plan(made, runtime(backend), {"g4": frozenset({"Add 8 @8x8"})})
    assert (texts(plan), plan.done, plan.refused, plan.too_big) == ([["Add 9 @8x8"]], 1, 1, 1)


def test_no_batch_fills_more_than_a_quarter_of_the_memory() -> None:
    made = experiments(g4=[f"Add {n} @100x100" for n in range(100, 110)])
    plan = make_plan(made, runtime(FakeBackend(memory=120_000_000)), {})
    assert [len(batch.tasks) for batch in plan.batches] == [2] * 5


def test_what_only_a_blocked_layout_has_is_left_out_where_there_is_none() -> None:
    made = {"g4": [Experiment("Add 8 @8x8", "s"), Experiment("Add 9 @8x8", "s", only="blocked")]}
    assert make_plan(made, runtime(FakeBackend()), {}).tasks == 1
    assert make_plan(made, runtime(FakeBackend(), BLOCKED), {}).tasks == 2


def test_kernels_are_timed_on_the_path_that_the_target_takes_for_them() -> None:
    conv = "Conv 64>64 k1x1 @28x28"
    plan = make_plan(experiments(g1=[conv]), runtime(FakeBackend(), BLOCKED), {})
    assert texts(plan) == [[f"{conv} /4MB (nchwc)"]]


def test_kernels_that_are_the_same_on_the_target_are_one_row_of_a_table() -> None:
    made = experiments(g4=["Add 8 @8x8", "Add 8 @8x8 +Relu"], targets=["Add 8 @8x8"])
    plan = make_plan(made, runtime(FakeBackend()), {})
    assert texts(plan) == [["Add 8 @8x8"] * 2]
    assert [task.folder for task in plan.batches[0].tasks] == ["g4", "targets"]


@pytest.mark.parametrize("text", ["2 Add 8 @8x8", "Add 8 @8x8; Add 8 @8x8", "add 8"])
def test_an_experiment_that_is_not_one_kernel_is_named(text: str) -> None:
    with pytest.raises(MeasureError, match=r"^g4: an experiment is not one kernel: "):
        make_plan(experiments(g4=[text]), runtime(FakeBackend()), {})


def test_kernels_of_the_plan_read_back() -> None:
    plan = make_plan(experiments(g1=convs(3)), runtime(FakeBackend()), {})
    for task in plan.batches[0].tasks:
        assert parse_chain(task.text) == ((1, task.kernel),)
