"""How many findings hold on the device: `archlint verify` over all examples and test models.

Run from the repository, on a device with a measured target:
`python benchmarks/verify.py TARGET [--sessions 5] [--places 2] [--json FILE]`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MODELS = ("examples/onnx", "tests/models")


def run(target: str, sessions: int, places: int) -> dict[str, Any]:
    """What `archlint verify --format json` says; raises if it could not run."""
    command = [
        sys.executable, "-m", "archlint", "verify", "--isolated", "--format", "json",
        "--target", target, "--sessions", str(sessions), "--places", str(places), *MODELS,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def tell(report: dict[str, Any]) -> None:
    """A line for each finding, and the counts."""
    verdicts: Counter[str] = Counter()
    bands: Counter[tuple[str, bool]] = Counter()
    for model in report["models"]:
        for finding in model["findings"]:
            verdicts[finding["verdict"]] += 1
            predicted, measured = finding["predicted"], finding["measured"]
            name = Path(model["path"]).name.removesuffix(".onnx")
            line = f"{name:30} {finding['code']} {finding['module'][:28]:28} {_text(predicted)}"
            if measured is not None:
                bands[finding["code"], finding["in_band"]] += 1
                line += f"  {_text(measured)}"
            print(f"{line}  {finding['verdict']}")
    print()
    for code in sorted({code for code, _ in bands}):
        inside, outside = bands[code, True], bands[code, False]
        print(f"{code}: {inside} of {inside + outside} inside the band")
    inside = sum(count for (_, is_inside), count in bands.items() if is_inside)
    print(f"all: {inside} of {sum(bands.values())} inside the band; {dict(verdicts)}")


def _text(ratio: dict[str, float]) -> str:
    return f"{ratio['slowdown']:.2f}x ({ratio['slowdown_low']:.2f}-{ratio['slowdown_high']:.2f})"


def main() -> None:
    """Verify, print, and keep the report where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--sessions", type=int, default=5)
    parser.add_argument("--places", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report = run(options.target, options.sessions, options.places)
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    tell(report)


if __name__ == "__main__":
    main()
