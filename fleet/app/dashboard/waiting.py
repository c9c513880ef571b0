"""Why a robot waits: the chain of robots in front of it, in words, and rings of robots that wait for each other."""

from __future__ import annotations

from itertools import islice
from typing import Final

import numpy as np

from fleet.app.dashboard.page_messages import WaitLink
from fleet.app.dashboard.picture import DutiesSeen, FleetSeen, Roster
from fleet.app.dashboard.shown_floor import ShownFloor
from fleet.app.site.condition import Condition
from fleet.runtime.waits import WaitReason
from robots.arrays import Int32

# A chain that is longer says no more to anybody.
_MOST_LINKS: Final = 30

_DOES: Final = {
    Condition.IDLE: "has nothing to do",
    Condition.WAITING: "stands",
    Condition.TURNING: "turns",
    Condition.DRIVING: "drives",
    Condition.SERVICE: "is served",
    Condition.CHARGING: "charges",
    Condition.HALTED: "is told to stand",
    Condition.BLOCKED: "stands before something unexpected",
    Condition.EMPTY: "has an empty battery",
    Condition.LOST: "is not where it should be",
    Condition.FAILED: "has failed: somebody has to see to it",
    Condition.SILENT: "has not been heard of for a while",
}
_WAITS: Final = {
    WaitReason.CLOSED: "its way or its goal is closed",
    WaitReason.HALTED: "it is told to stand",
    WaitReason.YIELD: "the plan lets others go first",
    WaitReason.NO_WAY: "no way leads to its goal",
}


class WaitChains:
    """Explains the waits of one picture. cell: int32 (n,), where each robot is."""

    def __init__(self, roster: Roster, floor: ShownFloor, fleet: FleetSeen, duties: DutiesSeen, cell: Int32) -> None:
        self._serials = roster.serials
        self._floor = floor
        self._condition = fleet.condition
        self._duties = duties
        self._cell = cell
        self._behind = robots_behind(duties.waits_for)

    def why(self, robot: int) -> tuple[list[WaitLink], bool]:
        """Return the chain from a robot, by row, to what it all waits for, and whether it comes back to the robot.

        The chain is told as far as its first 30 robots.
        """
        chain: dict[int, None] = {}
        at = robot
        while at >= 0 and at not in chain:
            chain[at] = None
            at = self._ahead(at)
        return [self._link(one) for one in islice(chain, _MOST_LINKS)], at == robot and len(chain) > 1

    def _ahead(self, robot: int) -> int:
        """The robot that this one waits for, -1 for none."""
        ahead = int(self._duties.waits_for[robot])
        waits = self._duties.wait[robot] == WaitReason.ROBOT
        return ahead if waits and 0 <= ahead < len(self._serials) else -1

    def _link(self, robot: int) -> WaitLink:
        ahead = self._ahead(robot)
        return WaitLink(
            robot=self._serials[robot],
            condition=condition_name(int(self._condition[robot])),
            wait=wait_name(int(self._duties.wait[robot])),
            cell=int(self._cell[robot]),
            place=self._floor.place(int(self._cell[robot])),
            text=self._text(robot, ahead),
            waits_for="" if ahead < 0 else self._serials[ahead],
        )

    def _text(self, robot: int, ahead: int) -> str:
        wait = int(self._duties.wait[robot])
        if ahead >= 0:
            behind = self._behind[ahead]
            others = f", for which {behind} robots wait" if behind > 1 else ""
            return f"waits for {self._serials[ahead]}, which {self._state(ahead)}{others}"
        if wait in _WAITS:
            return f"waits: {_WAITS[WaitReason(wait)]}"
        behind = int(self._behind[robot])
        return self._state(robot) + (f"; {behind} robot{'s wait' if behind > 1 else ' waits'} for it" if behind else "")

    def _state(self, robot: int) -> str:
        """What a robot does, with the place where it does it."""
        condition, cell = int(self._condition[robot]), int(self._cell[robot])
        does = _DOES[Condition(condition)] if condition < len(Condition) else "does something unknown"
        if condition == Condition.SERVICE:
            return f"is served {_at(self._floor, cell)}"
        waits_for = int(self._duties.waits_for[robot])
        if self._duties.wait[robot] == WaitReason.ROBOT and 0 <= waits_for < len(self._serials):
            return f"waits for {self._serials[waits_for]}"
        return does


def condition_name(condition: int) -> str:
    """Return the name of a condition; one that this version does not know has its number."""
    return Condition(condition).name.lower() if condition < len(Condition) else f"condition {condition}"


def wait_name(wait: int) -> str:
    """Return the name of a reason to wait, likewise."""
    return WaitReason(wait).name.lower() if wait < len(WaitReason) else f"reason {wait}"


def robots_behind(waits_for: Int32) -> Int32:
    """Return how many robots wait for each robot, directly or through others; a ring counts all of its robots once.

    waits_for: int32 (n,), -1 for nobody. Linear in robots but for rings.
    """
    n = len(waits_for)
    behind = np.zeros(n, dtype=np.int32)
    sound = (waits_for >= 0) & (waits_for < n)
    missing = np.bincount(waits_for[sound], minlength=n)
    # Robots for whom nobody waits first, then those for whom only such robots wait, and so on: leaves of a forest.
    ready = np.flatnonzero(missing == 0).tolist()
    while ready:
        robot = ready.pop()
        ahead = int(waits_for[robot])
        if not sound[robot]:
            continue
        behind[ahead] += behind[robot] + 1
        missing[ahead] -= 1
        if missing[ahead] == 0:
            ready.append(ahead)
    for ring in rings(waits_for):
        behind[ring] = int(behind[ring].sum()) + len(ring) - 1
    return behind


def rings(waits_for: Int32) -> list[list[int]]:
    """Return the rings of robots that wait for each other, by row, each from its lowest row on in order of waiting."""
    n = len(waits_for)
    state = np.zeros(n, dtype=np.int8)  # 0 not looked at, 1 on the way that is followed now, 2 done
    ahead = waits_for.tolist()
    found = []
    for start in np.flatnonzero(waits_for >= 0).tolist():
        way = []
        at = start
        while 0 <= at < n and state[at] == 0:
            state[at] = 1
            way.append(at)
            at = ahead[at]
        if 0 <= at < n and state[at] == 1:
            ring = way[way.index(at) :]
            lowest = ring.index(min(ring))
            found.append(ring[lowest:] + ring[:lowest])
        state[way] = 2
    return sorted(found)


def _at(floor: ShownFloor, cell: int) -> str:
    name = floor.served_at(cell)
    return f"at {name}" if name else f"in the {floor.place(cell)}"
