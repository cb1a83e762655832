"""What a function element by element costs: a CPU's own rows tell it, or nothing does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.price import Basis
from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, list_targets
from tests.cost.paper_targets import ARM_PRICER, GPU_PRICER

CPU = load_target(list_targets(SHIPPED)["epyc-milan-ort-fp32-1t"])
PRICER = Pricer(CPU)


def kernel(text: str) -> Kernel:
    return parse_term(text)[1]


@pytest.mark.parametrize("op", ["Softplus", "Elu", "Celu", "Selu", "Log", "Sin", "Atan", "Mod"])
def test_a_function_that_a_cpu_was_not_measured_with_has_no_price(op: str) -> None:
    assert PRICER.price(kernel(f"{op} 32 @160x160")) is None


@pytest.mark.parametrize("op", ["Tanh", "Gelu", "Erf", "Exp", "Pow"])
def test_one_that_it_was_measured_with_has_its_own(op: str) -> None:
    assert PRICER.price(kernel(f"{op} 32 @160x160")) is not None


@pytest.mark.parametrize("op", ["Abs", "Floor", "Less", "ThresholdedRelu"])
def test_what_only_compares_or_adds_is_as_dear_as_what_was_measured(op: str) -> None:
    assert PRICER.price(kernel(f"{op} 32 @160x160")) is not None


def test_a_gpu_hides_a_function_behind_its_memory_access() -> None:
    assert GPU_PRICER.price(kernel("Softplus 64 @56x56")) == GPU_PRICER.price(
        kernel("Elu 64 @56x56")
    )
    assert ARM_PRICER.price(kernel("Softplus 64 @56x56")) is None


def test_a_fused_function_without_rows_costs_what_it_costs_by_itself() -> None:
    conv, tanh = kernel("Conv 8>8 k5 @4096"), kernel("Tanh 8 @4096")
    fused = PRICER.seconds([conv._replace(epilogue=("Tanh",))])
    apart = [PRICER.seconds([each]) for each in (conv, tanh)]
    assert None not in apart
    assert fused == pytest.approx(sum(filter(None, apart)))


def test_nor_has_a_kernel_that_fuses_one_without_any_row() -> None:
    assert PRICER.price(kernel("MatMul 768>768 @128")) is not None
    assert PRICER.price(kernel("MatMul 768>768 @128 +Softplus")) is None


def test_rows_give_the_function_its_price() -> None:
    row = next(row for row in CPU.rows if row.kernels.startswith("Tanh"))
    own = replace(row, kernels="Softplus 32 @160x160", median_s=9e-3)
    price = Pricer(replace(CPU, rows=(*CPU.rows, own))).price(kernel("Softplus 32 @160x160"))
    assert price is not None
    assert price.basis is Basis.MEASURED


def test_rows_of_other_functions_are_not_near() -> None:
    price = PRICER.price(kernel("Exp 64 @28x28"))
    assert price is not None
    assert price.basis is Basis.MODELLED
