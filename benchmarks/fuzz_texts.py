"""Damage tables, target files, configurations, baselines, models, reports, command lines.

`python benchmarks/fuzz_texts.py COUNT [SEED] [--keep FOLDER]`, run from the repository: so many of
each kind, of which each 250 have a seed of their own, SEED and those after it, and a process of
their own, which archlint's own watchdog looks after.  Prints how many ended with which exit code,
and the slowest; what archlint takes in a way that it must not is kept in the folder.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.fuzz.apart import Done, Total  # noqa: E402
from tests.fuzz.texts_run import KINDS, Subject, complaint  # noqa: E402

OF_A_SEED, TOLD_EVERY = 250, 10


def one_seed(seed: int, kind: str, subject: Subject, keep: Path) -> Done:
    """Run the mutations of a seed."""
    random, done = Random(f"{seed} {kind}"), Done()
    for number in range(OF_A_SEED):
        problem, data = complaint(subject, random, done)
        if problem:
            name = f"{seed}-{kind.replace(' ', '-')}-{number}"
            done.found[name] = problem
            keep.mkdir(parents=True, exist_ok=True)
            (keep / name).write_bytes(data)
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, help="of each kind, rounded up to whole 250s")
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    given = parser.parse_args()
    numbers = range(given.seed, given.seed - (-given.count // OF_A_SEED))
    with tempfile.TemporaryDirectory() as name:
        folder, subjects = Path(name), {}
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        for kind, make in KINDS.items():
            place = folder / kind.replace(" ", "-")
            place.mkdir()
            subjects[kind] = make(place)
        totals = {kind: Total(folder) for kind in KINDS}
        for seed in numbers:
            for kind, subject in subjects.items():
                work = partial(one_seed, seed, kind, subject, given.keep.absolute())
                for line in totals[kind].add(f"{seed}-{kind}", work):
                    print(line, flush=True)
                if (seed - given.seed) % TOLD_EVERY == TOLD_EVERY - 1 or seed == numbers[-1]:
                    print(f"seeds {given.seed} to {seed}, {kind}: {totals[kind]}", flush=True)
    raise SystemExit(any(each.found for each in totals.values()))


if __name__ == "__main__":
    main()
