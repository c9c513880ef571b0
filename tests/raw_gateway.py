"""Gateways that say whatever a test has them say, and a served ZmqDriver for them."""

from __future__ import annotations

from contextlib import contextmanager
from time import monotonic

import msgspec
import numpy as np
import zmq

from robots.codec import Decoder, encode
from robots.driver import Commands
from robots.gateways.floor_map import FloorMap
from robots.gateways.wire_params import WireParams
from robots.gateways.zmq_driver import ZmqDriver
from robots.messages import PROTOCOL, FromController, Hello, Pose, PoseReport, RobotIdentity, State, Velocity
from robots.state import FleetState
from tests.wired_fleet import serials

PATIENCE_S = 60.0
BOOT = b"b" * 16
WIDTH = 4


def open_floor():
    """A floor of 4 x 4 cells of 1 m without obstacles; a charger in cell 0."""
    cells = np.arange(WIDTH * WIDTH)
    column, row = cells % WIDTH, cells // WIDTH
    neighbours = np.stack([cells + 1, cells + WIDTH, cells - 1, cells - WIDTH], axis=1).astype(np.int32)
    outside = np.stack([column == WIDTH - 1, row == WIDTH - 1, column == 0, row == 0], axis=1)
    neighbours[outside] = -1
    return FloorMap("hall", WIDTH, 1.0, neighbours, cells == 0)


def known_fleet(robots, received=0):
    """Robots in a row of cells, as a journal knows them."""
    known = FleetState.at(np.arange(robots, dtype=np.int32), width=WIDTH)
    known.received[:] = received
    return known


class Served:
    """A ZmqDriver on a clock that only tests move, of robots that are known; robots say what raw gateways say."""

    def __init__(self, robots, site=None, known=None, **options):
        self.site = site
        self.now = 100.0
        self.wall = 10**18
        self.events = []
        self.gateways = []
        self.context = site.context if site else zmq.Context()
        self.n = robots
        keys = {"server_key": site.key, "allow_list": site.allow_list} if site else {}
        params = {"tick_s": 0.0, "gather_s": 0.0, "linger_s": 0.0, "handshake_s": 0.3} | options.pop("params", {})
        self.driver = ZmqDriver(
            options.pop("listen", "tcp://127.0.0.1:*"),
            roster=serials(robots),
            floor=open_floor(),
            clock=lambda: self.now,
            wall_ns=lambda: self.wall,
            context=self.context,
            epoch=options.pop("epoch", 5),
            known=known_fleet(robots) if known is None else known,
            params=WireParams(**params),
            on_security=self.events.append,
            **keys,
            **options,
        )
        self.commands = Commands.none(robots)
        self.state = None

    @property
    def record(self):
        return self.driver.record

    def open(self):
        self.state = self.driver.open()
        return self

    def poll(self):
        self.driver.submit(self.commands)
        self.state = self.driver.poll()
        for gateway in self.gateways:
            gateway.take()

    def until(self, holds, what):
        limit = monotonic() + PATIENCE_S
        while not holds():
            self.poll()
            assert monotonic() < limit, (what, self.record.refused, self.record.noted, self.record.received)

    def refused(self, code, times=1):
        """Wait until so many messages were refused for this."""
        self.until(lambda: self.record.refused[code] >= times, f"{code} was not refused")
        assert self.record.refused[code] == times

    def noted(self, code):
        self.until(lambda: self.record.noted[code] > 0, f"{code} was not noted")

    def pass_time(self, seconds):
        self.now += seconds
        self.wall += round(seconds * 1e9)
        self.poll()

    def gateway(self, name="gw-1", robots=(0,), boot=BOOT, **options):
        gateway = RawGateway(self, name, robots, boot, **options)
        self.gateways.append(gateway)
        return gateway

    def close(self):
        for gateway in self.gateways:
            gateway.close()
        self.driver.close()
        if self.site is None:
            self.context.destroy(linger=0)

    def reconcile(self):
        """Each message that came was accepted or refused; each refusal and note was told, one by one or summed up."""
        record = self.record
        assert record.received == record.accepted + record.refused.total()
        told = sum(event["times"] for event in self.events)
        assert told == record.refused.total() + record.noted.total()


@contextmanager
def served(robots, site=None, **options):
    fleet = Served(robots, site, **options)
    try:
        yield fleet.open()
    finally:
        fleet.close()
    fleet.reconcile()


class RawGateway:
    """A DEALER with the keys of a site's gateway; `heard` has the messages that came."""

    def __init__(self, served, name, robots, boot, *, keys=None, routing_id=None, endpoint=None):
        self._served = served
        self.name, self.robots, self.boot = name, [serials(served.n)[row] for row in robots], boot
        self.heard = []
        self.seq = 0
        self._decoder = Decoder(FromController)
        self.socket = served.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.sndtimeo = 60_000  # a test that says too much fails
        if routing_id is not None:
            self.socket.routing_id = routing_id
        if served.site is not None:
            own, controller = keys or served.site.keys_of(name)
            self.socket.curve_publickey, self.socket.curve_secretkey = own.public, own.secret
            self.socket.curve_serverkey = controller
        self.socket.connect(endpoint or served.driver.endpoint)

    def close(self):
        self.socket.close()

    def send(self, *messages):
        for message in messages:
            self.socket.send_multipart(encode(message))

    def frames(self, *frames):
        self.socket.send_multipart(list(frames))

    def take(self):
        while self.socket.closed is False and self.socket.poll(0):
            self.heard.append(self._decoder.decode(self.socket.recv_multipart()))

    def of(self, kind):
        return [message for message in self.heard if isinstance(message, kind)]

    def hello(self, **changes):
        robots = tuple(RobotIdentity("test", serial) for serial in changes.pop("robots", self.robots))
        self.send(msgspec.structs.replace(Hello(PROTOCOL, self.name, self.boot, robots), **changes))

    def join(self):
        """Say hello and the state of each robot, and wait until it was taken in; return the session's number."""
        before = self._served.record.accepted
        self.hello()
        for serial in self.robots:
            self.send(self.state(robot=serial))
        wanted = before + 1 + len(self.robots)
        self._served.until(lambda: self._served.record.accepted >= wanted, "a gateway joined")
        self._served.until(lambda: self.heard, "a welcome came")
        return self.heard[0].session

    def state(self, **changes):
        self.seq += 1
        robot = changes.get("robot", self.robots[0])
        row = int(robot[-3:]) % WIDTH if robot.startswith("amr-") else 0
        pose = Pose(row + 0.5, 0.5, 0.0, "hall")
        state = State(
            robot=robot, boot=self.boot, seq=self.seq, t=self._served.wall, epoch=0, order="", upd=0, last_node="",
            last_seq=0, pose=pose, vel=Velocity(0.0), soc=50.0,
        )  # fmt: skip
        return msgspec.structs.replace(state, **changes)

    def pose(self, **changes):
        self.seq += 1
        report = PoseReport(self.robots[0], self.seq, self._served.wall, Pose(0.5, 0.5, 0.0, "hall"), Velocity(0.0))
        return msgspec.structs.replace(report, **changes)
