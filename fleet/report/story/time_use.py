"""What robots spent their time on: in all, over time, and each robot for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fleet.runtime.activity import Activity

if TYPE_CHECKING:
    from fleet.report.story.time_bins import TimeBins
    from fleet.report.trace import Trace
    from robots.arrays import Float64, Int64


@dataclass(frozen=True, slots=True)
class TimeUse:
    """Robot-steps by activity, see fleet.runtime.activity.

    by_bin    int64 (bins, activities)
    by_robot  int64 (n, activities)
    moves     int64 (n,), cells that each robot drove
    """

    by_bin: Int64
    by_robot: Int64
    moves: Int64

    @property
    def shares(self) -> Float64:
        """Share of the robots' time for each activity over the whole run, float64 (activities,)."""
        total = self.by_robot.sum(axis=0)
        shares: Float64 = total / total.sum()
        return shares

    def share(self, activity: Activity) -> float:
        """Share of the robots' time for one activity over the whole run."""
        return float(self.shares[activity])


def use_of_time(trace: Trace, bins: TimeBins, width: int) -> TimeUse:
    """Count what robots did in each step of a run on a map so many cells wide. Linear in robot-steps."""
    kinds = len(Activity)
    by_bin = np.zeros((bins.count, kinds), dtype=np.int64)
    by_robot = np.zeros((trace.robots, kinds), dtype=np.int64)
    own = kinds * np.arange(trace.robots)
    for part in range(bins.count):
        activity = trace.activity[bins.of_step == part].astype(np.int64)
        counts = np.bincount((activity + own).ravel(), minlength=trace.robots * kinds).reshape(-1, kinds)
        by_robot += counts
        by_bin[part] = counts.sum(axis=0)
    return TimeUse(by_bin, by_robot, _cells_driven(trace, width))


def _cells_driven(trace: Trace, width: int) -> Int64:
    """Cells between where each robot was from step to step, int64 (n,); along rows and columns."""
    before, after = np.vstack([trace.start_cell[None], trace.cell[:-1]]), trace.cell
    robot = np.nonzero(before != after)
    rows = np.abs(after[robot] // width - before[robot] // width)
    columns = np.abs(after[robot] % width - before[robot] % width)
    moves = np.bincount(robot[1], weights=rows + columns, minlength=trace.robots)
    return moves.astype(np.int64)
