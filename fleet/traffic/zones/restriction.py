"""A restriction of the floor that is in force, and what kinds there are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf

from fleet.grid.layout import NO_ROBOT
from robots.arrays import Int32


class ZoneKind(StrEnum):
    """What a restriction is; the names are those of the actions that make it."""

    CLOSE = "close"
    SLOW = "slow"
    ONE_WAY = "one_way"
    PERSON = "person"
    E_STOP = "e_stop"
    FIRE = "fire"
    QUARANTINE = "quarantine"
    PAUSE = "pause"
    OUT_OF_SERVICE = "out_of_service"

    @property
    def halts(self) -> bool:
        """Whether robots that hold one of its cells stop where they are."""
        return self in (ZoneKind.PERSON, ZoneKind.E_STOP, ZoneKind.QUARANTINE)

    @property
    def closes(self) -> bool:
        """Whether no robot may enter its cells."""
        return self is ZoneKind.CLOSE or self.halts

    @property
    def guarded(self) -> bool:
        """Whether it never ends by itself: clearing it takes two steps and a name."""
        return self is ZoneKind.FIRE or self.halts


@dataclass(frozen=True, slots=True, eq=False)
class Restriction:
    """Something that holds on a part of the floor, or for a robot.

    id         counted from 1 in the order of making
    by         who made it; ref, the label that was given with it, or nothing
    place      what people call its area
    cells      int32, ascending; closed, slow, or, for a fire alarm, to be freed of robots; none of a robot's
    edges      int32 (m, 2), cell and heading of forward moves that are forbidden
    since_s, until_s  seconds on the controller's clock; inf for no end
    limit_mps  of a slow zone; inf for all others
    robot      that a quarantine is about, or that is paused or out of service, or NO_ROBOT
    clear_requested_by  who has asked to clear it, or nothing
    """

    id: int
    kind: ZoneKind
    by: str
    ref: str
    place: str
    cells: Int32
    edges: Int32
    since_s: float
    until_s: float = inf
    limit_mps: float = inf
    robot: int = NO_ROBOT
    clear_requested_by: str = ""
