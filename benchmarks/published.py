"""Targets from the world's published times of whole networks: how far they come, family by family.

    python benchmarks/published.py [TARGET ...]          the figures, families left out
    python benchmarks/published.py --write [TARGET ...]  and the fit into the target's file, and
                                                         its page of evidence

Times are in `facts/published/` (timm's tables), kernels in `facts/published/kernels.jsonl.gz`:
each network exported without weights, and lowered as a user's file is (`published_kernels.py`).
A target that falls short lies beside the facts and is not shipped.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tomli_w
from checksums import write_checksum
from published_facts import FACTS, PUBLISHED, Priors, rows_of
from published_figures import figures, page, plot

from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, list_targets
from archlint.measure.fit.infer import infer
from archlint.measure.fit.inferred_sections import inferred_sections
from archlint.measure.fit.networks_left_out import calibrated, leave_families_out
from archlint.whole_file import write_whole

PAGES = Path(__file__).parents[1] / "docs" / "inferred-targets"
_FIT = "\n# Written by `python benchmarks/published.py --write`.\n"


def judge(name: str, *, write: bool) -> None:
    """Print how far a target comes; put its fit to all networks into its file if asked."""
    published, files = PUBLISHED[name], (list_targets(SHIPPED) | list_targets(FACTS))[name]
    target, rows = load_target(files), rows_of(published)
    prior = Priors.of(published)
    left_out = leave_families_out(target, rows, prior)
    calibration = calibrated(left_out)
    found = figures(left_out, calibration, published)
    text = page(name, f"{target.device}, {target.runtime}", found)
    print(text)
    print(f"bands scaled by {calibration.price_scale:.2f}, of pairs {calibration.band_scale:.2f}")
    if write:
        PAGES.mkdir(exist_ok=True)
        write_whole(PAGES / f"{name}.md", text.encode())
        write_whole(PAGES / f"{name}.svg", plot(found).encode())
        own = files.file.read_text(encoding="utf-8").partition(_FIT)[0]
        fit = inferred_sections(infer(rows, prior, target.machine), calibration)
        write_whole(files.file, (own + _FIT + tomli_w.dumps(fit)).encode())
        write_checksum(files)


if __name__ == "__main__":
    for each in [word for word in sys.argv[1:] if word[0] != "-"] or PUBLISHED:
        judge(each, write="--write" in sys.argv)
