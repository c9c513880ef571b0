"""A gateway with simulated robots on an open floor, and messages of a scripted controller to it."""

from __future__ import annotations

from math import pi
from random import Random

import msgspec
import numpy as np

from fleet.grid.layout import Layout
from robots.gateways.floor_map import FloorMap
from robots.gateways.gateway import Gateway
from robots.gateways.gateway_session import GatewaySession
from robots.gateways.robot_base import RobotMemory
from robots.gateways.robot_fleet import RobotFleet
from robots.messages import (
    Ack,
    Action,
    Edge,
    Hb,
    Hello,
    Instant,
    Node,
    Order,
    Params,
    RobotIdentity,
    State,
    Welcome,
)
from robots.model import RobotModel
from robots.state import FleetState
from twin.link import LinkParams
from twin.motion import MotionParams
from twin.simulated_fleet import SimulatedFleet

WIDTH, HEIGHT, CELL_M = 10, 6, 1.0
CHARGERS = (0, 11)
EAST, SOUTH, WEST, NORTH = range(4)
LAYOUT = Layout(HEIGHT, WIDTH, np.ones(WIDTH * HEIGHT, dtype=np.bool_))
CHARGER = np.isin(np.arange(WIDTH * HEIGHT), CHARGERS)
FLOOR = FloorMap("hall", WIDTH, CELL_M, LAYOUT.neighbours, CHARGER)
TICK_S = 0.1


def step(place, what):
    """Where an entry leads: F forward, R and L a quarter clockwise and back, everything else nowhere."""
    cell, heading = place
    if what == "F":
        return int(LAYOUT.neighbours[cell, heading]), heading
    return cell, (heading + {"R": 1, "L": 3}.get(what, 0)) % 4


def node(number, place, *, rel=True, actions=(), **more):
    """The node after so many entries."""
    cell, heading = place
    x, y = (cell % WIDTH + 0.5) * CELL_M, (cell // WIDTH + 0.5) * CELL_M
    values = {"id": f"n{number}", "x": x, "y": y, "map": "hall", "theta": heading * pi / 2, **more}
    return Node(seq=2 * number, rel=rel, actions=actions, **values)


def order(place, steps, *, number=0, robot="amr-000", epoch=0, seq=1, released=None, vmax=None):
    """Entries from number `number` on, at a place: F, R, L, C (charge), or the seconds of a service."""
    nodes, edges = [node(number, place)], []
    for what in steps:
        place = step(place, what)
        actions = ()
        if what == "C":
            actions = (Action(f"a{number}", "startCharging"),)
        elif isinstance(what, float):
            actions = (Action(f"a{number}", "service", params=Params(seconds=what)),)
        rel = released is None or number < released
        edges.append(Edge(f"e{number}", 2 * number + 1, rel, f"n{number}", f"n{number + 1}", vmax))
        number += 1
        nodes.append(node(number, place, rel=rel, actions=actions))
    return Order(robot, epoch, seq, f"epoch-{epoch}", number, tuple(nodes), tuple(edges))


def instant(*actions, robot="amr-000", epoch=0, seq=100):
    """Actions by type, or whole ones; their names are new each time unless given."""
    made = tuple(
        action if isinstance(action, Action) else Action(f"{action}-{seq}-{place}", action)
        for place, action in enumerate(actions)
    )
    return Instant(robot, epoch, seq, made)


def position(place, last_seq=None, name="here"):
    cell, heading = place
    x, y = (cell % WIDTH + 0.5) * CELL_M, (cell // WIDTH + 0.5) * CELL_M
    params = Params(x=x, y=y, theta=heading * pi / 2, map="hall", last_seq=last_seq)
    return Action(name, "initPosition", params=params)


def driver_of(cells, *, seed=1, faults=(), headings=None):
    heading = None if headings is None else np.array(headings, dtype=np.int8)
    return SimulatedFleet(
        LAYOUT,
        RobotModel(),
        CELL_M,
        start=FleetState.at(np.array(cells, dtype=np.int32), heading, width=WIDTH, cell_m=CELL_M),
        chargers=np.array(CHARGERS, dtype=np.int32),
        tick_s=TICK_S,
        seed=seed,
        link=LinkParams(delay_s=(0.0, 0.0), report_s=0.05),
        motion=MotionParams(actuation_s=0.0),
        faults=faults,
    )


class Rig:
    """One gateway with robots amr-000... on these cells, and the time.

    kept  (fleet checkpoint, robots' records, controller epoch) of another rig that was cut off; None for new robots
    """

    def __init__(self, *cells, kept=None, boot=b"b" * 16, faults=(), endpoints=1, headings=None, greet=True):
        self.cells = cells
        self.driver = driver_of(cells, faults=faults, headings=headings)
        fleet, records, epoch = kept or (None, None, 0)
        state = self.driver.open() if fleet is None else self.driver.resume(fleet)
        memories = records and [msgspec.msgpack.decode(record, type=RobotMemory) for record in records]
        self.fleet = RobotFleet(self.driver, state, FLOOR, 480.0, memories)
        self.serials = [f"amr-{row:03d}" for row in range(len(cells))]
        robots = [RobotIdentity("futurepark", serial) for serial in self.serials]
        self.session = GatewaySession("gw-000", boot, robots, endpoints=endpoints, random=Random(1), epoch=epoch)
        self.gateway = Gateway(self.session, boot, self.serials, self.fleet, 0, "hall")
        self.now = 0.0
        self.sent = []
        self.effects = []
        self.kept = None
        if greet:
            self.tick()
            self.greet()

    @property
    def t_ns(self):
        return round(self.now * 1e9)

    def greet(self, *, epoch=1, session=1):
        """Answer the hellos."""
        for hello in [message for message in self.take() if isinstance(message, Hello)]:
            assert hello.robots
            self.give(Welcome(session, epoch, 3000, 1000, (1, 0)))

    def give(self, *messages):
        """Let messages come in."""
        for message in messages:
            self.gateway.take(message, self.now, self.t_ns)
        self.sent += self.gateway.take_wanted()

    def tick(self, ticks=1, *, beat=True):
        """Let time pass, with heartbeats of the controller; what is sent is in `take`."""
        for _ in range(ticks):
            self.now = round(self.now + TICK_S, 6)
            self.gateway.wake(self.now, self.t_ns)
            if beat and self.session.joined:
                self.give(Hb(1, 1, self.t_ns))
            for row in self.fleet.tick():
                self.gateway.settled(row)
            truth = self.driver.truth()
            self.effects += zip(truth.effect_robot.tolist(), truth.effect_entry.tolist(), strict=True)
            self.kept = (self.driver.checkpoint(), list(self.fleet.records), self.session.epoch)
            states, poses = self.fleet.due()
            messages, pose_reports = self.gateway.report(states, poses, self.fleet.columns(), self.t_ns)
            self.sent += [*self.gateway.take_wanted(), *messages, *pose_reports]

    def take(self, kind=object):
        """What was sent since the last time, of this kind; the rest is dropped."""
        sent, self.sent = self.sent, []
        return [message for message in sent if isinstance(message, kind)]

    def state(self, robot=0, ticks=1):
        """A robot's state after this time, as if it had been asked for in the last tick."""
        self.tick(ticks - 1)
        self.take()
        self.fleet.want(robot)
        self.tick()
        return [state for state in self.take(State) if state.robot == self.serials[robot]][-1]

    def ack(self, *messages):
        """The acks to messages, with the next tick."""
        self.take()
        self.give(*messages)
        self.tick()
        return [(ack.result, ack.error) for ack in self.take(Ack)]
