"""Coverage-guided fuzzing: `python benchmarks/fuzz_guided.py CORPUS [-runs=N] [-seed=N]`.

Run from the repository, with atheris installed (`pip install atheris`; its wheels are for Linux).
CORPUS is a folder: an empty one is filled with pieces of the repository's models, and what reaches
new lines stays in it.  Options are libFuzzer's.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["archlint"]):
    from archlint.settings.options import Options
    from tests.fuzz.lint import TARGETS, Watch, complaints
from tests.fuzz.apart import Done  # noqa: E402
from tests.fuzz.mutate import mutated, seeds  # noqa: E402

WATCH = Watch()
FOLDER = tempfile.TemporaryDirectory()


def one(data: bytes) -> None:
    """Lint the bytes on one of the targets; raise if anything is wrong."""
    options = Options(targets=(TARGETS[len(data) % len(TARGETS)],))
    problems = complaints([data], Path(FOLDER.name), options, WATCH, Done())
    if problems:
        raise AssertionError(problems)


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """One of libFuzzer's mutations of the bytes, or one that knows what a model is."""
    from random import Random

    random = Random(seed)
    if random.random() < 0.3:
        return bytes(atheris.Mutate(data, most))
    return mutated(random, data)[:most]


def main() -> None:
    folders = [Path(each) for each in sys.argv[1:] if not each.startswith("-")]
    if not folders:
        raise SystemExit(__doc__)
    folders[0].mkdir(parents=True, exist_ok=True)
    if not any(folders[0].iterdir()):
        for number, data in enumerate(seeds()):
            (folders[0] / f"seed{number}.onnx").write_bytes(data)
    limits = ["-max_len=200000", "-rss_limit_mb=1000", "-timeout=20"]
    atheris.Setup([*sys.argv, *limits], one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
