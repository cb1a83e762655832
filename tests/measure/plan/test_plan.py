from __future__ import annotations

from dataclasses import replace

import pytest

from archlint.cost.kernels.kernel import parse_chain
from archlint.cost.lowering.runtime_rules import Blocked
from archlint.errors import MeasureError
from archlint.measure.plan.experiment import CORE, Experiment
from archlint.measure.plan.plan import Plan, Runtime, make_plan
from tests.measure.fake_backend import FakeBackend, convs, experiments, lowering_of

ADDS = [f"Add {n} @28x28" for n in range(8, 100)]


NONE: frozenset[str] = frozenset()
BLOCKED = Blocked(8, 4, NONE, NONE, NONE, NONE, NONE, gated={}, resizes=NONE)


def runtime(backend: FakeBackend, blocked: Blocked | None = None) -> Runtime:
    lowering = replace(lowering_of(backend), blocked=blocked)
    return Runtime(lowering, backend.runs, backend.memory)


def texts(plan: Plan) -> list[list[str]]:
    return [[task.text for task in batch.tasks] for batch in plan.batches]


def test_a_batch_is_of_one_weight_level_and_in_the_order_of_size() -> None:
    plan = make_plan(experiments(g1=ADDS[3:5], g4=ADDS[:3]), runtime(FakeBackend()), ())
    assert texts(plan) == [[f"{add} /4MB" for add in ADDS[:5]]]
    made = {
        "g1": [Experiment(text, "s", rotation=n % 2) for n, text in enumerate(convs(60))],
        "g4": [Experiment(text, "s") for text in ADDS[:30]],
    }
    plan = make_plan(made, runtime(FakeBackend()), ())
    assert [len(batch.tasks) for batch in plan.batches] == [60, 30]
    assert [batch.footprint for batch in plan.batches] == [4_000_000, 40_000_000]
    for batch in plan.batches:
        assert {task.kernel.rotation * 10**6 for task in batch.tasks} == {batch.footprint}


def test_the_rules_take_turns_most_informative_first() -> None:
    adds = [f"Add {n} @28x28" for n in range(1, 401)]
    muls = [f"Mul {n} @28x28" for n in range(1, 401)]
    plan = make_plan(experiments(g1=muls, g4=adds), runtime(FakeBackend()), ())
    assert [len(batch.tasks) for batch in plan.batches] == [160, 160, 160, 160, 160]
    first = {task.text for batch in plan.batches[:3] for task in batch.tasks}
    assert first == {f"{text} /4MB" for text in (*adds[:240], *muls[:240])}


def test_weights_beyond_a_level_are_timed_at_the_next_that_holds_them() -> None:
    chain = ["MatMul 4000>1000", "MatMul 12000>10000"]
    plan = make_plan(experiments(g1=chain), runtime(FakeBackend()), ())
    assert texts(plan) == [["MatMul 4000>1000 /40MB"], ["MatMul 12000>10000 /400MB"]]


def test_what_stays_in_a_cores_own_cache_is_timed_there_if_it_is_small_enough() -> None:
    near = replace(lowering_of(FakeBackend()), rotation=(1, 4, 40, 400), whole_rotation=True)
    made = {
        "g4": [
            Experiment(text, "s", rotation=number)
            for text, number in (
                ("Add 8 @8x8", CORE), ("Add 9 @8x8", 0), ("Add 64 @56x56", CORE),
                ("Add 64 @112x112", 0), ("Add 10 @8x8", 1),
            )
        ]
    }  # fmt: skip
    backend = FakeBackend()
    plan = make_plan(made, Runtime(near, backend.runs, backend.memory), ())
    assert texts(plan) == [
        ["Add 8 @8x8 /1MB"], ["Add 9 @8x8 /4MB"], ["Add 10 @8x8 /40MB", "Add 64 @112x112 /40MB"]
    ]  # fmt: skip
    # a target whose cores have no cache of their own
    assert make_plan(made, runtime(backend), ()).tasks == 3


def test_a_level_that_the_kernel_tells_is_kept() -> None:
    plan = make_plan(experiments(g1=["MatMul 8>8 @1 /7MB"]), runtime(FakeBackend()), ())
    assert [batch.footprint for batch in plan.batches] == [7_000_000]


def test_what_is_done_refused_or_too_big_is_counted_and_left_out() -> None:
    backend = FakeBackend(refuses=frozenset({"Softmax"}), memory=40_000_000)
    made = experiments(g4=["Add 8 @8x8", "Add 9 @8x8", "Softmax 9", "Add 640 @224x224"])
    plan = make_plan(made, runtime(backend), {("g4", "Add 8 @8x8 /4MB")})
    found = texts(plan), plan.done, plan.refused, plan.too_big
    assert found == ([["Add 9 @8x8 /4MB"]], 1, 1, 1)


def test_what_only_a_blocked_layout_has_is_left_out_where_there_is_none() -> None:
    made = {"g4": [Experiment("Add 8 @8x8", "s"), Experiment("Add 9 @8x8", "s", only="blocked")]}
    assert make_plan(made, runtime(FakeBackend()), ()).tasks == 1
    assert make_plan(made, runtime(FakeBackend(), BLOCKED), ()).tasks == 2


def test_kernels_are_timed_on_the_path_that_the_target_takes_for_them() -> None:
    conv = "Conv 64>64 k1x1 @28x28"
    plan = make_plan(experiments(g1=[conv]), runtime(FakeBackend(), BLOCKED), ())
    assert texts(plan) == [[f"{conv} /4MB (nchwc)"]]


def test_kernels_that_are_the_same_on_the_target_are_one_row_of_a_table() -> None:
    made = experiments(g4=["Add 8 @8x8", "Add 8 @8x8 +Relu"], targets=["Add 8 @8x8"])
    plan = make_plan(made, runtime(FakeBackend()), ())
    assert texts(plan) == [["Add 8 @8x8 /4MB"] * 2]
    assert [task.rule for task in plan.batches[0].tasks] == ["g4", "targets"]


@pytest.mark.parametrize("text", ["2 Add 8 @8x8", "Add 8 @8x8; Add 8 @8x8", "add 8"])
def test_an_experiment_that_is_not_one_kernel_is_named(text: str) -> None:
    with pytest.raises(MeasureError, match=r"^g4: an experiment is not one kernel: "):
        make_plan(experiments(g4=[text]), runtime(FakeBackend()), ())


def test_kernels_of_the_plan_read_back() -> None:
    plan = make_plan(experiments(g1=convs(3)), runtime(FakeBackend()), ())
    for task in plan.batches[0].tasks:
        assert parse_chain(task.text) == ((1, task.kernel),)


def test_a_device_for_large_batches_gets_the_batches_of_eight_at_its_own_too() -> None:
    made = experiments(g1=["Conv 8>16 k1x1 @7x7 b8", "Conv 8>16 k1x1 @7x7"])
    backend = FakeBackend()
    plain = runtime(backend)
    assert [task.kernel.batch for task in make_plan(made, plain, {}).batches[0].tasks] == [1, 8]
    plan = make_plan(made, replace(plain, most_batch=64), {})
    assert [(task.kernel.batch, task.series) for batch in plan.batches for task in batch.tasks] == [
        (1, "series"), (8, "series"), (64, "series b64")
    ]  # fmt: skip
