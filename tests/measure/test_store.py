from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from archlint.cost.pricing.table import HEADER, Row, format_rows
from archlint.errors import MeasureError, TargetError
from archlint.measure.store import Store


def row(channels: int, rule: str = "G1") -> Row:
    return Row(
        rule, f"Add {channels} @8x8", "s", "float", 1, "", 5, 1e-6, 1e-6, 1e-6, 0.01, "d", "h", 1.1
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "targets", "mine")


def test_rows_are_kept_in_the_order_in_which_they_come(store: Store) -> None:
    assert store.rows() == ()
    store.append([row(1), row(2, "G4"), row(3)])
    store.append([row(4)])
    assert store.rows() == (row(1), row(2, "G4"), row(3), row(4))
    assert [path.name for path in (store.out / "mine").iterdir()] == ["rows.csv"]


def test_rows_that_were_carried_over_give_way_to_those_measured_here(store: Store) -> None:
    carried = [replace(row(each), how="carried over from another") for each in (1, 2, 3)]
    store.append(carried)
    noisy = replace(row(2), interval=0.5)
    store.append([row(1), noisy])
    # what differs too much to be used replaces nothing
    assert store.rows() == (*carried[1:], row(1), noisy)


@pytest.mark.parametrize("kept", range(len("G1,Add 2 @8x8,s,float")))
def test_a_torn_last_line_is_dropped_for_good(store: Store, kept: int) -> None:
    store.append([row(1)])
    whole = store.table.read_bytes()
    with store.table.open("ab") as file:
        file.write(b"G1,Add 2 @8x8,s,float"[:kept])
    assert store.rows() == (row(1),)
    assert store.table.read_bytes() == whole
    store.append([row(3)])
    assert store.rows() == (row(1), row(3))


def test_a_torn_header_is_written_anew(store: Store) -> None:
    store.table.parent.mkdir(parents=True)
    store.table.write_text(HEADER[:10], encoding="utf-8")
    assert store.rows() == ()
    store.append([row(1)])
    assert store.rows() == (row(1),)


def test_another_s_table_is_not_mended(store: Store) -> None:
    store.table.parent.mkdir(parents=True)
    store.table.write_text("kernels,seconds\n", encoding="utf-8")
    with pytest.raises(TargetError, match="the columns are not"):
        store.rows()


def put_old(out: Path, folder: str, *rows: Row) -> Path:
    """A table of the old layout: no column for the rule, which the folder tells."""
    table = out / folder / "costs" / "mine.csv"
    table.parent.mkdir(parents=True, exist_ok=True)
    lines = (HEADER + format_rows(rows)).splitlines()
    table.write_text("".join(line.partition(",")[2] + "\n" for line in lines), encoding="utf-8")
    return table


@pytest.mark.parametrize("elsewhere", [True, False])
def test_what_lies_in_the_old_layout_is_moved(tmp_path: Path, elsewhere: bool) -> None:
    old = tmp_path / "rules"
    store = Store(tmp_path / "targets", "mine", old) if elsewhere else Store(old, "mine")
    put_old(old, "g1_channel_width", row(1), row(2))
    torn = put_old(old, "targets", row(3, "shared"))
    with torn.open("a", encoding="utf-8") as file:
        file.write("Add 4 @8x8,s")
    (old / "targets" / "mine.toml").write_text("the target\n", encoding="utf-8")
    with store.locked():
        assert store.rows() == (row(1), row(2), row(3, "shared"))
        assert store.file.read_text(encoding="utf-8") == "the target\n"
        store.append([row(5)])
    assert not [*old.glob("targets/*.toml"), *old.glob("*/costs/*.csv")]
    with store.locked():
        assert store.rows() == (row(1), row(2), row(3, "shared"), row(5))


def test_a_move_that_was_cut_off_goes_on_and_adds_no_row_twice(tmp_path: Path) -> None:
    store = Store(tmp_path, "mine")
    put_old(tmp_path, "g1_channel_width", row(1), row(2))
    put_old(tmp_path, "g4_elementwise", row(3, "G4"))
    with store.locked():
        pass
    # as if the first table had not been deleted before the power went
    put_old(tmp_path, "g1_channel_width", row(1), row(2))
    with store.locked():
        assert store.rows() == (row(1), row(2), row(3, "G4"))


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
            f"{store.file}: another process measures this target (it holds rows.lock)"
        )
        other.stdin.write("\n")
        other.stdin.close()
    with store.locked():
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MeasureError) as caught, Store(tmp_path / "file", "mine").locked():
        pass
    assert str(caught.value) == f"{tmp_path}/file/mine: Not a directory"
