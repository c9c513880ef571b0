"""The default assigner: minimum-cost matching of robots to tasks, by travel time less urgency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fleet.assignment.assigner import (
    Assignment,
    AssignmentParams,
    FreeRobots,
    TaskRefusal,
    WaitingTasks,
    check_columns,
)
from fleet.assignment.candidates import candidate_mask
from fleet.assignment.matching import minimum_cost_matching
from fleet.assignment.travel import TravelTimes
from fleet.grid.distances import UNREACHABLE
from robots.arrays import Int8, Int32, Int64

# Robots are looked at in parts of so many robots x tasks, which bounds memory (8 bytes each).
_PART: Final = 2**21
_NOT_REFUSED: Final = -1


@dataclass(slots=True)
class _Pairs:
    """Candidate pairs that have a way: robot, task and steps from one to the other, int64 (e,)."""

    robots: Int64
    tasks: Int64
    steps: Int64


class MatchingAssigner:
    """Minimum-cost matching; the cost of a pair is the travel time to the task's first cell less its urgency.

    travel        steps from robots to first cells
    width         columns of the map, for distances as the crow flies
    step_s        seconds of a step
    step_percent  charge that a step on the way to a task may take, percent (`TripEnergy.step_percent`)
    params        weights and the size of the candidate set

    Candidates of a robot are the tasks nearest to it and the most urgent ones of all; true travel times are asked for
    these only. A robot that can reach none of them has all tasks as candidates. Urgent tasks that no free robot can
    take are refused, and the next in urgency are looked at instead of them. As many robots get a task as the candidates
    allow; when many robots ask at once for the same tasks, some go without until the next call.

    Nobody is starved: a task's urgency grows without bound, and that of tasks released later stays behind it but for
    what priority and due time are worth. So the number of tasks ahead of it is finite. Once it is the most urgent it is
    a candidate of every robot, and once it is so by more than the longest travel time, no least-cost matching leaves it
    out for another task that the same robot could take.

    Time grows with robots x tasks (candidates, travel times), and with candidates x robots for the matching itself.
    """

    def __init__(
        self, travel: TravelTimes, *, width: int, step_s: float, step_percent: float, params: AssignmentParams
    ) -> None:
        self._travel = travel
        self._width = width
        self._step_s = step_s
        self._step_percent = step_percent
        self._params = params

    def assign(self, robots: FreeRobots, tasks: WaitingTasks, now_s: float) -> Assignment:
        """Pair robots with tasks; see `Assigner.assign`."""
        check_columns(robots, tasks)
        reasons: Int8 = np.full(len(tasks.cells), _NOT_REFUSED, dtype=np.int8)
        reasons[tasks.percent > 100] = TaskRefusal.TOO_LONG
        if len(robots.cells) == 0 or len(tasks.cells) == 0:
            return _answer(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), reasons)
        urgency = self._params.urgency_s(tasks, now_s)
        by_urgency = np.argsort(-urgency, kind="stable")
        urgent = self._params.urgent
        while True:
            live = by_urgency[reasons[by_urgency] == _NOT_REFUSED]
            pairs = self._pairs(robots, tasks.cells, live, urgent)
            able = self._within_charge(pairs, robots, tasks)
            if not _refuse(live[:urgent], pairs, able, reasons):
                break
            urgent *= 2
        costs = able.steps * self._step_s - urgency[able.tasks]
        matched_robots, matched_tasks = minimum_cost_matching(able.robots, able.tasks, costs, len(robots.cells))
        return _answer(matched_robots, matched_tasks, reasons)

    def _pairs(self, robots: FreeRobots, task_cells: Int32, live: Int64, urgent: int) -> _Pairs:
        """Candidate pairs with a way between them. `live` are the tasks to look at, the most urgent first."""
        rows = max(1, _PART // max(1, len(live)))
        always = np.arange(min(urgent, len(live)))
        parts = [
            self._part(robots, np.arange(start, min(start + rows, len(robots.cells))), task_cells, live, always)
            for start in range(0, len(robots.cells), rows)
        ]
        if len(parts) == 1:
            return parts[0]
        return _Pairs(*(np.concatenate([getattr(part, of) for part in parts]) for of in ("robots", "tasks", "steps")))

    def _part(self, robots: FreeRobots, part: Int64, task_cells: Int32, live: Int64, always: Int64) -> _Pairs:
        """Candidate pairs of some robots (`part`, their rows)."""
        cells, headings = robots.cells[part], robots.headings[part]
        # With few tasks the candidates are all of them.
        nearest = len(live) if len(live) <= self._params.nearest + len(always) else self._params.nearest
        wanted = candidate_mask(cells, task_cells[live], self._width, nearest, always)
        while True:
            columns = np.flatnonzero(wanted.any(axis=0))
            goals, goal_of = np.unique(task_cells[live[columns]], return_inverse=True)
            # Tasks of the same first cell share a row of travel times.
            steps = self._travel(goals, cells, headings)[goal_of].T
            has_way = (steps != UNREACHABLE) & wanted[:, columns]
            stranded = ~has_way.any(axis=1) & ~wanted.all(axis=1)
            if not stranded.any():
                break
            wanted[stranded] = True
        row, column = has_way.nonzero()
        return _Pairs(part[row], live[columns[column]], steps[row, column].astype(np.int64))

    def _within_charge(self, pairs: _Pairs, robots: FreeRobots, tasks: WaitingTasks) -> _Pairs:
        """Those pairs whose robot has the charge for the way and the task."""
        charge = robots.charge_percent[pairs.robots]
        enough = charge >= pairs.steps * self._step_percent + tasks.percent[pairs.tasks]
        return _Pairs(pairs.robots[enough], pairs.tasks[enough], pairs.steps[enough])


def _refuse(urgent: Int64, pairs: _Pairs, able: _Pairs, reasons: Int8) -> bool:
    """Write down why nobody can take an urgent task (all robots are its candidates); return if there was any."""
    ways = np.bincount(pairs.tasks, minlength=len(reasons))[urgent]
    takers = np.bincount(able.tasks, minlength=len(reasons))[urgent]
    reasons[urgent[ways == 0]] = TaskRefusal.UNREACHABLE
    reasons[urgent[(ways > 0) & (takers == 0)]] = TaskRefusal.LOW_CHARGE
    return bool((takers == 0).any())


def _answer(robots: Int32, tasks: Int32, reasons: Int8) -> Assignment:
    refused = np.flatnonzero(reasons != _NOT_REFUSED)
    return Assignment(robots, tasks, refused.astype(np.int32), reasons[refused])
