"""Wires a run on grants: ledger, execution, zones, the kinematic driver with its faults, and the auditors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fleet.app.crew import Crew
from fleet.runtime.clock import Clock
from fleet.runtime.config import RunConfig
from fleet.runtime.control import Recorder
from fleet.runtime.event_relay import EventRelay
from fleet.runtime.grant_audit import GrantAudit
from fleet.runtime.grant_control import ExecutionAudit, GrantLoop, Keeper
from fleet.runtime.muster import Muster
from fleet.runtime.window_planning import WindowPlanning
from fleet.traffic.execution import GrantExecution
from fleet.traffic.floor_control import FloorControl
from fleet.traffic.journal import GrantJournal, MemoryJournal
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.params import GrantParams
from fleet.traffic.robot_watch import RobotWatch
from fleet.traffic.zones.action_file import read_actions
from fleet.traffic.zones.actions import TimedAction
from fleet.traffic.zones.zones import Zones
from robots.driver import FleetDriver
from robots.state import Action, FleetState
from twin.fault_file import read_faults
from twin.faults import Fault, FaultKind
from twin.kinematic import KinematicDriver
from twin.link import LinkParams


@dataclass(slots=True)
class GrantParts:
    """A loop on grants and what it is made of."""

    loop: GrantLoop
    planning: WindowPlanning
    zones: Zones
    journal: GrantJournal
    driver: KinematicDriver
    auditor: GrantAudit | None


def grant_loop(crew: Crew, config: RunConfig, recorder: Recorder, clock: Clock, events: EventRelay) -> GrantParts:
    """Wire the loop. Raises InputErrors for whatever is wrong with files of actions or faults."""
    world, params = crew.world, config.grants
    driver = KinematicDriver(
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
    warmup(crew, params)
    return GrantParts(loop, planning, zones, journal, driver, auditor)


def wire_loop(
    crew: Crew,
    config: RunConfig,
    driver: FleetDriver,
    ledger: TrafficLedger,
    zones: Zones,
    recorder: Recorder,
    clock: Clock,
    events: EventRelay,
    *,
    actions: Sequence[TimedAction] = (),
    audit: ExecutionAudit | None = None,
    keeper: Keeper | None = None,
    state: FleetState | None = None,
) -> tuple[GrantLoop, WindowPlanning]:
    """Wire the loop that drives these robots, simulated or real; the rest as in GrantLoop."""
    world, params = crew.world, config.grants
    planning = WindowPlanning(crew.planner, crew.distances, clock, crew.robots)
    loop = GrantLoop(
        intake=crew.intake,
        dispatcher=crew.dispatcher,
        planning=planning,
        execution=GrantExecution(ledger, params, entries_ahead=driver.entries_ahead),
        floor=FloorControl(ledger, zones, RobotWatch(ledger, config.watch), events),
        distances=crew.distances,
        muster=Muster(crew.distances.travel, world.layout, world.muster, world.keep_clear, crew.robots),
        takeovers=crew.takeovers,
        chargers=world.chargers,
        parking=world.parking,
        driver=driver,
        recorder=recorder,
        ticks_a_step=max(1, round(crew.step_s / params.tick_s)),
        actions=actions,
        audit=audit,
        keeper=keeper,
        state=state,
    )
    return loop, planning


def warmup(crew: Crew, params: GrantParams) -> None:
    """Compile the kernels of ledger, driver and auditors on one robot that drives, turns and waits for a while."""
    world = crew.world
    cells = crew.start.cell[:1]
    start = FleetState.at(cells, width=world.layout.width, cell_m=world.cell_m)
    driver = KinematicDriver(world.layout, world.robot, world.cell_m, start=start, chargers=world.chargers)
    ledger = TrafficLedger.begin(world.layout, world.robot, world.cell_m, start, MemoryJournal())
    execution = GrantExecution(ledger, params, entries_ahead=driver.entries_ahead)
    auditor = GrantAudit(world.layout, world.robot, world.cell_m, start, driver.truth, crew.pool)
    nobody = np.zeros(1, dtype=np.bool_)
    no_limit = np.full(1, np.inf, dtype=np.float32)
    closed = np.zeros(world.layout.cells, dtype=np.bool_)
    closed_edges = np.zeros((world.layout.cells, 4), dtype=np.bool_)
    ahead = world.layout.neighbours[cells[0], start.heading[0]] >= 0
    state = driver.open()
    for action in (Action.TURN_CW, Action.TURN_CCW, Action.FORWARD if ahead else Action.WAIT):
        window = np.full((2, 1), action, dtype=np.uint8)
        window[1] = Action.WAIT
        execution.observe(state)
        auditor.heard(state, ledger.holder)
        auditor.planned(ledger.end_cell.copy(), ledger.end_heading.copy(), execution.accept(window))
        execution.grant(np.zeros(1, dtype=np.int32), ~nobody, state, closed, closed_edges)
        ledger.outside(state)
        ledger.holders_in(closed)
        ledger.mark_held(nobody, closed)
        commands = execution.commands(nobody, no_limit)
        auditor.sent(commands, state.time_s)
        driver.submit(commands)
        state = driver.poll()
        auditor.ticked()
    execution.charge(nobody)
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
