"""Wires the program of simulated robots: world, driver, bases, gateways and their connections."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256
from random import Random
from time import sleep, time_ns
from typing import Final

import numpy as np
import zmq

from fleet.app.beginning import begin
from fleet.app.simulated_bodies import body_of, contacts_by_kind, simulated_bodies, with_robots
from fleet.app.simulated_robots.memory_file import MemoryFile
from fleet.app.simulated_robots.program import RobotsProgram
from fleet.app.simulated_robots.settings import RobotsSettings
from fleet.errors import SettingError
from fleet.runtime.clock import WallClock
from fleet.runtime.config import RunConfig
from robots.gateways.floor_map import FloorMap
from robots.gateways.gateway import Gateway
from robots.gateways.gateway_link import GatewayLink
from robots.gateways.gateway_session import GatewaySession
from robots.gateways.robot_fleet import RobotFleet
from robots.messages import Factsheet, RobotIdentity
from robots.state import FleetState
from sim_worlds.world import World
from sim_worlds.world_file import load_world
from twin.fault_file import read_faults
from twin.faults import Fault, FaultKind
from twin.link import LinkParams
from twin.simulated_fleet import SimulatedFleet
from twin.start_check import charger_mask

TICK_S: Final = 0.1
# The wire is the link: behind it robots hear at once, and say at the end of each tick where they are.
_NO_LINK: Final = LinkParams(delay_s=(0.0, 0.0), report_s=0.05)
_FILES_A_GATEWAY: Final = 5  # a connection, its socket, and three for the events of both
_OTHER_FILES: Final = 100
_NORTH: Final = 3


@contextmanager
def robots_program(
    settings: RobotsSettings, boot: Callable[[], bytes], say: Callable[[str], None]
) -> Iterator[RobotsProgram]:
    """Yield a program that is ready to run; lets go of everything at the end.

    boot: 16 random bytes, each time others. Raises InputErrors for whatever is wrong with world, files or keys.
    """
    world = with_robots(load_world(settings.world), settings.robot_model)
    start = _start(world, settings)
    faults = []
    if settings.faults is not None:
        faults = read_faults(settings.faults, start.robots, world.layout, wheels=settings.driver == "twin")
    with ExitStack() as stack:
        memory = None
        if settings.state is not None:
            memory = stack.enter_context(MemoryFile(settings.state, _identity(world, settings, faults)))
        kept = memory.read() if memory is not None else None
        driver = _driver(world, start, settings, faults)
        stack.callback(driver.close)
        state = driver.open() if kept is None else driver.resume(kept.fleet)
        floor = FloorMap(
            world.name,
            world.layout.width,
            world.cell_m,
            world.layout.neighbours,
            charger_mask(world.layout, world.chargers),
        )
        fleet = RobotFleet(driver, state, floor, world.robot.battery_wh, None if kept is None else kept.robots)
        context = stack.enter_context(_sockets(len(settings.gateways)))
        links = [_link(context, settings, index) for index in range(len(settings.gateways))]
        for link in links:
            stack.callback(link.drop)
        epochs = [0] * len(links) if kept is None else kept.epochs
        yield RobotsProgram(
            fleet,
            [_gateway(world, settings, index, epoch, boot(), fleet) for index, epoch in enumerate(epochs)],
            links,
            served=0 if kept is None else kept.served,
            effects=lambda: len(driver.truth().effect_robot),
            contacts=(lambda: contacts_by_kind(driver.contacts())) if settings.driver == "twin" else None,
            memory=None if memory is None else _Kept(memory, driver),
            clock=WallClock(),
            utc_ns=time_ns,
            sleep=sleep,
            say=say,
            tick_s=TICK_S,
        )


class _Kept:
    """What robots and gateways know, and what the driver does, in one file."""

    def __init__(self, file: MemoryFile, driver: SimulatedFleet) -> None:
        self._file = file
        self._driver = driver

    def keep(self, epochs: Sequence[int], robots: Sequence[bytes], served: int) -> None:
        """Write it down."""
        self._file.write(epochs, robots, served, self._driver.checkpoint())


def _start(world: World, settings: RobotsSettings) -> FleetState:
    """Where `futurepark run` would have these robots begin."""
    robots = settings.skipped + len(settings.serials)
    try:
        start = begin(RunConfig(robots=robots, seed=settings.seed), world)
    except SettingError as error:
        raise SettingError("--count", error.problem, error.remedy) from None
    rows = slice(settings.skipped, None)
    return FleetState.at(
        start.cell[rows],
        charge_percent=start.charge_percent[rows],
        width=world.layout.width,
        cell_m=world.cell_m,
    )


def _driver(world: World, start: FleetState, settings: RobotsSettings, faults: Sequence[Fault]) -> SimulatedFleet:
    bodies, motion = simulated_bodies(settings.driver, world, body_of(settings.robot_model), settings.seed)

    def made(robots: FleetState, to_come: Sequence[Fault] = ()) -> SimulatedFleet:
        return SimulatedFleet(
            world.layout,
            world.robot,
            world.cell_m,
            start=robots,
            chargers=world.chargers,
            tick_s=TICK_S,
            seed=settings.seed,
            link=_NO_LINK,
            motion=replace(motion, actuation_s=0.0),
            faults=to_come,
            bodies=bodies,
        )

    _warm_up(made(*_small_crowd(world, settings.driver)), world)
    return made(start, faults)


def _small_crowd(world: World, driver: str) -> tuple[FleetState, list[Fault]]:
    """A robot that faces east and, if the floor has two rows, one north of it; with bodies, it is pushed that way.

    A person comes in as well: so kernels of contacts are compiled, too.
    """
    layout = world.layout
    below = np.flatnonzero(layout.neighbours[:, _NORTH] >= 0)[:1]
    cells = np.concatenate([below, layout.neighbours[below, _NORTH]]) if len(below) else layout.free_cells[:1]
    crowd = FleetState.at(cells.astype(np.int32), width=layout.width, cell_m=world.cell_m)
    if driver == "kinematic":
        return crowd, []
    pushed = Fault(0.0, FaultKind.DISPLACED, robot=0, value=world.cell_m / 2)
    return crowd, [pushed, Fault(0.0, FaultKind.PERSON, cell=int(layout.free_cells[-1]), value=0.1)]


def _warm_up(driver: SimulatedFleet, world: World) -> None:
    """Compile the driver's kernels, so that no tick waits for that."""
    floor = FloorMap(world.name, 1, world.cell_m, world.layout.neighbours, np.zeros(world.layout.cells, dtype=np.bool_))
    RobotFleet(driver, driver.open(), floor, world.robot.battery_wh).tick()
    driver.cancel(0)
    driver.close()


def _identity(world: World, settings: RobotsSettings, faults: Sequence[Fault]) -> dict[str, str]:
    layout = world.layout
    described = (layout.height, layout.width, world.cell_m, world.robot, world.chargers.tolist())
    floor = sha256(layout.passable.tobytes() + repr(described).encode()).hexdigest()[:16]
    return {
        "world": f"{world.name} ({floor})",
        "robots": f"{settings.serials[0]} to {settings.serials[-1]}",
        "gateways": f"{settings.gateways[0]} to {settings.gateways[-1]}",
        "seed": str(settings.seed),
        "bodies": _bodies(settings),
        "faults": sha256(repr(faults).encode()).hexdigest()[:16] if faults else "none",
    }


def _bodies(settings: RobotsSettings) -> str:
    if settings.driver == "kinematic":
        return "rails"
    body = sha256(repr(body_of(settings.robot_model)).encode()).hexdigest()[:16]
    return f"wheels ({body})"


@contextmanager
def _sockets(gateways: int) -> Iterator[zmq.Context[zmq.Socket[bytes]]]:
    """Yield a context with room for so many gateways. Raises SettingError if the process may not open enough files."""
    needed = _FILES_A_GATEWAY * gateways + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        problem = f"{gateways} gateways need {needed} open files, and {hard} are allowed"
        raise SettingError("--gateways", problem, "take fewer, or allow more (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    with zmq.Context() as context:
        context.set(zmq.MAX_SOCKETS, _FILES_A_GATEWAY * gateways + _OTHER_FILES)
        yield context


def _link(context: zmq.Context[zmq.Socket[bytes]], settings: RobotsSettings, index: int) -> GatewayLink:
    keys = None if settings.keys is None else (settings.keys[0][index], settings.keys[1])
    return GatewayLink(context, settings.endpoints, keys)


def _gateway(world: World, settings: RobotsSettings, index: int, epoch: int, boot: bytes, fleet: RobotFleet) -> Gateway:
    rows = settings.robots_of(index)
    serials = settings.serials[rows.start : rows.stop]
    model = world.robot
    facts = Factsheet(model.name, model.length_m, model.width_m, model.max_speed_mps, model.battery_wh)
    name = settings.gateways[index]
    session = GatewaySession(
        name,
        boot,
        [RobotIdentity("futurepark", serial, facts) for serial in serials],
        endpoints=len(settings.endpoints),
        random=Random(f"{settings.seed} {name}"),  # noqa: S311 - spreads reconnections, keeps no secret
        epoch=epoch,
    )
    return Gateway(session, boot, serials, fleet, rows.start, world.name)
