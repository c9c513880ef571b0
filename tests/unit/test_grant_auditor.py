"""The grant auditor is quiet about correct histories and finds each way of breaking P1 to P8."""

from __future__ import annotations

from dataclasses import replace
from math import pi

import numpy as np
import pytest

from fleet.errors import AuditError
from fleet.traffic.audit.findings import KEPT
from fleet.traffic.audit.grant_auditor import GrantAuditor
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import Entry, FleetState
from robots.truth import FloorTruth
from tests.floors import drawn

E, S, W, N = range(4)
F, CW, CCW, WAIT, SERVICE, CHARGE = range(6)
STEP = {E: (1, 0), S: (0, 1), W: (-1, 0), N: (0, -1)}

# A floor of 3 x 4 with an obstacle in cell 6; cells are
#   0 1  2  3
#   4 5  #  7
#   8 9 10 11
FLOOR = drawn(".... ..#. ....")
CELLS = FLOOR.cells


class Story:
    """Robots that obey at once, their controller, and what both tell the auditor; tests bend what they like.

    Robot 0 stands in cell 0 facing east, robot 1 in cell 8 facing east, robot 2 in cell 7 facing north.
    """

    def __init__(self, starts=((0, E), (8, E), (7, N))):
        n = len(starts)
        cells = np.array([cell for cell, _ in starts], dtype=np.int32)
        headings = np.array([heading for _, heading in starts], dtype=np.int8)
        self.state = FleetState.at(cells, headings, width=FLOOR.width)
        self.auditor = GrantAuditor(FLOOR, RobotModel(length_m=0.7, width_m=0.6), 1.0, self.state)
        self.base = [[] for _ in starts]
        self.epoch = np.zeros(n, dtype=np.int32)
        self.truth = FloorTruth(
            time_s=0.0,
            x_m=self.state.x_m.astype(np.float64),
            y_m=self.state.y_m.astype(np.float64),
            theta_rad=self.state.theta_rad.astype(np.float64),
            displaced=np.zeros(n, dtype=np.bool_),
            epoch=self.epoch.copy(),
            received=np.zeros(n, dtype=np.int32),
            confirmed=np.zeros(n, dtype=np.int32),
            delivered_robot=np.zeros(0, dtype=np.int32),
            delivered_epoch=np.zeros(0, dtype=np.int32),
            effect_robot=np.zeros(0, dtype=np.int32),
            effect_entry=np.zeros(0, dtype=np.int32),
        )

    @property
    def rules(self):
        """The properties that were found broken."""
        return sorted({finding.rule for finding in self.auditor.findings})

    def row(self, robot, index, entries, epoch=None, halt=()):
        """Send a single row; the other robots' rows are empty. halt: who is told to stand."""
        commands = Commands.none(len(self.base), max(len(entries), 1))
        commands.epoch[:] = self.epoch
        if epoch is not None:
            commands.epoch[robot] = epoch
        commands.index[robot] = index
        commands.entries[robot, : len(entries)] = entries
        commands.halt[list(halt)] = True
        self.auditor.commands(commands, self.truth.time_s)

    def grant(self, robot, *entries, halt=()):
        """Grant entries, sent with all that the robot has not confirmed."""
        self.base[robot] += entries
        confirmed = int(self.truth.confirmed[robot])
        self.row(robot, confirmed, self.base[robot][confirmed:], halt=halt)

    def tick(self, rows=None, **columns):
        """A tick of the floor, in which every robot gets a row and has all of its base; columns: what else is true."""
        robots = np.arange(len(self.base), dtype=np.int32)
        rows = [(int(robot), int(self.epoch[robot])) for robot in robots] if rows is None else rows
        self.truth.time_s += 0.1
        self.truth.received[:] = [len(base) for base in self.base]
        self.truth.epoch[:] = self.epoch
        self.truth.delivered_robot = np.array([robot for robot, _ in rows], dtype=np.int32)
        self.truth.delivered_epoch = np.array([epoch for _, epoch in rows], dtype=np.int32)
        for name, values in columns.items():
            getattr(self.truth, name)[:] = values
        self.auditor.floor(self.truth)

    def pose(self, robot, x=None, y=None, theta=None):
        """Put a robot somewhere on the true floor."""
        for column, value in ((self.truth.x_m, x), (self.truth.y_m, y), (self.truth.theta_rad, theta)):
            if value is not None:
                column[robot] = value

    def carry_out(self, robot, count=1):
        """Let a robot do the next entries of its base, two ticks each."""
        for _ in range(count):
            what = self.base[robot][self.truth.confirmed[robot]]
            heading = round(self.truth.theta_rad[robot] / (pi / 2)) % 4
            dx, dy = STEP[heading] if what == F else (0, 0)
            turn = {CW: 1, CCW: -1}.get(what, 0) * pi / 2
            for half in (1, 2):
                self.truth.x_m[robot] += dx / 2
                self.truth.y_m[robot] += dy / 2
                self.truth.theta_rad[robot] += turn / 2
                if half == 2:
                    self.truth.confirmed[robot] += 1
                self.tick()

    def hear(self, **columns):
        """The controller hears how things are."""
        truth = self.truth
        self.state = replace(
            self.state,
            time_s=truth.time_s,
            cell=(np.floor(truth.y_m) * FLOOR.width + np.floor(truth.x_m)).astype(np.int32),
            heading=(np.round(truth.theta_rad / (pi / 2)).astype(np.int64) % 4).astype(np.int8),
            epoch=truth.epoch.copy(),
            received=truth.received.copy(),
            confirmed=truth.confirmed.copy(),
        )
        for name, values in columns.items():
            getattr(self.state, name)[:] = values
        self.auditor.states(self.state)

    def ledger(self, **cells):
        """Show the ledger's table: cells by robot, as robot0=[...]; other cells are free."""
        holder = np.full(CELLS, -1, dtype=np.int32)
        for name, held in cells.items():
            holder[held] = int(name.removeprefix("robot"))
        self.auditor.holders(holder)

    def zone(self, event, number=1, kind="close", cells=(), edges=(), by="Ada", until=None, t=None, robot=-1):
        """Tell the auditor an event of the zones' record."""
        at = self.truth.time_s if t is None else t
        self.auditor.zone_event(
            {"t": at, "event": event, "id": number, "kind": kind, "by": by, "cells": list(cells),
             "edges": [list(edge) for edge in edges], "until": until, "robot": robot}
        )  # fmt: skip

    def plan(self, starts, *steps):
        """A window: starts are (cell, heading), a step is one action a robot."""
        self.auditor.window(
            np.array([cell for cell, _ in starts], dtype=np.int32),
            np.array([heading for _, heading in starts], dtype=np.int8),
            np.array(steps, dtype=np.uint8).reshape(len(steps), len(starts)),
        )


def correct(story):
    """Grants, confirmations, a zone, a plan and a fence, all as they should be."""
    story.plan([(0, E), (8, E), (7, N)], [F, F, WAIT], [F, F, F], [CW, CCW, WAIT])
    story.grant(0, F, F)
    story.grant(1, F)
    story.ledger(robot0=[0, 1, 2], robot1=[8, 9], robot2=[7])
    story.carry_out(0)
    story.hear()
    story.ledger(robot0=[1, 2], robot1=[8, 9], robot2=[7])
    story.zone("zone_closed", cells=[5], until=20.0)
    story.carry_out(0)
    story.carry_out(1)
    story.hear()
    story.ledger(robot0=[2], robot1=[9], robot2=[7])
    story.grant(1, SERVICE, CCW, CW, F)
    story.carry_out(1, 3)
    story.hear()
    story.epoch[1] = 1
    story.row(1, 0, [], epoch=1)
    story.base[1] = story.base[1][:4]
    story.tick()
    story.ledger(robot0=[2], robot1=[9, 10], robot2=[7])
    story.hear()
    story.ledger(robot0=[2], robot1=[9], robot2=[7])
    story.zone("zone_opened", cells=[5], until=20.0)
    story.grant(1, CCW, F)
    story.carry_out(1, 2)
    story.hear()
    story.ledger(robot0=[2], robot1=[5], robot2=[7])
    story.grant(1, CHARGE)
    story.carry_out(1)
    story.hear()


def test_a_correct_history_has_no_findings():
    story = Story()
    correct(story)
    assert story.auditor.findings == []
    assert (story.auditor.count, story.auditor.counts) == (0, {})
    story.auditor.raise_findings()


def test_a_robot_that_comes_back_keeps_its_cell_until_it_has_left_for_good():
    story = Story()
    story.grant(0, F, CW, CW, F, CW, CW, F)
    story.ledger(robot0=[0, 1], robot1=[8], robot2=[7])
    story.carry_out(0)
    story.hear()
    story.ledger(robot0=[0, 1], robot1=[8], robot2=[7])
    story.carry_out(0, 3)
    story.hear()
    story.ledger(robot0=[0, 1], robot1=[8], robot2=[7])
    story.carry_out(0, 3)
    story.hear()
    story.ledger(robot0=[1], robot1=[8], robot2=[7])
    assert story.auditor.findings == []


def test_a_base_may_be_longer_than_the_auditor_has_room_for_at_first():
    story = Story()
    story.grant(0, *[CW, CCW] * 40, F)
    story.row(0, 0, story.base[0])
    story.carry_out(0, 81)
    story.hear()
    story.ledger(robot0=[1], robot1=[8], robot2=[7])
    assert story.auditor.findings == []
    story.row(0, 79, [CCW, CCW])
    assert story.rules == ["P3"]


def test_what_was_confirmed_long_ago_is_forgotten():
    story = Story()
    for _ in range(5):
        story.grant(0, *[CW, CCW] * 4)
        story.carry_out(0, 8)
        story.hear()
    story.row(0, 0, [CCW])
    assert story.auditor.findings == []
    story.row(0, 39, [CW])
    assert story.rules == ["P3"]


def test_a_robot_may_drive_turn_and_drive_within_a_tick():
    story = around_a_corner()
    story.pose(0, x=1.5, y=1.5, theta=-pi / 2)
    story.tick()
    story.pose(0, x=2.5, y=0.5, theta=0.0)
    story.tick()
    assert story.auditor.findings == []


def test_what_a_robot_forgot_in_a_reboot_comes_again():
    story = Story()
    story.grant(0, F, F)
    story.tick()
    story.tick(received=0)
    story.hear()
    story.ledger(robot0=[0, 1, 2], robot1=[8], robot2=[7])
    story.tick()
    story.carry_out(0, 2)
    assert story.auditor.findings == []


def test_a_fenced_robot_keeps_what_it_still_drives_to_and_goes_on_from_there():
    story = Story()
    story.grant(0, F, CW, F, CCW, CCW)
    story.tick()
    story.epoch[0] = 1
    story.row(0, 0, [], epoch=1)
    del story.base[0][2:]
    story.tick()
    story.hear()
    story.ledger(robot0=[0, 1], robot1=[8], robot2=[7])
    story.grant(0, CCW, F)
    story.ledger(robot0=[0, 1, 2], robot1=[8], robot2=[7])
    story.carry_out(0, 4)
    story.hear()
    story.ledger(robot0=[2], robot1=[8], robot2=[7])
    assert story.auditor.findings == []


def test_a_robot_that_was_fenced_before_it_had_anything_goes_on_from_where_it_stands():
    story = Story()
    story.epoch[2] = 1
    story.row(2, 0, [], epoch=1)
    story.tick()
    story.hear()
    story.grant(2, F)
    story.ledger(robot0=[0], robot1=[8], robot2=[7, 3])
    assert story.auditor.findings == []


def test_a_cell_that_was_granted_twice_stays_with_the_first():
    story = Story()
    story.grant(0, CW, F, F, CCW, F)
    story.carry_out(0, 5)
    story.hear()
    assert story.auditor.holder.tolist() == [-1, -1, -1, -1, -1, -1, -1, 2, 1, 0, -1, -1]
    story.ledger(robot0=[9], robot1=[8], robot2=[7])
    assert story.rules == ["P1", "P2"]
    story = Story()
    story.grant(0, CW, F, F)
    story.row(0, 0, [], epoch=1)
    story.hear(epoch=[1, 0, 0])
    assert story.auditor.holder.tolist() == [0, -1, -1, -1, -1, -1, -1, 2, 1, -1, -1, -1]


def test_a_stale_row_that_changes_nothing_is_nothing():
    story = Story()
    story.epoch[0] = 3
    story.row(0, 0, [], epoch=3)
    story.tick()
    story.tick(rows=[(0, 2), (0, 1)])
    assert story.auditor.findings == []


def test_a_displaced_robot_may_be_anywhere_until_it_is_put_back():
    story = Story()
    story.tick()
    story.pose(0, x=1.2, y=1.1, theta=1.0)
    story.tick(displaced=[True, False, False])
    story.tick()
    story.pose(0, x=0.5, y=0.5, theta=0.0)
    story.tick(displaced=[False, False, False])
    story.tick()
    assert story.auditor.findings == []


# P1


def two_in_one_cell_at_the_start():
    return Story([(0, E), (0, S)])


def granted_what_another_stands_in(story):
    story.grant(0, CW, F, F)


def granted_what_another_was_granted(story):
    story.grant(0, F, CW, F)
    story.grant(1, F, CCW, F)


def granted_twice_in_one_submit(story):
    commands = Commands.none(3, 3)
    commands.entries[0] = [F, CW, F]
    commands.entries[1] = [F, CCW, F]
    story.auditor.commands(commands, 0.0)


def granted_before_the_other_is_known_to_have_left(story):
    story.grant(1, F)
    story.carry_out(1)
    story.grant(0, CW, F, F)


# P2


def into_a_cell_ahead(story):
    story.tick()
    story.pose(0, x=0.7)
    story.tick()


def back_into_a_cell_that_was_released(story):
    story.grant(0, F)
    story.carry_out(0)
    story.hear()
    story.pose(0, x=0.5)
    story.tick()


def around_a_corner():
    story = Story([(5, N)])
    story.grant(0, F, CW, F, F, CW, F)
    story.ledger(robot0=[5, 1, 2, 3, 7])
    return story


def through_an_obstacle_between_two_ticks(_):
    story = around_a_corner()
    story.pose(0, theta=0.0)
    story.tick()
    story.pose(0, x=3.5)
    story.tick()
    return story


def around_the_wrong_corner_between_two_ticks(_):
    story = around_a_corner()
    story.pose(0, theta=0.0)
    story.tick()
    story.pose(0, x=2.5, y=0.5, theta=-pi / 2)
    story.tick()
    return story


def put_back_in_a_cell_that_is_not_its_own(story):
    story.pose(0, x=1.2)
    story.tick(displaced=[True, False, False])
    story.pose(0, x=1.5)
    story.tick(displaced=[False, False, False])


def turns_beside_the_middle(story):
    story.pose(0, x=0.38)
    story.tick()
    story.pose(0, theta=pi / 2)
    story.tick()


def a_pose_that_is_no_number(story):
    story.pose(0, x=float("nan"))
    story.tick()


def far_off_the_map(story):
    story.pose(0, x=-1e12, y=1e12)
    story.tick()


# P3


def into_an_obstacle(story):
    story.grant(0, F, CW, F, CCW, F)


def off_the_map_north(story):
    story.grant(2, F, CCW, F, CW, F)


def off_the_map_east(story):
    story.grant(2, CW, F)


def off_the_map_south(story):
    story.grant(1, CW, F)


def off_the_map_west(story):
    story.grant(0, CW, F, CW, F)


def a_gap(story):
    story.row(0, 1, [F])


def a_changed_entry(story):
    story.grant(0, F, F)
    story.row(0, 0, [F, CW])


def a_changed_entry_in_the_past(story):
    story.grant(0, CW, CCW, CW)
    story.carry_out(0, 2)
    story.hear()
    story.row(0, 1, [CW, CW])


def a_row_that_goes_on_after_its_end(story):
    story.row(0, 0, [F, WAIT, F])


def an_unknown_entry(story):
    story.row(0, 0, [6])


# P4


def plans_start_in_one_cell(story):
    story.plan([(0, E), (8, E), (8, N)], [WAIT, WAIT, WAIT])


def a_plan_starts_in_an_obstacle(story):
    story.plan([(0, E), (8, E), (6, N)], [WAIT, WAIT, WAIT])


def a_plan_starts_off_the_map(story):
    story.plan([(-1, E), (8, E), (7, N)], [WAIT, WAIT, WAIT])


def a_plan_starts_beyond_the_map(story):
    story.plan([(12, E), (8, E), (7, N)])


# P5


def a_swap(story):
    story.plan([(0, E), (1, W), (7, N)], [F, F, WAIT])


def a_ring_of_four(story):
    story = Story([(0, E), (1, S), (5, W), (4, N)])
    story.plan([(0, E), (1, S), (5, W), (4, N)], [F, F, F, F])
    return story


def a_ring_in_the_second_step(story):
    story.plan([(0, N), (1, W), (7, N)], [CW, WAIT, WAIT], [F, F, WAIT])


def a_swap_after_driving(story):
    story.plan([(0, E), (3, W), (7, N)], [F, F, WAIT], [F, F, WAIT])


def a_ring_after_turning_left(story):
    story.plan([(0, S), (1, W), (7, N)], [CCW, WAIT, WAIT], [F, F, WAIT])


def two_meet_in_a_cell(story):
    story.plan([(0, E), (2, W), (7, N)], [F, F, WAIT])


def into_one_who_stays(story):
    story.plan([(0, E), (1, W), (7, N)], [F, CW, WAIT])


def a_window_into_an_obstacle(story):
    story.plan([(5, E), (1, W), (7, N)], [F, WAIT, WAIT])


def a_window_off_the_map(story):
    story.plan([(0, E), (8, W), (7, N)], [WAIT, F, WAIT])


def no_such_action(story):
    story.plan([(0, E), (8, E), (7, N)], [SERVICE, WAIT, WAIT])


# P6


def released_before_confirmed(story):
    story.grant(0, F)
    story.carry_out(0)
    story.ledger(robot0=[1], robot1=[8], robot2=[7])


def released_on_a_call_back(story):
    story.grant(0, F, F)
    story.epoch[0] = 1
    story.row(0, 0, [], epoch=1)
    story.ledger(robot0=[0], robot1=[8], robot2=[7])


def released_on_an_older_epoch_than_the_newest(story):
    story.grant(0, F, F)
    story.row(0, 0, [], epoch=1)
    story.row(0, 0, [], epoch=2)
    story.epoch[0] = 1
    story.hear(epoch=[1, 0, 0], received=[0, 0, 0])
    story.ledger(robot0=[0], robot1=[8], robot2=[7])


def never_released(story):
    story.grant(0, F)
    story.carry_out(0)
    story.hear()
    story.ledger(robot0=[0, 1], robot1=[8], robot2=[7])


def held_by_the_wrong_one(story):
    story.ledger(robot0=[0], robot1=[7], robot2=[8])


def confirms_what_was_not_granted(story):
    story.hear(confirmed=[1, 0, 0])


def reports_another_cell(story):
    story.hear(cell=[1, 8, 7])


def reports_another_heading(story):
    story.hear(heading=[S, E, N])


# P7


def an_older_row_is_sent(story):
    story.row(0, 0, [], epoch=2)
    story.row(0, 0, [], epoch=1)


def entries_before_the_new_epoch_is_shown(story):
    story.row(0, 0, [F], epoch=1)


def entries_again_before_the_new_epoch_is_shown(story):
    story.grant(0, F, F)
    story.row(0, 0, [F, F], epoch=1)


def the_heard_epoch_falls(story):
    story.row(0, 0, [], epoch=1)
    story.hear(epoch=[1, 0, 0])
    story.hear(epoch=[0, 0, 0])


def the_heard_epoch_was_never_sent(story):
    story.hear(epoch=[1, 0, 0])


def an_old_report_is_taken_in(story):
    story.grant(0, F)
    story.carry_out(0)
    story.hear()
    story.hear(confirmed=[0, 0, 0], cell=[0, 8, 7])


def reports_entries_that_nobody_granted(story):
    story.hear(received=[1, 0, 0])


def reports_more_done_than_it_has(story):
    story.grant(0, CW)
    story.hear(confirmed=[1, 0, 0], received=[0, 0, 0], heading=[S, E, N])


def a_robot_obeys_an_older_row(story):
    story.epoch[0] = 2
    story.row(0, 0, [], epoch=2)
    story.tick()
    story.tick(rows=[(0, 1)], epoch=[1, 0, 0])


def a_robot_takes_entries_from_an_older_row(story):
    story.epoch[0] = 1
    story.row(0, 0, [], epoch=1)
    story.tick()
    story.hear()
    story.grant(0, CW)
    story.tick(rows=[(0, 0)])


def a_robot_takes_entries_from_nowhere(story):
    story.grant(0, CW)
    story.tick(rows=[])


def a_robot_takes_entries_from_the_row_that_raises_the_epoch(story):
    story.grant(0, CW)
    story.row(0, 0, [], epoch=1)
    story.epoch[0] = 1
    story.tick(rows=[(0, 1)])


def a_robot_changes_its_epoch_by_itself(story):
    story.row(0, 0, [], epoch=1)
    story.tick(rows=[], epoch=[1, 0, 0])


def a_robot_passes_a_newer_row_over(story):
    story.row(0, 0, [], epoch=1)
    story.tick(rows=[(0, 1)])


def a_robot_obeys_an_epoch_that_was_never_sent(story):
    story.tick(rows=[(0, 1)], epoch=[1, 0, 0])


def a_robot_has_what_was_cut(story):
    story.tick(received=[1, 0, 0])


def a_robot_takes_back_a_confirmation(story):
    story.grant(0, CW)
    story.carry_out(0)
    story.tick(confirmed=[0, 0, 0])


def a_robot_confirms_what_it_does_not_have(story):
    story.grant(0, CW)
    story.tick(received=[0, 0, 0], confirmed=[1, 0, 0])


# P8


def into_a_closed_cell(story):
    story.zone("zone_closed", cells=[1])
    story.grant(0, F)


def into_a_quarantined_cell(story):
    story.zone("quarantine", kind="quarantine", cells=[1, 2])
    story.grant(0, F)


def into_a_stopped_cell(story):
    story.zone("e_stop", kind="e_stop", cells=[1])
    story.grant(0, F)


def to_a_person(story):
    story.zone("person_in_zone", kind="person", cells=[1])
    story.grant(0, F)


def over_a_closed_edge(story):
    story.zone("zone_closed", edges=[(0, E)])
    story.grant(0, F)


def against_a_one_way(story):
    story.zone("zone_one_way", kind="one_way", cells=[0, 1], edges=[(0, E)])
    story.grant(0, F)


def into_a_cell_that_is_closed_twice_and_opened_once(story):
    story.zone("zone_closed", cells=[1])
    story.zone("zone_closed", number=2, cells=[1, 2])
    story.zone("zone_opened", cells=[1])
    story.grant(0, F)


def deeper_into_a_stopped_area(story):
    story.zone("e_stop", kind="e_stop", cells=[0, 1])
    story.grant(0, F)


def in_a_stopped_area_and_not_told_to_stand(story):
    story.zone("e_stop", kind="e_stop", cells=[0])
    story.grant(0, CW)


def from_a_closed_area_into_a_stopped_one(story):
    story.zone("zone_closed", cells=[0, 1])
    story.zone("e_stop", number=2, kind="e_stop", cells=[1])
    story.grant(0, F)


def more_for_a_paused_robot(story):
    story.zone("robot_paused", kind="pause", robot=0)
    story.grant(0, F, halt=[0])


def a_service_for_a_paused_robot(story):
    story.zone("robot_paused", kind="pause", robot=0)
    story.grant(0, SERVICE, halt=[0])


def a_paused_robot_that_is_not_told_to_stand(story):
    story.zone("robot_paused", kind="pause", robot=1)
    story.grant(0, F)


def a_task_for_a_paused_robot(story):
    story.zone("robot_paused", kind="pause", robot=1)
    story.auditor.task_given(1)


def a_task_for_a_robot_out_of_service(story):
    story.zone("robot_out_of_service", kind="out_of_service", robot=1)
    story.auditor.task_given(1)


def a_pause_expires_too_early(story):
    story.zone("robot_paused", kind="pause", robot=0, until=9.0)
    story.zone("zone_expired", kind="pause", robot=0, until=9.0, t=8.9)


def a_stop_opens_at_once(story):
    story.zone("e_stop", kind="e_stop", cells=[1])
    story.zone("zone_opened", kind="e_stop", cells=[1])


def a_quarantine_opens_at_once(story):
    story.zone("quarantine", kind="quarantine", cells=[1])
    story.zone("zone_opened", kind="quarantine", cells=[1])


def a_person_is_overlooked(story):
    story.zone("person_in_zone", kind="person", cells=[1])
    story.zone("zone_opened", kind="person", cells=[1])


def a_fire_alarm_is_over_at_once(story):
    story.zone("fire_alarm", kind="fire", cells=[1])
    story.zone("zone_opened", kind="fire", cells=[1])


def a_stop_expires(story):
    story.zone("quarantine", kind="quarantine", cells=[1])
    story.zone("zone_expired", kind="quarantine", cells=[1])


def a_closure_is_cleared_as_if_it_were_a_stop(story):
    story.zone("zone_closed", cells=[1])
    story.zone("clear_confirmed", cells=[1])


def cleared_in_one_step(story):
    story.zone("e_stop", kind="e_stop", cells=[1])
    story.zone("clear_confirmed", kind="e_stop", cells=[1])


def cleared_though_another_stop_came_in_between(story):
    story.zone("e_stop", kind="e_stop", cells=[1])
    story.zone("clear_requested", kind="e_stop", cells=[1])
    story.zone("person_in_zone", number=2, kind="person", cells=[1, 2])
    story.zone("clear_confirmed", kind="e_stop", cells=[1])


def cleared_though_there_was_a_fire_alarm_in_between(story):
    story.zone("e_stop", kind="e_stop", cells=[1])
    story.zone("clear_requested", kind="e_stop", cells=[1])
    story.zone("fire_alarm", number=2, kind="fire", cells=[9])
    story.zone("clear_confirmed", kind="e_stop", cells=[1])


def cleared_by_nobody(story):
    story.zone("e_stop", kind="e_stop", cells=[1])
    story.zone("clear_requested", kind="e_stop", cells=[1])
    story.zone("clear_confirmed", kind="e_stop", cells=[1], by=" ")


def a_clearing_that_nobody_requested_by_name(story):
    story.zone("e_stop", kind="e_stop", cells=[1])
    story.zone("clear_requested", kind="e_stop", cells=[1], by="")
    story.zone("clear_confirmed", kind="e_stop", cells=[1])


def expired_too_early(story):
    story.zone("zone_closed", cells=[1], until=5.0)
    story.zone("zone_expired", cells=[1], until=5.0, t=4.9)


def expired_without_an_end(story):
    story.zone("zone_closed", cells=[1])
    story.zone("zone_expired", cells=[1], t=9.0)


def opened_and_was_never_closed(story):
    story.zone("zone_opened", cells=[1])


def clearing_requested_of_nothing(story):
    story.zone("clear_requested", kind="e_stop", cells=[1])


def made_twice(story):
    story.zone("zone_closed", cells=[1])
    story.zone("zone_closed", cells=[2])


BROKEN = {
    "P1": [
        granted_what_another_stands_in,
        granted_what_another_was_granted,
        granted_twice_in_one_submit,
        granted_before_the_other_is_known_to_have_left,
    ],
    "P2": [
        into_a_cell_ahead,
        back_into_a_cell_that_was_released,
        through_an_obstacle_between_two_ticks,
        around_the_wrong_corner_between_two_ticks,
        put_back_in_a_cell_that_is_not_its_own,
        turns_beside_the_middle,
        a_pose_that_is_no_number,
        far_off_the_map,
    ],
    "P3": [
        into_an_obstacle,
        off_the_map_north,
        off_the_map_east,
        off_the_map_south,
        off_the_map_west,
        a_gap,
        a_changed_entry,
        a_changed_entry_in_the_past,
        a_row_that_goes_on_after_its_end,
        an_unknown_entry,
    ],
    "P4": [
        plans_start_in_one_cell,
        a_plan_starts_in_an_obstacle,
        a_plan_starts_off_the_map,
        a_plan_starts_beyond_the_map,
    ],
    "P5": [
        a_swap,
        a_ring_of_four,
        a_ring_in_the_second_step,
        a_swap_after_driving,
        a_ring_after_turning_left,
        two_meet_in_a_cell,
        into_one_who_stays,
        a_window_into_an_obstacle,
        a_window_off_the_map,
        no_such_action,
    ],
    "P6": [
        released_before_confirmed,
        released_on_a_call_back,
        released_on_an_older_epoch_than_the_newest,
        never_released,
        held_by_the_wrong_one,
        confirms_what_was_not_granted,
        reports_another_cell,
        reports_another_heading,
    ],
    "P7": [
        an_older_row_is_sent,
        entries_before_the_new_epoch_is_shown,
        entries_again_before_the_new_epoch_is_shown,
        the_heard_epoch_falls,
        the_heard_epoch_was_never_sent,
        an_old_report_is_taken_in,
        reports_entries_that_nobody_granted,
        reports_more_done_than_it_has,
        a_robot_obeys_an_older_row,
        a_robot_takes_entries_from_an_older_row,
        a_robot_takes_entries_from_nowhere,
        a_robot_takes_entries_from_the_row_that_raises_the_epoch,
        a_robot_changes_its_epoch_by_itself,
        a_robot_passes_a_newer_row_over,
        a_robot_obeys_an_epoch_that_was_never_sent,
        a_robot_has_what_was_cut,
        a_robot_takes_back_a_confirmation,
        a_robot_confirms_what_it_does_not_have,
    ],
    "P8": [
        into_a_closed_cell,
        into_a_quarantined_cell,
        into_a_stopped_cell,
        to_a_person,
        over_a_closed_edge,
        against_a_one_way,
        into_a_cell_that_is_closed_twice_and_opened_once,
        deeper_into_a_stopped_area,
        in_a_stopped_area_and_not_told_to_stand,
        from_a_closed_area_into_a_stopped_one,
        more_for_a_paused_robot,
        a_service_for_a_paused_robot,
        a_paused_robot_that_is_not_told_to_stand,
        a_task_for_a_paused_robot,
        a_task_for_a_robot_out_of_service,
        a_pause_expires_too_early,
        a_stop_opens_at_once,
        a_quarantine_opens_at_once,
        a_person_is_overlooked,
        a_fire_alarm_is_over_at_once,
        a_stop_expires,
        a_closure_is_cleared_as_if_it_were_a_stop,
        cleared_in_one_step,
        cleared_though_another_stop_came_in_between,
        cleared_though_there_was_a_fire_alarm_in_between,
        cleared_by_nobody,
        a_clearing_that_nobody_requested_by_name,
        expired_too_early,
        expired_without_an_end,
        opened_and_was_never_closed,
        clearing_requested_of_nothing,
        made_twice,
    ],
}


@pytest.mark.parametrize(
    ("rule", "broken"),
    [(rule, broken) for rule, histories in BROKEN.items() for broken in histories],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_broken_history_is_found_and_nothing_else(rule, broken):
    story = Story()
    story = broken(story) or story
    assert story.rules == [rule]
    with pytest.raises(AuditError, match=rf"\d+ violations: {rule}, tick \d+"):
        story.auditor.raise_findings()


def test_two_robots_in_one_cell_at_the_start_are_found():
    assert two_in_one_cell_at_the_start().rules == ["P1"]


def test_robots_may_follow_each_other_closely_and_turn_in_a_window():
    story = Story()
    story.plan([(1, E), (0, E), (9, N)], [F, F, WAIT], [F, F, F], [WAIT, WAIT, F], [CW, WAIT, CCW], [F, WAIT, WAIT])
    story.plan([(0, N), (3, N), (8, S)], [CW, CCW, CCW], [F, F, F], [CW, WAIT, F])
    assert story.auditor.findings == []


def test_a_finding_says_who_where_and_when():
    story = Story()
    story.tick()
    story.tick()
    story.grant(0, CW, F, F)
    (finding,) = story.auditor.findings
    assert (finding.tick, finding.rule, finding.robots, finding.cell) == (2, "P1", (0, 1), 8)
    assert finding.time_s == pytest.approx(0.2)
    assert str(finding) == "P1, tick 2, 0.200 s, robot 0 and robot 1, cell 8: granted a cell that another robot holds"


def test_an_event_of_nobody_in_particular_reads_well():
    story = Story()
    opened_and_was_never_closed(story)
    assert "nobody, cell -1: restriction 1 ended, which was not in force" in str(story.auditor.findings[0])


def test_the_first_findings_are_kept_and_all_are_counted():
    story = Story()
    for _ in range(KEPT):
        story.ledger(robot0=[0])
    assert len(story.auditor.findings) == KEPT
    assert story.auditor.count == 2 * KEPT
    assert story.auditor.counts == {"P6": 2 * KEPT}
    with pytest.raises(AuditError, match="2000 violations") as error:
        story.auditor.raise_findings()
    assert str(error.value).count("P6") == 5


def test_more_findings_in_one_call_than_there_is_room_for_are_counted():
    cells = np.zeros(300, dtype=np.int32)
    auditor = GrantAuditor(FLOOR, RobotModel(), 1.0, FleetState.at(cells))
    assert auditor.counts == {"P1": 299}
    auditor.window(cells, np.zeros(300, dtype=np.int8), np.zeros((0, 300), dtype=np.uint8))
    assert auditor.counts == {"P1": 299, "P4": 299}


def test_closing_ends_as_it_should():
    story = Story()
    story.zone("zone_closed", cells=[1], until=5.0)
    story.zone("zone_expired", cells=[1], until=5.0, t=5.0)
    story.zone("e_stop", number=2, kind="e_stop", cells=[1])
    story.zone("person_in_zone", number=3, kind="person", cells=[11])
    story.zone("clear_requested", number=2, kind="e_stop", cells=[1])
    story.zone("zone_slowed", number=4, kind="slow", cells=[1])
    story.zone("fire_alarm", number=6, kind="fire", cells=[1])
    story.zone("clear_requested", number=2, kind="e_stop", cells=[1])
    story.zone("quarantine", number=5, kind="quarantine", cells=[3])
    story.zone("zone_closed", number=7, cells=[1])
    story.zone("zone_opened", number=7, cells=[1])
    story.zone("clear_confirmed", number=2, kind="e_stop", cells=[1])
    story.auditor.zone_event({"t": 9.0, "event": "zone_refused", "id": "x", "kind": "close", "by": "Ada"})
    story.grant(0, F)
    assert story.auditor.findings == []


def test_robots_are_held_back_as_they_should_be():
    story = Story()
    story.grant(0, F)
    story.zone("robot_paused", kind="pause", robot=0)
    story.zone("robot_out_of_service", number=2, kind="out_of_service", robot=1)
    story.grant(0, halt=[0])
    story.grant(1, F, halt=[0])
    story.auditor.task_given(2)
    story.zone("zone_opened", number=2, kind="out_of_service", robot=1)
    story.zone("zone_opened", kind="pause", robot=0)
    story.grant(0, CW)
    story.auditor.task_given(0)
    story.auditor.task_given(1)
    assert story.auditor.findings == []


def test_an_unknown_event_about_edges_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="'zone_folded' has edges"):
        Story().zone("zone_folded")


def test_who_holds_what_can_be_read():
    story = Story()
    story.grant(0, F)
    assert story.auditor.holder.tolist() == [0, 0, -1, -1, -1, -1, -1, 2, 1, -1, -1, -1]


def test_bases_that_are_not_known_are_refused():
    start = FleetState.at(np.zeros(1, dtype=np.int32))
    start.received[:] = 1
    with pytest.raises(ValueError, match="their bases cannot be known"):
        GrantAuditor(FLOOR, RobotModel(), 1.0, start)


def test_bases_may_have_begun_before():
    start = FleetState.at(np.array([0], dtype=np.int32), width=FLOOR.width)
    start.received[:] = start.confirmed[:] = 70
    start.epoch[:] = 4
    auditor = GrantAuditor(FLOOR, RobotModel(), 1.0, start)
    commands = Commands.none(1, 3)
    commands.epoch[:] = 4
    commands.index[:] = 69
    commands.entries[0] = [Entry.SERVICE, F, WAIT]
    auditor.commands(commands, 0.0)
    assert auditor.findings == []
    assert auditor.holder.tolist()[:3] == [0, 0, -1]


@pytest.mark.parametrize(("margin_m", "cell_m"), [(0.0, 1.0), (0.66, 1.0), (float("nan"), 1.0), (0.02, 0.0)])
def test_margins_and_cells_without_sense_are_refused(margin_m, cell_m):
    with pytest.raises(ValueError, match="margin"):
        GrantAuditor(FLOOR, RobotModel(), cell_m, FleetState.at(np.zeros(1, dtype=np.int32)), margin_m=margin_m)


def test_a_robot_in_a_closed_area_may_be_granted_its_way_out():
    story = Story()
    story.zone("zone_closed", cells=[0, 1])
    story.grant(0, F)
    assert story.rules == []
