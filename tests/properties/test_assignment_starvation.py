"""Nobody is starved: whatever else arrives, and however near and urgent that is, a task is served in the end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.assignment.assigner import AssignmentParams, FreeRobots, WaitingTasks
from fleet.assignment.greedy_assigner import GreedyAssigner
from fleet.assignment.matching_assigner import MatchingAssigner
from fleet.grid.distances import DistanceFields
from tests.floors import drawn

LAYOUT = drawn("..........\n.########.\n..........")
VICTIM = 9  # the far corner; everything else arrives where the robots are
PARAMS = AssignmentParams(nearest=1, urgent=2, priority_s=2.0, age_weight=1.0, due_s=5.0, due_horizon_s=20.0)
# What a task can have over the victim: three levels of priority, being due, and a way that is 14 steps shorter.
# Three that arrived in every second until then may go first, each 15 s of a robot's time at most.
LEAD_S = 3 * PARAMS.priority_s + PARAMS.due_s + 14
LIMIT_S = int(LEAD_S + 3 * LEAD_S * 15 / 2)


def matching():
    travel = DistanceFields(LAYOUT).travel
    return MatchingAssigner(travel, width=LAYOUT.width, step_s=1.0, step_percent=0.0, params=PARAMS)


def greedy():
    return GreedyAssigner(DistanceFields(LAYOUT).travel, step_percent=0.0, params=PARAMS)


@pytest.mark.parametrize("make", [matching, greedy])
@given(data=st.data())
@settings(max_examples=10)
def test_a_task_is_served_whatever_arrives_after_it(make, data):
    assigner = make()
    travel = DistanceFields(LAYOUT).travel
    arrivals = st.lists(st.tuples(st.sampled_from([0, 1, 20, 21]), st.integers(0, 3)), min_size=3, max_size=3)
    rounds = data.draw(st.lists(arrivals, min_size=1, max_size=4))
    robots = 2
    cells, busy_until = np.array([0, 20], dtype=np.int32), np.zeros(robots)
    rows = [(VICTIM, 0, 0.0, np.inf)]
    for now in range(LIMIT_S):
        # Every free robot finds more new work beside it than it can do.
        free = np.flatnonzero(busy_until <= now)
        if len(free) == 0:
            continue
        rows += [(cell, priority, float(now), float(now)) for cell, priority in rounds[now % len(rounds)]]
        table = np.array(rows)
        answer = assigner.assign(
            FreeRobots(cells[free], np.zeros(len(free), np.int8), np.full(len(free), 100, np.float32)),
            WaitingTasks(
                table[:, 0].astype(np.int32),
                table[:, 1].astype(np.int32),
                table[:, 2].copy(),
                table[:, 3].copy(),
                np.zeros(len(rows), np.float32),
            ),
            float(now),
        )
        assert len(answer.robots) == len(free)
        for robot, task in zip(free[answer.robots], answer.tasks, strict=True):
            goal = np.array([rows[task][0]], dtype=np.int32)
            busy_until[robot] = now + 1 + travel(goal, cells[robot : robot + 1], np.zeros(1, np.int8))[0, 0]
            cells[robot] = goal[0]
        if 0 in answer.tasks:
            return
        for task in sorted(answer.tasks.tolist(), reverse=True):
            del rows[task]
    raise AssertionError("the task was never served")
