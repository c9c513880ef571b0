"""A gateway's session: hello, lease, epochs of controllers, and coming back after the end."""

from __future__ import annotations

from random import Random

import pytest

from robots.gateways.gateway_session import Connect, Drop, GatewaySession
from robots.messages import Ack, Bye, Hb, Hello, Resync, RobotIdentity, State, Welcome
from tests.gateway_rig import EAST, Rig, order

LEASE_S, HB_S = 3.0, 1.0


def welcome(session=1, epoch=1, proto=(1, 0)):
    return Welcome(session, epoch, round(LEASE_S * 1000), round(HB_S * 1000), proto)


def hb(session=1, epoch=1):
    return Hb(session, epoch, 0)


def session_of(robots=1, endpoints=1, epoch=0):
    identities = [RobotIdentity("maker", f"amr-{k:03d}") for k in range(robots)]
    return GatewaySession("gw-000", b"b" * 16, identities, endpoints=endpoints, random=Random(1), epoch=epoch)


def wanted(session):
    found, session.wanted = session.wanted, []
    return found


def joined(**more):
    session = session_of(**more)
    session.wake(0.0, 0)
    session.take(welcome(epoch=max(1, session.epoch)), 0.0, 0)
    wanted(session)
    assert session.joined
    return session


def test_it_connects_and_says_hello_first_of_all():
    session = session_of()
    session.wake(0.0, 0)
    connect, hello = wanted(session)
    assert (connect, isinstance(connect, Connect)) == (0, True)
    assert (hello.gw, hello.boot, hello.proto) == ("gw-000", b"b" * 16, (1, 0))


def test_more_than_32_robots_say_hello_on_several_pages_and_are_greeted_page_by_page():
    session = session_of(robots=70)
    session.wake(0.0, 0)
    pages = [message for message in wanted(session) if isinstance(message, Hello)]
    assert [len(page.robots) for page in pages] == [32, 32, 6]
    greeted = []
    for _ in pages:
        session.take(welcome(), 0.0, 0)
        greeted.append(session.greeted)
    assert greeted == [32, 64, 70]
    assert session.joined


def test_a_heart_beats_as_often_as_the_welcome_says():
    session = joined()
    for tenth in range(1, 51):
        session.take(hb(), tenth / 10, 0)
        session.wake(tenth / 10, 0)
    assert [type(message) for message in wanted(session)] == [Hb] * 5


def test_silence_for_the_lease_ends_the_session_and_it_says_hello_again_with_the_same_boot():
    session = joined()
    session.take(hb(), 1.0, 0)
    session.wake(3.95, 0)
    assert session.joined
    session.wake(4.05, 0)
    assert isinstance(wanted(session)[-1], Drop)
    session.wake(4.3, 0)
    connect, hello = wanted(session)
    assert isinstance(connect, Connect)
    assert hello.boot == b"b" * 16
    assert session.refused == {"lease": 1}


def test_what_is_not_valid_does_not_keep_a_session():
    session = joined()
    for tenth in range(1, 35):
        assert not session.take(hb(session=9), tenth / 10, 0)
        session.wake(tenth / 10, 0)
    assert not session.joined


@pytest.mark.parametrize("message", [order((22, EAST), ["F"]), Resync(1, 1, 0), hb(), welcome()])
def test_nothing_is_obeyed_after_the_end_of_the_session(message):
    session = joined()
    session.wake(10.0, 0)
    assert not session.take(message, 10.0, 0)


def test_nothing_but_a_welcome_is_obeyed_before_it():
    session = session_of()
    session.wake(0.0, 0)
    assert not session.take(order((22, EAST), ["F"]), 0.1, 0)
    assert not session.take(hb(), 0.1, 0)
    assert session.take(welcome(), 0.1, 0)


@pytest.mark.parametrize("old", [welcome(epoch=4), hb(epoch=4), Resync(1, 4, 0)])
def test_a_controller_of_a_smaller_epoch_is_told_bye_and_not_obeyed(old):
    session = session_of(epoch=5)
    session.wake(0.0, 0)
    if not isinstance(old, Welcome):
        session.take(welcome(epoch=5), 0.0, 0)
    wanted(session)
    assert not session.take(old, 0.1, 0)
    bye, drop = wanted(session)
    assert (bye.epoch, isinstance(bye, Bye), isinstance(drop, Drop)) == (5, True, True)
    assert session.refused == {"old_controller": 1}


def test_the_greatest_epoch_is_remembered_from_welcomes_and_heartbeats():
    session = joined(epoch=5)
    session.take(hb(epoch=8), 0.1, 0)
    assert session.epoch == 8


def test_a_bye_ends_the_session():
    session = joined()
    session.take(Bye(0, 1, 0, "no session"), 1.0, 0)
    assert not session.joined
    assert isinstance(wanted(session)[-1], Drop)


@pytest.mark.parametrize(("second", "reason"), [(welcome(session=2), "session"), (welcome(proto=(2, 0)), "version")])
def test_a_welcome_that_contradicts_the_first_breaks_the_session_off(second, reason):
    session = session_of(robots=40)
    session.wake(0.0, 0)
    session.take(welcome(), 0.0, 0)
    assert not session.take(second, 0.1, 0)
    assert session.refused == {reason: 1}


def test_a_version_that_was_not_asked_for_is_refused():
    session = session_of()
    session.wake(0.0, 0)
    assert not session.take(welcome(proto=(1, 7)), 0.0, 0)
    assert session.refused == {"version": 1}


def test_endpoints_are_tried_in_turn():
    session = session_of(endpoints=3)
    tried = []
    for tenth in range(300):
        session.wake(tenth / 10, 0)
        tried += [int(item) for item in wanted(session) if isinstance(item, Connect)]
    assert tried[:6] == [0, 1, 2, 0, 1, 2]


def test_a_controller_that_does_not_answer_is_waited_for_longer_in_each_round():
    session = session_of()
    waits, now = [], 0.0
    for _ in range(7):
        while not wanted(session):
            now += 0.01
            session.wake(now, 0)
        connected_s = now
        while not wanted(session):
            now += 0.01
            session.wake(now, 0)
        waits.append(now - connected_s)
    assert all(least <= wait <= 1.25 * least + 0.02 for wait, least in zip(waits, [1, 1, 2, 4, 8, 16, 16], strict=True))


def test_back_off_grows_with_jitter_up_to_a_quarter_of_a_second_and_begins_anew_after_a_heartbeat():
    session = session_of()
    waits = []
    now = 0.0
    for _ in range(12):
        session.wake(now, 0)
        now += 0.01
        session.lost(now)
        lost_s = now
        wanted(session)
        while not wanted(session):
            now += 0.001
            session.wake(now, 0)
        waits.append(now - lost_s)
    assert waits[0] < 0.11
    assert all(0.5 * least <= wait + 0.002 for wait, least in zip(waits, [0.1, 0.2] + [0.25] * 10, strict=True))
    assert max(waits) <= 0.26
    assert len({round(wait, 3) for wait in waits[4:]}) > 4
    session.take(welcome(), now, 0)
    session.take(hb(), now, 0)
    session.lost(now)
    session.wake(now + 0.11, 0)
    assert isinstance(wanted(session)[-1], Hello)


def test_close_says_bye_and_does_not_come_back():
    session = joined()
    session.close(1.0, 0, "stopped")
    bye, drop = wanted(session)
    assert (bye.reason, isinstance(drop, Drop)) == ("stopped", True)
    session.wake(100.0, 0)
    assert wanted(session) == []


# With robots behind it.


def test_states_follow_the_welcome_and_robots_finish_their_base_without_a_session():
    rig = Rig(22)
    rig.tick()
    assert [state.robot for state in rig.take(State)] == ["amr-000"]
    rig.ack(order((22, EAST), ["F"] * 4))
    rig.tick(150, beat=False)  # the lease ends, nobody answers the hellos
    assert not rig.session.joined
    assert max(state.t for state in rig.take(State)) < 5e9
    assert rig.fleet.bases[0].memory.confirmed == 4
    while not any(isinstance(item, Hello) for item in rig.sent):
        rig.tick()
    rig.greet(epoch=2, session=2)
    rig.take()
    rig.tick()
    assert [state.last_seq for state in rig.take(State)] == [8]


def test_acks_of_a_session_that_is_over_are_not_sent_in_the_next():
    rig = Rig(22)
    rig.give(order((22, EAST), ["F"]))
    rig.give(Bye(1, 1, 0, "over"))
    rig.tick(5)
    assert rig.take(Ack) == []


def test_pages_of_robots_that_are_not_welcomed_yet_are_not_reported():
    rig = Rig(*range(40), greet=False)
    rig.tick()
    rig.give(welcome())
    rig.take()
    rig.tick(2)
    assert {state.robot for state in rig.take(State)} == {f"amr-{row:03d}" for row in range(32)}
