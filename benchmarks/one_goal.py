"""The one-goal workload: every robot always has exactly one goal, and gets another as soon as it is there.

A goal is drawn from the map's service points (S) or its emitter points (E), with equal chances, as the errands of the
League of Robot Runners 2024 are. Robots start at random, facing east.
"""

from __future__ import annotations

from time import perf_counter
from typing import Final

import numpy as np

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.grid.map_file import MapFile
from fleet.planning.planner import Planner, PlanRequest
from robots.arrays import Bool, Int8, Int32, UInt16
from robots.state import Action

_TURN: Final[Int8] = np.array([0, 1, -1, 0], dtype=np.int8)


class OneGoalFleet:
    """Robots on a map, moved by a planner; who is nearest to its goal goes first.

    cells, goals  int32 (n,), headings  int8 (n,)
    finished      goals reached so far
    planning_s    seconds of each plan
    finding_s     seconds of finding distance fields before each plan
    """

    def __init__(self, map_file: MapFile, distances: DistanceFields, robots: int, seed: int) -> None:
        self._distances = distances
        self._layout = map_file.layout
        self._rng = np.random.default_rng(seed)
        symbols = np.array(list("".join(map_file.rows)))
        self._places = [np.flatnonzero(symbols == symbol).astype(np.int32) for symbol in "SE"]
        self._nobody: Bool = np.zeros(robots, dtype=np.bool_)
        self._unknown: Int32 = np.full(robots, NO_CELL, dtype=np.int32)
        self.cells: Int32 = self._rng.permutation(self._layout.free_cells)[:robots].astype(np.int32)
        self.headings: Int8 = np.zeros(robots, dtype=np.int8)
        self.goals: Int32 = self._draw_goals(robots)
        self.finished = 0
        self.planning_s: list[float] = []
        self.finding_s: list[float] = []

    def step(self, planner: Planner) -> None:
        """Plan and carry out one step."""
        started = perf_counter()
        remaining = self._remaining()
        found = perf_counter()
        request = PlanRequest(
            cells=self.cells,
            headings=self.headings,
            goals=self.goals,
            next_goals=self._unknown,
            priorities=-remaining.astype(np.float32),
            dwell=self._nobody,
            hold=self._nobody,
        )
        planned = perf_counter()
        actions = planner.plan(request).actions[0]
        self.planning_s.append(perf_counter() - planned)
        self.finding_s.append(found - started)
        forward = actions == Action.FORWARD
        self.cells = np.where(forward, self._layout.neighbours[self.cells, self.headings], self.cells)
        self.headings = (self.headings + _TURN[actions]) & np.int8(3)
        there = np.flatnonzero(self.cells == self.goals)
        self.finished += len(there)
        self.goals[there] = self._draw_goals(len(there))

    def _remaining(self) -> UInt16:
        slots = self._distances.slots(self.goals)
        remaining: UInt16 = self._distances.fields[slots, self._distances.compact[self.cells] * 4 + self.headings]
        return remaining

    def _draw_goals(self, robots: int) -> Int32:
        service, emitter = (self._rng.choice(places, robots) for places in self._places)
        goals: Int32 = np.where(self._rng.random(robots) < 0.5, service, emitter)
        return goals
