"""Durations as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.app.durations import parse_duration
from fleet.errors import SettingError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0),
        ("90s", 90.0),
        ("30m", 1800.0),
        ("1.5h", 5400.0),
        ("2 h", 7200.0),
        (" 10M ", 600.0),
        ("0", 0.0),
        ("0.25", 0.25),
    ],
)
def test_seconds_minutes_and_hours_are_understood(text, seconds):
    assert parse_duration(text, "--for") == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "-5", "+5", "1h30m", "5d", "m", ".5", "5.", "1e3", "nan", "inf", "5 5", "5ss", "1,5h"]
)
def test_anything_else_is_refused_with_the_option_and_an_example(text):
    with pytest.raises(SettingError, match="is not a duration") as caught:
        parse_duration(text, "--window")
    assert caught.value.where == "--window"
    assert repr(text) in caught.value.problem
    assert caught.value.remedy == "write it like 90s, 30m or 1.5h"


@given(st.integers(0, 10**6))
def test_whole_seconds_are_read_as_they_are_in_every_unit(seconds):
    assert parse_duration(f"{seconds}", "--for") == seconds
    assert parse_duration(f"{seconds}m", "--for") == 60 * seconds
    assert parse_duration(f"{seconds}h", "--for") == 3600 * seconds
