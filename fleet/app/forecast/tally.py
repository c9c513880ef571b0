"""What a fork is asked for, counted while it goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from robots.arrays import Bool, Float64, Int32, Int64
from sim_worlds.world import World


@dataclass(frozen=True, slots=True)
class ForkResult:
    """What came of one fork.

    tasks_done     int64 (slices,), tasks that were done in each slice of time
    orders_in, tasks_in, tasks_in_squared  orders that came in, their tasks, and the sum of the squares of those
    done_s         when each order was done that was known at the beginning, by its id; inf if it was not. Orders that
                   were expected and refused are not in it
    late_to_come   orders that came in and were late by the end
    lost           int64 (cells,), robot-steps lost against free flow, at the cell where the robot stood
    entries        int64 (cells,), how often robots came into each cell
    waiting        float64 (slices, places), robots that lost time on their way to each station or chute, on average
    longest        int64 (places,), most of them at one moment
    step_s         seconds of a step
    counts         the pool's counters at the end, of what was not finished at the beginning and what came since
    """

    tasks_done: Int64
    orders_in: int
    tasks_in: int
    tasks_in_squared: int
    done_s: dict[str, float]
    late_to_come: int
    lost: Int64
    entries: Int64
    waiting: Float64
    longest: Int64
    step_s: float
    counts: dict[str, dict[str, int]] = field(repr=False)


def places_of(world: World) -> list[tuple[str, tuple[int, ...]]]:
    """Return where robots queue, with their cells: stations, then chutes."""
    stations = [(station.name, station.docks) for station in world.stations]
    return stations + [(f"chute {chute.name}", (chute.cell,)) for chute in world.chutes]


class Tally:
    """Counts a fork from `at_s` on, in so many slices of `slice_s` seconds."""

    def __init__(self, world: World, known: dict[str, float], at_s: float, slice_s: float, slices: int) -> None:
        self._at_s = at_s
        self._slice_s = slice_s
        self._done_s = dict.fromkeys(known, np.inf)
        self._due_s: dict[str, float] = {}
        self._late_to_come = 0
        self._tasks_done: Int64 = np.zeros(slices, dtype=np.int64)
        self._tasks_in: Counter[int] = Counter()
        places = places_of(world)
        self._place_of: Int32 = np.full(world.layout.cells + 1, len(places), dtype=np.int32)
        for place, (_, cells) in enumerate(places):
            self._place_of[list(cells)] = place
        self._lost: Int64 = np.zeros(world.layout.cells, dtype=np.int64)
        self._entries: Int64 = np.zeros(world.layout.cells, dtype=np.int64)
        self._waiting: Int64 = np.zeros((slices, len(places)), dtype=np.int64)
        self._longest: Int64 = np.zeros(len(places), dtype=np.int64)
        self._steps: Int64 = np.zeros(slices, dtype=np.int64)

    def hear(self, event: dict[str, Any]) -> None:
        """Take an event of the task pool."""
        match event["event"]:
            case "task_done":
                self._tasks_done[self._slice(event["t"])] += 1
            case "order_done":
                order = event["order"]
                if order in self._done_s:
                    self._done_s[order] = event["t"]
                else:
                    self._late_to_come += event["t"] > self._due_s.pop(order)
            case "order_rejected":
                self._done_s.pop(event["order"], None)
            case "order_accepted":
                self._tasks_in[event["tasks"]] += 1
                if event["order"] not in self._done_s:
                    self._due_s[event["order"]] = event["due_s"]

    def step(self, before: Int32, cell: Int32, goal: Int32, delayed: Bool, now_s: float) -> None:
        """Take a step that ended at `now_s`: cells before and after it, goals, and who lost time, columns (n,)."""
        part = self._slice(now_s)
        cells = len(self._lost)
        self._steps[part] += 1
        self._entries += np.bincount(cell[cell != before], minlength=cells)
        if delayed.any():
            self._lost += np.bincount(cell[delayed], minlength=cells)
            # A goal of -1 is the last row: no place.
            waiting = np.bincount(self._place_of[goal[delayed]], minlength=len(self._longest) + 1)[:-1]
            self._waiting[part] += waiting
            np.maximum(self._longest, waiting, out=self._longest)

    def result(self, end_s: float, step_s: float, counts: dict[str, dict[str, int]]) -> ForkResult:
        """Return what was counted by the end."""
        late = self._late_to_come + sum(due_s < end_s for due_s in self._due_s.values())
        return ForkResult(
            tasks_done=self._tasks_done,
            orders_in=self._tasks_in.total(),
            tasks_in=sum(tasks * orders for tasks, orders in self._tasks_in.items()),
            tasks_in_squared=sum(tasks**2 * orders for tasks, orders in self._tasks_in.items()),
            done_s=self._done_s,
            late_to_come=int(late),
            lost=self._lost,
            entries=self._entries,
            waiting=self._waiting / np.maximum(self._steps, 1)[:, None],
            longest=self._longest,
            step_s=step_s,
            counts=counts,
        )

    def _slice(self, now_s: float) -> int:
        return min(int((now_s - self._at_s) / self._slice_s), len(self._tasks_done) - 1)
