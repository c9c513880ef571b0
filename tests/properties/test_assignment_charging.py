"""Over whole shifts of work: nobody runs dry, every task is done, and no charger is promised twice."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.assignment.assigner import AssignmentParams, FreeRobots, WaitingTasks
from fleet.assignment.charging import ChargingPolicy
from fleet.assignment.charging_params import ChargingParams
from fleet.assignment.matching_assigner import MatchingAssigner
from fleet.assignment.trip_energy import TripEnergy
from fleet.grid.distances import DistanceFields
from robots.battery import StepPercent
from tests.floors import drawn

LAYOUT = drawn("........\n.##..##.\n........\n.##..##.\n........")
PERCENT = StepPercent(forward=1.6, turn=0.9, wait=0.1, service=0.3, charge=8.0)
PARAMS = ChargingParams(
    critical_percent=10.0, low_percent=12.0, opportunity_percent=60.0, full_percent=90.0, trip_factor=1.0
)


class Shift:
    """Robots that drive through each other on shortest ways: the policy and the assigner alone are on trial."""

    def __init__(self, starts, charge, chargers, tasks):
        self.distances = DistanceFields(LAYOUT)
        travel = self.distances.travel
        self.n = len(starts)
        self.cells = np.array(starts, dtype=np.int32)
        self.headings = np.zeros(self.n, dtype=np.int8)
        self.charge = np.array(charge, dtype=np.float32)
        chargers = np.array(chargers, dtype=np.int32)
        self.energy = TripEnergy(
            self.distances,
            chargers,
            percent=PERCENT,
            step_s=1.0,
            trip_factor=PARAMS.trip_factor,
            floor_percent=PARAMS.critical_percent,
        )
        self.policy = ChargingPolicy(travel, chargers, self.energy, PARAMS, self.n)
        self.assigner = MatchingAssigner(
            travel, width=LAYOUT.width, step_s=1.0, step_percent=self.energy.step_percent, params=AssignmentParams()
        )
        self.tasks = tasks  # each a list of cells, 2 s of service at each
        self.waiting = list(range(len(tasks)))
        self.work = [[] for _ in range(self.n)]
        self.service = np.zeros(self.n, dtype=np.int64)
        self.done = self.refused = 0
        self.called_off = 0

    def step(self, now):
        idle = np.array([not work for work in self.work])
        decision = self.policy.step(self.cells, self.headings, self.charge, idle, len(self.waiting) - self.refused)
        held = self.policy.charger_cell[self.policy.charger_cell >= 0]
        assert len(set(held.tolist())) == len(held)
        self.called_off += int((~idle[decision.sent]).sum())
        self.assign(np.flatnonzero(decision.may_work), now)
        for robot in range(self.n):
            self.drive(robot)

    def assign(self, free, now):
        if not self.waiting:
            return
        errands = [self.tasks[task] for task in self.waiting]
        offsets = np.cumsum([0, *map(len, errands)]).astype(np.int32)
        flat = np.array([cell for cells in errands for cell in cells], dtype=np.int32)
        m = len(errands)
        answer = self.assigner.assign(
            FreeRobots(self.cells[free], self.headings[free], self.charge[free]),
            WaitingTasks(
                flat[offsets[:-1]],
                np.zeros(m, np.int32),
                np.zeros(m),
                np.full(m, np.inf),
                self.energy.task_percent(flat, np.full(len(flat), 2, np.float32), offsets),
            ),
            float(now),
        )
        self.refused = len(answer.refused)
        robots = free[answer.robots]
        self.policy.release(robots)
        for robot, task in zip(robots, answer.tasks, strict=True):
            self.work[robot] = [*errands[task]]
        self.waiting = [task for at, task in enumerate(self.waiting) if at not in set(answer.tasks.tolist())]

    def drive(self, robot):
        charger = self.policy.charger_cell[robot]
        goal = charger if charger >= 0 else (self.work[robot] or [-1])[0]
        if goal == self.cells[robot]:
            if charger >= 0:
                self.charge[robot] = min(100.0, self.charge[robot] + PERCENT.charge)
                return
            self.charge[robot] -= PERCENT.service
            self.service[robot] += 1
            if self.service[robot] == 2:
                self.service[robot] = 0
                self.work[robot].pop(0)
                self.done += not self.work[robot]
        elif goal < 0:
            self.charge[robot] -= PERCENT.wait
        else:
            self.go(robot, goal)

    def go(self, robot, goal):
        cell, heading = int(self.cells[robot]), int(self.headings[robot])
        ahead = int(LAYOUT.neighbours[cell, heading])
        following = [(cell, (heading + 1) % 4), (cell, (heading + 3) % 4)] + [(ahead, heading)] * (ahead >= 0)
        cells = np.array([cell for cell, _ in following], dtype=np.int32)
        headings = np.array([heading for _, heading in following], dtype=np.int8)
        steps = self.distances.travel(np.array([goal], dtype=np.int32), cells, headings)[0]
        best = int(np.argmin(steps))
        self.charge[robot] -= PERCENT.forward if cells[best] != cell else PERCENT.turn
        self.cells[robot], self.headings[robot] = cells[best], headings[best]


CELLS = st.sampled_from(LAYOUT.free_cells.tolist())


@given(
    starts=st.lists(CELLS, min_size=1, max_size=4, unique=True),
    charge=st.lists(st.floats(45, 100), min_size=4, max_size=4),
    chargers=st.lists(CELLS, min_size=4, max_size=4, unique=True),
    tasks=st.lists(st.lists(CELLS, min_size=1, max_size=3), min_size=5, max_size=25),
)
@settings(max_examples=20)
def test_with_a_charger_for_everybody_nobody_falls_below_critical_or_is_called_off_its_task(
    starts, charge, chargers, tasks
):
    shift = Shift(starts, charge[: len(starts)], chargers, tasks)
    now = 0
    while shift.done < len(tasks):
        shift.step(now)
        assert shift.charge.min() >= PARAMS.critical_percent - 0.01
        now += 1
        assert now < 150 * len(tasks), "the tasks are not getting done"
    assert shift.called_off == 0


@given(
    starts=st.lists(CELLS, min_size=3, max_size=5, unique=True),
    charge=st.lists(st.floats(30, 60), min_size=5, max_size=5),
    charger=CELLS,
    tasks=st.lists(st.lists(CELLS, min_size=1, max_size=3), min_size=5, max_size=20),
)
@settings(max_examples=20)
def test_one_charger_for_several_robots_gets_all_the_work_done(starts, charge, charger, tasks):
    shift = Shift(starts, charge[: len(starts)], [charger], tasks)
    now = 0
    while shift.done < len(tasks):
        shift.step(now)
        assert shift.charge.min() > 0
        now += 1
        assert now < 300 * len(tasks), "the tasks are not getting done"
