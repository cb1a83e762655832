from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.cost.kernels.kernel import parse_chain
from archlint.cost.pricing.table import Row, Table, TableFile, read_table, write_table
from archlint.errors import TargetError

ROW = Row(
    rule="G1",
    kernels="10 Conv 128>128 k1x1 @56x56 +Relu; 10 Add 128 @56x56",
    series="pair x1",
    dtype="float",
    batch=1,
    layout="nchwc",
    sessions=5,
    median_s=0.000675,
    p10_s=0.00066,
    p90_s=0.0007,
    interval=0.01,
    measured="2024-05-01",
    how="archlint measure, 5 sessions",
    uncorrected_s=0.000702,
)
HEADER = (
    "rule,kernels,series,dtype,batch,layout,sessions,median_s,p10_s,p90_s,interval,measured,how,"
    "uncorrected_s"
)
GOOD = "G1,Add 32 @8x8,s,float,1,,5,0.001,,,,2024,x,"

times = st.floats(1e-9, 10, allow_nan=False)
texts = st.text("aé ,;\"+'", max_size=8)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    low, high = sorted((draw(times), draw(times)))
    return Row(
        rule=draw(st.sampled_from(["G1", "shared"])),
        kernels=draw(st.sampled_from([ROW.kernels, "Softmax 10", "2 MatMul 8>8 @4 run-time"])),
        series=draw(texts),
        dtype=draw(st.sampled_from(["float", "float16"])),
        batch=draw(st.integers(1, 64)),
        layout=draw(texts),
        sessions=draw(st.integers(1, 9)),
        median_s=draw(times),
        p10_s=draw(st.none() | st.just(low)),
        p90_s=draw(st.none() | st.just(high)),
        interval=draw(st.none() | times),
        measured="2024",
        how=draw(texts),
        uncorrected_s=draw(st.none() | times),
    )


@given(written=st.lists(rows(), max_size=4))
def test_a_table_reads_back_as_it_was_written(
    written: list[Row], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("costs") / "costs" / "device.csv"
    write_table(path, written)
    assert read_table(TableFile(path)) == tuple(written)
    table = Table(TableFile(path))
    assert table.texts() == [row.kernels for row in written]
    for at, row in enumerate(written):
        assert table.observed(at, ()) == (row.median_s, row.scatter, row.marked)


def test_a_table_is_csv_with_empty_cells_for_what_the_source_does_not_give(tmp_path: Path) -> None:
    path = tmp_path / "device.csv"
    write_table(
        path, [Row("G1", "Add 3", "a,b", "float", 1, "", 1, 0.5, None, None, None, "2018", "x")]
    )
    assert path.read_bytes().decode() == f'{HEADER}\nG1,Add 3,"a,b",float,1,,1,0.5,,,,2018,x,\n'


def test_a_row_gives_its_chain() -> None:
    assert ROW.chain == parse_chain(ROW.kernels)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("G1,Conf 3,s,float,1,,5,0.001,,,,2024,x,", "no kind of kernel runs 'Conf'"),
        ("G1,add 32,s,float,1,,5,0.001,,,,2024,x,", "not a kernel: 'add 32'"),
        ("G1,,s,float,1,,5,0.001,,,,2024,x,", "not a kernel: ''"),
        ("G1,Add 32,s,float,one,,5,0.001,,,,2024,x,", "batch is 'one', not a whole number from 1"),
        ("G1,Add 32,s,float,0,,5,0.001,,,,2024,x,", "batch is '0', not a whole number from 1 on"),
        ("G1,Add 32,s,float,1,,-5,0.001,,,,2024,x,", "sessions is '-5', not a whole number"),
        ("G1,Add 32,s,float,1,,5,1e300,,,,2024,x,", "median_s is 1e+300, not a positive time"),
        ("G1,Add 32,s,float,1,,5,1e-300,,,,2024,x,", "median_s is 1e-300, not a positive time"),
        ("G1,Add 32,s,float,1,,5,0.001,nan,,,2024,x,", "p10_s is nan, not a positive time"),
        ("G1,Add 32,s,float,1,,5,0.001,,-1,,2024,x,", "p90_s is -1.0, not a positive time"),
        ("G1,Add 32,s,float,1,,5,0.001,3,2,,2024,x,", "p10_s is 3.0, above p90_s, 2.0"),
        ("G1,Add 32,s,float,1,,5,0.001,,,-0.1,2024,x,", "interval is -0.1, not a share from 0"),
        ("G1,Add 32,s,float,1,,5,0.001,,,nan,2024,x,", "interval is nan, not a share from 0"),
        ("G1,Add 32,s,float,1,,5,0.001,,,,2024,x,inf", "uncorrected_s is inf, not a positive"),
        ("G1,Add 0 @8x8,s,float,1,,5,0.001,,,,2024,x,", "not a kernel: 'Add 0 @8x8'"),
        ("G1,Conv 8>8 k3x3 g0,s,float,1,,5,0.001,,,,2024,x,", "not a kernel: "),
        ("G1,Conv 8>8 k3x3 g3,s,float,1,,5,0.001,,,,2024,x,", "do not fall into its groups"),
        ("G1,Add 99999999 @99999x99999,s,float,1,,5,1,,,,2024,x,", "no kernel is so large"),
        (f"G1,Add {'9' * 5000},s,float,1,,5,0.001,,,,2024,x,", "not a kernel: "),
        (",Add 32,s,float,1,,5,0.001,,,,2024,x,", "rule is '', not a word"),
        ("G1,Add 32,s,,1,,5,0.001,,,,2024,x,", "dtype is '', not a word"),
        ("<<<<<<< HEAD", "a merge conflict that nobody has resolved"),
        ("=======", "a merge conflict that nobody has resolved"),
        (">>>>>>> theirs", "a merge conflict that nobody has resolved"),
        ("G1,Add 32,s\0,float,1,,5,0.001,,,,2024,x,", r"the character '\x00'"),
        ("G1,Add 32,s\x0b,float,1,,5,0.001,,,,2024,x,", r"the character '\x0b'"),
        ('G1,Add 32,"s,float,1,,5,0.001,,,,2024,x,', "unexpected end of data"),
        ("G1,Add 32,s,float,1,,,0.001,,,,2024,x,", "sessions is ''"),
        ("G1,Add 32,s,float,1,,5,fast,,,,2024,x,", "'fast'"),
        ("G1,Add 32,s,float,1,,5,0,,,,2024,x,", "median_s is 0.0, not a positive time"),
        ("G1,Add 32,s,float,1,,5,-1,,,,2024,x,", "median_s is -1.0, not a positive time"),
        ("G1,Add 32,s,float,1,,5,nan,,,,2024,x,", "median_s is nan, not a positive time"),
        ("G1,Add 32,s,float,1,,5,inf,,,,2024,x,", "median_s is inf, not a positive time"),
        ("G1,Add 32,s,float,1,,5,0.001,low,,,2024,x,", "'low'"),
        ("G1,Add 32,s,float,1,,5,0.001,,,wide,2024,x,", "'wide'"),
        ("G1,Add 32,s,float,1,,5,0.001,,,,2024,x,slow", "'slow'"),
        ("G1,Add 32,s,float,1,,5,0.001,,,,2024", "not 14 cells"),
        ("G1,Add 32,s", "not 14 cells"),
        (GOOD + ",more", "not 14 cells"),
    ],
)
def test_a_bad_row_is_named_with_its_file_and_line(line: str, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "device.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n{line}\n{GOOD}\n", encoding="utf-8")
    with pytest.raises(TargetError) as caught:
        read_table(TableFile(path))
    assert str(caught.value).startswith(f"{path}:3: ")
    assert fault in str(caught.value)


@pytest.mark.parametrize("header", ["", "kernels,median_s", HEADER + ",more", HEADER.upper()])
def test_other_columns_are_an_error(header: str, tmp_path: Path) -> None:
    path = tmp_path / "device.csv"
    path.write_text(f"{header}\n{GOOD}\n", encoding="utf-8")
    with pytest.raises(TargetError, match="the columns are not rule, kernels, series"):
        read_table(TableFile(path))


@pytest.mark.parametrize(("interval", "marked"), [(None, False), (0.1, False), (0.101, True)])
def test_a_row_is_marked_from_an_interval_of_a_tenth_on(
    interval: float | None, marked: bool
) -> None:
    assert replace(ROW, interval=interval).marked is marked


def test_a_table_of_the_old_layout_has_the_rule_that_its_folder_tells(tmp_path: Path) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "rows.csv"
    line = GOOD.partition(",")[2]
    old.write_text(f"{HEADER.partition(',')[2]}\n{line}\n\n{line}\n", encoding="utf-8")
    new.write_text(f"{HEADER}\n{GOOD}\nG1,Add 7,s,float,1,,5,fast,,,,2024,x,\n", encoding="utf-8")
    assert [row.rule for row in read_table(TableFile(old, "G4"))] == ["G4", "G4"]
    with pytest.raises(TargetError, match=r"^.*old\.csv: the columns are not rule, "):
        read_table(TableFile(old))
    both = Table(TableFile(old, "G4"), TableFile(new))
    assert both.texts() == ["Add 32 @8x8", "", "Add 32 @8x8", "Add 32 @8x8", "Add 7"]
    assert both.observed(3)[0] == 0.001
    with pytest.raises(TargetError, match=r"rows\.csv:3: could not convert"):
        both.observed(4)


@pytest.mark.parametrize("time", ["nan", "inf", "0", "-1"])
def test_a_time_that_is_none_is_no_price_though_no_more_is_read(time: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"{HEADER}\n{GOOD.replace('0.001', time)}\n", encoding="utf-8")
    with pytest.raises(TargetError, match=r"rows\.csv:2: median_s is .*, not a positive time"):
        Table(TableFile(path)).observed(0, ())


def test_a_row_that_was_cut_is_named_whichever_kernel_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n\n{GOOD[:12]}\n", encoding="utf-8")
    with pytest.raises(TargetError, match=r"rows\.csv:4: not 14 cells"):
        Table(TableFile(path)).texts()


def test_a_table_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(f"{HEADER}\n{GOOD}\n".encode("utf-16"))
    with pytest.raises(TargetError, match=r"rows\.csv:1: not UTF-8 text$"):
        Table(TableFile(path)).texts()


def test_the_checksum_does_not_hang_on_the_line_ends_of_a_checkout(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    write_table(path, [ROW])
    text = TableFile(path).read()
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert TableFile(path).read() == text
    path.write_bytes(path.read_bytes().replace(b"0.000675", b"0.000676"))
    assert TableFile(path).read().checksum != text.checksum


@pytest.mark.parametrize(
    ("level", "seconds"), [("/8MB", 100e-6), ("/24MB", 100e-6), ("/67MB", 200e-6), ("", 200e-6)]
)
def test_what_a_cache_holds_is_priced_as_where_nobody_else_empties_it(
    level: str, seconds: float, tmp_path: Path
) -> None:
    kernels = f"MatMul 736>1280 {level}".strip()
    row = Row("G1", kernels, "a", "float", 1, "", 20, 200e-6, 50e-6, 246e-6, 0.05, "2026", "here")
    held = frozenset({1, 8, 24})
    assert row.seconds(held) == pytest.approx(seconds)
    write_table(tmp_path / "rows.csv", [row])
    assert Table(TableFile(tmp_path / "rows.csv")).observed(0, held)[0] == pytest.approx(seconds)
    assert row.seconds(()) == row.median_s


def test_a_row_without_a_percentile_is_priced_by_its_median() -> None:
    row = Row("G1", "Relu 8 /8MB", "a", "float", 1, "", 1, 2e-6, None, None, None, "2026", "here")
    assert row.seconds({8}) == 2e-6
