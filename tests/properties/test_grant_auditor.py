"""The grant auditor against a slow oracle that works everything out from scratch."""

from __future__ import annotations

from math import pi

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleet.grid.layout import Layout
from fleet.traffic.audit.grant_auditor import GrantAuditor
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import FleetState
from robots.truth import FloorTruth
from tests.floors import floors, places
from tests.oracles import grants

WAIT, SERVICE, CHARGE = 3, 4, 5
MODEL = RobotModel(length_m=0.72, width_m=0.66)
MARGIN_M = 0.02


@st.composite
def fleets(draw, layout, most=5):
    """(row, column, heading) of some robots in different cells."""
    cells = draw(st.lists(st.sampled_from(sorted(places(layout))), min_size=1, max_size=most, unique=True))
    return [(row, column, draw(st.integers(0, 3))) for row, column in cells]


def begin(layout, starts):
    cells = np.array([row * layout.width + column for row, column, _ in starts], dtype=np.int32)
    headings = np.array([heading for _, _, heading in starts], dtype=np.int8)
    state = FleetState.at(cells, headings, width=layout.width)
    return state, GrantAuditor(layout, MODEL, 1.0, state, margin_m=MARGIN_M)


def rules(auditor):
    return {finding.rule for finding in auditor.findings}


operations = st.lists(
    st.tuples(
        st.sampled_from(["grant", "grant", "grant", "report", "fence", "obey"]),
        st.integers(0, 4),
        st.sampled_from([0, 0, 0, 0, 1, 2, SERVICE, CHARGE]),
        st.integers(0, 6),
    ),
    max_size=80,
)


class Dialogue:
    """A controller and robots that talk to each other, heard by the auditor and by the oracle."""

    def __init__(self, layout, starts, closed):
        self.layout = layout
        self.state, self.auditor = begin(layout, starts)
        self.oracle = grants.Bases(places(layout), starts, closed)
        n = len(starts)
        self.epoch = np.zeros(n, dtype=np.int32)
        for number, (row, column) in enumerate(sorted(closed)):
            cell = row * layout.width + column
            self.auditor.zone_event(
                {"t": 0.0, "event": "zone_closed", "id": number, "kind": "close", "by": "Ada", "cells": [cell],
                 "edges": [], "until": None, "robot": -1}
            )  # fmt: skip

    def fenced(self, robot):
        return self.state.epoch[robot] < self.epoch[robot]

    def send(self, robot):
        """Send everybody all that he has not confirmed, and from `robot` on backwards, as rows may repeat more."""
        columns = max(len(base) for base in self.oracle.base) + 1
        commands = Commands.none(len(self.epoch), columns)
        commands.epoch[:] = self.epoch
        for other, base in enumerate(self.oracle.base):
            begin = 0 if other == robot else self.oracle.confirmed[other]
            commands.index[other] = begin
            if not self.fenced(other):
                commands.entries[other, : len(base) - begin] = base[begin:]
        self.auditor.commands(commands, 0.0)

    def report(self, robot, confirmed, received, epoch):
        """Let the controller hear of one robot."""
        row, column, heading = self.oracle.places(robot)[confirmed]
        self.state.cell[robot] = row * self.layout.width + column
        self.state.heading[robot] = heading
        self.state.confirmed[robot] = confirmed
        self.state.received[robot] = received
        self.state.epoch[robot] = epoch
        self.auditor.states(self.state)

    def carry_out(self, operation, robot, entry, number):
        """One operation; returns the properties that it breaks."""
        oracle = self.oracle
        base, confirmed = oracle.base[robot], oracle.confirmed[robot]
        if operation == "grant" and not self.fenced(robot):
            broken = oracle.broken_by(robot, entry)
            if broken and number > (0 if broken == {"P3"} else 3):
                return set()
            base.append(entry)
            self.send(robot)
            return broken
        if operation == "fence":
            self.epoch[robot] += 1
            self.send(robot)
        elif operation == "report":
            oracle.confirmed[robot] = min(len(base), confirmed + number)
            self.report(robot, oracle.confirmed[robot], len(base), self.state.epoch[robot])
        elif operation == "obey" and self.fenced(robot):
            oracle.confirmed[robot] = min(len(base), confirmed + number // 2)
            keep = min(len(base), oracle.confirmed[robot] + number % 2)
            del base[keep:]
            self.report(robot, oracle.confirmed[robot], keep, self.epoch[robot])
        return set()


@given(st.data(), floors(side=4), operations)
def test_holds_and_broken_grants_are_those_of_the_oracle(data, layout, steps):
    starts = data.draw(fleets(layout))
    closed = data.draw(st.frozensets(st.sampled_from(sorted(places(layout))), max_size=2))
    dialogue = Dialogue(layout, starts, closed)
    for operation, robot, entry, number in steps:
        broken = dialogue.carry_out(operation, robot % len(starts), entry, number)
        assert rules(dialogue.auditor) == broken
        if broken:
            return
        holder = np.full(layout.cells, -1, dtype=np.int32)
        for (row, column), held_by in dialogue.oracle.holders().items():
            holder[row * layout.width + column] = held_by
        assert dialogue.auditor.holder.tolist() == holder.tolist()
        dialogue.auditor.holders(holder)


@given(st.data(), floors(side=4), st.integers(0, 4))
def test_faults_of_windows_are_those_of_the_oracle(data, layout, steps):
    starts = data.draw(fleets(layout, most=8))
    if data.draw(st.integers(0, 9)) == 0:
        starts[0] = (*divmod(data.draw(st.integers(0, layout.cells - 1)), layout.width), 0)
    # Plans need not start where the robots are; what is wrong about these does not count here.
    _, auditor = begin(layout, data.draw(fleets(layout, most=1)) * len(starts))
    action = st.sampled_from([0, 0, 0, 1, 2, WAIT])
    window = [[data.draw(action) for _ in starts] for _ in range(steps)]
    cells = np.array([row * layout.width + column for row, column, _ in starts], dtype=np.int32)
    headings = np.array([heading for _, _, heading in starts], dtype=np.int8)
    for _ in range(2):  # nothing is left over from one window to the next
        auditor.findings.clear()
        auditor.window(cells, headings, np.array(window, dtype=np.uint8).reshape(steps, len(starts)))
        expected = grants.window_faults(places(layout), starts, window)
        assert rules(auditor) >= expected
        assert rules(auditor) == expected or "P4" in expected


# The robot drives along its cells, or a little or a lot beside them: first a way, then a turn, then another way.
ways = st.sampled_from([0.0, 0.0, 0.3, 0.9, 1.0, 1.0, 1.1, 1.13, 1.15, 1.2, 2.0, -0.05, -0.13, -0.15, -1.0])
offsets = st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.004, 0.012, -0.03, 0.13, 0.15, 0.17, -0.2, 0.3])
twists = st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.05, -0.3, pi / 4, 2.0])


@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=6),
    st.tuples(offsets, offsets, twists),
    st.booleans(),
    st.tuples(ways, twists, ways),
)
def test_sweeps_that_leave_the_robots_cells_are_found_within_the_margin(wishes, offset, turns, way):
    # A floor of 5 x 5; the robot's chain of cells is a walk from the middle by these headings.
    layout = Layout(5, 5, np.ones(25))
    walk = [(2, 2)]
    entries = []
    heading = 0
    for wish in wishes:
        row, column, _ = grants.after((*walk[-1], wish), 0)
        if 0 <= row < 5 and 0 <= column < 5:
            entries += [1] * ((wish - heading) % 4) + [0]
            heading = wish
            walk.append((row, column))
    _, auditor = begin(layout, [(2, 2, 0)])
    commands = Commands.none(1, len(entries))
    commands.entries[0] = entries
    auditor.commands(commands, 0.0)
    before_m, twist, after_m = way
    quarters = (wishes[1] - wishes[0] + 1) % 4 - 1 if turns else 0
    turn = quarters * pi / 2 + twist if abs(quarters * pi / 2 + twist) < 3 else 0.0
    start = (2.5 + offset[0], 2.5 + offset[1], wishes[0] * pi / 2 + offset[2])
    if turn == 0:
        before_m, after_m = before_m + after_m, 0.0
    poses = grants.sweep(start, before_m, turn, after_m)
    received = len(entries)
    for x, y, theta in (poses[0], poses[-1]):
        truth = FloorTruth(
            time_s=0.0,
            x_m=np.array([x]),
            y_m=np.array([y]),
            theta_rad=np.array([theta]),
            displaced=np.zeros(1, dtype=np.bool_),
            epoch=np.zeros(1, dtype=np.int32),
            received=np.array([received], dtype=np.int32),
            confirmed=np.zeros(1, dtype=np.int32),
            delivered_robot=np.zeros(1, dtype=np.int32),
            delivered_epoch=np.zeros(1, dtype=np.int32),
            effect_robot=np.zeros(0, dtype=np.int32),
            effect_entry=np.zeros(0, dtype=np.int32),
        )
        auditor.floor(truth)
    foreign = [(row, column) for row in range(-1, 6) for column in range(-1, 6) if (row, column) not in walk]

    def leaves(length_m, width_m):
        return any(
            grants.reaches(pose[:2], pose[2], length_m / 2, width_m / 2, cell)
            for pose in poses
            for cell in foreign
            if abs(pose[0] - cell[1] - 0.5) < 1.1 and abs(pose[1] - cell[0] - 0.5) < 1.1
        )

    found = rules(auditor)
    assert found <= {"P2"}
    if leaves(MODEL.length_m - 2 * MARGIN_M, MODEL.width_m - 2 * MARGIN_M):
        assert found == {"P2"}
    elif not leaves(MODEL.length_m, MODEL.width_m):
        assert found == set()


few = st.integers(0, 3)


@given(st.tuples(few, few, few), st.lists(few, max_size=3), st.tuples(few, few, few), few, few)
def test_robots_obey_as_the_oracle_allows(before, rows, now, raised, granted):
    epoch, received, confirmed = before[0], max(before[1], before[2]), min(before[1], before[2])
    newest, granted = max(raised, epoch), max(granted, received)
    _, auditor = begin(Layout(1, 1, np.ones(1)), [(0, 0, 0)])
    commands = Commands.none(1, 4)
    commands.entries[0, :granted] = SERVICE
    truth = FloorTruth(
        time_s=0.0,
        x_m=np.array([0.5]),
        y_m=np.array([0.5]),
        theta_rad=np.zeros(1),
        displaced=np.zeros(1, dtype=np.bool_),
        epoch=np.zeros(1, dtype=np.int32),
        received=np.zeros(1, dtype=np.int32),
        confirmed=np.zeros(1, dtype=np.int32),
        delivered_robot=np.zeros(2, dtype=np.int32),
        delivered_epoch=np.zeros(2, dtype=np.int32),
        effect_robot=np.zeros(0, dtype=np.int32),
        effect_entry=np.zeros(0, dtype=np.int32),
    )
    # To where the robot was before: everything granted and received in the first epoch, then fenced.
    auditor.commands(commands, 0.0)
    commands.entries[:] = WAIT
    commands.epoch[:] = newest
    auditor.commands(commands, 0.0)
    truth.delivered_epoch[:] = [0, epoch]
    truth.epoch[:], truth.received[:], truth.confirmed[:] = epoch, received, confirmed
    auditor.floor(truth)
    assert auditor.findings == []
    truth.delivered_robot = np.zeros(len(rows), dtype=np.int32)
    truth.delivered_epoch = np.array(rows, dtype=np.int32)
    truth.epoch[:], truth.received[:], truth.confirmed[:] = now
    auditor.floor(truth)
    allowed = grants.obeys((epoch, received, confirmed), rows, now, newest, granted)
    assert rules(auditor) == (set() if allowed else {"P7"})
