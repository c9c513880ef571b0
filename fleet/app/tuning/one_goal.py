"""The one-goal workload on a bare map: every robot always has exactly one goal, and another as soon as it is there.

A goal is drawn from the map's service points (S) or its emitter points (E) with equal chances, as the errands of the
League of Robot Runners 2024 are; from all its free cells where it has neither. Robots start at random, facing east.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.errors import SettingError
from fleet.grid.components import components
from fleet.grid.layout import NO_CELL
from fleet.planning.planner import PlanRequest
from robots.state import Action
from sim_worlds.reachability import main_component

if TYPE_CHECKING:
    from fleet.grid.distances import DistanceFields
    from fleet.planning.planner import Planner
    from robots.arrays import Bool, Int8, Int32
    from sim_worlds.world import World

_TURN: Final[Int8] = np.array([0, 1, -1, 0], dtype=np.int8)


class OneGoalFleet:
    """Robots on a bare map, moved by a planner; who is nearest to its goal goes first.

    Only the largest part of the map in which all cells reach each other is used. Raises SettingError if the robots do
    not fit there.

    cells, goals  int32 (n,), headings  int8 (n,)
    finished      goals reached so far
    """

    def __init__(self, world: World, distances: DistanceFields, robots: int, seed: int) -> None:
        self._distances = distances
        self._layout = world.layout
        self._rng = np.random.default_rng(seed)
        labels = components(world.layout)
        free = world.layout.free_cells
        main = main_component(labels, free)
        free = free[labels[free] == main]
        if robots > len(free):
            raise SettingError("--robots", f"{robots} robots do not fit on {world.name}", f"use at most {len(free)}")
        emitters = np.array([chute.cell for chute in world.chutes], dtype=np.int32)
        groups = [cells[labels[cells] == main] for cells in (world.pick_faces, emitters)]
        self._places = [cells for cells in groups if len(cells)] or [free]
        self._nobody: Bool = np.zeros(robots, dtype=np.bool_)
        self._unknown: Int32 = np.full(robots, NO_CELL, dtype=np.int32)
        self.cells: Int32 = self._rng.permutation(free)[:robots].astype(np.int32)
        self.headings: Int8 = np.zeros(robots, dtype=np.int8)
        self.goals: Int32 = self._draw_goals(robots)
        self.finished = 0

    def step(self, planner: Planner) -> None:
        """Plan and carry out one step."""
        slots = self._distances.slots(self.goals)
        remaining = self._distances.at(slots, self.cells, self.headings)
        request = PlanRequest(
            cells=self.cells,
            headings=self.headings,
            goals=self.goals,
            next_goals=self._unknown,
            priorities=-remaining.astype(np.float32),
            dwell=self._nobody,
            hold=self._nobody,
        )
        actions = planner.plan(request).actions[0]
        forward = actions == Action.FORWARD
        self.cells = np.where(forward, self._layout.neighbours[self.cells, self.headings], self.cells)
        self.headings = (self.headings + _TURN[actions]) & np.int8(3)
        there = np.flatnonzero(self.cells == self.goals)
        self.finished += len(there)
        self.goals[there] = self._draw_goals(len(there))

    def _draw_goals(self, robots: int) -> Int32:
        drawn = [self._rng.choice(places, robots) for places in self._places]
        goals: Int32 = np.where(self._rng.random(robots) < 0.5, drawn[0], drawn[-1])
        return goals
