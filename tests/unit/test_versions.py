"""Which version two sides speak: the same major, the lower minor, never lowered within a session."""

from __future__ import annotations

import pytest

from robots.errors import WireError
from robots.messages import PROTOCOL
from robots.versions import answer_hello, check_welcome


def test_two_sides_of_this_version_speak_it():
    assert answer_hello(PROTOCOL) == PROTOCOL
    check_welcome(PROTOCOL)


@pytest.mark.parametrize(("asked", "ours", "agreed"), [((1, 0), (1, 3), (1, 0)), ((1, 9), (1, 3), (1, 3))])
def test_the_lower_minor_is_spoken(asked, ours, agreed):
    assert answer_hello(asked, ours=ours) == agreed
    check_welcome(agreed, ours=asked)


@pytest.mark.parametrize("major", [0, 2, 65535])
def test_another_major_is_refused_by_both_sides(major):
    with pytest.raises(WireError, match=rf"^version: {major}\.0 is spoken there, 1\.0 here"):
        answer_hello((major, 0))
    with pytest.raises(WireError, match=r"^version: "):
        check_welcome((major, 0))


def test_a_gateway_refuses_a_newer_minor_than_it_asked_for():
    with pytest.raises(WireError, match=r"1\.4 is newer than 1\.3"):
        check_welcome((1, 4), ours=(1, 3))


def test_a_version_is_not_changed_within_a_session():
    assert answer_hello((1, 3), (1, 3), ours=(1, 3)) == (1, 3)
    check_welcome((1, 3), (1, 3), ours=(1, 3))
    for asked in ((1, 2), (1, 0)):
        with pytest.raises(WireError, match=r"the session speaks 1\.3"):
            answer_hello(asked, (1, 3), ours=(1, 3))
        with pytest.raises(WireError, match=r"the session speaks 1\.3"):
            check_welcome(asked, (1, 3), ours=(1, 3))
