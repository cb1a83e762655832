"""Damage models and lint them: `python benchmarks/fuzz.py COUNT [SEED] [--keep FOLDER]`.

Run from the repository.  Prints how many mutations were linted, refused and complained of, the
slowest and the most memory; a complaint's model is kept in the folder.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from archlint.settings.options import Options  # noqa: E402
from tests.fuzz.lint import TARGETS, Watch, complaint  # noqa: E402
from tests.fuzz.mutate import mutated, seeds  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    given = parser.parse_args()
    random, whole, watch = Random(given.seed), seeds(), Watch()
    found: Counter[str] = Counter()
    slowest, started = 0.0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "m.onnx"
        for number in range(given.count):
            data = mutated(random, random.choice(whole))
            options = Options(targets=(TARGETS[number % len(TARGETS)],))
            before = time.monotonic()
            problem = complaint(data, file, options, watch)
            slowest = max(slowest, time.monotonic() - before)
            if problem:
                found[problem] += 1
                given.keep.mkdir(exist_ok=True)
                (given.keep / f"{given.seed}-{number}.onnx").write_bytes(data)
                print(f"{number}: {problem}", flush=True)
    seconds = time.monotonic() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(
        f"seed {given.seed}: {given.count} mutations in {seconds:.0f} s, {watch.linted} linted, the"
        f" others refused; {found.total()} complaints of {len(found)} kinds; slowest"
        f" {slowest:.2f} s, {memory:.0f} MiB"
    )
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
