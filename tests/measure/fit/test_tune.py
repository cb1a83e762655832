from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.family import Family
from archlint.cost.pricing.machine import Machine
from archlint.cost.pricing.observation import Observation
from archlint.measure.fit.tune import tune
from tests.measure.synthetic import MACHINE, conv_times, pointwise


def rows_of(kernels: Sequence[Kernel], seconds: Sequence[float]) -> list[Observation]:
    return [
        Observation(((1, kernel),), time) for kernel, time in zip(kernels, seconds, strict=True)
    ]


def test_only_terms_and_features_that_differ_are_taken() -> None:
    kernels = pointwise(60, seed=1)
    spec = tune("conv 1x1", rows_of(kernels, conv_times(kernels)), MACHINE)
    assert set(spec.terms) == {
        "launch", "flops", "lines", "weights from cache", "activations near", "activations far"
    }  # fmt: skip
    # one window, no strides, no batch, no groups, nothing fused
    assert set(spec.lengths) <= {"in", "out", "positions", "line", "bytes", "fill", "growth"}


def test_a_gpu_has_no_loops_that_a_core_runs() -> None:
    kernels = pointwise(60, seed=1)
    spec = tune("conv 1x1", rows_of(kernels, conv_times(kernels)), MACHINE, on_cpu=False)
    assert "flops" in spec.terms
    assert "lines" not in spec.terms


def test_what_bytes_far_away_take_is_not_told_by_rows_that_have_next_to_none() -> None:
    near = replace(MACHINE, near=2**20, far=2**25)
    sizes = [(4 * width, side) for width in (4, 8, 16) for side in (14, 28, 56)]
    small = [
        Kernel(Kind.POOL, "MaxPool", c, c, (s, s), (s, s), 1, (3, 3), (1, 1)) for c, s in sizes
    ]
    small = [each for each in small if each.activation_bytes < 2**20]
    seconds = [1e-6 + 1e-11 * each.activation_bytes for each in small]
    seconds[-1] *= 1.2  # noise that the little which is far away there would explain
    spec = tune("pool", rows_of(small, seconds), near)
    assert "bytes" in spec.terms
    assert not {"activations near", "activations far"} & set(spec.terms)
    large = small[0]._replace(c_in=256, c_out=256, in_map=(112, 112), out_map=(112, 112))
    family = Family(spec, rows_of(small, seconds), {}, near)
    (told,) = family.seconds([large])
    assert told == pytest.approx(1e-6 + 1e-11 * large.activation_bytes, rel=0.5)
    both = [*small, large, large._replace(c_in=512, c_out=512)]
    spec = tune(
        "pool", rows_of(both, [1e-6 + 1e-11 * each.activation_bytes for each in both]), near
    )
    assert {"activations near", "activations far"} <= set(spec.terms)


@pytest.mark.parametrize(("rows", "is_told"), [(1, False), (2, True)])
def test_what_weights_in_the_core_take_is_told_by_more_than_one_row(
    rows: int, is_told: bool
) -> None:
    kernels = [e._replace(rotation=1 if at < rows else 8) for at, e in enumerate(pointwise(20, 9))]
    near = replace(MACHINE, near=2**20, far=2**25)
    spec = tune("conv 1x1", rows_of(kernels, conv_times(kernels)), near)
    assert ("weights from core" in spec.terms) is is_told


def test_views_have_a_launch_and_nothing_else() -> None:
    kernels = pointwise(8, seed=2)
    seconds = [1e-6 * (1 + at / 100) for at in range(8)]
    assert tune("view", rows_of(kernels, seconds), MACHINE).terms == ("launch",)
    # where they were measured at several levels of what a model runs through
    mixed = [each._replace(rotation=(1, 8, 67)[at % 3]) for at, each in enumerate(kernels)]
    near = replace(MACHINE, near=2**20, far=2**25)
    terms = ("launch", "launch outside", "launch cold")
    assert tune("view", rows_of(mixed, seconds), near).terms == terms


def test_what_no_term_tells_is_left_to_the_residual() -> None:
    kernels, fresh = pointwise(120, seed=3), pointwise(60, seed=4)

    def bent(members: list[Kernel]) -> list[float]:
        """Slower by up to a half where the widths are large."""
        times = zip(members, conv_times(members), strict=True)
        return [time * (1 + kernel.c_out / 1024) for kernel, time in times]

    spec = tune("conv 1x1", rows_of(kernels, bent(kernels)), MACHINE)
    family = Family(spec, rows_of(kernels, bent(kernels)), {}, MACHINE)
    errors = np.abs(np.array(family.seconds(fresh)) / np.array(bent(fresh)) - 1)
    assert np.median(errors) < 0.02
    assert spec.lengths["out"] < 24


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_the_noise_of_the_rows_is_found(noise: float) -> None:
    kernels = pointwise(200, seed=5)
    wobble = np.exp(noise * np.random.default_rng(6).standard_normal(len(kernels)))
    spec = tune("conv 1x1", rows_of(kernels, list(np.array(conv_times(kernels)) * wobble)), MACHINE)
    # the residual is noise alone, which spread and noise share
    assert np.hypot(spec.noise, spec.spread) == pytest.approx(noise, rel=0.4)


def test_operators_that_differ_are_told_apart() -> None:
    kernels = pointwise(80, seed=7)
    mixed = [
        Kernel(each.kind, op, each.c_in, each.c_out, each.in_map, each.out_map)
        for at, each in enumerate(kernels)
        for op in [("Conv", "FusedConv")[at % 2]]
    ]
    times = [
        time * (1.0, 1.6)[at % 2] for at, time in enumerate(conv_times(kernels))
    ]  # fmt: skip
    assert tune("conv 1x1", rows_of(mixed, times), MACHINE).unlike < 0.5
    assert tune("conv 1x1", rows_of(kernels, times), Machine()).unlike == 1.0
