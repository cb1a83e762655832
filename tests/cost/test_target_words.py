"""What targets are called beside their names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from archlint.cost.target_files import SHIPPED, TargetFiles, list_targets
from archlint.cost.target_words import targets_meant, unknown_target
from archlint.errors import TargetError, UsageError


@pytest.fixture
def files(tmp_path: Path) -> Mapping[str, TargetFiles]:
    """Three targets of a board, one of which stands for it, two of a phone, one of a laptop."""
    for name, device, groups in (
        ("pi5-ncnn-fp32-1t", "Raspberry Pi 5", ""),
        ("pi5-ncnn-fp32-4t", "Raspberry Pi 5", 'groups = ["boards", "arms"]'),
        ("pi5-ort-fp32-4t", "Raspberry Pi 5", ""),
        ("phone-one-ncnn", "One", 'groups = ["arms"]'),
        ("phone-two-ncnn", "Two", ""),
        ("laptop-ort", "A laptop", ""),
    ):
        (tmp_path / name).mkdir()
        text = f'device = "{device}"\n{groups}\n[lowering]\n'
        (tmp_path / name / "target.toml").write_text(text, encoding="utf-8")
    return list_targets(tmp_path)


def test_a_group_is_all_that_are_in_it(files: Mapping[str, TargetFiles]) -> None:
    assert targets_meant("arms", files) == ("phone-one-ncnn", "pi5-ncnn-fp32-4t")
    assert targets_meant("boards", files) == ("pi5-ncnn-fp32-4t",)


@pytest.mark.parametrize("broken", ["groups = [", "\xff", 'groups = "arms"'])
def test_no_group_goes_without_a_target_whose_file_is_broken(
    broken: str, files: Mapping[str, TargetFiles]
) -> None:
    """It may be in the group: a gate on that would be one target short."""
    files["phone-one-ncnn"].file.write_bytes(broken.encode("latin-1"))
    with pytest.raises(TargetError, match="phone-one-ncnn"):
        targets_meant("arms", files)
    assert targets_meant("laptop", files) == ("laptop-ort",)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("laptop", "laptop-ort"),
        ("phone-two", "phone-two-ncnn"),
        ("pi5", "pi5-ncnn-fp32-4t"),  # it is in a group, and so stands for the device
        ("pi5-ort", "pi5-ort-fp32-4t"),
    ],
)
def test_a_short_name_is_the_beginning_of_one(
    word: str, name: str, files: Mapping[str, TargetFiles]
) -> None:
    assert targets_meant(word, files) == (name,)


@pytest.mark.parametrize("word", ["pi", "laptop-", "servers", ""])
def test_a_beginning_ends_at_a_dash(word: str, files: Mapping[str, TargetFiles]) -> None:
    assert targets_meant(word, files) == ()


def test_what_may_be_several_is_refused_with_their_names(
    files: Mapping[str, TargetFiles],
) -> None:
    with pytest.raises(UsageError, match=r"^target \"phone\" may be several devices: phone-one-nc"):
        targets_meant("phone", files)
    (files["pi5-ncnn-fp32-4t"].file).write_text('device = "Raspberry Pi 5"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"may be one of several targets: pi5-ncnn-fp32-1t, pi5-n"):
        targets_meant("pi5", files)


def test_a_word_that_means_nothing_is_held_against_groups_and_short_names_too(
    files: Mapping[str, TargetFiles],
) -> None:
    assert unknown_target("bords", files).endswith('(did you mean "boards"?)')
    assert unknown_target("laptob", files).endswith('(did you mean "laptop"?)')
    assert unknown_target("xyz", files).endswith("(`archlint targets` lists them)")


def test_a_word_that_several_short_names_begin_with_is_told_these(
    files: Mapping[str, TargetFiles],
) -> None:
    short = sorted({name.partition("-")[0] for name in files if name.startswith("p")})
    assert len(short) > 1
    assert unknown_target("p", files) == f'unknown target "p": there are {", ".join(short)}'


def test_a_shipped_device_is_in_a_group_once() -> None:
    shipped = list_targets(SHIPPED)
    grouped = [each for each in shipped.values() if each.groups]
    devices = [(group, each.head["device"]) for each in grouped for group in each.groups]
    assert len(devices) == len(set(devices))
    assert targets_meant("rtx4090", shipped) == ("rtx4090-torch2.9-amp",)
