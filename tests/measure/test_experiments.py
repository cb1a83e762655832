from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from importlib import import_module
from itertools import islice, pairwise
from math import prod

import pytest

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.table import read_table
from archlint.cost.target import Target, load_target
from archlint.cost.target_files import SHIPPED, list_targets
from archlint.linter.registry import all_rules
from archlint.measure.onnxruntime.nodes import can_make
from archlint.measure.plan.experiment import CORE, Experiment, Workload
from archlint.measure.plan.low_discrepancy import points
from archlint.measure.plan.plan import Runtime, make_plan
from archlint.measure.plan.sampling import SEED, drawn, equal_widths, interleave
from archlint.measure.workloads.paper import TABLES
from archlint.measure.workloads.shared import SHARED_WORKLOADS
from tests.cost.paper_targets import ARM, GPU

Experiments = tuple[Experiment, ...]

WORKLOADS = {**{each.code: each.workloads() for each in all_rules()}, "shared": SHARED_WORKLOADS}
EXPERIMENTS = {rule: drawn(each) for rule, each in WORKLOADS.items()}

LATER = (
    "function", "instance normalisation", "group normalisation", "local normalisation",
    "root mean square", "LSTM", "GRU", "RNN", "contraction", "sampling", "scan",
    "dilated", "depthwise multiplier", "whole attention", "multi-head attention",
    "grouped attention", "rotary embedding", "dynamic", "integer", "packed product", "greatest",
    "place of the greatest", "regions", "non-zero", "indexed", "uncommon", "small ",
    "generic pool", "split of heads", "turned heads", "gather of maps", "softmax of columns",
    "channel reduction", "normalised rows", "merged patches", "cut heads", "signed", "dequantised",
    "cubic resize", "quantised LSTM", "product of packed floats",
    "boundary", "depthwise boundary", "rare ",
)  # fmt: skip
"""The series that came when the first of the shipped targets had been measured."""

ALL = pytest.mark.parametrize("experiments", EXPERIMENTS.values(), ids=EXPERIMENTS)
EACH = pytest.mark.parametrize(
    "workload",
    [each for of_rule in WORKLOADS.values() for each in of_rule],
    ids=lambda each: each.__module__.rpartition(".")[2],
)


def kernel_of(experiment: Experiment) -> Kernel:
    ((count, kernel),) = parse_chain(experiment.kernels)
    assert count == 1
    return kernel


def kernels(experiments: Experiments) -> list[Kernel]:
    return [kernel_of(each) for each in experiments]


def count(experiments: Experiments, *kinds: Kind) -> int:
    return sum(each.kind in kinds for each in kernels(experiments))


def test_there_are_as_many_as_the_docstrings_say() -> None:
    assert {rule: len(each) for rule, each in EXPERIMENTS.items()} == {
        "A1": 240, "G1": 576, "G2": 184, "G3": 60, "G4": 1200, "R1": 0, "shared": 1553
    }  # fmt: skip
    assert count(EXPERIMENTS["G4"], Kind.ELEMENTWISE) == 372


@EACH
def test_so_has_each_workload(workload: Workload) -> None:
    text = import_module(workload.__module__).__doc__ or ""
    said = re.search(r": (\d+) kernels\.", text)
    assert said is not None
    assert len(drawn([workload])) == int(said[1])


@ALL
def test_each_is_one_kernel_that_reads_back_as_it_is_written(experiments: Experiments) -> None:
    assert [each.text for each in kernels(experiments)] == [each.kernels for each in experiments]


@ALL
def test_no_kernel_is_there_twice(experiments: Experiments) -> None:
    # what a runtime has to have makes it another one
    assert len({(each.kernels, each.only) for each in experiments}) == len(experiments)


@ALL
def test_a_series_has_equal_flops_on_one_map(experiments: Experiments) -> None:
    series = defaultdict(list)
    for experiment in experiments:
        series[experiment.series].append(experiment)
    for members in series.values():
        found = [kernel_of(each) for each in members]
        assert max(each.flops for each in found) <= 1.03 * min(each.flops for each in found) + 1e-9
        # of attention's two products the tokens are the rows of both
        assert len({(each.out_map, each.strides, each.batch) for each in found}) == 1
        if found[0].kind is not Kind.DEPTHWISE:
            assert len({each.window for each in found}) == 1
        assert len({each.rotation for each in members}) == 1


def test_no_two_sets_share_a_series() -> None:
    names = [{each.series for each in of_rule} for of_rule in EXPERIMENTS.values()]
    assert sum(map(len, names)) == len(set().union(*names))


@ALL
def test_each_is_small_enough_to_measure(experiments: Experiments) -> None:
    for each in kernels(experiments):
        assert each.flops <= 2e9
        assert each.batch * prod(each.in_map) * each.c_in * each.itemsize <= 64 * 2**20
        assert each.batch * prod(each.out_map) * each.c_out * each.itemsize <= 64 * 2**20
        assert each.weight_bytes <= 64 * 2**20


@ALL
def test_none_is_written_for_one_target(experiments: Experiments) -> None:
    for experiment in experiments:
        kernel = kernel_of(experiment)
        assert experiment.only or "nchw" not in kernel.path
        assert not kernel.rotation
        assert experiment.rotation in (0, 1, 2, CORE)
        in_blocks = kernel.op.startswith("Reorder") or kernel.path == "nchwc"
        assert (experiment.only == "blocked") is in_blocks


def test_the_first_experiments_cover_the_space_coarsely() -> None:
    first = EXPERIMENTS["G1"][:60]
    found = kernels(first)
    convs = [each for each in found if each.kind is Kind.CONV]
    assert {(1, 1), (3, 3), (5, 5), (7, 7)} <= {each.window for each in convs}
    assert {each.batch for each in found} >= {1, 8}
    assert {each.strides[0] for each in convs} >= {1, 2}
    assert {each.constant for each in found} == {True, False}
    assert {each.rotation for each in first} == {0, 1, 2}
    assert min(each.in_map[0] for each in convs) <= 7
    assert max(each.in_map[0] for each in convs) >= 112
    assert min(each.c_in for each in convs) <= 3
    assert max(max(each.c_in, each.c_out) for each in convs) >= 1024
    assert max(each.c_out / each.c_in for each in convs if each.c_in > 3) >= 4
    assert max(each.c_in / each.c_out for each in convs) >= 4
    assert {each.kind for each in kernels(EXPERIMENTS["G4"][:80])} == {
        each.kind for each in kernels(EXPERIMENTS["G4"])
    }
    assert {each.kind for each in kernels(EXPERIMENTS["shared"][:100])} == {
        each.kind for each in kernels(EXPERIMENTS["shared"])
    }


def test_one_dense_conv_in_three_is_off_the_alignment() -> None:
    convs = [
        each for each in kernels(EXPERIMENTS["G1"]) if each.kind is Kind.CONV and each.c_in > 4
    ]
    off = [each for each in convs if each.c_in % 8 or each.c_out % 8]
    assert 1 / 4 <= len(off) / len(convs) <= 2 / 5
    assert {each.c_in % 8 for each in off} >= {2, 4, 6}
    assert any(each.c_in % 2 for each in off)


def test_two_convs_in_five_have_no_epilogue() -> None:
    convs = [each for each in kernels(EXPERIMENTS["G1"]) if each.kind is Kind.CONV]
    assert 0.33 <= sum(not each.epilogue for each in convs) / len(convs) <= 0.47


def test_they_are_the_same_everywhere() -> None:
    every = [each for of_rule in EXPERIMENTS.values() for each in of_rule]
    assert _digest(every) == "d87541e47e6f5ce73f53cdccc6566b59321fc649fd2b5a30c21219648f44c786"


ANEW = ("AveragePool ", "Resize ")
"""What the first tables have under another path: means that ran in the general pool, and maps of
bytes whose rows were planned for blocks."""

IN_PART = frozenset({"epyc-genoa-ort-int8-1t"})
"""Tables measured within a budget: they have what tells most."""

SHIPPED_TABLES = [
    target
    for target in map(load_target, list_targets(SHIPPED).values())
    if target.runtime.startswith("ONNX Runtime") and target.name not in IN_PART
]


@pytest.mark.parametrize("target", SHIPPED_TABLES, ids=lambda target: target.name)
def test_what_shipped_tables_hold_is_asked_for_as_it_was(target: Target) -> None:
    # a change here makes their rows useless: `archlint measure` would time others
    asked = {
        rule: [each for each in of_rule if not each.series.startswith(LATER)]
        for rule, of_rule in EXPERIMENTS.items()
    }
    files = list_targets(SHIPPED)[target.name]
    done = {(row.rule, row.kernels) for table in files.tables for row in read_table(table)}
    plan = make_plan(asked, Runtime(target.lowering, can_make, 1 << 40), done)
    texts = [task.text for batch in plan.batches for task in batch.tasks]
    assert [text for text in texts if not text.startswith(ANEW)] == []
    assert plan.done >= 1900


def _digest(experiments: Sequence[Experiment]) -> str:
    return hashlib.sha256("".join(f"{each}\n" for each in experiments).encode()).hexdigest()


def test_another_seed_draws_other_kernels() -> None:
    new = 0
    for rule, experiments in EXPERIMENTS.items():
        assert drawn(WORKLOADS[rule], SEED) == experiments
        known = {(each.kernels, each.only) for each in experiments}
        other = drawn(WORKLOADS[rule], SEED + 1)
        assert len(other) == len(known)
        of_rule = sum((each.kernels, each.only) not in known for each in other)
        # a pool or a Softmax has few sizes to draw, and the usual ones come again
        assert of_rule >= 0.9 * len(other)
        new += of_rule
    assert new >= 0.95 * 1320


@pytest.mark.parametrize("target", [GPU, ARM], ids=lambda target: target.name)
def test_the_papers_tables_hold_the_papers_workloads(target: Target) -> None:
    for rule, table in zip(("G1", "G2", "G3", "G4"), TABLES, strict=True):
        of_table = {each.kernels for each in table}
        assert {row.kernels for row in target.rows if row.rule == rule} <= of_table


def test_a_lint_loads_no_workload_and_no_plot() -> None:
    code = (
        "import sys; from archlint.linter.registry import all_rules; all_rules();"
        "print(*(name for name in sys.modules if name.startswith('archlint') and "
        "('measure' in name or 'plot' in name)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_points_fill_an_interval_evenly() -> None:
    found = sorted(point.coordinate() for point in islice(points(1, "test", 1), 20))
    gaps = [right - left for left, right in pairwise(found)]
    assert max(gaps) < 2.7 / 20
    assert min(gaps) > 0.3 / 20


def test_points_go_by_seed_and_name() -> None:
    def first(seed: int, name: str) -> float:
        return next(points(seed, name, 2)).coordinate()

    assert first(1, "a") == first(1, "a")
    assert len({first(1, "a"), first(2, "a"), first(1, "b")}) == 3


def test_a_point_has_random_coordinates_beyond_its_own() -> None:
    one, other = islice(points(1, "test", 1), 2)
    assert [one.coordinate() for _ in range(3)][1:] != [other.coordinate() for _ in range(3)][1:]


def test_picks_come_as_often_as_their_weights() -> None:
    found = [point.pick({"a": 3.0, "b": 1.0}) for point in islice(points(1, "test", 1), 100)]
    assert 73 <= found.count("a") <= 77


def test_equal_widths_are_aligned_and_never_less_work() -> None:
    assert equal_widths(64 * 256, 1.0, 8) == (128, 128)
    assert equal_widths(64 * 64, 4.0, 8) == (32, 128)
    assert equal_widths(24, 1.0, 8) is None


def test_interleaving_gives_each_part_its_share_of_any_prefix() -> None:
    many = [Experiment(f"Relu {width} @7x7", "many") for width in range(1, 9)]
    few = [Experiment(f"Add {width} @7x7", "few") for width in range(1, 3)]
    assert [each.series for each in interleave(many, few)[:5]].count("few") == 1
    assert sorted(map(str, interleave(many, few))) == sorted(map(str, many + few))
