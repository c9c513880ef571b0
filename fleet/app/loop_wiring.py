"""Wires the loop on grants for any driver: ledger, execution, zones; without simulated robots, as a site has none."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final

import numpy as np

from fleet.app.crew import Crew
from fleet.assignment import matching
from fleet.grid.dead_ends import DeadEnds
from fleet.runtime.clock import Clock
from fleet.runtime.config import RunConfig
from fleet.runtime.control import Recorder
from fleet.runtime.event_relay import EventRelay
from fleet.runtime.grant_control import ExecutionAudit, GrantLoop, Keeper
from fleet.runtime.muster import Muster
from fleet.runtime.wait_alarms import WaitParams
from fleet.runtime.waits import WaitWatch
from fleet.runtime.window_planning import WindowPlanning
from fleet.traffic.execution import GrantExecution
from fleet.traffic.floor_control import FloorControl
from fleet.traffic.journal import MemoryJournal
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.params import GrantParams
from fleet.traffic.robot_watch import RobotWatch
from fleet.traffic.zones.actions import TimedAction
from fleet.traffic.zones.zones import Zones
from robots.driver import FleetDriver
from robots.state import Action, FleetState

_WARM_ENTRIES: Final = 3  # what warming up grants a robot that has no driver


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
    field_s: float = inf,
) -> tuple[GrantLoop, WindowPlanning]:
    """Wire the loop that drives these robots, simulated or real.

    field_s as in WindowPlanning, the rest as in GrantLoop.
    """
    world, params = crew.world, config.grants
    planning = WindowPlanning(crew.planner, crew.distances, clock, crew.robots, field_s=field_s)
    loop = GrantLoop(
        intake=crew.intake,
        dispatcher=crew.dispatcher,
        planning=planning,
        execution=GrantExecution(ledger, params, entries_ahead=driver.entries_ahead),
        floor=FloorControl(ledger, zones, RobotWatch(ledger, config.watch), events),
        distances=crew.distances,
        muster=Muster(crew.distances.travel, world.layout, world.muster, world.keep_clear, crew.robots),
        takeovers=crew.takeovers,
        waits=WaitWatch(crew.distances, crew.robots, parking=world.parking, events=events, params=WaitParams()),
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


def one_robot(crew: Crew) -> FleetState:
    """Return the first robot of a crew, alone on the floor, to warm up with."""
    return FleetState.at(crew.start.cell[:1], width=crew.world.layout.width, cell_m=crew.world.cell_m)


def warmup(
    crew: Crew, params: GrantParams, driver: FleetDriver | None = None, audit: ExecutionAudit | None = None
) -> None:
    """Compile the kernels of the ledger on one robot that drives, turns and waits for a while.

    driver, audit: of that robot, to be warmed up as well. Without a driver it stands, and hears nothing.
    """
    world = crew.world
    start = one_robot(crew)
    ledger = TrafficLedger.begin(world.layout, world.robot, world.cell_m, start, MemoryJournal())
    execution = GrantExecution(ledger, params, entries_ahead=_WARM_ENTRIES if driver is None else driver.entries_ahead)
    nobody = np.zeros(1, dtype=np.bool_)
    no_limit = np.full(1, np.inf, dtype=np.float32)
    closed = np.zeros(world.layout.cells, dtype=np.bool_)
    closed_edges = np.zeros((world.layout.cells, 4), dtype=np.bool_)
    ahead = world.layout.neighbours[start.cell[0], start.heading[0]] >= 0
    state = start if driver is None else driver.open()
    for action in (Action.TURN_CW, Action.TURN_CCW, Action.FORWARD if ahead else Action.WAIT):
        window = np.full((2, 1), action, dtype=np.uint8)
        window[1] = Action.WAIT
        execution.observe(state)
        if audit is not None:
            audit.heard(state, ledger.holder)
        begins = ledger.end_cell.copy(), ledger.end_heading.copy()
        accepted = execution.accept(window)
        if audit is not None:
            audit.planned(*begins, accepted)
        execution.grant(np.zeros(1, dtype=np.int32), ~nobody, state, closed, closed_edges)
        ledger.outside(state)
        ledger.holders_in(closed)
        ledger.mark_held(nobody, closed)
        commands = execution.commands(nobody, no_limit)
        if audit is not None:
            audit.sent(commands, state.time_s)
        if driver is not None:
            driver.submit(commands)
            state = driver.poll()
        if audit is not None:
            audit.ticked()
    execution.charge(~nobody)
    DeadEnds(crew.distances).leaving(start.cell, start.cell)
    crew.takeovers(np.zeros(1, dtype=np.int32))
    WaitWatch(crew.distances, 1, parking=world.parking, events=EventRelay(), params=WaitParams()).warmup()
    matching.warmup()
