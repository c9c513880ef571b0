"""Wires a run on grants in simulation: the loop, the simulated fleet with its faults, and the auditors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fleet.app.crew import Crew
from fleet.app.loop_wiring import one_robot, warmup, wire_loop
from fleet.runtime.clock import Clock
from fleet.runtime.config import RunConfig
from fleet.runtime.control import Recorder
from fleet.runtime.event_relay import EventRelay
from fleet.runtime.grant_audit import GrantAudit
from fleet.runtime.grant_control import GrantLoop
from fleet.runtime.window_planning import WindowPlanning
from fleet.traffic.journal import GrantJournal, MemoryJournal
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.params import GrantParams
from fleet.traffic.zones.action_file import read_actions
from fleet.traffic.zones.zones import Zones
from twin.fault_file import read_faults
from twin.faults import Fault, FaultKind
from twin.link import LinkParams
from twin.simulated_fleet import SimulatedFleet


@dataclass(slots=True)
class GrantParts:
    """A loop on grants and what it is made of."""

    loop: GrantLoop
    planning: WindowPlanning
    zones: Zones
    journal: GrantJournal
    driver: SimulatedFleet
    auditor: GrantAudit | None


def grant_loop(crew: Crew, config: RunConfig, recorder: Recorder, clock: Clock, events: EventRelay) -> GrantParts:
    """Wire the loop. Raises InputErrors for whatever is wrong with files of actions or faults."""
    world, params = crew.world, config.grants
    driver = SimulatedFleet(
        world.layout,
        world.robot,
        world.cell_m,
        start=crew.start,
        chargers=world.chargers,
        tick_s=params.tick_s,
        seed=config.seed,
        link=LinkParams(loss=config.floor.message_loss),
        faults=_faults(crew, config),
    )
    journal = MemoryJournal()
    ledger = TrafficLedger.begin(world.layout, world.robot, world.cell_m, crew.start, journal)
    auditor = None
    if config.audit:
        auditor = GrantAudit(world.layout, world.robot, world.cell_m, crew.start, driver.truth, crew.pool)
        events.join(auditor.hear)
    zones = Zones(world.layout, world.zones, world.muster, world.keep_clear, events)
    actions = read_actions(Path(config.actions), world.layout, world.zones) if config.actions else []
    loop, planning = wire_loop(
        crew, config, driver, ledger, zones, recorder, clock, events, actions=actions, audit=auditor
    )
    _warmup(crew, params)
    return GrantParts(loop, planning, zones, journal, driver, auditor)


def _warmup(crew: Crew, params: GrantParams) -> None:
    """Compile the kernels of ledger, driver and auditors on one robot."""
    world = crew.world
    start = one_robot(crew)
    driver = SimulatedFleet(world.layout, world.robot, world.cell_m, start=start, chargers=world.chargers)
    auditor = GrantAudit(world.layout, world.robot, world.cell_m, start, driver.truth, crew.pool)
    warmup(crew, params, driver, auditor)
    driver.close()


def _faults(crew: Crew, config: RunConfig) -> list[Fault]:
    """Those of the file, and robots that die: chosen by the seed, one by one over the first half of the run."""
    dying = round(config.floor.dead_share * crew.robots)
    rng = np.random.default_rng([config.seed, 3])
    robots = rng.permutation(crew.robots)[:dying]
    times = np.linspace(0.0, config.duration_s / 2, dying, endpoint=False)
    listed = config.floor.faults
    return [
        *(read_faults(Path(listed), crew.robots, crew.world.layout) if listed else []),
        *(
            Fault(at_s=float(at_s), kind=FaultKind.DEAD, robot=int(robot))
            for robot, at_s in zip(robots, times, strict=True)
        ),
    ]
