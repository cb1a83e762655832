from __future__ import annotations

import pytest

from archlint.cli.duration import duration_text, parse_duration
from archlint.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15m", 900), ("15min", 900), ("90s", 90), ("2h", 7200), ("1h30m", 5400), (" 1h 5s ", 3605)],
)
def test_a_duration(text: str, seconds: float) -> None:
    assert parse_duration(text, "--budget") == seconds


@pytest.mark.parametrize(
    "text", ["", "15", "m", "0m", "-1m", "1.5h", "30m1h", "²m", "9" * 5000 + "s"]
)
def test_no_duration(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_duration(text, "--budget")
    assert str(caught.value) == (
        f'--budget: expected a time such as 15m, 1h30m or 90s, found "{text}"'
    )


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0s"), (59.7, "1m00s"), (750, "12m30s"), (3900, "1h05m")]
)
def test_a_duration_as_text(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
