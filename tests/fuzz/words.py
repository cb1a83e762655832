"""Damaged command lines: options dropped, doubled, swapped, taken from another, odd values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.fuzz.texts import NUMBERS, ODD

__all__ = ["COMMAND_LINES", "mutated_words"]

COMMAND_LINES: Sequence[str] = (
    "check m.onnx --untrusted --batch 8 --select G1,G2 --min-slowdown 1.1 --fail-on note --top 3",
    "check m.onnx --untrusted --dim n=3 --input 1x3x32x32 --timeout 30 --max-memory 1024 --notes",
    "check m.onnx --untrusted --format concise --format json=out.json --output - --color never -q",
    "check m.onnx --untrusted --baseline known.toml --ignore G3 --fail-on-skipped --statistics",
    "check . --untrusted --source-root src --path-map /a=b --library torch --config archlint.toml",
    "check m.onnx --untrusted --isolated --target epyc-milan-torch-fp32-1t --as-stored -v",
    "check m.onnx --untrusted --baseline known.toml --write-baseline known",
    "check m.onnx --untrusted --baseline known.toml --prune-baseline --config-from HEAD",
    "check m.onnx --untrusted --add-ignores why --allow-unknown",
    "diff m.onnx n.onnx --untrusted --max-slowdown 3% --fail-on-new --fail-on note --format json",
    "diff m.onnx n.onnx@HEAD --untrusted --base HEAD --batch 2 --baseline known.toml",
    "explain m.onnx Conv_0 --untrusted --format json --batch 1 --dim n=1",
    "rule G1 --target gtx1080ti-cudnn7-fp32 --plot plot.svg",
    "targets --format json",
    "schema check",
    "init --pyproject --no-pre-commit",
    "completion bash",
    "m.onnx --untrusted --version",
)
"""Those of strangers' models run no code, and nothing here leaves the folder."""

_VALUES = (
    *NUMBERS, *ODD, "-", "--", "=", "m.onnx", "no.onnx", "G1", "G9", "all", "10" * 40, "1e3%", "%",
    "nan%", "1x2x3", "0x0", "x=", "=3", "a=1x-2", "*.onnx", "@HEAD", "m.onnx@", "m.onnx@HEAD~9999",
    "m.onnx@--output=x", "{}", '{"a": NaN}', "[" * 3000, "x" * 5000, "two\nlines", "\udcff",
    "known.toml",
)  # fmt: skip


def mutated_words(random: Random, words: Sequence[str]) -> list[str]:
    """A command line with one to three faults."""
    changed = [*words]
    for _ in range(random.choice((1, 1, 2, 3))):
        random.choice(_EDITS)(random, changed)
    return [each.replace("\0", "") for each in changed]  # which no command line can hold


def _at(random: Random, words: list[str]) -> int:
    return random.randrange(len(words) or 1)


def _drop(random: Random, words: list[str]) -> None:
    del words[(at := _at(random, words)) : at + random.choice((1, 1, 2))]


def _double(random: Random, words: list[str]) -> None:
    at = _at(random, words)
    words[at:at] = words[at : at + 2]


def _swap(random: Random, words: list[str]) -> None:
    random.shuffle(words)


def _take(random: Random, words: list[str]) -> None:
    """Options of another command, or of the same."""
    others = random.choice(COMMAND_LINES).split()
    at = _at(random, others)
    words += others[at : at + random.choice((1, 2, 2, 4))]


def _value(random: Random, words: list[str]) -> None:
    words[(at := _at(random, words)) : at + 1] = [random.choice(_VALUES)]


def _joined(random: Random, words: list[str]) -> None:
    options = [at for at, word in enumerate(words) if word.startswith("-")]
    if options:
        words[random.choice(options)] += f"={random.choice(_VALUES)}"


def _letter(random: Random, words: list[str]) -> None:
    if words:
        at = _at(random, words)
        place = random.randrange(len(words[at]) + 1)
        words[at] = words[at][:place] + random.choice(("", *ODD, "=", "-")) + words[at][place + 1 :]


_EDITS: Sequence[Callable[[Random, list[str]], None]] = (
    _drop, _double, _swap, _take, _take, _value, _value, _value, _joined, _letter,
)  # fmt: skip
