"""Who goes first when robots want the same cells."""

from __future__ import annotations

import numpy as np

from fleet.grid.layout import NO_CELL, NO_TASK
from robots.arrays import Bool, Float32, Int32, Int64, UInt16

# A robot with a task goes before one that only charges or parks, whatever their distances.
_TASK_FIRST = np.float32(1e7)
# A robot that has lost this many steps on the way to its goal goes before all that have lost fewer, and so on at every
# multiple: nobody waits for ever behind robots that are nearer. Coarse on purpose, since two robots whose priorities
# swap at every step only dance around each other.
_PATIENCE_STEPS = 32
_LEVEL = np.float32(1e5)
# Where two of them block each other, as one that wants into a dead end does with one that wants out, the order of their
# losses never changes. After this many levels they are drawn by lot, anew at every multiple, so that everybody's turn
# comes.
_LEVELS = 6


class Urgency:
    """Keeps how long robots have been held up on their way, and ranks them by it. Columns have one row a robot."""

    def __init__(self, robots: int) -> None:
        self._lost_steps: Int32 = np.zeros(robots, dtype=np.int32)
        self._goal: Int32 = np.full(robots, NO_CELL, dtype=np.int32)

    def set_goals(self, goals: Int32) -> None:
        """Whoever has a new goal, int32 (n,), has lost nothing yet."""
        self._lost_steps[goals != self._goal] = 0
        self._goal[:] = goals

    def add_lost(self, delayed: Bool) -> None:
        """Count a step for those who came no nearer in it, bool (n,)."""
        self._lost_steps += delayed

    def priorities(self, remaining: UInt16, task: Int32, leaving: Bool | None = None) -> Float32:
        """Robots with a task first, then those that have lost much time, then those nearest to their goals.

        remaining uint16 (n,): what is left of each way, 0 for none. Robots that have nowhere to go come last: whoever
        is on the way may push them aside. Robots that want out of a dead end, `leaving`, bool (n,), go before all
        others: until they are out nobody can get in.
        """
        levels = self._lost_steps // _PATIENCE_STEPS
        long = np.flatnonzero(levels >= _LEVELS)
        if len(long):
            levels[long] = _lots(long, levels[long]) % _LEVELS
        priorities = levels * _LEVEL - remaining
        priorities[remaining == 0] = -_TASK_FIRST
        priorities[task != NO_TASK] += _TASK_FIRST
        if leaving is not None:
            priorities[leaving] = 2 * _TASK_FIRST + levels[leaving] * _LEVEL - remaining[leaving]
        return priorities.astype(np.float32)


def _lots(robots: Int64, draws: Int32) -> Int64:
    """A number for each robot and draw that looks random, 0 or more (the finalizer of splitmix64, S. Vigna, 2015)."""
    mixed = robots.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + draws.astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(1)).astype(np.int64)
