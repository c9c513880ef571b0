"""Who gets in and what is decoded: everything that must be refused is refused, and its reason is on record.

Here are keys, handshakes, frames and files. What a driver refuses of a peer that is let in is in its own tests.
"""

from __future__ import annotations

import math
import selectors
import socket
from contextlib import closing, contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Thread

import msgpack
import pytest
import zmq

from benchmarks.hostile_frames import nested_headers
from benchmarks.sample_messages import sample_messages
from robots.codec import Decoder, encode
from robots.errors import KeyFileError, WireError
from robots.gateways import handshakes
from robots.gateways.allow_list import FILE_NAME, AllowList, Peer
from robots.gateways.allow_list_edits import allow, revoke
from robots.gateways.authenticator import Authenticator
from robots.gateways.connection_events import next_event
from robots.gateways.handshakes import Domain, Refusal, guard
from robots.gateways.keys import Key, load_key, load_public_key, new_key
from robots.messages import FRAME_TAG, MAX_FRAME_BYTES, FromController, FromGateway
from robots.versions import answer_hello, check_welcome

PATIENCE_MS = 30_000
HB = encode(sample_messages()["hb"])
POSE = msgpack.unpackb(encode(sample_messages()["pose"])[1])
PEERS = {
    "gw-1": ("gateway", ("amr-000",)),
    "gw-2": ("gateway", ("amr-001",)),
    "anna": ("operator", ()),
    "wall": ("viewer", ()),
}


class Hall:
    """A controller's two doors, as far as keys go: `gw-2` is revoked, `stranger` has a key that nobody knows."""

    def __init__(self, folder, *, authenticated=True):
        self.folder = folder
        self.keys = {name: load_key(new_key(folder, name)) for name in ("controller", "stranger", *PEERS)}
        for name, (role, robots) in PEERS.items():
            allow(folder, Peer(name, self.keys[name].public.decode(), role, robots))
        revoke(folder, "gw-2")
        self.allow_list = AllowList(folder / FILE_NAME)
        self.refusals = SimpleQueue()
        self.context, self.outside = zmq.Context(), zmq.Context()
        self.authenticator = Authenticator(self.context, self.allow_list, self.refusals.put)
        if authenticated:
            self.authenticator.start()
        self.doors, self.monitors, self.ports = {}, {}, {}
        for domain in Domain:
            door = self.doors[domain] = self.context.socket(zmq.ROUTER)
            door.linger = 0
            guard(door, self.keys["controller"], domain)
            self.monitors[domain] = door.get_monitor_socket(handshakes.FAILURES | zmq.EVENT_DISCONNECTED)
            self.ports[domain] = door.bind_to_random_port("tcp://127.0.0.1")

    def rebind(self, domain, **options):
        """Bind a door again, with other options."""
        door = self.doors[domain]
        door.unbind(door.last_endpoint)
        for name, value in options.items():
            setattr(door, name, value)
        self.ports[domain] = door.bind_to_random_port("tcp://127.0.0.1")

    @contextmanager
    def client(self, domain, key=None, *, server=None, port=None, **options):
        """A client that tries once; without a key it does not speak CURVE."""
        client = self.outside.socket(zmq.DEALER)
        client.linger, client.reconnect_ivl, client.sndtimeo = 0, -1, PATIENCE_MS
        if key is not None:
            client.curve_publickey, client.curve_secretkey = key.public, key.secret
            client.curve_serverkey = server or self.keys["controller"].public
        for name, value in options.items():
            setattr(client, name, value)
        client.connect(f"tcp://127.0.0.1:{port or self.ports[domain]}")
        with client:
            yield client

    def outcome(self, domain):
        """The next message with its User-Id, or the next refusal."""
        door, monitor = self.doors[domain], self.monitors[domain]
        poller = zmq.Poller()
        poller.register(door, zmq.POLLIN)
        poller.register(monitor, zmq.POLLIN)
        for _ in range(PATIENCE_MS // 20):
            for ready, _ in poller.poll(20):
                if ready is door:
                    last = door.recv_multipart(copy=False)[-1]
                    return last["User-Id"], last.bytes
                event = next_event(monitor)
                if event.kind & handshakes.FAILURES:
                    return handshakes.failure(event, domain)
            try:
                return self.refusals.get_nowait()
            except Empty:
                pass
        raise AssertionError("neither let in nor refused")

    def knock(self, domain, *arguments, **options):
        """What becomes of a client that sends one message."""
        with self.client(domain, *arguments, **options) as client:
            say(client)
            return self.outcome(domain)

    def close(self):
        self.authenticator.stop()
        for domain, door in self.doors.items():
            door.disable_monitor()
            self.monitors[domain].close(0)
            door.close()
        self.context.term()
        self.outside.term()


def say(client):
    """Send one message if the client has not been turned away already: then nobody would ever take it."""
    with suppress(zmq.Again):
        client.send_multipart(HB, zmq.DONTWAIT)


@pytest.fixture
def hall(tmp_path):
    with closing(Hall(tmp_path / "keys")) as opened:
        yield opened


def refused(hall, outcome, reason, domain, peer="", key=None, address="127.0.0.1"):
    """Check that a client was turned away with all that is known of it, and nothing of it came in."""
    public_key = "" if key is None else hall.keys[key].public.decode()
    assert outcome == Refusal(reason, domain, address, peer, public_key)
    assert hall.doors[domain].poll(0) == 0


# Keys


@pytest.mark.parametrize(("domain", "name"), [("gateways", "gw-1"), ("api", "anna"), ("api", "wall")])
def test_a_listed_key_gets_in_where_its_role_belongs_and_its_messages_bear_its_name(hall, domain, name):
    assert hall.knock(domain, hall.keys[name]) == (name, HB[1])


@pytest.mark.parametrize(
    ("domain", "name", "reason"),
    [
        ("gateways", "stranger", "unknown_key"),
        ("api", "stranger", "unknown_key"),
        ("gateways", "controller", "unknown_key"),
        ("gateways", "gw-2", "revoked"),
        ("api", "gw-2", "revoked"),
        ("gateways", "anna", "role"),
        ("gateways", "wall", "role"),
        ("api", "gw-1", "role"),
    ],
)
def test_every_other_key_is_turned_away_with_its_name_and_address(hall, domain, name, reason):
    peer = name if name in PEERS else ""
    refused(hall, hall.knock(domain, hall.keys[name]), reason, domain, peer, name)


def test_who_does_not_know_the_controllers_key_is_turned_away(hall):
    outcome = hall.knock("gateways", hall.keys["gw-1"], server=hall.keys["stranger"].public)
    refused(hall, outcome, "cryptography", "gateways", address="")


def test_who_knows_a_listed_public_key_without_its_secret_is_turned_away(hall):
    stolen = Key(hall.keys["gw-1"].public, hall.keys["stranger"].secret)
    refused(hall, hall.knock("gateways", stolen), "cryptography", "gateways", address="")


@pytest.mark.parametrize("options", [{}, {"plain_username": b"gw-1", "plain_password": b"gw-1"}])
@pytest.mark.parametrize("domain", ["gateways", "api"])
def test_who_does_not_speak_curve_is_turned_away(hall, domain, options):
    outcome = hall.knock(domain, **options)
    refused(hall, outcome, outcome.reason, domain, address="")
    # Both sides see that they do not match: where the client is quicker it hangs up first.
    assert outcome.reason in {"mechanism", "handshake"}


def test_a_client_that_says_it_is_another_peer_is_still_who_its_key_says(hall):
    assert hall.knock("gateways", hall.keys["gw-1"], routing_id=b"gw-2") == ("gw-1", HB[1])


def test_a_socket_for_which_nobody_has_roles_lets_nobody_in(hall):
    hall.rebind("gateways", zap_domain=b"elsewhere")
    outcome = hall.knock("gateways", hall.keys["gw-1"])
    assert outcome == Refusal("domain", "elsewhere", "127.0.0.1", "gw-1", hall.keys["gw-1"].public.decode())


@pytest.mark.parametrize("mechanism", ["NULL", "PLAIN"])
def test_a_socket_that_forgot_curve_lets_nobody_in_either(hall, mechanism):
    hall.rebind("gateways", curve_server=False, plain_server=mechanism == "PLAIN")
    options = {"plain_username": b"gw-1", "plain_password": b"gw-1"} if mechanism == "PLAIN" else {}
    refused(hall, hall.knock("gateways", **options), "mechanism", "gateways")


def test_a_key_that_is_revoked_does_not_get_in_again_and_one_that_is_allowed_does(hall):
    assert hall.knock("gateways", hall.keys["gw-1"])[0] == "gw-1"
    revoke(hall.folder, "gw-1")
    allow(hall.folder, Peer("gw-9", hall.keys["stranger"].public.decode(), "gateway", ("amr-000",)))
    assert hall.allow_list.refresh() is True
    refused(hall, hall.knock("gateways", hall.keys["gw-1"]), "revoked", "gateways", "gw-1", "gw-1")
    assert hall.knock("gateways", hall.keys["stranger"])[0] == "gw-9"


def test_a_bad_allow_list_keeps_those_out_that_the_last_good_one_kept_out(hall):
    (hall.folder / FILE_NAME).write_text('peer = "everybody"')
    with pytest.raises(KeyFileError):
        hall.allow_list.refresh()
    refused(hall, hall.knock("gateways", hall.keys["stranger"]), "unknown_key", "gateways", "", "stranger")
    assert hall.knock("gateways", hall.keys["gw-1"])[0] == "gw-1"


def test_after_the_authenticator_has_stopped_nobody_gets_in(hall):
    hall.authenticator.stop()
    with hall.client("gateways", hall.keys["gw-1"]) as client:
        say(client)
        assert hall.doors["gateways"].poll(300) == 0


def test_without_an_authenticator_nobody_gets_in(tmp_path):
    hall = Hall(tmp_path / "keys", authenticated=False)
    with closing(hall), hall.client("gateways", hall.keys["gw-1"]) as client:
        say(client)
        assert hall.doors["gateways"].poll(300) == 0


# On the way


class Relay:
    """Passes bytes on between one client and a door; changes one bit of the client's, keeps what it said."""

    def __init__(self, port, flip=None):
        self._flip = flip
        self._door = port
        self.said = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._ours, self._stop = socket.socketpair()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        with selectors.DefaultSelector() as ready:
            ready.register(self._ours, selectors.EVENT_READ)
            ready.register(self._listening, selectors.EVENT_READ)
            if self._ours in (key.fileobj for key, _ in ready.select()):
                return
            client, _ = self._listening.accept()
            with client, socket.create_connection(("127.0.0.1", self._door)) as door:
                ready.unregister(self._listening)
                ready.register(client, selectors.EVENT_READ, door)
                ready.register(door, selectors.EVENT_READ, client)
                while True:
                    for key, _ in ready.select():
                        if key.data is None or not self._pass_on(
                            key.fileobj, key.data, from_client=key.fileobj is client
                        ):
                            return

    def _pass_on(self, source, sink, *, from_client):
        try:
            chunk = bytearray(source.recv(65536))
            if from_client:
                at = -1 if self._flip is None else self._flip - len(self.said)
                self.said += chunk
                if 0 <= at < len(chunk):
                    chunk[at] ^= 1
            sink.sendall(chunk)
        except OSError:
            return False
        return bool(chunk)

    def close(self):
        self._stop.send(b"x")
        self._thread.join()
        for each in (self._listening, self._ours, self._stop):
            each.close()


def test_a_relay_that_changes_nothing_is_not_noticed(hall):
    with closing(Relay(hall.ports["gateways"])) as relay:
        assert hall.knock("gateways", hall.keys["gw-1"], port=relay.port) == ("gw-1", HB[1])


# Greeting (mechanism), HELLO (its name, the client's passing key, nonce, box), INITIATE (its name, cookie, nonce, box),
# MESSAGE (its name, nonce, box): ZMTP 3.1 (RFC 37) and CURVE (RFC 26), by their place in what the client says.
@pytest.mark.parametrize("flip", [12, 67, 72, 150, 180, 200, 280, 300, 385, 430, 500, 560, 600])
def test_a_bit_that_is_changed_on_the_way_ends_the_connection(hall, flip):
    with closing(Relay(hall.ports["gateways"], flip)) as relay:
        outcome = hall.knock("gateways", hall.keys["gw-1"], port=relay.port)
        assert isinstance(outcome, Refusal), flip
        assert outcome.reason in {"cryptography", "mechanism", "handshake"}
        assert len(relay.said) > flip


def test_what_a_gateway_said_cannot_be_said_again_by_somebody_else(hall):
    with closing(Relay(hall.ports["gateways"])) as relay:
        hall.knock("gateways", hall.keys["gw-1"], port=relay.port)
    with socket.create_connection(("127.0.0.1", hall.ports["gateways"])) as again:
        again.sendall(relay.said)
        outcome = hall.outcome("gateways")
        refused(hall, outcome, outcome.reason, "gateways", address="")
    assert outcome.reason in {"cryptography", "handshake"}


def test_who_says_nothing_is_not_waited_for(hall):
    hall.rebind("gateways", handshake_ivl=300)
    with socket.create_connection(("127.0.0.1", hall.ports["gateways"])):
        refused(hall, hall.outcome("gateways"), "handshake", "gateways", address="")


# Frames


def pose(**fields):
    return [FRAME_TAG, msgpack.packb(POSE | fields)]


NAN_POSE = POSE["pose"] | {"x": math.nan}
FRAMES = [
    ("one frame", HB[:1], "frames"),
    ("no tag", HB[1:], "frames"),
    ("three frames", [*HB, b""], "frames"),
    ("another protocol", [b"MDPC02", HB[1]], "tag"),
    ("the next major version", [b"RG2", HB[1]], "tag"),
    ("nothing", [FRAME_TAG, b""], "malformed"),
    ("too long", [FRAME_TAG, bytes(MAX_FRAME_BYTES + 1)], "size"),
    ("too many values", pose(x=[0] * 1500), "size"),
    ("too many keys", pose(x={str(k): 0 for k in range(65)}), "size"),
    ("deep lists", [FRAME_TAG, nested_headers(4096, b"\x91")], "deep"),
    ("deep maps", [FRAME_TAG, nested_headers(4096, b"\x81\xa1k")], "deep"),
    ("huge headers", [FRAME_TAG, nested_headers(4096)], "deep"),
    ("a huge text", [FRAME_TAG, b"\x81\xa3msg\xdb\xff\xff\xff\xff"], "malformed"),
    ("cut off", [FRAME_TAG, HB[1][:-1]], "malformed"),
    ("more behind it", [FRAME_TAG, HB[1] + b"\xc0"], "malformed"),
    ("a robot twice", [FRAME_TAG, b"\x87" + pose()[1][1:] + b"\xa5robot\xa7amr-001"], "malformed"),
    ("no UTF-8", [FRAME_TAG, pose(robot="##")[1].replace(b"##", b"\xc0\x80")], "malformed"),
    ("surrogates", [FRAME_TAG, pose(robot="###")[1].replace(b"###", b"\xed\xa0\x80")], "malformed"),
    ("JSON", [FRAME_TAG, b'{"msg": "hb"}'], "type"),
    ("a pickle", [FRAME_TAG, b"\x80\x04\x95\x0a\0\0\0\0\0\0\0"], "malformed"),
    ("not a number", pose(pose=NAN_POSE), "nan"),
    ("infinity under an unknown key", pose(x=[-math.inf]), "nan"),
    ("a timestamp", pose(t=msgpack.Timestamp(1)), "ext"),
    ("an extension under an unknown key", pose(x=msgpack.ExtType(1, b"rm")), "ext"),
    ("a negative number", pose(seq=-1), "bounds"),
    ("a number that is too large", pose(seq=2**64 - 1), "bounds"),
    ("a place off the earth", pose(pose=POSE["pose"] | {"x": 1e7}), "bounds"),
    ("a name that is too long", pose(robot="x" * 65), "bounds"),
    ("text for a number", pose(seq="1"), "type"),
    ("yes for a number", pose(seq=True), "type"),
    ("a field that is missing", [FRAME_TAG, msgpack.packb({"msg": "pose", "robot": "amr-000"})], "type"),
    ("no kind", [FRAME_TAG, b"\x80"], "unknown_kind"),
    ("a kind that there is not", [FRAME_TAG, b"\x81\xa3msg\xa4eval"], "unknown_kind"),
    ("an order to the controller", encode(sample_messages()["order"]), "unknown_kind"),
    ("a welcome to the controller", encode(sample_messages()["welcome"]), "unknown_kind"),
]


def test_frames_of_a_listed_peer_are_refused_one_by_one_by_code_and_the_next_good_one_is_read(hall):
    decoder = Decoder(FromGateway)
    found = {}
    with hall.client("gateways", hall.keys["gw-1"]) as client:
        for what, frames, _ in FRAMES:
            client.send_multipart(frames)
            client.send_multipart(HB)
            door = hall.doors["gateways"]
            for wanted in (what, "good"):
                assert door.poll(PATIENCE_MS)
                try:
                    found[wanted] = decoder.decode(door.recv_multipart()[1:])
                except WireError as error:
                    found[wanted] = error.code
            assert found.pop("good") == sample_messages()["hb"], what
    assert found == {what: code for what, _, code in FRAMES}


@pytest.mark.parametrize("kind", ["hello", "state", "ack", "pose"])
def test_what_only_gateways_say_is_refused_by_gateways(kind):
    with pytest.raises(WireError, match=r"^unknown_kind: "):
        Decoder(FromController).decode(encode(sample_messages()[kind]))


@pytest.mark.parametrize(
    "agree",
    [
        lambda: answer_hello((0, 9)),
        lambda: answer_hello((2, 0)),
        lambda: answer_hello((1, 2), (1, 3), ours=(1, 3)),
        lambda: check_welcome((0, 9)),
        lambda: check_welcome((1, 1), ours=(1, 0)),
        lambda: check_welcome((1, 2), (1, 3), ours=(1, 3)),
    ],
)
def test_a_downgrade_is_refused(agree):
    with pytest.raises(WireError, match=r"^version: "):
        agree()


# Files


def append(path, text):
    path.write_text(path.read_text() + text)


FILES = {
    "a secret that others may read": lambda folder: (folder / "a.key_secret").chmod(0o640),
    "a secret that others may write": lambda folder: (folder / "a.key_secret").chmod(0o602),
    "a public key that others may write": lambda folder: (folder / "a.key").chmod(0o646),
    "an allow-list that others may write": lambda folder: (folder / FILE_NAME).chmod(0o666),
    "a folder where others may write": lambda folder: folder.chmod(0o733),
    "a damaged secret": lambda folder: append(folder / "a.key_secret", '    secret-key = "x"\n'),
    "a damaged public key": lambda folder: append(folder / "a.key", "x"),
    "a damaged allow-list": lambda folder: append(folder / FILE_NAME, "[[peer]]\n"),
    "an unknown key in the allow-list": lambda folder: append(folder / FILE_NAME, "admin = true\n"),
    "a peer that is there twice": lambda folder: append(folder / FILE_NAME, (folder / FILE_NAME).read_text()),
}


@pytest.mark.parametrize("spoil", FILES)
def test_files_that_cannot_be_trusted_are_refused(tmp_path, spoil):
    folder = tmp_path / "keys"
    key = load_key(new_key(folder, "a"))
    allow(folder, Peer("a", key.public.decode(), "gateway", ("amr-000",)))

    def load():
        load_key(folder / "a.key_secret")
        load_public_key(folder / "a.key")
        AllowList(folder / FILE_NAME)

    load()
    FILES[spoil](folder)
    with pytest.raises(KeyFileError, match=str(folder)):
        load()
