"""Everything that happened in a League run, in columns, as its result file needs it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fleet.grid.layout import Layout
from robots.arrays import Int32, Int64, UInt8

# Recorded for every robot in a step that passed while the entry was still computing.
MISSED = 4


@dataclass(frozen=True, slots=True)
class LeagueTasks:
    """Tasks revealed so far, by number: task i is line i of the task file, which is read round and round.

    errand_cells  int32, offsets  int64 (lines + 1,): cells of line k are errand_cells[offsets[k]:offsets[k + 1]]
    released      int32 (revealed,), the step at which each task was revealed
    """

    errand_cells: Int32
    offsets: Int64
    released: Int32

    def cells(self, task: int) -> Int32:
        """Cells of the errands of a task, in order."""
        line = task % (len(self.offsets) - 1)
        return self.errand_cells[self.offsets[line] : self.offsets[line + 1]]


@dataclass(slots=True)
class LeagueRecord:
    """A finished run. n robots, `steps` steps; step k leads from time k to time k + 1.

    starts             int32 (n,), all facing east
    planned            uint8 (steps, n), what the entry wanted: robots.state.Action, or MISSED
    actual             uint8 (steps, n), what the robots did
    compute_s          seconds that the entry took, one a computation
    scheduling_s, planning_s   how it spent them
    errors             (robot, other robot or -1, time, reason), one for each refused joint action
    schedule_errors    (task, robot, other robot or -1, time, reason), one for each refused schedule
    missed_steps       steps that passed while the entry was still computing
    events             int32 (events, 4): time, robot, task, errands of the task done
    planned_schedule   int32 (changes, 3): time, robot, task (or -1), whenever the proposal for a robot changed
    actual_schedule    int32 (changes, 3): the same for what came into force
    busy_steps         int32 (n,), steps that each robot spent with somewhere to go
    finished           tasks finished
    findings           what the plan auditor found wrong with the robots' moves, in words
    """

    layout: Layout
    starts: Int32
    tasks: LeagueTasks
    planned: UInt8
    actual: UInt8
    busy_steps: Int32
    events: Int32 = field(default_factory=lambda: np.zeros((0, 4), dtype=np.int32))
    planned_schedule: Int32 = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int32))
    actual_schedule: Int32 = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int32))
    finished: int = 0
    missed_steps: int = 0
    findings: list[str] = field(default_factory=list)
    compute_s: list[float] = field(default_factory=list)
    scheduling_s: list[float] = field(default_factory=list)
    planning_s: list[float] = field(default_factory=list)
    errors: list[tuple[int, int, int, str]] = field(default_factory=list)
    schedule_errors: list[tuple[int, int, int, int, str]] = field(default_factory=list)

    @property
    def robots(self) -> int:
        """Number of robots, n."""
        return len(self.starts)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.actual)
