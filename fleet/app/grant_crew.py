"""Wires a run on grants in simulation: the loop, the simulated fleet with its faults, and the auditors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fleet.app.attendance import Attendants
from fleet.app.attended_fleet import AttendedFleet
from fleet.app.crew import Crew
from fleet.app.loop_wiring import one_robot, warmup, wire_loop
from fleet.app.simulated_bodies import body_of, simulated_bodies
from fleet.app.station_cells import served_by_cells
from fleet.app.unit_audit import UnitAudit
from fleet.runtime.clock import Clock
from fleet.runtime.config import RunConfig
from fleet.runtime.control import Recorder
from fleet.runtime.event_relay import EventRelay
from fleet.runtime.grant_audit import GrantAudit
from fleet.runtime.grant_control import GrantLoop
from fleet.runtime.window_planning import WindowPlanning
from fleet.traffic.journal import GrantJournal, MemoryJournal
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.zones.action_file import read_actions
from fleet.traffic.zones.zones import Zones
from robots.driver import FleetDriver
from robots.state import FleetState
from twin.cells.served_fleet import ServedFleet
from twin.fault_file import read_faults
from twin.faults import Fault, FaultKind
from twin.link import LinkParams
from twin.physics.host import BodyHost
from twin.recording.trace_header import trace_header
from twin.recording.trace_parts import TraceHeader
from twin.simulated_fleet import SimulatedFleet


@dataclass(slots=True)
class GrantParts:
    """A loop on grants and what it is made of."""

    loop: GrantLoop
    planning: WindowPlanning
    zones: Zones
    journal: GrantJournal
    fleet: SimulatedFleet
    driver: FleetDriver  # the fleet, with those who attend it
    auditor: GrantAudit | None
    served: ServedFleet | None = None  # the fleet, with its work cells
    units: UnitAudit | None = None  # of floors with work cells


def grant_loop(
    crew: Crew,
    config: RunConfig,
    recorder: Recorder,
    clock: Clock,
    events: EventRelay,
    attendants: Attendants | None = None,
) -> GrantParts:
    """Wire the loop. Raises InputErrors for whatever is wrong with files of actions or faults, or with attendants."""
    world, robots = crew.world, crew.robots
    attendants = Attendants() if attendants is None else attendants
    actions = read_actions(Path(config.actions), world.layout, world.zones, robots) if config.actions else []
    body = body_of(config.robot_model)
    host = attendants.host(config, world, robots, body)
    fleet = _fleet(crew, config, crew.start, _faults(crew, config), host)
    watchers = attendants.watchers(fleet, world, robots)
    inner = attendants.recorded(fleet, lambda: _header(crew, config))
    served = None
    if config.cells:
        served = attendants.closing(served_by_cells(inner, crew, config, attendants.cell_processes))
    driver: FleetDriver = served or inner
    units = UnitAudit(served) if served is not None and config.audit else None
    if units is not None:
        watchers = (*watchers, units.see)
    if watchers:
        driver = AttendedFleet(served or inner, watchers)
    journal = MemoryJournal()
    ledger = TrafficLedger.begin(world.layout, world.robot, world.cell_m, crew.start, journal)
    auditor = None
    if config.audit:
        auditor = GrantAudit(world.layout, world.robot, world.cell_m, crew.start, fleet.truth, crew.pool)
        events.join(auditor.hear)
    zones = Zones(world.layout, world.zones, world.muster, world.keep_clear, events, robots=robots)
    loop, planning = wire_loop(
        crew, config, driver, ledger, zones, recorder, clock, events, actions=actions, audit=auditor
    )
    _warmup(crew, config)
    return GrantParts(loop, planning, zones, journal, fleet, driver, auditor, served, units)


def _fleet(
    crew: Crew, config: RunConfig, start: FleetState, faults: Sequence[Fault] = (), host: BodyHost | None = None
) -> SimulatedFleet:
    world = crew.world
    bodies, motion = simulated_bodies(config.driver, world, body_of(config.robot_model), config.seed, host)
    return SimulatedFleet(
        world.layout,
        world.robot,
        world.cell_m,
        start=start,
        chargers=world.chargers,
        tick_s=config.grants.tick_s,
        seed=config.seed,
        link=_link(config),
        motion=motion,
        faults=faults,
        bodies=bodies,
    )


def _link(config: RunConfig) -> LinkParams:
    return LinkParams(loss=config.floor.message_loss)


def _header(crew: Crew, config: RunConfig) -> TraceHeader:
    """Of a trace of this run."""
    body = body_of(config.robot_model)
    return trace_header(
        crew.world,
        robots=crew.robots,
        tick_s=config.grants.tick_s,
        seed=config.seed,
        link=_link(config),
        motion=simulated_bodies(config.driver, crew.world, body, config.seed)[1],
        body=body if config.driver == "twin" else None,
    )


def _warmup(crew: Crew, config: RunConfig) -> None:
    """Compile the kernels of ledger, driver and auditors on one robot."""
    world = crew.world
    start = one_robot(crew)
    driver = _fleet(crew, config, start)
    auditor = GrantAudit(world.layout, world.robot, world.cell_m, start, driver.truth, crew.pool)
    warmup(crew, config.grants, driver, auditor)
    driver.close()


def _faults(crew: Crew, config: RunConfig) -> list[Fault]:
    """Those of the file, and robots that die: chosen by the seed, one by one over the first half of the run."""
    dying = round(config.floor.dead_share * crew.robots)
    rng = np.random.default_rng([config.seed, 3])
    robots = rng.permutation(crew.robots)[:dying]
    times = np.linspace(0.0, config.duration_s / 2, dying, endpoint=False)
    listed = config.floor.faults
    return [
        *(read_faults(Path(listed), crew.robots, crew.world.layout, wheels=config.driver == "twin") if listed else []),
        *(
            Fault(at_s=float(at_s), kind=FaultKind.DEAD, robot=int(robot))
            for robot, at_s in zip(robots, times, strict=True)
        ),
    ]
