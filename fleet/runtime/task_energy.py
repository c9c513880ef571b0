"""What charge each task takes: found when it is first looked at, and again when the floor has changed."""

from __future__ import annotations

from math import inf
from typing import Final

import numpy as np

from fleet.assignment.trip_energy import TripEnergy
from fleet.runtime.clock import Clock
from fleet.tasks.pool import TaskPool
from fleet.tasks.task_table import TaskStatus
from robots.arrays import Bool, Float32, Float64, Int32

# Tasks between looks at the clock.
_AT_ONCE: Final = 8


class TaskEnergy:
    """Charge that a robot must have in the first cell of each task to take it on, as the floor is now.

    The ways between errands are those of the moment when a task was first looked at: the trip factor covers detours.
    What changes with the floor is what a robot has to keep at a task's end, and which tasks cannot be done at all now,
    because one of their places is closed or cut off: those take infinite charge until the floor changes again.

    clock, seconds: after so many seconds of a call no more new tasks are looked at; they are in the next one. A
    restarted controller has a thousand at once, each with distance fields to be found, and robots are to hear from it
    meanwhile.
    """

    def __init__(self, pool: TaskPool, energy: TripEnergy, clock: Clock | None = None, seconds: float = inf) -> None:
        self._pool = pool
        self._energy = energy
        self._clock = clock
        self._seconds = seconds
        self._percent: Float32 = np.zeros(0, dtype=np.float32)
        # Without what is to be kept at the end, and where that is. NaN and 0 for tasks not looked at yet.
        self._trip: Float64 = np.zeros(0, dtype=np.float64)
        self._end: Int32 = np.zeros(0, dtype=np.int32)
        self._unseen: Int32 = np.zeros(0, dtype=np.int32)

    def percent(self) -> Float32:
        """Percent of a full battery for every task in the pool, float32; valid until the next call.

        Tasks that were over when they were first looked at take 0; it is NaN for those not looked at yet.
        """
        known, there = len(self._percent), len(self._pool.status)
        if there > known:
            new = there - known
            self._percent = np.concatenate([self._percent, np.full(new, np.nan, dtype=np.float32)])
            self._trip = np.concatenate([self._trip, np.full(new, np.nan)])
            self._end = np.concatenate([self._end, np.zeros(new, dtype=np.int32)])
            self._unseen = np.concatenate([self._unseen, np.arange(known, there, dtype=np.int32)])
        if len(self._unseen):
            self._look()
        return self._percent

    def renew(self, tasks: Int32) -> None:
        """Find anew what is left of these tasks, which have another beginning than before."""
        known = tasks[tasks < len(self._percent)]
        known = known[~np.isnan(self._trip[known])]
        if len(known):
            self._find(known)

    def floor_changed(self, closed: Bool | None) -> None:
        """Take in that `TripEnergy.refresh` was called, and which cells are closed now, bool (cells,).

        Linear in tasks, plus the ways of those that open up again.
        """
        self._percent = (self._trip + self._energy.keep_at_end[self._end]).astype(np.float32)
        waiting = self._pool.waiting()
        waiting = waiting[waiting < len(self._percent)]
        if len(waiting) == 0:
            return
        cells, _, offsets = self._pool.errands_left(waiting)
        beyond = self._energy.cut_off(cells)
        if closed is not None:
            beyond |= closed[cells]
        cut_off = np.logical_or.reduceat(beyond, offsets[:-1])
        self._percent[waiting[cut_off]] = np.inf
        self.renew(waiting[~cut_off & np.isinf(self._trip[waiting])])

    def _look(self) -> None:
        """Look at tasks that are new, those that robots have before others, as long as there is time."""
        status = self._pool.status[self._unseen]
        wanted = (status == TaskStatus.OPEN) | (status == TaskStatus.ASSIGNED)
        # After a restart most tasks are over when they are first looked at.
        over, there = self._unseen[~wanted], self._unseen[wanted]
        self._percent[over] = self._trip[over] = 0.0
        there = there[np.argsort(status[wanted] != TaskStatus.ASSIGNED, kind="stable")]
        at_once = len(there) if self._clock is None else _AT_ONCE
        began_s = 0.0 if self._clock is None else self._clock.now()
        seen = 0
        while seen < len(there):
            self._find(there[seen : seen + at_once])
            seen += at_once
            if self._clock is not None and self._clock.now() - began_s > self._seconds:
                break
        self._unseen = there[seen:]

    def _find(self, tasks: Int32) -> None:
        cells, service_s, offsets = self._pool.errands_left(tasks)
        percent = self._energy.task_percent(cells, service_s, offsets)
        end = cells[offsets[1:] - 1]
        self._percent[tasks], self._end[tasks] = percent, end
        self._trip[tasks] = percent.astype(np.float64) - self._energy.keep_at_end[end]
