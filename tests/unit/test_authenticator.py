"""The authenticator's answers to ZeroMQ's questions (ZAP 1.0), asked as ZeroMQ asks them."""

from __future__ import annotations

import pytest
import zmq
from zmq.utils import z85

from robots.gateways.allow_list import FILE_NAME, AllowList, Peer
from robots.gateways.allow_list_edits import allow, revoke
from robots.gateways.authenticator import ROLES, Authenticator
from robots.gateways.handshakes import Domain, Refusal, RefusalReason

RAW = {name: bytes([k]) * 32 for k, name in enumerate(("gw-1", "gw-2", "anna", "wall", "nobody"), start=1)}
KEYS = {name: z85.encode(raw).decode() for name, raw in RAW.items()}


class Desk:
    """An authenticator, and a socket that asks it."""

    def __init__(self, folder):
        for peer in (
            Peer("gw-1", KEYS["gw-1"], "gateway", ("amr-000",)),
            Peer("gw-2", KEYS["gw-2"], "gateway", ("amr-001",)),
            Peer("anna", KEYS["anna"], "operator"),
            Peer("wall", KEYS["wall"], "viewer"),
        ):
            allow(folder, peer)
        revoke(folder, "gw-2")
        self.refusals = []
        self.context = zmq.Context()
        self.authenticator = Authenticator(self.context, AllowList(folder / FILE_NAME), self.refusals.append)
        self.authenticator.start()
        self.sit_down()

    def sit_down(self):
        self.question = self.context.socket(zmq.REQ)
        self.question.rcvtimeo = self.question.sndtimeo = 30_000
        self.question.linger = 0
        self.question.connect("inproc://zeromq.zap.01")

    def ask(self, *parts):
        self.question.send_multipart([part.encode() if isinstance(part, str) else part for part in parts])
        return self.question.recv_multipart()

    def ask_about(self, name, domain="gateways", mechanism="CURVE"):
        return self.ask("1.0", "7", domain, "10.0.0.9", "", mechanism, RAW[name])


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    yield desk
    desk.question.close()
    desk.authenticator.stop()
    desk.context.term()


@pytest.mark.parametrize(("name", "domain"), [("gw-1", "gateways"), ("anna", "api"), ("wall", "api")])
def test_a_peer_that_may_come_in_is_named(desk, name, domain):
    assert desk.ask_about(name, domain) == [b"1.0", b"7", b"200", b"OK", name.encode(), b""]


@pytest.mark.parametrize(
    ("name", "domain", "reason", "peer"),
    [
        ("nobody", "gateways", "unknown_key", ""),
        ("gw-2", "gateways", "revoked", "gw-2"),
        ("gw-1", "api", "role", "gw-1"),
        ("anna", "gateways", "role", "anna"),
        ("wall", "gateways", "role", "wall"),
        ("gw-1", "", "domain", "gw-1"),
        ("gw-1", "Gateways", "domain", "gw-1"),
        ("gw-2", "", "revoked", "gw-2"),
    ],
)
def test_a_peer_that_may_not_is_told_why_and_so_is_the_controller(desk, name, domain, reason, peer):
    assert desk.ask_about(name, domain) == [b"1.0", b"7", b"400", reason.encode(), b"", b""]
    desk.ask_about("gw-1")  # the one before has been told of by now
    assert desk.refusals == [Refusal(RefusalReason(reason), domain, "10.0.0.9", peer, KEYS[name])]


@pytest.mark.parametrize(
    ("mechanism", "credentials"),
    [
        ("NULL", ()), ("PLAIN", ("gw-1", "gw-1")), ("GSSAPI", ("gw-1",)), ("", ()), ("curve", (RAW["gw-1"],)),
        ("CURVE", ()), ("CURVE", (RAW["gw-1"], b"")), ("CURVE", (b"",)), ("CURVE", (RAW["gw-1"] + b"x",)),
        ("CURVE", (KEYS["gw-1"],)), ("NULL", (RAW["gw-1"],)),
    ],
)  # fmt: skip
def test_whoever_does_not_prove_a_key_stays_out(desk, mechanism, credentials):
    reply = desk.ask("1.0", "8", "gateways", "10.0.0.9", "", mechanism, *credentials)
    assert reply == [b"1.0", b"8", b"400", b"mechanism", b"", b""]
    desk.ask_about("gw-1")
    assert desk.refusals == [Refusal(RefusalReason.MECHANISM, "gateways", "10.0.0.9")]


@pytest.mark.parametrize(
    ("question", "number"),
    [
        (("1.0",), b""),
        (("1.0", "9", "gateways", "10.0.0.9", ""), b"9"),
        (("2.0", "9", "gateways", "10.0.0.9", "", "CURVE", RAW["gw-1"]), b"9"),
    ],
)
def test_a_question_that_is_not_understood_lets_nobody_in(desk, question, number):
    assert desk.ask(*question) == [b"1.0", number, b"400", b"request", b"", b""]
    desk.ask_about("gw-1")
    assert desk.refusals == [Refusal(RefusalReason.REQUEST, "")]


def test_there_is_one_authenticator_in_a_context(desk, tmp_path):
    second = Authenticator(desk.context, AllowList(tmp_path / FILE_NAME), desk.refusals.append)
    with pytest.raises(zmq.ZMQError):
        second.start()
    second.stop()
    assert desk.ask_about("gw-1")[2] == b"200"


def test_an_authenticator_may_be_stopped_twice_and_started_again(desk):
    desk.authenticator.stop()
    desk.authenticator.stop()
    desk.authenticator.start()
    desk.question.close()
    desk.sit_down()
    assert desk.ask_about("gw-1")[2] == b"200"


def test_every_domain_has_its_roles_and_no_role_belongs_to_two():
    assert set(ROLES) == set(Domain)
    roles = [role for allowed in ROLES.values() for role in allowed]
    assert sorted(roles) == ["gateway", "operator", "viewer"]
