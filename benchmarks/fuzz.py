"""Damage models and lint them: `python benchmarks/fuzz.py COUNT [SEED] [--keep FOLDER]`.

Run from the repository.  Each thousand has a seed of its own, SEED and those after it, and a
process of its own, which archlint's own watchdog looks after.  Prints how many were linted,
refused and complained of, the slowest and the most memory; a complaint's model is kept in the
folder by its seed and number.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from archlint.settings.options import Options  # noqa: E402
from tests.fuzz.apart import Done, Total  # noqa: E402
from tests.fuzz.lint import TARGETS, Watch, complaints, options_of  # noqa: E402
from tests.fuzz.mutate import mutated, seeds  # noqa: E402

OF_A_SEED, AT_ONCE, TOLD_EVERY = 1000, 40, 20


def one_seed(seed: int, whole: list[bytes], folder: Path, watch: Watch, keep: Path) -> Done:
    """Lint the mutations of a seed."""
    random, done = Random(seed), Done()
    for start in range(0, OF_A_SEED, AT_ONCE):
        data = [mutated(random, random.choice(whole)) for _ in range(AT_ONCE)]
        for number, problem in complaints(data, folder, options_of(random), watch, done).items():
            name = f"{seed}-{start + number}"
            done.found[name] = problem
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{name}.onnx").write_bytes(data[number])
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, help="rounded up to whole thousands")
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    given = parser.parse_args()
    whole, watch = seeds(), Watch()
    numbers = range(given.seed, given.seed - (-given.count // OF_A_SEED))
    with tempfile.TemporaryDirectory() as name:
        folder, total = Path(name), Total(Path(name))
        for target in TARGETS:  # what is read and fitted here is there for all processes
            complaints(whole[:AT_ONCE], folder, Options(targets=(target,)), watch, Done())
        for seed in numbers:
            work = partial(one_seed, seed, whole, folder, watch, given.keep)
            for line in total.add(str(seed), work):
                print(line, flush=True)
            if (seed - given.seed) % TOLD_EVERY == TOLD_EVERY - 1 or seed == numbers[-1]:
                print(f"seeds {given.seed} to {seed}: {total}", flush=True)
    raise SystemExit(bool(total.found))


if __name__ == "__main__":
    main()
