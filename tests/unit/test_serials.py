"""Robots by their serials, as on the command line."""

from __future__ import annotations

import pytest

from fleet.app.serials import format_serials, parse_serials
from fleet.errors import SettingError


@pytest.mark.parametrize(
    ("text", "serials"),
    [
        ("", ()),
        ("amr-000", ("amr-000",)),
        ("b, a", ("b", "a")),
        ("amr-008:amr-011", ("amr-008", "amr-009", "amr-010", "amr-011")),
        ("amr-7:amr-7", ("amr-7",)),
        ("r1:r3,x,s1-9:s1-9", ("r1", "r2", "r3", "x", "s1-9")),
        ("08:10", ("08", "09", "10")),
    ],
)
def test_a_list_of_serials_and_ranges_is_read_in_its_order(text, serials):
    assert parse_serials(text, "--robots") == serials
    assert parse_serials(format_serials(serials), "--robots") == serials


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (",", "'' is no robot"),
        ("a,,b", "'' is no robot"),
        ("a b", "'a b' is no robot"),
        ("a\nb", "is no robot"),
        ("x" * 65, "is no robot"),
        (":amr-1", "':amr-1' is no robot"),
        ("amr-1:", "'amr-1:' is no robot"),
        ("a:b:c", "is no robot"),
        ("a:b", "a:b is no range"),
        ("amr-3:amr-1", "is no range"),
        ("amr-1:amr-10", "is no range"),
        ("amr-1:bmr-2", "is no range"),
        ("r00001:r99999", "is more than 10000 robots"),
        ("a0001:a9999,b1,b2", "more than 10000 robots"),
        ("a,b,a", "a is named 2 times"),
        ("amr-1:amr-5,amr-3", "amr-3 is named 2 times"),
    ],
)
def test_what_is_no_list_of_robots_is_refused(text, says):
    with pytest.raises(SettingError, match=says):
        parse_serials(text, "--robots")


@pytest.mark.parametrize(
    ("serials", "text"),
    [
        ((), ""),
        (("amr-000", "amr-001", "amr-002"), "amr-000:amr-002"),
        (("amr-9", "amr-10"), "amr-9,amr-10"),
        (("a", "b", "amr-1", "amr-2", "x-2", "x-3"), "a,b,amr-1:amr-2,x-2:x-3"),
    ],
)
def test_serials_are_written_short(serials, text):
    assert format_serials(serials) == text
