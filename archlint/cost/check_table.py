"""Whether a target's rows can be priced by: each of them, and all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricing.columns import Columns
from archlint.cost.pricing.family import describe, terms_of
from archlint.cost.pricing.features import FEATURES
from archlint.cost.pricing.machine import Machine
from archlint.cost.pricing.row import Row
from archlint.cost.pricing.table import Table, TableText
from archlint.cost.pricing.terms import TERMS
from archlint.cost.pricing.variety import variety_of
from archlint.cost.target import Target
from archlint.cost.target_files import TargetFiles, rule_of_folder
from archlint.errors import TargetError

__all__ = ["check_table", "has_its_checksum"]


def has_its_checksum(target: Target, files: TargetFiles) -> bool:
    """Whether the target's file and rows are as they were when the file's checksum was made.

    `files` are the target's own, the first ones of its rows; what the user has added is not in it.
    """
    if files.is_old or not isinstance(target.rows, Table):
        return True
    return target.counted.fits(target.rows.files[: len(files.tables)])


def check_table(target: Target, files: TargetFiles) -> None:
    """Read all rows of a target; raises TargetError naming the file, the line and the fault."""
    if not isinstance(target.rows, Table):
        return
    own = Counter[str]()
    for at, text in enumerate(target.rows.files):
        rows = list(_rows(text, target.dtype))
        _check_kernels(text, rows, target.machine)
        if at < len(files.tables):
            own.update(row.rule for _, row in rows)
    _check_counts(own, target, files)
    if not has_its_checksum(target, files):
        raise TargetError(
            f"{files.file}: it or its rows were changed since they were measured: its checksum is "
            "another one (without a checksum it is taken as it is)"
        )


def _rows(text: TableText, dtype: str) -> Iterator[tuple[int, Row]]:
    lines: dict[Row, int] = {}
    for number, row in text.numbered():
        where = f"{text.path}:{number}"
        if row.dtype != dtype:
            raise TargetError(f"{where}: its dtype is {row.dtype}, and the target's is {dtype}")
        if row in lines:
            raise TargetError(f"{where}: the same row as in line {lines[row]}")
        lines[row] = number
        yield number, row
    if not text.data.endswith(b"\n"):
        raise TargetError(f"{text.path}:{text.data.count(10) + 1}: cut off: its line has no end")


def _check_kernels(text: TableText, rows: Sequence[tuple[int, Row]], machine: Machine) -> None:
    """Raises TargetError for a row with a kernel that nothing can be told of."""
    if not _are_told([kernel for _, row in rows for _, kernel in row.chain], machine):
        for number, row in rows:
            for _, kernel in row.chain:
                if not _are_told([kernel], machine):
                    raise TargetError(f"{text.path}:{number}: {kernel.text!r} is no kernel")


def _are_told(kernels: Sequence[Kernel], machine: Machine) -> bool:
    """Whether these kernels have all features and terms that a fit may ask for."""
    columns = Columns(kernels)
    try:
        for kernel in kernels:
            variety_of(kernel)
        numbers = (describe(FEATURES, columns, machine), terms_of(tuple(TERMS), columns, machine))
    except (ValueError, IndexError, ArithmeticError):
        return False  # of a path that is no permutation, a window without a stride, ...
    return all(bool(np.isfinite(each).all()) for each in numbers)


def _check_counts(own: Counter[str], target: Target, files: TargetFiles) -> None:
    """Raise TargetError where there are not as many rows of a rule as the target's file counts.

    One that has no checksum was written when what `verify` added was not counted.
    """
    said = Counter[str]()
    for rule, count in target.counted.rows.items():
        said[rule_of_folder(rule)] += count
    for rule in (*said, *own) if said else ():
        there, counted = own[rule], said[rule]
        if there < counted or (there > counted and target.counted.checksum):
            more = ", for what added them was cut off: `archlint measure` goes on"
            raise TargetError(
                f"{files.file}: it counts {counted} rows of {rule}, and there are {there}"
                + (more if there > counted else "")
            )
