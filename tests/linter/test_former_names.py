from __future__ import annotations

import pytest

from archlint.cost.target_files import SHIPPED, list_targets, name_now
from archlint.linter.registry import find_targets
from archlint.settings.options import Options

RENAMED = {
    "amd-epyc-ort-fp32-1t": "epyc-milan-ort-fp32-1t",
    "amd-epyc-ort-fp32-2t": "epyc-milan-ort-fp32-2t",
    "amd-epyc-ort-int8-1t": "epyc-milan-ort-int8-1t",
    "amd-epyc-torch-fp32-1t": "epyc-milan-torch-fp32-1t",
    "amd-epyc-genoa-ort-fp32-1t": "epyc-genoa-ort-fp32-1t",
}


@pytest.mark.parametrize("former", RENAMED)
def test_a_shipped_target_is_found_by_the_name_that_it_had(former: str) -> None:
    (target,) = find_targets(Options(targets=(former,)))
    assert (target.name, target.remark) == (
        RENAMED[former], f"{former} is called {RENAMED[former]} now"
    )  # fmt: skip


def test_no_target_is_called_as_another_was() -> None:
    assert {name: name_now(name) for name in RENAMED} == RENAMED
    shipped = list_targets(SHIPPED)
    assert {name: name_now(name) for name in shipped} == {name: name for name in shipped}
