"""What changed between two versions of a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archlint.changes.alignment import Alignment, align
from archlint.changes.blocks import block_changes
from archlint.changes.change import Change, ChangeKind
from archlint.changes.edits import edit_changes, reading_changes
from archlint.changes.step import Step, steps_of
from archlint.changes.wording import common_path, sizes
from archlint.graph.model import Model

__all__ = ["changes"]


def changes(base: Model, head: Model) -> tuple[Change, ...]:
    """What edits made `head` of `base`, those that touch the most FLOPs first.

    Names play no part but to tell where.  What follows from another change is left out: the
    channels that a conv reads, the widths of depthwise convs, the sizes of maps.
    """
    old, new = steps_of(base), steps_of(head)
    aligned = align(old, new)
    pairs = [(old[a], new[b]) for a, b in aligned.pairs]
    found = [
        *_inputs(base, head),
        *block_changes(new, aligned.added, ChangeKind.ADDED),
        *block_changes(old, aligned.removed, ChangeKind.REMOVED),
        *edit_changes(pairs),
        *_rewired(old, new, aligned),
    ]
    if not found:
        found = list(reading_changes(pairs))
    return tuple(sorted(found, key=lambda each: -each.flops))


def _inputs(base: Model, head: Model) -> Iterator[Change]:
    flops = max(base.flops, head.flops)
    if len(base.inputs) != len(head.inputs):
        names = ", ".join(each.name for each in head.inputs)
        text = f"{len(head.inputs)} inputs, were {len(base.inputs)}: {names}"
        yield Change(ChangeKind.INPUT, text, 1, flops)
        return
    for old, new in zip(base.inputs, head.inputs, strict=True):
        for a, b in ((old.shape, new.shape), (old.dtype, new.dtype)):
            if a != b and a is not None and b is not None:
                is_now, was = (each if isinstance(each, str) else sizes(each) for each in (b, a))
                name = f" {new.name}" if new.name.isidentifier() else ""
                text = f"the input{name} is {is_now or 'scalar'}, was {was or 'scalar'}"
                yield Change(ChangeKind.INPUT, text, 1, flops)


def _rewired(old: Sequence[Step], new: Sequence[Step], aligned: Alignment) -> Iterator[Change]:
    """Steps that read other steps than before, all of which both versions have."""
    now = dict(aligned.pairs) | {-1: -1}
    paired = set(now.values())
    found = []
    for a, b in aligned.pairs:
        before, after = old[a].sources, new[b].sources
        if not (all(each in now for each in before) and all(each in paired for each in after)):
            continue
        if {now[each] for each in before} != set(after) and old[a].key == new[b].key:
            found.append(new[b])
    if found:
        where = common_path(each.module for each in found)
        kinds = {each.key.kind for each in found}
        what = kinds.pop() if len(kinds) == 1 else "operators"
        if len(found) > 1:
            subject = f"{len(found)} {what}" + (f" of {where}" if where else "")
            text = f"{subject} read other operators than before"
        else:
            text = f"the {what}{f' of {where}' if where else ''} reads another operator than before"
        yield Change(ChangeKind.REWIRED, text, len(found), sum(each.flops for each in found))
