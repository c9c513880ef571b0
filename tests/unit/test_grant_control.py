"""The loop on grants: once around a tick, whatever robots, operators and its own process do."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fleet.app.crew import make_crew
from fleet.app.grant_crew import grant_loop
from fleet.app.loop_wiring import wire_loop
from fleet.errors import AuditError, JournalError
from fleet.grid.distances import UNREACHABLE
from fleet.report.trace import TraceRecorder
from fleet.runtime.activity import Activity
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import FloorParams, RunConfig
from fleet.runtime.event_relay import EventRelay
from fleet.runtime.grant_audit import GrantAudit
from fleet.runtime.robot_takeovers import RobotTakeovers
from fleet.traffic.execution import GrantExecution
from fleet.traffic.floor_control import FloorControl
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.robot_watch import RobotWatch
from fleet.traffic.zones.actions import (
    Close,
    ConfirmClear,
    EmergencyStop,
    FireAlarm,
    Open,
    OutOfService,
    Pause,
    Rectangle,
    RequestClear,
    TimedAction,
    WholeFloor,
)
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import Entry, Flag, FleetState
from robots.truth import FloorTruth
from sim_worlds.world_file import load_world
from tests.floors import drawn
from twin.faults import Fault, FaultKind

# Every one of these is a simulation.
pytestmark = pytest.mark.slow

FORWARD, WAIT = int(Entry.FORWARD), int(Entry.WAIT)


class Played:
    """A run on the tiny floor with its auditors; orders are all there from the start."""

    def __init__(self, folder, orders=3, **settings):
        line = {"sku": "bolt", "quantity": 1, "unit_litres": 1.0, "unit_kg": 1.0}
        path = folder / "orders.jsonl"
        path.write_text(
            "".join(json.dumps({"id": f"O{n}", "release_s": 0.0, "lines": [line]}) + "\n" for n in range(orders))
        )
        given = {"world": "tiny", "robots": 3, "execution": "grants", "audit": True, "orders": str(path)}
        self.config = RunConfig(**(given | settings))
        self.events = []
        self.relay = EventRelay(self.events.append)
        self.world = load_world("tiny")
        self.crew = make_crew(self.world, None, self.config, events=self.relay)
        self.recorder = TraceRecorder(self.crew.robots, 100)
        self.parts = grant_loop(self.crew, self.config, self.recorder, SimulatedClock(), self.relay)
        self.loop, self.zones = self.parts.loop, self.parts.zones

    def at(self, at_s, action):
        self.loop.add_actions([TimedAction(at_s, action, 1)])

    def until(self, seconds):
        while self.loop.now_s < seconds - 1e-9:
            self.loop.tick()
        return self.sound()

    def sound(self):
        self.parts.auditor.raise_findings()
        self.crew.pool.check()
        return self

    def done(self, most_s=150.0):
        """Play until all tasks are done; returns the time then."""
        while self.crew.pool.counts()["tasks"]["open"] or self.loop.ticks == 0:
            assert self.loop.now_s < most_s, self.crew.pool.counts()
            self.loop.tick()
        self.sound()
        return self.loop.now_s

    def restart(self):
        ledger = TrafficLedger.restored(self.world.layout, self.world.robot, self.world.cell_m, self.parts.journal)
        ahead = self.parts.driver.entries_ahead
        self.loop.take_over(
            GrantExecution(ledger, self.config.grants, entries_ahead=ahead),
            FloorControl(ledger, self.zones, RobotWatch(ledger, self.config.watch), self.relay),
        )
        return ledger

    def said(self, name):
        return [event for event in self.events if event["event"] == name]

    @property
    def speeds(self):
        return self.loop.state.speed_mps


def test_orders_are_driven_and_done_and_each_errand_takes_effect_once(tmp_path):
    played = Played(tmp_path)
    played.done()
    assert played.crew.pool.counts()["tasks"]["done"] == 3
    assert len(played.said("errand_done")) == len(played.parts.auditor.effects._effect_by)
    played.parts.auditor.effects.drained()
    played.sound()


def test_there_is_no_state_before_the_first_tick(tmp_path):
    loop = Played(tmp_path).loop
    with pytest.raises(RuntimeError, match="has not run yet"):
        _ = loop.state
    loop.tick()
    assert loop.state.robots == 3
    assert (loop.ticks, loop.now_s) == (1, pytest.approx(0.1))


def test_a_step_of_the_record_is_so_many_ticks_and_has_an_activity_of_each_robot(tmp_path):
    played = Played(tmp_path)
    seen = []
    played.loop.run(12, on_step=lambda: seen.append(played.loop.steps))
    assert seen == list(range(1, 13))
    assert played.loop.now_s == pytest.approx(12 * played.loop.step_s)
    layout = played.world.layout
    trace = played.recorder.trace("tiny", layout.height, layout.width, played.loop.step_s)
    assert trace.cell.shape == (12, 3)
    assert np.bincount(trace.activity.ravel(), minlength=6).tolist() == played.loop.activity_steps.tolist()


def test_robots_are_seen_to_do_everything(tmp_path):
    played = Played(tmp_path, orders=6, initial_charge_percent=21.0)
    played.loop.run(70)
    played.sound()
    counts = dict(zip(Activity, played.loop.activity_steps.tolist(), strict=True))
    for activity in (Activity.DRIVING, Activity.TURNING, Activity.SERVICE, Activity.CHARGING):
        assert counts[activity] > 0, counts


def test_a_loop_that_is_stopped_ends_its_step_and_can_go_on(tmp_path):
    loop = Played(tmp_path).loop
    loop.run(50, on_step=loop.stop)
    assert loop.steps == 1
    loop.run(2)
    assert loop.steps == 3


# Faults


def test_a_controller_that_is_held_up_loses_nothing(tmp_path):
    played = Played(tmp_path).until(5.0)
    ticks = played.loop.ticks
    played.loop.stall(40)
    assert played.loop.ticks == ticks + 40
    # Everybody stands at the end of its grant.
    assert (played.speeds == 0).all()
    played.done()


def test_a_controller_that_starts_again_goes_on_from_its_journal(tmp_path):
    played = Played(tmp_path)
    for _ in range(4):
        played.until(played.loop.now_s + 6.0)
        before = played.loop.execution.ledger.holder.copy()
        ledger = played.restart()
        np.testing.assert_array_equal(ledger.holder, before)
        assert not ledger.synced.any()
        ends = ledger.granted.copy()
        played.loop.tick()
        assert (ledger.granted <= ends).all()
        played.until(played.loop.now_s + 2.0)
        assert ledger.synced.all()
    played.done()
    assert played.loop.execution.ledger.epoch.tolist() == [4, 4, 4]


def test_a_dead_robot_is_an_obstacle_within_2_s_and_its_task_with_another_within_5_s(tmp_path):
    played = Played(tmp_path, orders=1)
    played.until(3.0)
    robot = int(np.flatnonzero(played.crew.dispatcher.roster.task >= 0)[0])
    played.parts.driver.inject(Fault(at_s=3.0, kind=FaultKind.DEAD, robot=robot))
    played.until(5.0)
    held = played.loop.execution.ledger.holder == robot
    assert held.any()
    assert played.loop.floor.closed[held].all()
    played.until(8.0)
    assert [event["robot"] for event in played.said("robot_lost")] == [robot]
    (task,) = {event["task"] for event in played.said("task_created")}
    assert played.said("task_assigned")[-1]["robot"] == played.crew.pool.robot[task] != robot
    played.done()


def test_services_survive_lost_messages_and_restarts(tmp_path):
    played = Played(tmp_path, floor=FloorParams(message_loss=0.2))
    for _ in range(12):
        played.until(played.loop.now_s + 3.3)
        played.restart()
    played.done(250.0)


def test_loads_can_be_taken_over_where_robots_are_known_to_be_after_a_restart_too(tmp_path):
    played = Played(tmp_path)
    start = played.crew.start.cell.copy()
    for _ in range(2):
        played.until(played.loop.now_s + 6.0)
        known = played.crew.takeovers.cells
        assert known.tolist() == played.loop.execution.ledger.cell.tolist() != start.tolist()
        played.restart()


# What people do


def test_an_emergency_stop_lasts_until_it_is_cleared_in_two_steps(tmp_path):
    played = Played(tmp_path)
    played.at(3.0, EmergencyStop(area=WholeFloor(), by="ada", ref="stop"))
    played.until(3.0)
    assert (played.speeds > 0).any()
    played.until(6.0)
    assert (played.speeds == 0).all()
    cells = played.loop.state.cell.copy()
    played.until(20.0)
    assert played.loop.state.cell.tolist() == cells.tolist()
    played.at(20.0, RequestClear(restriction="stop", by="ada"))
    played.at(22.0, ConfirmClear(restriction="stop", by="ada"))
    played.done()


def working(played):
    """A robot with a task, and the task."""
    robot = int(np.flatnonzero(played.crew.dispatcher.roster.task >= 0)[0])
    return robot, int(played.crew.dispatcher.roster.task[robot])


def test_a_paused_robot_stands_with_its_task_and_its_cells_and_goes_on_once_that_is_opened(tmp_path):
    played = Played(tmp_path).until(3.0)
    robot, task = working(played)
    played.at(3.0, Pause(robot=robot, by="ada", ref="look"))
    played.until(6.0)
    assert played.speeds[robot] == 0
    ledger = played.loop.execution.ledger
    held, cell = np.flatnonzero(ledger.holder == robot).tolist(), played.loop.state.cell[robot]
    played.until(120.0)
    assert np.flatnonzero(ledger.holder == robot).tolist() == held
    assert played.loop.state.cell[robot] == cell
    assert played.crew.dispatcher.roster.task[robot] == task
    assert played.loop.floor.closed[held].all()
    # The others have done everything else.
    assert played.crew.pool.counts()["tasks"]["done"] == 2
    played.at(120.0, Open(restriction="look", by="ada"))
    played.done(250.0)
    assert not [event for event in played.said("task_released") if event["task"] == task]


def test_a_robot_that_is_paused_while_the_controller_is_down_stands_after_it(tmp_path):
    played = Played(tmp_path).until(3.0)
    robot, _ = working(played)
    played.zones.apply(Pause(robot=robot, by="ada", for_s=20.0), played.loop.now_s)
    played.restart()
    played.until(22.0)
    assert played.speeds[robot] == 0
    played.done()


def test_a_robot_out_of_service_finishes_its_task_parks_and_is_given_no_other(tmp_path):
    played = Played(tmp_path, orders=12).until(3.0)
    robot, task = working(played)
    played.at(3.0, OutOfService(robot=robot, by="ada", ref="wheel"))
    # In an auditor's eyes any task that it is given from now on is a violation.
    while played.crew.pool.counts()["tasks"]["open"]:
        played.loop.tick()
        assert played.loop.now_s < 600.0
    played.sound()
    assert [event["robot"] for event in played.said("task_assigned") if event["task"] == task] == [robot]
    played.until(played.loop.now_s + 30.0)
    places = {*played.world.parking.tolist(), *played.world.chargers.tolist()}
    assert int(played.loop.state.cell[robot]) in places
    assert np.flatnonzero(played.loop.floor.zones.out_of_service).tolist() == [robot]
    assert not played.loop.floor.halt.any()


def test_while_everybody_is_out_of_service_tasks_wait(tmp_path):
    played = Played(tmp_path)
    for robot in range(3):
        played.at(0.0, OutOfService(robot=robot, by="ada", ref=f"r{robot}"))
        played.at(20.0, Open(restriction=f"r{robot}", by="ada"))
    played.until(20.0)
    assert played.said("task_assigned") == []
    assert played.crew.pool.counts()["tasks"]["open"] == 3
    played.done()


@pytest.mark.parametrize("ticks", [120, 121, 122])
def test_when_robots_can_go_that_all_could_not_a_plan_is_made_at_once(tmp_path, ticks):
    played = Played(tmp_path)
    played.at(3.0, EmergencyStop(area=WholeFloor(), by="ada", ref="stop"))
    played.at(10.0, RequestClear(restriction="stop", by="ada"))
    played.at(ticks / 10, ConfirmClear(restriction="stop", by="ada"))
    played.until(ticks / 10)
    plans = len(played.parts.planning.planning_s)
    assert played.loop.floor.halt.all()
    played.loop.tick()
    assert len(played.parts.planning.planning_s) == plans + 1


def test_nobody_is_planned_for_before_somebody_has_been_heard_of_the_new_epoch(tmp_path):
    played = Played(tmp_path)
    ledger, plans = played.loop.execution.ledger, played.parts.planning.planning_s
    ledger.raise_epoch(np.ones(3, dtype=np.bool_))
    played.loop.tick()
    assert not plans
    while not ledger.synced.any():
        played.loop.tick()
    assert plans
    played.done()


def test_distances_know_a_closed_aisle_within_one_plan_and_that_it_is_open_again(tmp_path):
    played = Played(tmp_path)
    cell = played.world.layout.cell
    inside, outside = (np.array([cell(row, column)], dtype=np.int32) for row, column in ((3, 10), (11, 5)))

    def steps():
        return int(played.crew.distances.travel(inside, outside, np.zeros(1, dtype=np.int8))[0, 0])

    played.at(1.0, Close(area=Rectangle(3, 1, 4, 24), by="ada", for_s=4.0))
    played.until(1.0)
    assert steps() < 60
    played.until(1.4)
    assert steps() == UNREACHABLE
    played.until(5.4)
    assert steps() < 60
    played.done()


def test_actions_are_carried_out_in_the_order_of_their_times(tmp_path):
    played = Played(tmp_path)
    played.at(2.0, RequestClear(restriction="stop", by="ada"))
    played.at(1.0, EmergencyStop(area=WholeFloor(), ref="stop"))
    played.at(3.5, ConfirmClear(restriction="stop", by="ada"))
    played.until(4.0)
    assert [event["event"] for event in played.events if "edges" in event] == [
        "e_stop", "clear_requested", "clear_confirmed",
    ]  # fmt: skip


def test_a_fire_alarm_empties_the_cells_to_be_kept_clear_and_work_goes_on_after_it(tmp_path):
    played = Played(tmp_path, robots=6)
    played.at(8.0, FireAlarm(by="ada", ref="fire"))
    played.until(60.0)
    assert (played.speeds == 0).all()
    assert not np.isin(played.loop.state.cell, played.world.keep_clear).any()
    mustered = np.isin(played.loop.state.cell, played.world.muster)
    assert mustered.sum() == min(6, len(played.world.muster))
    played.at(60.0, RequestClear(restriction="fire", by="ada"))
    played.at(62.0, ConfirmClear(restriction="fire", by="ada"))
    played.done(300.0)


# What is told of a run


def test_events_go_to_all_who_have_joined():
    first, second = [], []
    relay = EventRelay(first.append)
    relay({"event": "a"})
    relay.join(second.append)
    relay({"event": "b"})
    assert (first, second) == ([{"event": "a"}, {"event": "b"}], [{"event": "b"}])


def test_loads_are_taken_over_beside_where_robots_were_last_confirmed():
    asked = []

    class Places:
        def near(self, cells):
            asked.append(cells.tolist())
            return cells + 1

    takeovers = RobotTakeovers(Places(), np.array([5, 7, 9], dtype=np.int32))
    assert takeovers(np.array([2, 0], dtype=np.int32)).tolist() == [10, 6]
    takeovers.cells = np.array([1, 2, 3], dtype=np.int32)
    takeovers(np.array([1], dtype=np.int32))
    assert asked == [[9, 5], [2]]


class Pool:
    """What an auditor asks of a task pool."""

    def __init__(self):
        self.takeover_robot = np.array([-1, 3], dtype=np.int32)
        self.errand_index = np.array([2, 1], dtype=np.int32)


class Audited:
    """An auditor of one robot on a corridor, and what happens on its floor."""

    def __init__(self):
        start = FleetState.at(np.array([0], dtype=np.int32), width=4)
        self.state, self.pool = start, Pool()
        self.effects = []
        self.audit = GrantAudit(drawn("...."), RobotModel(), 1.0, start, self.truth, self.pool)

    def truth(self):
        state = self.state
        robots = np.array([robot for robot, _ in self.effects], dtype=np.int32)
        entries = np.array([entry for _, entry in self.effects], dtype=np.int32)
        return FloorTruth(
            time_s=0.0, x_m=state.x_m.astype(float), y_m=state.y_m.astype(float),
            theta_rad=state.theta_rad.astype(float),
            displaced=np.zeros(1, dtype=np.bool_), epoch=state.epoch, received=state.received,
            confirmed=state.confirmed, delivered_robot=np.zeros(1, dtype=np.int32),
            delivered_epoch=np.zeros(1, dtype=np.int32), effect_robot=robots, effect_entry=entries,
        )  # fmt: skip

    def serve(self, task, entry):
        """A service is granted as an entry, sent, done and confirmed."""
        self.audit.serving(*(np.array([value], dtype=np.int32) for value in (0, entry, task)))
        rows = Commands.none(1)
        rows.index[:], rows.entries[:], rows.service_s[:] = entry, Entry.SERVICE, 1.0
        self.audit.sent(rows, 0.0)
        self.state.received[:] = self.state.confirmed[:] = entry + 1
        self.effects = [(0, entry)]
        self.audit.ticked()
        self.effects = []
        self.audit.heard(self.state, np.array([0, -1, -1, -1], dtype=np.int32))

    def rules(self):
        return [finding.rule for finding in (*self.audit.grants.findings, *self.audit.effects.findings)]


def test_an_errand_and_a_takeover_of_one_task_are_told_apart():
    audited = Audited()
    audited.serve(task=0, entry=0)
    audited.audit.hear({"event": "errand_done", "task": 0, "errand": 2})
    audited.serve(task=1, entry=1)
    audited.audit.hear({"event": "task_taken_over", "task": 1})
    audited.serve(task=1, entry=2)
    audited.audit.hear({"event": "task_taken_over", "task": 1})
    audited.audit.hear({"event": "robot_down", "robot": 0})
    assert audited.audit.count == 0
    audited.audit.raise_findings()


def test_what_is_counted_and_did_not_happen_is_found():
    audited = Audited()
    audited.audit.hear({"event": "errand_done", "task": 0, "errand": 2})
    audited.serve(task=1, entry=0)
    audited.audit.hear({"event": "errand_done", "task": 1, "errand": 1})
    assert audited.rules() == ["P10", "P10"]
    with pytest.raises(AuditError, match="2 violations: P10"):
        audited.audit.raise_findings()


def test_auditors_hear_of_zones_plans_grants_and_holders():
    audited = Audited()
    zone = {"t": 0.0, "event": "e_stop", "by": "", "id": 1, "kind": "e_stop", "cells": [1], "edges": [], "robot": -1}
    audited.audit.hear(zone | {"until": None})
    rows = Commands.none(1)
    rows.entries[:] = FORWARD
    audited.audit.sent(rows, 0.0)
    audited.audit.planned(
        np.array([9], dtype=np.int32), np.zeros(1, dtype=np.int8), np.full((1, 1), WAIT, dtype=np.uint8)
    )
    audited.audit.heard(audited.state, np.full(4, -1, dtype=np.int32))
    assert set(audited.rules()) == {"P8", "P4", "P6"}


class Kept:
    """Keeps nothing, but says when it could not, and compares what is sent with what it was given before."""

    def __init__(self, loop, down=()):
        self.loop, self.down = loop, down
        self.granted, self.epoch = loop.execution.ledger.granted.copy(), loop.execution.ledger.epoch.copy()
        self.served = []
        self.failed = 0
        self.driver = loop._driver
        self.submit = self.driver.submit
        self.driver.submit = self.check

    def serving(self, robots, entries, tasks):
        self.served += zip(robots.tolist(), entries.tolist(), tasks.tolist(), strict=True)

    def commit(self):
        ledger = self.loop.execution.ledger
        new = (ledger.granted > self.granted).any() or (ledger.epoch > self.epoch).any()
        if any(begin <= self.loop.now_s < end and (new or self.loop.held_up) for begin, end in self.down):
            self.failed += 1
            raise JournalError("the disk is full")
        self.granted[:], self.epoch[:] = ledger.granted, ledger.epoch

    def check(self, commands):
        ends = commands.index + (commands.entries != WAIT).sum(axis=1)
        assert (ends <= self.granted).all(), "sent before it was safe"
        self.submit(commands)


def test_nothing_is_sent_that_the_keeper_has_not_made_safe_and_robots_go_on_when_it_can_again(tmp_path):
    played = Played(tmp_path)
    kept = played.loop._keeper = Kept(played.loop, down=[(4.0, 20.0), (31.0, 31.5)])
    played.until(19.9)
    assert played.loop.held_up
    assert kept.failed > 100
    assert (played.speeds == 0).all()  # they came to the end of what was safe
    played.done()
    assert not played.loop.held_up
    robots, entries, tasks = zip(*kept.served, strict=True)
    assert len(set(zip(robots, entries, strict=True))) == len(entries)
    assert set(tasks) == {0, 1, 2}


def test_a_stop_reaches_the_robots_although_nothing_can_be_made_safe(tmp_path):
    played = Played(tmp_path)
    played.until(6.0)
    assert (played.speeds > 0.5).any()
    played.loop._keeper = Kept(played.loop, down=[(6.0, 60.0)])
    played.at(6.1, EmergencyStop(area=WholeFloor(), by="anna"))
    played.until(7.6)
    assert (played.speeds == 0).all()
    assert (played.loop.state.flags & Flag.HALTED).all()


def test_no_robot_hears_of_an_epoch_that_is_not_safe(tmp_path):
    played = Played(tmp_path)
    played.until(5.0)
    before = played.loop.state.epoch.copy()
    played.loop._keeper = Kept(played.loop, down=[(5.0, 10.0)])
    played.loop.execution.ledger.raise_epoch(np.ones(3, dtype=np.bool_))
    played.until(9.9)
    assert played.loop.state.epoch.tolist() == before.tolist()
    played.until(11.0)
    assert played.loop.state.epoch.tolist() == (before + 1).tolist()
    played.done()


def test_a_loop_may_begin_with_robots_that_its_driver_has_opened(tmp_path):
    played = Played(tmp_path)
    state = played.parts.driver.open()
    loop, _ = wire_loop(
        played.crew,
        played.config,
        played.parts.driver,
        played.loop.execution.ledger,
        played.zones,
        played.recorder,
        SimulatedClock(),
        played.relay,
        state=state,
    )
    assert loop.state is state
    loop.tick()
    assert loop.now_s == pytest.approx(0.1)
