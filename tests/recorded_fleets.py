"""Small fleets with everything in them that can be recorded: faults, lost messages, people who help, a stop."""

from __future__ import annotations

import numpy as np

from fleet.grid.layout import Layout
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import Entry, FleetState
from twin.faults import Fault, FaultKind
from twin.link import LinkParams
from twin.motion import MotionParams
from twin.recording.recording import Recording
from twin.recording.trace_parts import TRACE_FORMAT, TickBlock, TraceHeader
from twin.simulated_fleet import SimulatedFleet

HEIGHT, WIDTH = 6, 8
CELLS = (1, 9, 17)
FORWARD, CW, CCW, _, SERVICE, CHARGE = (int(entry) for entry in Entry)
LINK = LinkParams(delay_s=(0.02, 0.4), loss=0.2, duplication=0.3)
BASES = (
    [FORWARD, CHARGE, CW, FORWARD, SERVICE, CCW, FORWARD, FORWARD, SERVICE, CW, CW, FORWARD],
    [CW, SERVICE, FORWARD, CCW, FORWARD, FORWARD, FORWARD, CW, SERVICE],
    [FORWARD] * 4 + [CW] + [FORWARD] * 2,
)
FAULTS = (
    Fault(at_s=0.5, kind=FaultKind.OBSTACLE, cell=20, seconds=2.0),
    Fault(at_s=1.5, kind=FaultKind.REBOOT, robot=1, seconds=0.5),
    Fault(at_s=2.0, kind=FaultKind.SLOW, robot=0, seconds=1.0, value=0.5),
)


def layout() -> Layout:
    return Layout(HEIGHT, WIDTH, np.ones(HEIGHT * WIDTH, dtype=np.bool_))


def new_fleet(faults=(), **more) -> SimulatedFleet:
    """A fleet of three on an open floor."""
    start = FleetState.at(np.array(CELLS, dtype=np.int32), width=WIDTH)
    chargers = np.array([2, 20], dtype=np.int32)
    return SimulatedFleet(
        layout(), RobotModel(), 1.0, start=start, chargers=chargers, seed=7, link=LINK, faults=faults, **more
    )


def header(robots=3, body=None, tick_s=0.1) -> TraceHeader:
    """The header of such a fleet's trace."""
    return TraceHeader(
        format=TRACE_FORMAT,
        futurepark="0",
        world="open",
        world_hash="",
        width=WIDTH,
        height=HEIGHT,
        cell_m=1.0,
        robot=RobotModel(),
        body=body,
        link=LINK,
        motion=MotionParams(),
        seed=7,
        tick_s=tick_s,
        robots=robots,
    )


class Parts:
    """A TraceSink that keeps what it is given."""

    def __init__(self) -> None:
        self.header: TraceHeader | None = None
        self.parts = []
        self.ended = False

    @property
    def blocks(self) -> list[TickBlock]:
        return [part for part in self.parts if isinstance(part, TickBlock)]

    def begin(self, header):
        self.header = header

    def checkpoint(self, checkpoint):
        self.parts.append(checkpoint)

    def block(self, block):
        self.parts.append(block)

    def end(self):
        self.ended = True


def rows(state: FleetState, width=16) -> Commands:
    """What the bases have next for every robot; the epoch is the robots' own."""
    commands = Commands.none(state.robots, width)
    commands.epoch[:] = state.epoch
    commands.halt[:] = 4.0 <= state.time_s < 4.4
    for robot, base in enumerate(BASES):
        commands.index[robot] = done = int(state.confirmed[robot])
        for place, entry in enumerate(base[done : done + width]):
            commands.entries[robot, place] = entry
            commands.service_s[robot, place] = 0.7 if entry == SERVICE else 0.0
    return commands


def drive(driver, state: FleetState, ticks: int, watch=None) -> FleetState:
    """Let so many ticks pass."""
    for _ in range(ticks):
        driver.submit(rows(state))
        state = driver.poll()
        if watch is not None:
            watch(driver, state)
    return state


def troubled(driver: Recording, watch=None) -> None:
    """9.6 s with everything in them: what people do, a stop in the middle of a tick, and opening again."""
    state = drive(driver, driver.open(), 23, watch)
    driver.inject(Fault(at_s=2.6, kind=FaultKind.DISPLACED, robot=2, value=0.2))
    driver.inject(Fault(at_s=3.0, kind=FaultKind.MUTE, robot=0))
    driver.submit(rows(state))
    driver.recharge(1, 100.0)
    state = driver.poll()
    if watch is not None:
        watch(driver, state)
    state = drive(driver, state, 20, watch)
    assert driver.put_back(2)
    driver.cancel(1)
    state = drive(driver, state, 12, watch)
    driver.submit(rows(state))
    driver.stop()
    state = drive(driver, driver.open(), 30, watch)
    driver.inject(Fault(at_s=8.7, kind=FaultKind.DISPLACED, robot=1, value=0.1))
    state = drive(driver, state, 5, watch)
    assert driver.place(1, 25, 0)
    drive(driver, state, 5, watch)
