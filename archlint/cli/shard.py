"""`--shard 3/8`: the models that one of several jobs lints."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from archlint.errors import UsageError

if TYPE_CHECKING:
    from archlint.linter.found_models import FoundModel

__all__ = ["check_shards", "in_shard"]


def in_shard(found: Sequence[FoundModel], shard: str | None) -> Sequence[FoundModel]:
    """Those of the models that are in one shard, in their order; each is in one of all shards.

    Which one goes by the paths, whatever their order: each has an order of its own of the shards,
    and is in the first that has room.  None has more than its part, rounded up, and few models
    move when one comes or goes.  Raises UsageError for what is no shard.
    """
    if shard is None:
        return found
    number, of = _read(shard)
    room = [-(-len(found) // of)] * of
    chosen = set()
    for path in sorted((each.path for each in found), key=_hash):
        goal = min((each for each in range(of) if room[each]), key=lambda at: _hash(f"{path}{at}"))
        room[goal] -= 1
        if goal == number - 1:
            chosen.add(path)
    return [each for each in found if each.path in chosen]


def check_shards(shards: Sequence[str]) -> None:
    """Raise UsageError unless with a shard all others of its run are there, once each."""
    counts = Counter(map(_read, shards))
    for of in {of for _, of in counts}:
        for number in range(1, of + 1):
            if counts[number, of] != 1:
                found = counts[number, of] or "none"
                raise UsageError(f"shard {number}/{of}: in {found} of the reports")


def _read(shard: str) -> tuple[int, int]:
    words = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", shard)
    number, of = (int(words[1]), int(words[2])) if words else (1, 0)
    if number > of:
        raise UsageError(f'--shard: expected 1/8 to 8/8, for eight shards, found "{shard}"')
    return number, of


def _hash(text: str) -> bytes:
    return sha256(text.encode(errors="surrogatepass")).digest()
