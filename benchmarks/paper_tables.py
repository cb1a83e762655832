"""Write the rows of the paper's targets from its published figures (`facts/`).

Run from the repository: `python benchmarks/paper_tables.py`.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from checksums import write_checksum

from archlint.cost.pricing.table import Row, write_table
from archlint.cost.target_files import ROWS, SHIPPED, files_of
from archlint.measure.plan.experiment import Experiment
from archlint.measure.workloads.paper import bottleneck, fragments, grouped, pair_of_widths

FACTS = Path(__file__).parent / "facts"
TARGETS = {"gtx1080ti": "gtx1080ti-cudnn7-fp32", "snapdragon810": "snapdragon810-neon-fp32"}
PAPER = "Ma et al. 2018 (arXiv 1807.11164), Table {}, mean of 100 runs"


def _channel_width(record: dict[str, str], scale: str) -> Experiment:
    return pair_of_widths(int(record["c1"]), int(record["c2"]), scale)


def _group_convolution(record: dict[str, str], scale: str) -> Experiment:
    return grouped(int(record["groups"]), int(record["c"]), scale)


def _fragmentation(record: dict[str, str], scale: str) -> Experiment:
    structure = record["structure"]
    return fragments(int(structure[0]), "parallel" in structure, int(record["c"]), scale)


def _elementwise(record: dict[str, str], scale: str) -> Experiment:
    return bottleneck(int(record["c"]), record["relu"] == "yes", record["shortcut"] == "yes", scale)


TABLES = {
    "G1": ("g1_channel_width", "ratio", _channel_width),
    "G2": ("g2_group_convolution", "groups", _group_convolution),
    "G3": ("g3_fragmentation", "structure", _fragmentation),
    "G4": ("g4_elementwise", "", _elementwise),
}


def main() -> None:
    rows: dict[str, list[Row]] = defaultdict(list)
    for number, (rule, (name, varied, experiment)) in enumerate(TABLES.items(), start=1):
        seen: dict[tuple[str, str], int] = defaultdict(int)
        with (FACTS / f"shufflenetv2_{name}.csv").open(newline="") as lines:
            for record in csv.DictReader(lines):
                device = record["device"]
                if varied:
                    # the paper lists three scales of each structure, in rising order
                    scale = f"x{2 ** seen[device, record[varied]]}"
                    seen[device, record[varied]] += 1
                else:
                    scale = f"c{record['c']}"
                made = experiment(record, scale)
                rows[device].append(
                    Row(
                        rule=rule,
                        kernels=made.kernels,
                        series=made.series,
                        dtype="float",
                        batch=1,
                        layout="",
                        sessions=1,
                        median_s=float(f"{1 / float(record['runs_per_s']):.6g}"),
                        p10_s=None,
                        p90_s=None,
                        interval=None,
                        measured="2018",
                        how=PAPER.format(number),
                    )
                )
    for device, target in TARGETS.items():
        write_table(SHIPPED / target / ROWS, rows[device])
        write_checksum(files_of(SHIPPED / target))
        print(f"{target}: {len(rows[device])} rows")


if __name__ == "__main__":
    main()
