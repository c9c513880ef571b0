"""A controller over real sockets that gives robots of `tiny` long bases, and remembers what it was told."""

from __future__ import annotations

import time
from math import pi

import zmq

from robots.codec import Decoder, encode
from robots.messages import (
    Ack,
    Action,
    Bye,
    Edge,
    FromGateway,
    Hb,
    Hello,
    Node,
    Order,
    Params,
    PoseReport,
    State,
    Welcome,
)
from sim_worlds.world_file import load_world

WORLD = load_world("tiny")
_WAIT_S = 60.0


class ScriptedController:
    """Bound to a free port, with CURVE if it is given a key; use as a context."""

    def __init__(self, key=None, epoch=1, context=None):
        self.epoch = epoch
        self.states: dict[str, State] = {}
        self.history: list[State] = []
        self.poses: list[PoseReport] = []
        self.acks: dict[tuple[str, int], Ack] = {}
        self.byes: list[Bye] = []
        self.hellos: list[Hello] = []
        self.routes: dict[str, bytes] = {}
        self.plans: dict[str, list[Node]] = {}  # node after so many entries, of robots that began with none
        self._places: dict[str, tuple[int, int]] = {}
        self._decoder = Decoder(FromGateway)
        self._context = context or zmq.Context.instance()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.linger = 0
        if key is not None:
            self._socket.curve_server = True
            self._socket.curve_publickey, self._socket.curve_secretkey = key.public, key.secret
        port = self._socket.bind_to_random_port("tcp://127.0.0.1")
        self.endpoint = f"tcp://127.0.0.1:{port}"
        self._seq = 0
        self._beat_at = 0.0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, route, message):
        """Send a message, to nobody if the gateway is gone."""
        self.send_frames(route, encode(message))

    def send_frames(self, route, frames):
        self._socket.send_multipart([route, *frames])

    def forget(self):
        """Know nothing of gateways and states: they are all new."""
        self.states.clear()
        self.routes.clear()
        self.hellos.clear()

    def until(self, holds):
        """Take in what comes until something holds."""
        end = time.monotonic() + _WAIT_S
        while not holds():
            assert time.monotonic() < end, f"not after {_WAIT_S} s: {self.states}"
            self.pump()

    def pump(self):
        """Take in a message, or wait a moment for one; answer hellos, keep hearts beating. Returns whether one came."""
        now = time.monotonic()
        if now >= self._beat_at:
            self._beat_at = now + 0.5
            for route in set(self.routes.values()):
                self.send(route, Hb(1, self.epoch, time.time_ns()))
        if not self._socket.poll(20):
            return False
        route, *frames = self._socket.recv_multipart()
        message = self._decoder.decode(frames)
        if isinstance(message, Hello):
            self.hellos.append(message)
            self.routes |= {robot.serial: route for robot in message.robots}
            self.send(route, Welcome(1, self.epoch, 3000, 500, (1, 0)))
        elif isinstance(message, State):
            self._hear(message)
        elif isinstance(message, PoseReport):
            self.poses.append(message)
        elif isinstance(message, Ack):
            self.acks[message.robot, message.re] = message
        elif isinstance(message, Bye):
            self.byes.append(message)
        return True

    def _hear(self, state):
        self.states[state.robot] = state
        self.history.append(state)
        if state.robot not in self.plans:
            column, row = int(state.pose.x / WORLD.cell_m), int(state.pose.y / WORLD.cell_m)
            place = (row * WORLD.layout.width + column, round(state.pose.theta / (pi / 2)) % 4)
            self.plans[state.robot] = [_node(state.upd, *place)]
            self._places[state.robot] = place

    def order(self, robot, entries):
        """Give a robot so many more entries than it says it has; what it was given before, it is given again."""
        number, plan = self.states[robot].upd, self.plans[robot]
        while len(plan) <= number + entries:
            self._grow(robot)
        self._seq += 1
        nodes = plan[number : number + entries + 1]
        edges = [Edge(f"e{node.seq}", node.seq - 1, True, "from", "to") for node in nodes[1:]]
        made = Order(robot, 0, self._seq, "epoch-0", number + entries, tuple(nodes), tuple(edges))
        self.send(self.routes[robot], made)
        return made

    def _grow(self, robot):
        """One entry more: it drives where it can, turns where it cannot, and serves now and then."""
        number, (cell, heading) = len(self.plans[robot]), self._places[robot]
        actions, ahead = (), int(WORLD.layout.neighbours[cell, heading])
        if number % 3 == 2:
            actions = (Action(f"a{number}", "service", params=Params(seconds=0.05)),)
        elif ahead >= 0 and number % 5:
            cell = ahead
        else:
            heading = (heading + 1) % 4
        self._places[robot] = (cell, heading)
        self.plans[robot].append(_node(number, cell, heading, actions))


def _node(number, cell, heading, actions=()):
    width, cell_m = WORLD.layout.width, WORLD.cell_m
    x, y = (cell % width + 0.5) * cell_m, (cell // width + 0.5) * cell_m
    return Node(f"n{number}", 2 * number, True, x, y, WORLD.name, heading * pi / 2, actions)
