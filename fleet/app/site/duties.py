"""What robots are about, as the feed tells it."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from fleet.app.site.feed_messages import DutyColumns, packed_duties
from fleet.grid.layout import NO_ROBOT, NO_TASK
from fleet.runtime.roster import Roster
from robots.arrays import Bool, Float32, Int32, UInt8


class Tasks(Protocol):
    """The task pool, as far as it says who has goods on board; see fleet.tasks.pool."""

    @property
    def errand_index(self) -> Int32:
        """How many errands of each task are done."""

    @property
    def takeover_robot(self) -> Int32:
        """The robot whose load waits to be taken over before each task goes on."""


class Waits(Protocol):
    """Who waits, for whom and why; see fleet.runtime.waits."""

    waits_for: Int32
    reason: UInt8
    waited_s: Float32


def duty_columns(roster: Roster, tasks: Tasks, waits: Waits, delayed: Bool) -> DutyColumns:
    """Return the columns; delayed: bool (n,), who lost the last step of the record."""
    return packed_duties(
        goal=roster.goal,
        waits_for=waits.waits_for,
        wait=waits.reason,
        waited_s=waits.waited_s,
        delayed=delayed,
        loaded=loaded(roster, tasks),
    )


def loaded(roster: Roster, tasks: Tasks) -> Bool:
    """Return which robots carry goods, bool (n,): something of their task is picked, or they wait to hand it over."""
    carries: Bool = roster.left_task != NO_TASK
    busy = np.flatnonzero(roster.task != NO_TASK)
    task = roster.task[busy]
    carries[busy] |= (tasks.errand_index[task] > 0) & (tasks.takeover_robot[task] == NO_ROBOT)
    return carries
