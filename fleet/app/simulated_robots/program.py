"""The program of simulated robots: ticks paced by a clock, and between them whatever comes over the wire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol

import zmq

from fleet.runtime.clock import Clock
from robots.codec import Decoder
from robots.errors import WireError
from robots.gateways.gateway import Gateway
from robots.gateways.gateway_link import GatewayLink
from robots.gateways.gateway_session import Connect, Drop
from robots.gateways.robot_fleet import RobotFleet
from robots.messages import FromController

_GATHER_S: Final = 0.005  # after something has come: more is on its way, and is taken in one go
_AT_ONCE: Final = 1000  # messages of one gateway before the next has its turn
_TOO_LATE_S: Final = 0.5  # so far behind the clock, lost time is given up


class Memory(Protocol):
    """Keeps what robots and gateways know."""

    def keep(self, epochs: Sequence[int], robots: Sequence[bytes], served: int) -> None:
        """Write it down, with all that the driver knows, so that it outlives the program. Raises OSError."""


@dataclass(slots=True)
class Figures:
    """What happened: ticks, those that began too late to be caught up with, messages, and services that took effect.

    Services are counted on the floor, and on over restarts: each is to be an errand that the controller counts.
    """

    served: int
    ticks: int = 0
    late: int = 0
    received: int = 0
    malformed: dict[str, int] = field(default_factory=dict)


class RobotsProgram:
    """Moves robots and lets their gateways speak.

    fleet     the robots
    gateways, links  who speaks for them, and the connection of each
    served    services that took effect before a restart; effects: tells how many did in the last tick
    contacts  tells how often robots have begun to touch something, by kind; None: they have no bodies
    memory    None: nothing outlives the program
    clock     paces ticks; `utc_ns` goes into messages
    sleep     waits so many seconds
    say       tells people how many gateways are connected, when that changes
    """

    def __init__(
        self,
        fleet: RobotFleet,
        gateways: Sequence[Gateway],
        links: Sequence[GatewayLink],
        *,
        served: int,
        effects: Callable[[], int],
        contacts: Callable[[], dict[str, int]] | None,
        memory: Memory | None,
        clock: Clock,
        utc_ns: Callable[[], int],
        sleep: Callable[[float], None],
        say: Callable[[str], None],
        tick_s: float,
    ) -> None:
        self._fleet = fleet
        self.gateways = gateways
        self.links = links
        self.contacts = contacts
        self._effects = effects
        self._memory = memory
        self._clock = clock
        self._utc_ns = utc_ns
        self._sleep = sleep
        self._say = say
        self._tick_s = tick_s
        self._gateway_of = [index for index, gateway in enumerate(gateways) for _ in gateway.rows]
        self._poller = zmq.Poller()
        self._polled: dict[object, int] = {}
        self._decoder: Decoder[FromController] = Decoder(FromController)
        self._joined = -1
        self._stopping = False
        self.figures = Figures(served)

    def stop(self) -> None:
        """Come to an end with the next tick; may be called by a signal."""
        self._stopping = True

    def run(self) -> None:
        """Run until `stop`; says bye then, and writes everything down."""
        next_s = self._clock.now()
        while not self._stopping:
            self._tick()
            next_s += self._tick_s
            if self._clock.now() - next_s > _TOO_LATE_S:
                self.figures.late += 1
                next_s = self._clock.now()
            self._serve(next_s)
        for index, gateway in enumerate(self.gateways):
            gateway.session.close(self._clock.now(), self._utc_ns(), "stopped")
            self._push(index)
        self._keep()

    def _tick(self) -> None:
        """Wake gateways, move robots, write down how that ended, and only then report it."""
        now, t_ns = self._clock.now(), self._utc_ns()
        for index, (gateway, link) in enumerate(zip(self.gateways, self.links, strict=True)):
            if link.broken():
                gateway.session.lost(now)
            gateway.session.wake(now, t_ns)
            self._push(index)
        for row in self._fleet.tick():
            self.gateways[self._gateway_of[row]].settled(row)
        self.figures.served += self._effects()
        self._keep()
        self._report(t_ns)
        self.figures.ticks += 1
        joined = sum(gateway.session.joined for gateway in self.gateways)
        if joined != self._joined and self.figures.ticks % round(1 / self._tick_s) == 1:
            self._joined = joined
            self._say(f"{joined} of {len(self.gateways)} gateways are connected")

    def _keep(self) -> None:
        if self._memory is not None:
            self._memory.keep(
                [gateway.session.epoch for gateway in self.gateways], self._fleet.records, self.figures.served
            )

    def _report(self, t_ns: int) -> None:
        states: list[list[int]] = [[] for _ in self.gateways]
        poses: list[list[int]] = [[] for _ in self.gateways]
        for rows, by_gateway in zip(self._fleet.due(), (states, poses), strict=True):
            for row in rows:
                by_gateway[self._gateway_of[row]].append(row)
        columns = self._fleet.columns()
        for index, link in enumerate(self.links):
            messages, pose_reports = self.gateways[index].report(states[index], poses[index], columns, t_ns)
            link.send(messages)
            link.send_poses(pose_reports)

    def _serve(self, until_s: float) -> None:
        """Take in what comes until then."""
        while not self._stopping and (left_s := until_s - self._clock.now()) > 0:
            ready = self._poller.poll(max(1, int(left_s * 1000)))
            for socket, _ in ready:
                self._receive(self._polled[socket])
            if ready:
                self._sleep(min(_GATHER_S, max(until_s - self._clock.now(), 0.0)))

    def _receive(self, index: int) -> None:
        gateway = self.gateways[index]
        for frames in islice(self.links[index].received(), _AT_ONCE):
            self.figures.received += 1
            try:
                message = self._decoder.decode(frames)
            except WireError as error:
                self.figures.malformed[error.code] = self.figures.malformed.get(error.code, 0) + 1
                continue
            gateway.take(message, self._clock.now(), self._utc_ns())
        self._push(index)

    def _push(self, index: int) -> None:
        """Do what a gateway's session wants, and send what there was no room for."""
        link = self.links[index]
        for wanted in self.gateways[index].take_wanted():
            if isinstance(wanted, Connect):
                link.connect(wanted)
                self._poller.register(link.socket, zmq.POLLIN)
                self._polled[link.socket] = index
            elif isinstance(wanted, Drop):
                self._poller.unregister(link.socket)
                del self._polled[link.socket]
                link.drop()
            else:
                link.send([wanted])
        link.flush()
