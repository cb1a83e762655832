"""How many findings hold on the device: `archlint verify` over many networks, one by one.

Run from the repository, on a device with a measured target:
`python benchmarks/verify.py TARGET [MODEL|FOLDER ...] [--draw N --from FOLDER --seed S]
[--severity warning] [--sessions 5] [--places 2] [--kept FILE.jsonl] [--minutes M] [--page FILE]`.
What was run is kept in the file, a line a network: a second call runs what is not there yet.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from archlint.cost.target_files import FILE, SHIPPED
from archlint.limits.toml_file import parse_toml

Json: TypeAlias = dict[str, Any]

ROOT = Path(__file__).parents[1]
MODELS = (ROOT / "examples/onnx", ROOT / "tests/models")
LONGEST = 180
"""Seconds for one network; what takes longer is told as an error."""

WEAK = 1.05
"""What is measured slower by less than this is told apart."""


def networks(options: argparse.Namespace) -> list[Path]:
    """The files given, those in the folders given, and those drawn by the seed."""
    files = [file for path in options.models or MODELS for file in _files(path)]
    if options.draw:
        drawn = random.Random(options.seed).sample(_files(options.source), options.draw)
        files += sorted(drawn)
    return files


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.onnx")) if path.is_dir() else [path]


def run(model: Path, asked: Json) -> Json:
    """What `archlint verify --format json` says of one network, with the date and its settings."""
    command = [
        sys.executable, "-m", "archlint", "verify", "--isolated", "--format", "json",
        *(f"--{name}={value}" for name, value in asked.items()), str(model),
    ]  # fmt: skip
    kept: Json = {"name": model.stem, "asked": asked, "date": date.today().isoformat()}
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        return {**kept, "findings": [], "error": f"took more than {LONGEST} s"}
    if not done.stdout:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr}")
    (told,) = json.loads(done.stdout)["models"]
    return {**kept, "findings": told["findings"], "error": told["error"] or told["skipped"]}


def run_all(models: Iterable[Path], asked: Json, file: Path, minutes: float) -> Iterator[Json]:
    """Each network, from the file where it is there; none is begun after so many minutes."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    known = {each["name"]: each for each in map(json.loads, lines) if each["asked"] == asked}
    end = time.monotonic() + 60 * minutes
    for model in models:
        found = known.get(model.stem)
        if found is None:
            if time.monotonic() > end:
                print(f"not run in {minutes:g} min: {model.stem}", file=sys.stderr)
                continue
            found = run(model, asked)
            with file.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(found) + "\n")
        yield found


def verdict(finding: Json) -> str:
    """A finding's verdict in words, with the outputs of what must compute the same."""
    word = str(finding["verdict"])
    if finding["measured"] is None:
        return f"{word}: {finding['reason']}"
    if finding["in_band"]:
        word += ", in band"
    rewritten = finding["rewritten"]
    if rewritten is None:
        return word
    if rewritten["difference"] is None:
        return f"{word}; outputs {rewritten['reason'] or 'differ'}"
    return f"{word}; outputs differ by {rewritten['difference']:.1g}"


def by_rule(models: Sequence[Json]) -> Iterator[tuple[str, ...]]:
    """For each rule and for all: findings, run, in band, confirmed, below 1.05, refuted."""
    found: dict[str, list[Json]] = defaultdict(list)
    for finding in (each for model in models for each in model["findings"]):
        found[finding["code"]].append(finding)
    alike = sorted(found.items())
    for code, findings in (*alike, ("all", [each for _, of_it in alike for each in of_it])):
        ran = [each for each in findings if each["measured"] is not None]
        counts = (
            len(findings),
            len(ran),
            sum(each["in_band"] for each in ran),
            sum(each["verdict"] == "confirmed" for each in ran),
            sum(each["measured"]["slowdown"] < WEAK for each in ran),
            sum(each["verdict"] == "refuted" for each in ran),
        )
        yield code, *map(str, counts)


def page(models: Sequence[Json], target: Json, asked: Json, drawn: str) -> str:
    """A page of Markdown: the counts, then each finding of each network."""
    days = sorted({model["date"] for model in models})
    when = " to ".join(dict.fromkeys((days[0], days[-1])))
    rows = [
        (
            model["name"], each["code"], _cell(each["message"]), _cell(each["module"]),
            _text(each["predicted"]), _text(each["measured"]), _cell(verdict(each)),
        )
        for model in models
        for each in model["findings"]
    ]  # fmt: skip
    without = [each["name"] for each in models if not (each["findings"] or each["error"])]
    failed = [f"{each['name']}: {each['error']}" for each in models if each["error"]]
    return "\n".join(
        (
            "# Findings, run on the device",
            "",
            f"Written by `python benchmarks/verify.py {target['name']} ... --page`, {when},"
            f" on {target['device']}, {target['runtime']}. {len(models)} networks{drawn};"
            f" every finding of severity {asked['severity']} and above, its {asked['places']}"
            f" costliest distinct places run now and instead in {asked['sessions']} pairs of"
            " fresh sessions, by `archlint verify`. Where a finding keeps the outputs, the whole"
            " network is run both ways with the same random weights.",
            "",
            *_table(
                ("rule", "findings", "run", "in band", "confirmed", f"below {WEAK}", "refuted"),
                by_rule(models),
            ),
            "",
            *_table(
                ("network", "rule", "finding", "where", "predicted", "measured", "verdict"), rows
            ),
            "",
            f"Without a finding of this severity: {', '.join(without) or 'none'}.",
            *(("", f"Not linted: {'; '.join(map(_cell, failed))}.") if failed else ()),
            "",
        )
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = (head, ["---"] * len(head), *rows)
    return [f"| {' | '.join(each)} |" for each in lines]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def _text(ratio: dict[str, float] | None) -> str:
    if ratio is None:
        return ""
    return f"{ratio['slowdown']:.2f}x ({ratio['slowdown_low']:.2f}-{ratio['slowdown_high']:.2f})"


def main() -> None:
    """Verify, print, and write the page where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--draw", type=int, default=0)
    parser.add_argument("--from", dest="source", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--severity", default="note")
    parser.add_argument("--sessions", type=int, default=5)
    parser.add_argument("--places", type=int, default=2)
    parser.add_argument("--kept", type=Path, default=Path("verify.jsonl"))
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    asked = {name: getattr(options, name) for name in ("target", "severity", "sessions", "places")}
    models = []
    for each in run_all(networks(options), asked, options.kept, options.minutes):
        models.append(each)
        print(f"{each['name']}: {each['error'] or ''}", flush=True)
        for finding in each["findings"]:
            ratios = f"{_text(finding['predicted'])}  {_text(finding['measured'])}"
            print(f"  {finding['code']} {finding['module'][:28]:28} {ratios}  {verdict(finding)}")
    print("\nrule: findings, run, in band, confirmed, below 1.05, refuted")
    for code, *counts in by_rule(models):
        print(f"{code}: {', '.join(counts)}")
    if options.page is not None:
        target = parse_toml((SHIPPED / options.target / FILE).read_bytes())
        drawn = f", {options.draw} of them drawn by seed {options.seed}" if options.draw else ""
        text = page(models, target, asked, drawn)
        options.page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
