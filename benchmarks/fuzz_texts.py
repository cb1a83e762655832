"""Damage tables, target files, configurations and baselines, and lint with them.

`python benchmarks/fuzz_texts.py COUNT [SEED] [--keep FOLDER]`, run from the repository.  Prints
how many mutations of each kind ended with which exit code, and the slowest; a file that archlint
takes in a way that it must not is kept in the folder.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.fuzz.texts_run import KINDS, complaint  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, help="of each kind")
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    given = parser.parse_args()
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = os.path.join(folder, "cache")
        for kind, make in KINDS.items():
            place = Path(folder, kind.replace(" ", "-"))
            place.mkdir()
            subject, random = make(place), Random(f"{given.seed} {kind}")
            slowest, started = 0.0, time.monotonic()
            for number in range(given.count):
                before = time.monotonic()
                problem, data = complaint(subject, random)
                slowest = max(slowest, time.monotonic() - before)
                if problem:
                    found += 1
                    given.keep.mkdir(exist_ok=True)
                    kept = given.keep / f"{given.seed}-{place.name}-{number}"
                    kept.write_bytes(data)
                    print(f"{kind} {number}: {problem}", flush=True)
            seconds = time.monotonic() - started
            print(
                f"seed {given.seed}: {given.count} mutations of a {kind} in {seconds:.0f} s, "
                f"slowest {slowest:.2f} s",
                flush=True,
            )
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
