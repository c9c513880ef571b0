"""Everything that happened in a run of the 2026 edition, in columns, as its result file needs it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fleet.grid.layout import Layout
from fleet.runtime.league.record import LeagueTasks
from robots.arrays import Bool, Int32, Int64, UInt8
from robots.state import Action

# Ticks in a segment of the paths of a result file.
SEGMENT_TICKS = 100


@dataclass(slots=True)
class TickRecord:
    """A finished run. n robots, `ticks` ticks; tick k leads from time k to time k + 1.

    starts            int32 (n,), all facing east
    action_ticks      ticks that one cell forward or a quarter turn takes
    planned           uint8 (ticks, n), what the executor let the robots do: robots.state.Action, or MISSED (see
                      fleet.runtime.league.record) in a tick that passed while it was still computing
    actual            uint8 (ticks, n), what the robots did
    delayed           bool (ticks, n), who was delayed
    delays            int64 (delays, 3): robot, first tick, the tick after the last
    snapshots         int32 (segments, 4, n): row, column, heading and progress at the begin of each segment
    compute_s         seconds that the entry took, one a computation; scheduling_s, planning_s how it spent them
    executor_s        seconds that the executor took, one a tick (staging included)
    late_ticks        ticks in which a plan should have been there and was not; missed_ticks those in which all robots
                      waited for the executor or for the first plan
    refused           moves that would have been unsafe and became waits
    collisions, astray   what the overlap auditor found: overlaps of robots, robots off the floor
    events, planned_schedule, actual_schedule, schedule_errors, finished   as in LeagueRecord, times in ticks
    """

    layout: Layout
    starts: Int32
    action_ticks: int
    tasks: LeagueTasks
    planned: UInt8
    actual: UInt8
    delayed: Bool
    snapshots: Int32
    delays: Int64 = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    events: Int32 = field(default_factory=lambda: np.zeros((0, 4), dtype=np.int32))
    planned_schedule: Int32 = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int32))
    actual_schedule: Int32 = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int32))
    schedule_errors: list[tuple[int, int, int, int, str]] = field(default_factory=list)
    finished: int = 0
    late_ticks: int = 0
    missed_ticks: int = 0
    refused: int = 0
    collisions: list[tuple[int, int, int, str]] = field(default_factory=list)
    astray: list[tuple[int, int]] = field(default_factory=list)
    compute_s: list[float] = field(default_factory=list)
    scheduling_s: list[float] = field(default_factory=list)
    planning_s: list[float] = field(default_factory=list)
    executor_s: list[float] = field(default_factory=list)

    @property
    def robots(self) -> int:
        """Number of robots, n."""
        return len(self.starts)

    @property
    def ticks(self) -> int:
        """Number of ticks."""
        return len(self.actual)

    def time_shares(self) -> dict[str, float]:
        """How robots spent their time, shares of all robot ticks that add up to 1."""
        whole = self.actual.size
        delayed = int(self.delayed.sum())
        moving = int((self.actual == Action.FORWARD).sum())
        turning = int(((self.actual == Action.TURN_CW) | (self.actual == Action.TURN_CCW)).sum())
        return {
            "moving": moving / whole,
            "turning": turning / whole,
            "delayed": delayed / whole,
            "waiting": (whole - delayed - moving - turning) / whole,
        }
