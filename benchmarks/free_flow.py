"""A League floor without collisions: robots drive through each other, each by its shortest way.

The scheduler meets the same pool, fields and competition as with a planner, in a fraction of the time.
"""

from __future__ import annotations

from time import perf_counter
from typing import Final

import numpy as np

from benchmarks.drawn_league import OPEN_TASKS_A_ROBOT, draw_league
from fleet.assignment.league_scheduler import LeagueScheduler
from fleet.grid.distances import DistanceFields
from fleet.grid.map_file import MapFile
from fleet.planning.planner import PlanRequest, PlanWindow
from fleet.runtime.clock import WallClock
from fleet.runtime.league.competition import Situation
from fleet.runtime.league.entry import FleetEntry, FleetEntryParams
from fleet.runtime.league.task_pool import LeagueTaskPool
from robots.arrays import Int8, Int32
from robots.state import Action

_TURN: Final[Int8] = np.array([0, 1, -1, 0], dtype=np.int8)


class TimedScheduler(LeagueScheduler):
    """The League scheduler with a stop watch.

    seconds   of each call
    turned    how often a robot on its way was given another task
    """

    def __init__(self, distances: DistanceFields) -> None:
        super().__init__(distances)
        self.seconds: list[float] = []
        self.turned = 0

    def match(self, cells: Int32, headings: Int8, first: Int32, last: Int32, current: Int32 | None = None) -> Int32:
        """Match robots to tasks; see `LeagueScheduler.match`."""
        started = perf_counter()
        found = super().match(cells, headings, first, last, current)
        self.seconds.append(perf_counter() - started)
        if current is not None:
            self.turned += int(((current >= 0) & (found != current)).sum())
        return found


class FreeFlowPlanner:
    """Lets every robot take the next step of a shortest way to its goal, whoever is in the way."""

    def __init__(self, distances: DistanceFields) -> None:
        self._distances = distances

    def plan(self, request: PlanRequest, budget_s: float | None = None) -> PlanWindow:  # noqa: ARG002
        """Plan one step."""
        distances, cells, headings = self._distances, request.cells, request.headings
        slots = distances.slots(request.goals)
        ahead = distances.layout.neighbours[cells, headings]
        places = np.stack([np.where(ahead >= 0, ahead, cells), cells, cells])
        ways = distances.at(slots, places, headings + _TURN[:3, None] & 3).astype(np.int64)
        ways[0, ahead < 0] = np.iinfo(np.int64).max
        rests = (slots < 0) | (cells == request.goals)
        actions = np.where(rests, np.uint8(Action.WAIT), ways.argmin(axis=0).astype(np.uint8))
        return PlanWindow(actions[None])

    def forget(self) -> None:
        """Nothing is carried over."""

    def warmup(self) -> None:
        """Nothing is compiled."""


class FreeFlowLeague:
    """The League's entry on a floor without collisions, with tasks of two errands drawn as in the League's files.

    Each errand is on an S or an E cell with equal chances. Robots start at random, facing east.
    """

    def __init__(self, map_file: MapFile, robots: int, steps: int, seed: int) -> None:
        layout, pool_size = map_file.layout, int(OPEN_TASKS_A_ROBOT * robots)
        instance = draw_league(map_file, robots, seed, tasks=pool_size + robots * steps // 50)
        self._neighbours = layout.neighbours
        self._time = 0
        self.cells: Int32 = instance.starts
        self.headings: Int8 = np.zeros(robots, dtype=np.int8)
        self.pool = LeagueTaskPool(instance.errand_cells, instance.offsets, robots, pool_size)
        distances = DistanceFields(layout)
        self.scheduler = TimedScheduler(distances)
        self._entry = FleetEntry(
            distances, FreeFlowPlanner(distances), self.scheduler, WallClock(), FleetEntryParams(field_s=1e9)
        )
        self._entry.warmup()
        self.scheduler.seconds.clear()

    def step(self) -> None:
        """Schedule and move."""
        proposal = self._entry.compute(Situation(self._time, self.cells, self.headings, self.pool))
        forward = proposal.actions == Action.FORWARD
        self.cells = np.where(forward, self._neighbours[self.cells, self.headings], self.cells)
        self.headings = (self.headings + _TURN[proposal.actions]) & np.int8(3)
        self._time += 1
        self.pool.update(proposal.schedule, self.cells, self._time)
