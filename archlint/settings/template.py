"""A configuration to begin with: every key with what it does, as comments.

A key counts once the `#` right before it is gone; `# ` begins words.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

__all__ = ["ProposedModel", "RuleHelp", "config_text"]

_WIDTH = 96
_MOST_MODELS = 20


@dataclass(frozen=True, slots=True)
class ProposedModel:
    """A model that might be configured; `needs` are arguments that have no default."""

    factory: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleHelp:
    """A rule, and each of its options with the default, as TOML has it, and what it does."""

    code: str
    name: str
    options: Mapping[str, tuple[str, str]]


def config_text(
    prefix: str,
    target: str,
    rules: Sequence[RuleHelp],
    files: Sequence[str],
    models: Sequence[ProposedModel],
) -> str:
    """The text of archlint.toml, or with the prefix `tool.archlint` a part of pyproject.toml.

    `target` is the default one; `files` are .onnx files that were found.
    """
    codes = ", ".join(f"{each.code} {each.name}" for each in rules)
    first = rules[0].code
    listed = ", ".join(_text(each.code) for each in rules)
    lines = [
        "# archlint: a linter for the architecture of neural networks.",
        "# A # right before a key makes it an example, or shows the default: it counts once the #",
        "# is gone.  Flags win over this file, and paths are relative to it.",
    ]
    if prefix:
        lines.append(f"[{prefix}]")
    lines += [
        "",
        *_words("What is priced for: `archlint targets` lists the targets."),
        f"#target = [{_text(target)}]",
        *_words("Folders with targets of your own, from `archlint measure --out`."),
        '#target-paths = ["targets"]',
        *_words("The batch size of models that leave it open; by default 1."),
        "#batch = 8",
        *_words("The shapes of inputs and the sizes of dimensions that models leave open."),
        '#input = { image = "1x3x224x224" }',
        "#dim = { sequence = 128 }",
        *_words("Give a model up after so many seconds."),
        "#timeout = 60",
        "",
        *_words(f"The rules to run, and those not to; by default all run: {codes}."),
        f"#select = [{listed}]",
        f"#ignore = [{_text(first)}]",
        *_words("From which severity on the exit code is 1: error, warning, note or never."),
        '#fail-on = "warning"',
        *_words("Only places at least this many times slower than the alternative."),
        "#min-slowdown = 1.1",
        *_words("The file of known places, which are no findings: --write-baseline writes it."),
        '#baseline = "archlint-baseline.toml"',
        "",
        *_words("How to report; each format with its output, and - is the screen."),
        '#format = ["full", "sarif"]',
        '#output = ["-", "archlint.sarif"]',
        *_words("Show notes too; the most findings of a model."),
        "#notes = true",
        "#top = 10",
        '#color = "auto"',
        "#quiet = false",
        "#verbose = false",
        "",
        *_words(
            "Find the lines that made the operators of .onnx files: folders of source; what paths "
            "in files are here; packages whose lines are not yours."
        ),
        '#source-root = ["src"]',
        '#path-map = { "/build" = "src" }',
        '#library = ["torchvision"]',
        "",
        *_words("Rules that some models need not keep to, by a glob of their paths."),
        f"#[{_key(prefix, 'per-model-ignores')}]",
        f'#"legacy/*.onnx" = [{_text(first)}]',
        "",
        *_words(
            "Findings that may stay: globs of rule, model and module path, and the reason.  One "
            "that matches nothing is told.  Where `ignore` above is set, put them into its list."
        ),
        f"#[[{_key(prefix, 'ignore')}]]",
        f"#rule = {_text(first)}",
        '#model = "*.onnx"',
        '#place = "head.*"',
        '#reason = "the head runs once per clip"',
        "",
        *_options(prefix, rules),
        *_models(prefix, files, models),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _options(prefix: str, rules: Sequence[RuleHelp]) -> Iterator[str]:
    for rule in rules:
        if rule.options:
            yield f"#[{_key(prefix, 'rules')}.{rule.code}]"
        for name, (default, about) in rule.options.items():
            yield from _words(f"{rule.name}: {about}.")
            yield f"#{name} = {default}"
    yield ""


def _models(prefix: str, files: Sequence[str], models: Sequence[ProposedModel]) -> Iterator[str]:
    named = f", such as {_text(files[0])}" if files else ""
    yield from _words(
        "Models of PyTorch source that `archlint check` lints; linting them runs their code.  "
        f"Without any it lints the .onnx files in this folder: {len(files)} now{named}."
    )
    if models:
        yield from _words("These classes look like networks; say what their forward takes.")
    shown = models[:_MOST_MODELS] or (ProposedModel("nets.py:Net"),)
    names = Counter(model.factory.rpartition(":")[2] for model in models)
    for model in shown:
        name = model.factory.rpartition(":")[2]
        yield f"#[[{_key(prefix, 'models')}]]"
        yield f"#name = {_text(name if names[name] < 2 else model.factory)}"
        yield f"#factory = {_text(model.factory)}"
        yield '#inputs = ["1x3x224x224"]'
        if model.needs:
            yield from _words(f"It needs {', '.join(model.needs)}.")
        yield "#kwargs = {}"
        yield "#targets = [] # those of the run"
        yield ""
    if (more := len(models) - len(shown)) > 0:
        yield from _words(f"{more} more classes look like networks.")


def _words(text: str) -> list[str]:
    return wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False)


def _key(prefix: str, key: str) -> str:
    return f"{prefix}.{key}" if prefix else key


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
