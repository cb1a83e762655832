"""A target of the user's own times of networks."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from archlint.commands.add_target import add_target
from archlint.commands.add_target.times import read_times
from archlint.cost.lowering.lower import lower
from archlint.cost.pricer import Pricer
from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, files_of
from archlint.errors import UsageError
from archlint.graph import read_model
from archlint.settings.options import Options
from archlint.testing import Net

LIKE = "epyc-milan-torch-fp32-1t"
SLOWER = 3.0


def network(width: int, depth: int) -> Net:
    net = Net()
    x = net.input(1, 3, 32, 32)
    for _ in range(depth):
        x = net.op("Relu", net.norm(net.conv(x, width, 3)))
    return net


def times_in(folder: Path, factor: float = SLOWER) -> Path:
    """Twelve networks on a device that is slower than another one by a factor."""
    pricer = Pricer(load_target(files_of(SHIPPED / LIKE)))
    lines = ["network,batch,ms"]
    for number in range(12):
        path = folder / f"net{number}.onnx"
        onnx.save(network(16 + 16 * (number % 4), 2 + number // 3).proto(), path)
        kernels = lower(read_model(str(path)), pricer.target.lowering).kernels
        price = pricer.total([each.kernel for each in kernels])
        assert price is not None
        lines.append(f"{path.name},1,{price.seconds * 1e3 * factor}")
    file = folder / "times.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_a_slower_device_is_told_by_its_networks(tmp_path: Path) -> None:
    calibration, count = add_target(times_in(tmp_path), LIKE, Options(), tmp_path / "slow")
    assert count == 12
    assert calibration.errors[0].median < 0.1
    made = load_target(files_of(tmp_path / "slow"))
    assert (made.name, made.threads, made.batches) == ("slow", "1", (1, 1))
    model = read_model(network(64, 3).proto())
    kernels = [each.kernel for each in lower(model, made.lowering).kernels]
    slow = Pricer(made).total(kernels)
    quick = Pricer(load_target(files_of(SHIPPED / LIKE))).total(kernels)
    assert slow is not None
    assert quick is not None
    assert slow.seconds / quick.seconds == pytest.approx(SLOWER, rel=0.2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("network,ms\n", ":1: expected the columns network, batch, ms"),
        ("network,batch,ms\na.onnx,1,fast\n", ":2: could not convert"),
        ("network,batch,ms\na.onnx,0,1\n", ":2: expected a network, and a batch"),
        ("network,batch,ms\na.onnx,1,-3\n", ":2: ms is -0.003"),
    ],
)
def test_a_bad_file_is_refused_by_its_line(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "times.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=reason):
        read_times(file)


def test_few_networks_make_no_target(tmp_path: Path) -> None:
    file = tmp_path / "times.csv"
    file.write_text("network,batch,ms\na.onnx,1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="1 networks, expected 10 and more"):
        add_target(file, LIKE, Options(), tmp_path / "few")


def test_a_shipped_target_is_not_written_over(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="of its own"):
        add_target(tmp_path / "times.csv", LIKE, Options(), tmp_path / LIKE)
