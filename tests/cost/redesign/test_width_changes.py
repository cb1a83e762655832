from __future__ import annotations

from pathlib import Path

import pytest

from archlint.cost.lowering.difference import relower
from archlint.cost.lowering.lower import lower
from archlint.cost.lowering.lowered import Lowered
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.redesign import width_changes
from archlint.cost.redesign.shared_width import SharedWidth, find_shared_widths
from archlint.cost.redesign.width_changes import WidthChanges
from archlint.graph import Model, read_model
from archlint.graph.widths import find_widths
from archlint.testing import Net
from tests.cost.lowering.test_lower_blocked import ORT

EXAMPLES = Path(__file__).parents[3] / "examples" / "onnx"


def parts_of(model: Model) -> tuple[WidthChanges, list[SharedWidth]]:
    lowered, widths = lower(model, ORT), find_widths(model)
    found = find_shared_widths(model, lowered, widths)
    shared = [each for each in found if isinstance(each, SharedWidth)]
    return WidthChanges(model, lowered, widths, ORT), shared


@pytest.fixture
def lowerings(monkeypatch: pytest.MonkeyPatch) -> list[Model]:
    """The models that are lowered again."""
    seen: list[Model] = []

    def counted(model: Model, lowering: RuntimeRules, lowered: Lowered) -> Lowered:
        seen.append(model)
        return relower(model, lowering, lowered)

    monkeypatch.setattr(width_changes, "relower", counted)
    return seen


@pytest.mark.parametrize("name", ["mobilenet_v2", "nasnet_a_small", "resnet50", "unet"])
def test_what_widths_change_together_is_what_each_changes_alone(
    name: str, lowerings: list[Model]
) -> None:
    changes, shared = parts_of(read_model(str(EXAMPLES / f"{name}.onnx")))
    wanted = [(each, channels) for each in shared for channels in (each.channels + 6, 96)]
    together = changes.instead(wanted)
    count = len(lowerings)
    assert together == [changes.instead([each])[0] for each in wanted]
    assert count < len(lowerings) - count


def test_widths_that_meet_in_a_concat_are_changed_one_by_one(lowerings: list[Model]) -> None:
    net = Net()
    x = net.input(1, 32, 28, 28)
    sides = [net.conv(x, 24, 3, name=name) for name in ("left", "right")]
    model = net.model(net.conv(net.concat(*sides), 32, name="out"))
    changes, shared = parts_of(model)
    wanted = [(each, 32) for each in shared]
    made = changes.instead(wanted)
    assert len(lowerings) == len(wanted)
    assert made == [changes.instead([each])[0] for each in wanted]


def test_where_groups_do_not_divide_one_width_the_others_are_changed() -> None:
    net = Net()
    x = net.input(1, 64, 14, 14)
    y = net.conv(net.conv(x, 66, name="first"), 66, groups=3, name="grouped")
    z = net.conv(net.conv(y, 64, name="middle"), 60, name="plain")
    model = net.model(net.conv(z, 64, name="last"))
    changes, shared = parts_of(model)
    wanted = [(each, each.channels + 4) for each in shared]
    made = changes.instead(wanted)
    assert None in made
    assert any(made)
