from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archlint.cost.pricing.table import HEADER, Row, read_table
from archlint.errors import MeasureError, TargetError
from archlint.measure.store import Store


def row(channels: int) -> Row:
    return Row(
        f"Add {channels} @8x8", "s", "float", 1, "", 5, 1e-6, 1e-6, 1e-6, 0.01, "d", "h", 1.1
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "rules", "mine")


def test_rows_go_to_the_table_of_their_folder(store: Store) -> None:
    assert store.folders() == ()
    store.append([("g1", row(1)), ("g4", row(2)), ("g1", row(3))])
    store.append([("g1", row(4))])
    assert store.folders() == ("g1", "g4")
    assert store.rows("g1") == (row(1), row(3), row(4))
    assert read_table(store.out / "g4" / "costs" / "mine.csv") == (row(2),)
    assert store.rows("g2") == ()


@pytest.mark.parametrize("kept", range(len("Add 2 @8x8,s,float")))
def test_a_torn_last_line_is_dropped_for_good(store: Store, kept: int) -> None:
    store.append([("g1", row(1))])
    whole = store.table("g1").read_bytes()
    with store.table("g1").open("ab") as file:
        file.write(b"Add 2 @8x8,s,float"[:kept])
    assert store.rows("g1") == (row(1),)
    assert store.table("g1").read_bytes() == whole
    store.append([("g1", row(3))])
    assert store.rows("g1") == (row(1), row(3))


def test_a_torn_header_is_written_anew(store: Store) -> None:
    store.table("g1").parent.mkdir(parents=True)
    store.table("g1").write_text(HEADER[:10], encoding="utf-8")
    assert store.rows("g1") == ()
    store.append([("g1", row(1))])
    assert store.rows("g1") == (row(1),)


def test_another_s_table_is_not_mended(store: Store) -> None:
    store.table("g1").parent.mkdir(parents=True)
    store.table("g1").write_text("kernels,seconds\n", encoding="utf-8")
    with pytest.raises(TargetError, match="the columns are not"):
        store.rows("g1")


def test_a_target_that_another_process_measures_is_refused(store: Store) -> None:
    code = (
        "import sys; from pathlib import Path; from archlint.measure.store import Store\n"
        "with Store(Path(sys.argv[1]), 'mine').locked(): print('held', flush=True); input()"
    )
    command = [sys.executable, "-c", code, str(store.out)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(MeasureError) as caught, store.locked():
            pass
        assert str(caught.value) == (
            f"{store.file}: another process measures this target (it holds mine.lock)"
        )
        other.stdin.write("\n")
        other.stdin.close()
    with store.locked():
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MeasureError) as caught, Store(tmp_path / "file", "mine").locked():
        pass
    assert str(caught.value) == f"{tmp_path}/file/targets: Not a directory"
