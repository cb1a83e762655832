from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from archlint.cli.shard import in_shard
from archlint.errors import UsageError
from archlint.linter.found_models import FoundModel

MODELS = [FoundModel(f"models/net_{number}.onnx") for number in range(50)]


def shards(found: list[FoundModel], of: int) -> dict[str, int]:
    return {
        each.path: number
        for number in range(1, of + 1)
        for each in in_shard(found, f"{number}/{of}")
    }


@pytest.mark.parametrize("of", [1, 3, 8, 50, 64])
def test_each_model_is_in_one_shard_and_none_has_more_than_its_part(of: int) -> None:
    every = [each for number in range(1, of + 1) for each in in_shard(MODELS, f"{number}/{of}")]
    assert Counter(every) == Counter(MODELS)
    assert max(Counter(shards(MODELS, of).values()).values()) <= -(-len(MODELS) // of)


def test_a_shard_goes_by_the_paths_whatever_their_order() -> None:
    mixed = Random(1).sample(MODELS, len(MODELS))
    assert shards(mixed, 8) == shards(MODELS, 8)
    part = in_shard(mixed, "2/8")
    assert part == [each for each in mixed if each in part]


def test_few_models_move_when_one_comes() -> None:
    before, after = shards(MODELS, 8), shards([*MODELS, FoundModel("models/new.onnx")], 8)
    assert sum(before[path] != after[path] for path in before) <= 5


@pytest.mark.parametrize("word", ["0/8", "9/8", "3", "3/0", "a/b", "-1/8", ""])
def test_what_is_no_shard_is_said(word: str) -> None:
    with pytest.raises(UsageError, match=r"--shard: expected 1/8 to 8/8, for eight shards, found"):
        in_shard(MODELS, word)
