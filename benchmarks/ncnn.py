"""Targets from ncnn's published times on phones, boards and laptops: how far they come.

    python benchmarks/ncnn.py [TARGET ...]          the figures, networks left out
    python benchmarks/ncnn.py --write [TARGET ...]  and the target's file and page of evidence,
                                                    where it comes far enough to be shipped

Times and graphs are in `facts/published/ncnn/`; kernels are those of the graphs, lowered as a
user's file is.  What all devices say of a kind of kernel is believed of each (`ncnn_fit.py`);
networks that are left out are left out of that as well.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import tomli
import tomli_w
from checksums import write_checksum
from ncnn_facts import DEVICES, LOWERING, NCNN, Device, settings
from ncnn_figures import Evidence, evidence, overview, page
from ncnn_fit import shared_prior
from published_figures import Figures, plot

from archlint.cost.pricing.table import HEADER
from archlint.cost.target import load_target
from archlint.cost.target_files import FILE, ROWS, SHIPPED, files_of
from archlint.measure.fit.infer import infer
from archlint.measure.fit.inferred_sections import inferred_sections
from archlint.measure.fit.networks_left_out import calibrated, predict
from archlint.whole_file import write_whole

_DOCS = Path(__file__).parents[1] / "docs"
_PAGE, _PAGES = _DOCS / "inferred-targets-ncnn.md", _DOCS / "inferred-targets"
_SOURCE = "Tencent/ncnn @a4d2ea1d, benchmark/README.md (BSD-3-Clause)"


def _header(device: Device, networks: int) -> dict[str, object]:
    """What a target's file says besides its fit."""
    return {
        "name": device.target,
        "device": device.title,
        "runtime": "ncnn",
        "dtype": device.dtype,
        "threads": device.threads,
        "layout": "",
        "measured": "undated",
        "source": _SOURCE,
        "notes": [
            f"No kernel was timed alone: prices are inferred from the times of {networks} networks "
            f"(docs/inferred-targets/{device.target}.md).",
            "Users' runs of ncnn's benchmark, of versions that the table does not say.",
        ],
        "batches": [1, 1],
        "width_step": device.width_step,
        "checksum": "",
        **tomli.loads(LOWERING.read_text(encoding="utf-8")),
    }


def judge(device: Device, *, write: bool) -> Evidence:
    """How far a target comes; its file and its page are written if asked."""
    rows = settings()[device.setting]
    folder = NCNN / device.target
    _put(folder, _header(device, len(rows)))
    bare = load_target(files_of(folder))
    left_out = [
        each
        for family in sorted({row.family for row in rows})
        for each in predict(
            bare,
            [row for row in rows if row.family == family],
            [row for row in rows if row.family != family],
            shared_prior(device.threads, (family,)),
            believe=True,
        )
    ]
    calibration = calibrated(left_out)
    found = evidence(left_out)
    print(f"{device.target}: {found.line}", flush=True)
    if not write:
        shutil.rmtree(folder)
        return found
    fit = infer(rows, shared_prior(device.threads), bare.machine)
    _put(folder, {**_header(device, len(rows)), **inferred_sections(fit, calibration)})
    write_checksum(files_of(folder))
    shutil.rmtree(SHIPPED / device.target, ignore_errors=True)
    if found.is_enough:
        shutil.move(folder, SHIPPED / device.target)
    else:
        shutil.rmtree(folder)
    drawn = plot(Figures((), found.held, (), tuple(left_out), calibration))
    write_whole(_PAGES / f"{device.target}.svg", drawn.encode())
    write_whole(_PAGES / f"{device.target}.md", page(device, left_out, found).encode())
    return found


def _put(folder: Path, data: dict[str, object]) -> None:
    folder.mkdir(exist_ok=True)
    write_whole(folder / ROWS, HEADER.encode())
    head = "# Written by `python benchmarks/ncnn.py --write`.\n"
    write_whole(folder / FILE, (head + tomli_w.dumps(data)).encode())


if __name__ == "__main__":
    asked = [word for word in sys.argv[1:] if word[0] != "-"] or list(DEVICES)
    every = {name: judge(DEVICES[name], write="--write" in sys.argv) for name in asked}
    if "--write" in sys.argv and every.keys() == DEVICES.keys():
        told = overview(_PAGE.read_text(encoding="utf-8"), every)
        write_whole(_PAGE, told.encode())
