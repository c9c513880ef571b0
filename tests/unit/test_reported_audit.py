"""The auditors on what robots report: silent about a sound run, and not about a broken one; restarts included."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from fleet.app.crew import make_crew
from fleet.app.loop_wiring import wire_loop
from fleet.grid.layout import NO_ROBOT
from fleet.report.trace import TraceRecorder
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from fleet.runtime.event_relay import EventRelay
from fleet.runtime.reported_audit import ReportedAudit
from fleet.runtime.site_journal import ServiceRecord
from fleet.traffic.execution import GrantExecution
from fleet.traffic.floor_control import FloorControl
from fleet.traffic.journal import MemoryJournal
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.robot_watch import RobotWatch
from fleet.traffic.zones.zones import Zones
from robots.driver import Commands
from robots.state import Entry, Flag, FleetState
from sim_worlds.world_file import load_world
from twin.faults import Fault, FaultKind
from twin.link import LinkParams
from twin.simulated_fleet import SimulatedFleet


class Reported:
    """A run on the tiny floor, audited by what robots report; a second set of auditors can take over."""

    def __init__(self, folder, *, faults=(), loss=0.0):
        line = {"sku": "bolt", "quantity": 1, "unit_litres": 1.0, "unit_kg": 1.0}
        path = folder / "orders.jsonl"
        path.write_text(
            "".join(json.dumps({"id": f"O{n}", "release_s": 0.0, "lines": [line]}) + "\n" for n in range(4))
        )
        config = RunConfig(world="tiny", robots=3, execution="grants", orders=str(path))
        self.world = world = load_world("tiny")
        self.relay = EventRelay()
        self.crew = make_crew(world, None, config, events=self.relay)
        self.driver = SimulatedFleet(
            world.layout,
            world.robot,
            world.cell_m,
            start=self.crew.start,
            chargers=world.chargers,
            seed=1,
            link=LinkParams(loss=loss),
            faults=faults,
        )
        self.journal = MemoryJournal()
        state = self.driver.open()
        ledger = TrafficLedger.begin(world.layout, world.robot, world.cell_m, state, self.journal)
        self.config = config
        self.zones = Zones(world.layout, world.zones, world.muster, world.keep_clear, self.relay, robots=state.robots)
        self.audit = ReportedAudit(world.layout, world.robot, world.cell_m, state, self.crew.pool)
        self.relay.join(self.hear)
        self.loop, _ = wire_loop(
            self.crew,
            config,
            self.driver,
            ledger,
            self.zones,
            TraceRecorder(3, 10_000),
            SimulatedClock(),
            self.relay,
            audit=self.audit,
            state=state,
        )

    def hear(self, event):
        self.audit.hear(event)

    def until(self, seconds):
        while self.loop.now_s < seconds - 1e-9:
            self.loop.tick()
        return self

    def done(self):
        while self.crew.pool.counts()["tasks"]["open"]:
            assert self.loop.now_s < 300
            self.loop.tick()
        return self

    def restart(self):
        """A new process: what it knows is from the journal, and so is what its auditors know."""
        bases = self.journal.restore()
        execution = self.loop.execution
        serving = np.flatnonzero(execution.service_entry >= 0)
        tasks = self.crew.dispatcher.roster.task
        services = [
            ServiceRecord(
                int(robot),
                int(execution.service_entry[robot]),
                int(tasks[robot]),
                int(self.crew.pool.errand_index[tasks[robot]]),
            )
            for robot in serving
        ]
        start = FleetState.at(bases.cell, bases.heading, width=self.world.layout.width, cell_m=self.world.cell_m)
        start = replace(
            start, confirmed=bases.confirmed, received=bases.confirmed, epoch=bases.epoch, time_s=self.loop.now_s
        )
        start.heard_s[:] = -np.inf
        self.audit = ReportedAudit(
            self.world.layout,
            self.world.robot,
            self.world.cell_m,
            start,
            self.crew.pool,
            bases=bases,
            services=services,
        )
        self.loop._audit = self.audit
        ledger = TrafficLedger.restored(self.world.layout, self.world.robot, self.world.cell_m, self.journal)
        self.loop.take_over(
            GrantExecution(ledger, self.config.grants, entries_ahead=self.driver.entries_ahead),
            FloorControl(ledger, self.zones, RobotWatch(ledger, self.config.watch), self.relay),
        )

    def rules(self):
        return sorted({finding.rule for finding in (*self.audit.grants.findings, *self.audit.effects.findings)})


def test_a_sound_run_has_no_findings_and_each_errand_was_seen_to_take_effect(tmp_path):
    run = Reported(tmp_path, loss=0.05).done()
    run.audit.raise_findings()
    run.audit.effects.drained()
    assert run.audit.count == 0
    assert run.audit.grants.tick == run.loop.ticks


def test_robots_that_fall_silent_or_are_put_elsewhere_are_no_findings(tmp_path):
    faults = [
        Fault(at_s=8.0, kind=FaultKind.MUTE, robot=0, seconds=4.0),
        Fault(at_s=14.0, kind=FaultKind.REBOOT, robot=1, seconds=3.0),
    ]
    run = Reported(tmp_path, faults=faults).done()
    run.audit.raise_findings()


@pytest.mark.slow
@pytest.mark.parametrize("at_s", [6.0, 9.1, 13.3, 17.7, 22.2, 26.0])
def test_restarts_are_no_findings(tmp_path, at_s):
    run = Reported(tmp_path).until(at_s)
    run.restart()
    run.done()
    run.audit.raise_findings()


def moved(state, robot, **columns):
    for name, value in columns.items():
        getattr(state, name)[robot] = value
    return state


def test_a_robot_that_reports_to_be_in_anothers_cell_is_found(tmp_path):
    run = Reported(tmp_path).until(5.0)
    state = run.loop.state
    other = 1
    moved(state, 0, x_m=state.x_m[other], y_m=state.y_m[other])
    run.audit.heard(state, run.loop.execution.ledger.holder)
    assert "P2" in run.rules()


def test_one_that_says_it_is_lost_is_no_finding(tmp_path):
    run = Reported(tmp_path).until(5.0)
    state = run.loop.state
    moved(state, 0, x_m=state.x_m[1], y_m=state.y_m[1], flags=Flag.LOST)
    run.audit.heard(state, run.loop.execution.ledger.holder)
    assert run.rules() == []


def test_an_errand_that_is_counted_before_its_robot_says_so_is_found(tmp_path):
    run = Reported(tmp_path)
    while not (run.loop.execution.service_entry >= 0).any():
        run.loop.tick()
    robot = int(np.argmax(run.loop.execution.service_entry >= 0))
    task = int(run.crew.dispatcher.roster.task[robot])
    run.crew.pool.advance(task, run.loop.now_s)
    assert run.rules() == ["P10"]


def test_after_a_restart_what_was_granted_before_is_known(tmp_path):
    run = Reported(tmp_path).until(7.0)
    holder = run.loop.execution.ledger.holder.copy()
    run.restart()
    own = run.audit.grants.holder
    assert np.array_equal(own, holder)
    # A grant into a cell that is held from before the restart is found.
    robot = int(holder[holder != NO_ROBOT][0])
    cells = np.flatnonzero(holder == robot)
    assert len(cells) >= 1
    rows = Commands.none(3)
    rows.epoch[:] = run.loop.execution.ledger.epoch
    rows.index[:] = run.loop.execution.ledger.confirmed
    rows.entries[:, 0] = Entry.FORWARD
    run.audit.sent(rows, run.loop.now_s)
    assert run.audit.count > 0
