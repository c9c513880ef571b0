"""What the controller's socket does with those who are up to no good: each attempt is rejected, and recorded."""

from __future__ import annotations

import socket as tcp
from contextlib import suppress
from time import sleep

import msgspec
import numpy as np
import pytest
import zmq

from robots.codec import encode
from robots.errors import InputError
from robots.gateways.keys import Key
from robots.messages import FRAME_TAG, Ack, Bye, Hb, Hello, Order, Pose, Resync, Welcome
from robots.state import Entry, Flag
from tests.raw_gateway import Served, served
from tests.relay import Relay
from tests.wired_fleet import keyed_site

GATEWAYS = {"gw-1": ["amr-000", "amr-001"], "gw-2": ["amr-002"]}
MESSAGES = {
    "ack": lambda gateway: Ack("amr-000", 1, "accepted"),
    "state": lambda gateway: gateway.state(),
    "pose": lambda gateway: gateway.pose(),
    "hb": lambda gateway: Hb(1, 5, 1),
    "bye": lambda gateway: Bye(1, 5, 1),
    "resync": lambda gateway: Resync(1, 5, 1),
}
pack = msgspec.msgpack.encode


@pytest.fixture
def site(tmp_path):
    with keyed_site(tmp_path / "keys", GATEWAYS) as site:
        yield site


@pytest.fixture
def fleet(site):
    with served(3, site) as fleet:
        yield fleet


def columns(fleet):
    state = fleet.state
    return [getattr(state, name).tobytes() for name in type(state).__slots__ if name not in ("time_s", "heard_s")]


# Keys


def some_key():
    return Key(*zmq.curve_keypair())


def knock(gateway):
    """Say hello; nobody takes what a gateway says once it was refused."""
    gateway.socket.sndtimeo = 0
    with suppress(zmq.Again):
        gateway.hello()


def turned_away(fleet, reason):
    fleet.until(lambda: any(refusal.reason == reason for refusal in fleet.site.refused), f"{reason} was not refused")
    assert fleet.record.received == 0


def test_a_key_that_is_not_listed_does_not_get_in(fleet, site):
    knock(fleet.gateway(keys=(some_key(), site.key.public)))
    turned_away(fleet, "unknown_key")


def test_who_does_not_know_the_controllers_key_does_not_get_in(fleet, site):
    knock(fleet.gateway(keys=(site.keys_of("gw-1")[0], some_key().public)))
    fleet.noted("cryptography")
    assert fleet.record.received == 0


def test_a_listed_public_key_without_its_secret_does_not_get_in(fleet, site):
    stolen = Key(site.keys_of("gw-1")[0].public, some_key().secret)
    knock(fleet.gateway(keys=(stolen, site.key.public)))
    fleet.until(fleet.record.noted.total, "a handshake that failed was not noted")
    assert fleet.record.received == 0


def test_nobody_gets_in_without_encryption(fleet, site):
    plain = site.context.socket(zmq.DEALER)
    plain.linger = 0
    plain.connect(fleet.driver.endpoint)
    plain.send_multipart([FRAME_TAG, pack({"msg": "hello"})])
    fleet.noted("mechanism")
    assert fleet.record.received == 0
    plain.close()


def test_a_revoked_key_does_not_get_in(fleet, site):
    site.allow({"gw-1": {"revoked": "true"}})
    fleet.pass_time(1.0)
    knock(fleet.gateway())
    turned_away(fleet, "revoked")


def test_a_key_with_another_role_does_not_get_in(fleet, site):
    site.allow({"gw-1": {"role": "operator", "robots": []}})
    fleet.pass_time(1.0)
    knock(fleet.gateway())
    turned_away(fleet, "role")


def revoked_while_connected(fleet, site, change):
    gateway = fleet.gateway()
    gateway.join()
    site.allow({"gw-1": change})
    fleet.pass_time(0.9)
    assert fleet.record.noted["revoked"] == 1
    before, sent = columns(fleet), fleet.record.sent
    gateway.send(gateway.state(soc=1.0))
    fleet.commands.halt[0] = True
    fleet.until(fleet.record.refused.total, "a state was heard")
    assert columns(fleet) == before
    fleet.pass_time(0.6)
    assert fleet.record.sent == sent
    gateway.hello()
    fleet.until(lambda: fleet.record.refused.total() == 2, "a hello was heard")


def test_a_key_that_is_revoked_is_mute_within_a_second_though_its_connection_lives(fleet, site):
    revoked_while_connected(fleet, site, {"revoked": "true"})
    assert fleet.record.refused == {"revoked": 2}


def test_a_key_that_changes_its_role_is_mute(fleet, site):
    revoked_while_connected(fleet, site, {"role": "viewer", "robots": []})
    assert fleet.record.refused == {"role": 2}


def test_a_robot_that_is_taken_off_a_line_is_no_longer_heard(fleet, site):
    gateway = fleet.gateway(robots=(0, 1))
    gateway.join()
    site.allow({"gw-1": {"robots": ["amr-001"]}})
    fleet.pass_time(0.5)
    gateway.send(gateway.state(robot="amr-000"), gateway.state(robot="amr-001", soc=9.0))
    fleet.refused("robot")
    fleet.until(lambda: fleet.state.charge_percent[1] == 9.0, "the other robot is heard")


@pytest.mark.parametrize("listen", ["tcp://0.0.0.0:*", "tcp://*:*", "tcp://192.0.2.1:5555"])
def test_an_address_that_others_reach_needs_keys(listen):
    fleet = Served(1, listen=listen)
    with pytest.raises(InputError, match="give keys"):
        fleet.driver.open()
    fleet.close()


# Identity


@pytest.mark.parametrize("robot", ["amr-002", "amr-999"])
def test_a_hello_for_a_robot_that_is_not_on_the_line_is_refused(fleet, robot):
    gateway = fleet.gateway()
    gateway.hello(robots=["amr-000", robot])
    fleet.refused("robot")
    fleet.until(lambda: gateway.of(Bye), "a bye")
    assert not gateway.of(Welcome)
    assert fleet.events[-1]["peer"] == "gw-1"
    assert fleet.events[-1]["address"] == "127.0.0.1"


@pytest.mark.parametrize("robot", ["amr-001", "amr-002", "amr-999"])
@pytest.mark.parametrize("kind", ["state", "pose", "ack"])
def test_nobody_speaks_for_a_robot_that_it_has_not_said_hello_for(fleet, kind, robot):
    gateway, other = fleet.gateway(), fleet.gateway("gw-2", (2,))
    gateway.join(), other.join()
    before = columns(fleet)
    gateway.send(msgspec.structs.replace(MESSAGES[kind](gateway), robot=robot))
    fleet.refused("robot")
    assert columns(fleet) == before


def test_another_gateways_name_helps_nobody(fleet):
    gateway = fleet.gateway("gw-2", (2,))
    gateway.hello(gw="gw-1", robots=["amr-000"])
    fleet.refused("robot")


@pytest.mark.parametrize("kind", MESSAGES)
def test_messages_before_a_hello_are_refused(fleet, kind):
    gateway = fleet.gateway()
    before = columns(fleet.poll() or fleet)
    gateway.send(MESSAGES[kind](gateway))
    fleet.refused("no_session")
    assert columns(fleet) == before
    fleet.until(lambda: gateway.of(Bye), "a bye that makes it say hello")


@pytest.mark.parametrize("kind", ["hb", "bye", "resync"])
def test_messages_of_another_session_are_refused(fleet, kind):
    gateway, other = fleet.gateway(), fleet.gateway("gw-2", (2,))
    gateway.join()
    number = other.join()
    gateway.send(msgspec.structs.replace(MESSAGES[kind](gateway), session=number))
    fleet.refused("session")
    gateway.send(gateway.state(soc=8.0))
    fleet.until(lambda: fleet.state.charge_percent[0] == 8.0, "the session goes on")


def test_a_routing_id_of_its_own_choice_is_refused(fleet):
    fleet.gateway(routing_id=b"gw-1").hello()
    fleet.refused("route")


def test_a_routing_id_that_is_in_use_gets_none_of_the_others_messages(fleet):
    first = fleet.gateway(routing_id=b"abcde")
    first.hello()
    fleet.refused("route")
    second = fleet.gateway("gw-2", (2,), routing_id=b"abcde")
    second.hello()
    third = fleet.gateway("gw-2", (2,))
    third.join()
    assert not second.heard
    assert fleet.record.refused == {"route": 1}


# Boots, replays


def test_a_new_boot_replaces_a_session_and_the_old_one_is_not_heard_again(fleet):
    old = fleet.gateway()
    old.join()
    new = fleet.gateway(boot=b"n" * 16)
    new.join()
    assert fleet.record.noted == {"replaced": 1}
    old.send(old.state(soc=3.0))
    fleet.refused("no_session")
    old.hello()
    fleet.refused("boot")
    new.send(new.state(boot=old.boot, soc=3.0))
    fleet.refused("boot", times=2)
    assert fleet.state.charge_percent[0] == 50.0


def test_the_same_boot_goes_on_over_a_new_connection_and_its_numbers_with_it(fleet):
    first = fleet.gateway()
    number = first.join()
    second = fleet.gateway()
    second.hello()
    fleet.until(lambda: second.of(Welcome), "a welcome")
    assert second.of(Welcome)[0].session == number
    assert fleet.record.noted == {"reconnected": 1}
    second.send(second.state(seq=1, soc=3.0))
    fleet.refused("replay")
    first.send(first.state(soc=3.0))
    fleet.refused("no_session")
    assert fleet.state.charge_percent[0] == 50.0


def test_every_recorded_state_and_pose_is_refused_when_it_comes_again(fleet):
    gateway = fleet.gateway()
    gateway.join()
    said = [gateway.state(soc=40.0), gateway.pose(), gateway.state(soc=30.0), gateway.pose()]
    gateway.send(*said)
    fleet.until(lambda: fleet.record.accepted == 6, "all of it is heard")
    before = columns(fleet)
    gateway.send(*said)
    fleet.refused("replay", times=len(said))
    assert columns(fleet) == before


def test_bytes_recorded_on_a_relay_get_nobody_in(fleet):
    with Relay(fleet.driver.endpoint) as relay:
        gateway = fleet.gateway(endpoint=relay.endpoint)
        gateway.join()
        gateway.send(gateway.state(soc=30.0))
        fleet.until(lambda: fleet.state.charge_percent[0] == 30.0, "a state over the relay")
        recorded = relay.recorded()
    received = fleet.record.received
    for first in range(len(recorded)):
        with tcp.create_connection(("127.0.0.1", int(fleet.driver.endpoint.rpartition(":")[2]))) as thief:
            thief.sendall(b"".join(recorded[first:]))
            failed = fleet.record.noted.total()
            fleet.until(lambda failed=failed: fleet.record.noted.total() > failed, "a replay was not noted")
    assert fleet.record.received == received


@pytest.mark.slow
@pytest.mark.parametrize("bit", [0, 9, 70, 160, 400, 900])
def test_a_bit_that_flips_on_the_way_changes_no_message(fleet, bit):
    with Relay(fleet.driver.endpoint) as relay:
        gateway = fleet.gateway(endpoint=relay.endpoint)
        gateway.join()
        received = fleet.record.received
        relay.flip(bit)
        gateway.send(gateway.state(soc=30.0))
        relay.wait_until_flipped()
        fleet.gateway("gw-2", (2,)).join()
        # Bit 0 is the mark of a further frame outside of the encryption: the one within counts, so it changes nothing.
        assert fleet.state.charge_percent[0] == (30.0 if bit == 0 else 50.0)
        assert fleet.record.received == received + (3 if bit == 0 else 2)
        if bit:
            comes_back(fleet, gateway)


def comes_back(fleet, gateway):
    """Its connection was closed: a gateway connects by itself, and is heard after a new hello."""

    fleet.until(lambda: fleet.record.noted["disconnected"], "the connection was not closed")
    attempts = 0

    def heard():
        # What was said into the connection that broke may be lost.
        nonlocal attempts
        attempts += 1
        if attempts % 100 == 1:
            gateway.hello()
            gateway.send(gateway.state(soc=20.0))
        sleep(0.002)
        return fleet.state.charge_percent[0] == 20.0

    fleet.until(heard, "the gateway is heard again")
    assert fleet.record.noted["reconnected"] == 1


# Controllers


@pytest.mark.parametrize("session", ["own", "none"])
def test_a_gateway_that_knows_a_newer_controller_gets_nothing_more(fleet, session):
    gateway = fleet.gateway()
    number = gateway.join()
    gateway.send(Bye(number if session == "own" else 0, 6, 1, "another controller leads"))
    fleet.noted("newer_controller")
    fleet.commands.entries[0, 0] = Entry.FORWARD
    sent = fleet.record.sent
    fleet.pass_time(1.0)
    fleet.pass_time(1.0)
    assert fleet.record.sent == sent


# What cannot be


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("future", {"t": 10**18 + 11 * 10**9}),
        ("numbers", {"last_seq": 1}),
        ("numbers", {"last_seq": 4, "upd": 1}),
        ("boot", {"boot": b"x" * 16}),
    ],
)
def test_a_state_that_cannot_be_is_refused(fleet, code, change):
    gateway = fleet.gateway()
    gateway.join()
    before = columns(fleet)
    gateway.send(gateway.state(**change, soc=3.0))
    fleet.refused(code)
    assert columns(fleet) == before


@pytest.mark.parametrize("re", [1, (5 << 32) + 1000, 2**62])
def test_an_ack_of_what_was_never_sent_is_refused(fleet, re):
    gateway = fleet.gateway()
    gateway.join()
    gateway.send(Ack("amr-000", re, "accepted"))
    fleet.refused("ack")


def test_a_robot_that_claims_entries_it_was_never_given_is_lost_and_gets_nothing(fleet):
    gateway = fleet.gateway()
    gateway.join()
    gateway.send(gateway.state(upd=3, last_seq=6, last_node="c3h0", pose=Pose(3.5, 0.5, 0.0, "hall")))
    fleet.noted("astray")
    assert fleet.state.flags[0] == Flag.LOST
    assert (fleet.state.cell[0], fleet.state.confirmed[0], fleet.state.received[0]) == (0, 0, 0)
    fleet.commands.entries[0, 0] = Entry.FORWARD
    fleet.pass_time(1.0)
    assert not gateway.of(Order)


def test_another_version_is_refused_with_a_bye(fleet):
    gateway = fleet.gateway()
    gateway.hello(proto=(2, 0))
    fleet.refused("version")
    fleet.until(lambda: gateway.of(Bye), "a bye")


def nested(depth):
    value = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("code", "frames"),
    [
        ("frames", [FRAME_TAG]),
        ("frames", [FRAME_TAG, b"\x80", b"\x80"]),
        ("frames", [FRAME_TAG, *[b"\x80"] * 500]),
        ("tag", [b"RG2", b"\x80"]),
        ("size", [FRAME_TAG, b"\x80" * 8193]),
        ("malformed", [FRAME_TAG, b"\xdf\xff\xff\xff\xff"]),
        ("ext", [FRAME_TAG, pack({"msg": msgspec.msgpack.Ext(1, b"x")})]),
        ("deep", [FRAME_TAG, pack(nested(40))]),
        ("nan", [FRAME_TAG, pack({"msg": "hb", "session": float("nan")})]),
        ("bounds", [FRAME_TAG, pack({"msg": "hb", "session": -1, "epoch": 0, "t": 0})]),
        ("type", [FRAME_TAG, pack({"msg": "hb", "session": "one", "epoch": 0, "t": 0})]),
        ("unknown_kind", [FRAME_TAG, pack({"msg": "welcome", "session": 1})]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_message_is_refused(fleet, code, frames):
    gateway = fleet.gateway()
    gateway.join()
    gateway.frames(*frames)
    fleet.refused(code)
    gateway.send(gateway.state(soc=4.0))
    fleet.until(lambda: fleet.state.charge_percent[0] == 4.0, "the connection goes on")


def test_a_frame_far_too_large_closes_its_connection_unread(fleet):
    gateway = fleet.gateway()
    gateway.join()
    received = fleet.record.received
    gateway.frames(FRAME_TAG, b"\x80" * 100_000)
    fleet.gateway("gw-2", (2,)).join()
    assert fleet.record.received == received + 2
    comes_back(fleet, gateway)


# Floods


def goes_on(fleet, healthy):
    """A healthy robot is heard, and hears, whatever else comes in."""
    soc = float(fleet.state.charge_percent[2]) - 1.0
    healthy.send(healthy.state(robot="amr-002", soc=soc))
    fleet.until(lambda: fleet.state.charge_percent[2] == np.float32(soc), "a healthy robot is heard")
    orders = len(healthy.heard)
    fleet.commands.halt[2] ^= True
    fleet.until(lambda: len(healthy.heard) > orders, "a healthy robot is told something")


def test_a_flood_of_hellos_is_bounded_and_others_are_served(site):
    with served(3, site, params={"hello_burst": 8}) as fleet:
        healthy, loud = fleet.gateway("gw-2", (2,)), fleet.gateway()
        healthy.join()
        for _ in range(500):
            loud.hello()
        goes_on(fleet, healthy)
        fleet.refused("hello_rate", times=492)
        assert len([event for event in fleet.events if event["code"] == "hello_rate"]) == 1
        fleet.pass_time(1.0)
        loud.hello()
        fleet.until(lambda: len(loud.of(Welcome)) == 9, "it may say hello again")


def test_a_flood_of_messages_without_a_session_is_answered_once_a_second(fleet):
    healthy, loud = fleet.gateway("gw-2", (2,)), fleet.gateway()
    healthy.join()
    for _ in range(500):
        loud.send(loud.state())
    goes_on(fleet, healthy)
    fleet.refused("no_session", times=500)
    assert len(loud.of(Bye)) == 1


@pytest.mark.parametrize("say", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 64], ids=["silent", "http", "noise"])
def test_floods_of_connections_that_never_shake_hands_pass_by(fleet, say):
    healthy = fleet.gateway("gw-2", (2,))
    healthy.join()
    port = int(fleet.driver.endpoint.rpartition(":")[2])
    flood = [tcp.create_connection(("127.0.0.1", port)) for _ in range(200)]
    for connection in flood:
        connection.sendall(say)
    goes_on(fleet, healthy)
    fleet.until(lambda: fleet.record.noted.total() >= 100, "handshakes that failed are noted")
    goes_on(fleet, healthy)
    for connection in flood:
        connection.close()


def test_a_flood_of_handshakes_with_unlisted_keys_passes_by(fleet, site):
    healthy = fleet.gateway("gw-2", (2,))
    healthy.join()
    for _ in range(50):
        knock(fleet.gateway(keys=(some_key(), site.key.public)))
    goes_on(fleet, healthy)
    fleet.until(lambda: len(site.refused) >= 50, "each is refused")
    goes_on(fleet, healthy)
    assert set(fleet.record.refused) == set()


def test_there_are_no_more_sessions_than_allowed(site):
    with served(3, site, params={"most_sessions": 1}) as fleet:
        fleet.gateway().join()
        other = fleet.gateway("gw-2", (2,))
        other.hello()
        fleet.refused("sessions")
        fleet.until(lambda: other.of(Bye), "a bye")


def test_a_hello_is_read_whole_or_not_at_all(fleet):
    gateway = fleet.gateway(robots=(0, 1))
    frames = encode(Hello((1, 0), "gw-1", b"b" * 16, ()))
    gateway.frames(frames[0], frames[1][:-3])
    fleet.refused("malformed")
    gateway.join()
