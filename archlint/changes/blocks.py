"""Steps that only one version has, as blocks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archlint.changes.change import Change, ChangeKind
from archlint.changes.step import Step
from archlint.changes.wording import common_path, described, flops_text, what_of
from archlint.graph.pattern import pattern_of

__all__ = ["block_changes"]

_MOST_NAMED = 3  # blocks by name, rather than by their pattern
_MOST_LINES = 5  # of what came, or of what went; more become one for each set of kinds


@dataclass(frozen=True, slots=True)
class _Block:
    """Steps that came or went together; `is_whole` says that they are all of `module`."""

    module: str
    is_whole: bool
    steps: tuple[Step, ...]
    after: str

    @property
    def flops(self) -> int:
        return sum(each.flops for each in self.steps)


def block_changes(
    steps: Sequence[Step], alone: Sequence[int], kind: ChangeKind
) -> Iterator[Change]:
    """What came or went, blocks that are alike in one line."""
    alike: dict[object, list[_Block]] = defaultdict(list)
    for block in _blocks(steps, alone):
        composition = frozenset(Counter(each.key.kind for each in block.steps).items())
        alike[pattern_of(block.module), block.is_whole, composition].append(block)
    mixed: dict[object, list[list[_Block]]] = defaultdict(list)
    for blocks in alike.values():
        # of few lines each stands for itself
        kinds = frozenset(each.key.kind for each in blocks[0].steps)
        mixed[kinds if len(alike) > _MOST_LINES else len(mixed)].append(blocks)
    for lines in mixed.values():
        blocks = [each for line in lines for each in line]
        flops = sum(each.flops for each in blocks)
        text = _text(blocks, kind.value) if len(lines) == 1 else _mixed(lines, kind.value)
        in_all = " in all" if len(blocks) > 1 else ""
        yield Change(kind, f"{text} ({flops_text(flops)}{in_all})", len(blocks), flops)


def _text(blocks: Sequence[_Block], verb: str) -> str:
    """Blocks of one pattern and of the same kinds of steps."""
    first, count = blocks[0], len(blocks)
    what = what_of(first.steps)
    if len(first.steps) == 1:
        what = described([each.steps[0].key for each in blocks])
    each = "each " if count > 1 else ""
    if not first.module:
        where = f"in {count} places" if count > 1 else first.after
        return f"{verb} {where}: {each}{what}"
    if not first.is_whole:
        where = common_path(block.module for block in blocks)
        where = f"in {count} places of {where}" if count > 1 else f"in {where}"
        return f"{verb} {where}: {each}{what}"
    if count <= _MOST_NAMED:
        *names, last = (block.module for block in blocks)
        names = [", ".join(names)] if names else []
        return f"{' and '.join([*names, last])} {verb}: {each}{what}"
    return f"{pattern_of(first.module)} {verb} in {count} places: {each}{what}"


def _mixed(lines: Sequence[Sequence[_Block]], verb: str) -> str:
    """Blocks of several patterns with the same kinds of steps, the largest named."""
    ordered = sorted(lines, key=lambda line: -sum(each.flops for each in line))
    steps = [step for line in ordered for block in line for step in block.steps]
    named = dict.fromkeys(
        block.module if len(line) == 1 else pattern_of(block.module)
        for line in ordered
        for block in line
        if block.module
    )
    names = [*named][:_MOST_NAMED]
    if len(named) > len(names):
        names.append("...")
    count = sum(len(line) for line in lines)
    if len({each.key.kind for each in steps}) == 1:
        what = f"{len(steps)} {described([each.key for each in steps])}"
    else:
        what = what_of(steps).removeprefix("a block of ")
    where = f": {', '.join(names)}" if names else ""
    return (
        f"{what} {verb}{where}"
        if count == len(steps)
        else f"{what} {verb} in {count} places{where}"
    )


def _blocks(steps: Sequence[Step], alone: Sequence[int]) -> list[_Block]:
    """Whole modules first, the largest that are; what is left by runs without a gap."""
    modules = _modules(steps, alone)
    whole = _whole(modules, alone)
    of_module: dict[str, list[int]] = defaultdict(list)
    runs: list[list[int]] = []
    for number in alone:
        module = _largest(modules[number], whole)
        if module:
            of_module[module].append(number)
        elif runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    found = [
        (numbers[0], _Block(module, True, tuple(steps[each] for each in numbers), ""))
        for module, numbers in of_module.items()
    ]
    for numbers in runs:
        ours = tuple(steps[each] for each in numbers)
        module = common_path(modules[each] for each in numbers)
        found.append((numbers[0], _Block(module, False, ours, _after(steps, numbers[0]))))
    return [block for _, block in sorted(found, key=lambda each: each[0])]


def _modules(steps: Sequence[Step], alone: Sequence[int]) -> list[str]:
    """The module of each step; what has none is in that of a neighbour that is alone too."""
    modules = [each.module for each in steps]
    ours = set(alone)
    for numbers, neighbour in ((alone, -1), (reversed(alone), 1)):
        for number in numbers:
            if not modules[number] and number + neighbour in ours:
                modules[number] = modules[number + neighbour]
    return modules


def _after(steps: Sequence[Step], number: int) -> str:
    if not number:
        return "at the start"
    before = steps[number - 1]
    return f"after {before.module or before.key.kind}"


def _whole(modules: Sequence[str], alone: Sequence[int]) -> set[str]:
    """The modules all of whose steps are alone."""
    total = Counter(prefix for module in modules for prefix in _prefixes(module))
    ours = Counter(prefix for number in alone for prefix in _prefixes(modules[number]))
    return {prefix for prefix, count in ours.items() if count == total[prefix]}


def _prefixes(module: str) -> Iterator[str]:
    """A module and all that it is in, the outermost first."""
    parts = module.split(".") if module else []
    for count in range(1, len(parts) + 1):
        yield ".".join(parts[:count])


def _largest(module: str, whole: set[str]) -> str:
    return next((prefix for prefix in _prefixes(module) if prefix in whole), "")
