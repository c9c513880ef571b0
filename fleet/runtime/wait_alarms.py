"""Raises alarms about robots that may stand, or drive about, for ever."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.grid.layout import NO_ROBOT
from fleet.tasks.events import EventSink
from robots.arrays import Bool, Float64, Int32

Ring = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WaitParams:
    """How long is too long, in seconds.

    every_s     from one look to the next
    deadlock_s  robots that wait for each other in a ring
    livelock_s  a robot that has to get somewhere, could move, and comes no nearer
    """

    every_s: float = 1.0
    deadlock_s: float = 15.0
    livelock_s: float = 120.0


class WaitAlarms:
    """Tells once when a deadlock or a livelock is suspected, and once when that is over.

    Events, keys as in docs/runs.md: deadlock_suspected, deadlock_over, livelock_suspected, livelock_over.
    """

    def __init__(self, robots: int, events: EventSink, params: WaitParams) -> None:
        self._events = events
        self._params = params
        self._since_s: dict[Ring, float] = {}
        self._locked: set[Ring] = set()
        self._suspected: Bool = np.zeros(robots, dtype=np.bool_)
        # Since when those that are suspected of a livelock have come no nearer.
        self._stuck_s: Float64 = np.zeros(robots)

    def look_at_rings(self, waits_for: Int32, ring: Int32, now_s: float) -> None:
        """Compare the rings at `now_s` with those of the last look.

        waits_for: int32 (n,), the robot in the way of each, or -1. ring: int32 (n,), of robots in a ring its lowest
        one, or -1.
        """
        if not self._since_s and ring.max(initial=NO_ROBOT) == NO_ROBOT:
            return
        rings = _rings(waits_for, ring)
        before, self._since_s = self._since_s, {}
        for members in rings:
            self._since_s[members] = before.get(members, now_s)
        over = [members for members in before if members in self._locked and members not in self._since_s]
        late = [members for members in rings if now_s - self._since_s[members] >= self._params.deadlock_s]
        begun = [members for members in late if members not in self._locked]
        for name, told, since_s in (("deadlock_over", over, before), ("deadlock_suspected", begun, self._since_s)):
            for members in told:
                waited_s = round(now_s - since_s[members], 3)
                self._events({"t": now_s, "event": name, "robots": list(members), "waited_s": waited_s})
        self._locked = set(late)

    def look_at_progress(self, stuck: Bool, since_s: Float64, cells: Int32, now_s: float) -> None:
        """Look who has come no nearer for too long. Columns of length n:

        stuck    bool, robots that have to get somewhere and could move
        since_s  float64, when each came nearer last, `now_s` for those that need not; cells: int32, where it is
        """
        late: Bool = now_s - since_s >= self._params.livelock_s
        over = self._suspected & ~late
        begun = stuck & late & ~self._suspected
        if over.any() or begun.any():
            self._tell_livelocks(over, begun, since_s, cells, now_s)

    def _tell_livelocks(self, over: Bool, begun: Bool, since_s: Float64, cells: Int32, now_s: float) -> None:
        self._stuck_s[begun] = since_s[begun]
        for name, told in (("livelock_over", over), ("livelock_suspected", begun)):
            for robot in np.flatnonzero(told).tolist():
                waited_s = round(now_s - float(self._stuck_s[robot]), 3)
                event = {"t": now_s, "event": name, "robot": robot, "cell": int(cells[robot]), "waited_s": waited_s}
                self._events(event)
        self._suspected = (self._suspected & ~over) | begun


def _rings(waits_for: Int32, ring: Int32) -> list[Ring]:
    """Return the rings, ascending, each from its lowest robot on in the order in which they wait for each other."""
    found: list[Ring] = []
    for lowest in np.flatnonzero(ring == np.arange(len(ring))).tolist():
        members = [lowest]
        while (robot := int(waits_for[members[-1]])) != lowest:
            members.append(robot)
        found.append(tuple(members))
    return found
