"""Whose session a connection is: by its key, whatever its routing id says."""

from __future__ import annotations

import pytest

from robots.gateways.peers import Peers
from robots.gateways.sessions import Sessions
from robots.gateways.wire_params import WireParams
from robots.gateways.wire_record import RefusedError
from robots.messages import Hello, RobotIdentity

ROSTER = ["amr-000", "amr-001"]
ROUTE = b"\x00abcd"


@pytest.fixture
def sessions():
    return Sessions(ROSTER, Peers(None, ROSTER), WireParams(), 1)


def hello(robot, boot=b"b" * 16):
    return Hello((1, 0), "gw", boot, (RobotIdentity("test", robot),))


def refused(code, call, *arguments):
    with pytest.raises(RefusedError) as refusal:
        call(*arguments)
    assert refusal.value.code == code


def test_a_routing_id_that_another_key_has_taken_over_is_refused_and_nothing_more_is_sent_there(sessions):
    session, _ = sessions.hello("gw-1", ROUTE, hello("amr-000"), 0.0)
    assert sessions.find("gw-1", ROUTE) is session
    refused("identity", sessions.find, "gw-2", ROUTE)
    assert session.route is None
    refused("no_session", sessions.find, "gw-2", ROUTE)


def test_a_hello_on_the_connection_of_another_keys_session_is_refused(sessions):
    session, _ = sessions.hello("gw-1", ROUTE, hello("amr-000"), 0.0)
    refused("identity", sessions.hello, "gw-2", ROUTE, hello("amr-001"), 0.0)
    assert sessions.of_row == [session, None]


def test_the_true_key_comes_back_over_another_connection(sessions):
    session, _ = sessions.hello("gw-1", ROUTE, hello("amr-000"), 0.0)
    refused("identity", sessions.find, "gw-2", ROUTE)
    again, changed = sessions.hello("gw-1", b"\x00wxyz", hello("amr-000"), 1.0)
    assert (again, changed, again.route) == (session, "reconnected", b"\x00wxyz")
