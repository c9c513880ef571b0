"""A refused zone action: a value with a reason code, to be counted and shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ZoneRefusalReason(StrEnum):
    """Why an operator's action is not carried out."""

    UNKNOWN_ZONE = "unknown_zone"  # the world has no zone of this name
    OUTSIDE_MAP = "outside_map"  # a cell of the rectangle or edge is outside the map
    BAD_RECTANGLE = "bad_rectangle"  # its second corner is north or west of its first
    NO_FLOOR = "no_floor"  # no robot may stand anywhere in it
    NOT_NEIGHBOURS = "not_neighbours"  # the two cells of an edge are not side by side
    BAD_LIMIT = "bad_limit"  # a speed limit that nobody can keep, or that limits nobody
    BAD_TIME_TO_LIVE = "bad_time_to_live"  # not a number of seconds greater than zero
    UNKNOWN_ROBOT = "unknown_robot"  # there is no such robot
    ALREADY = "already"  # the robot is paused, or out of service, already
    NO_NAME = "no_name"  # nobody's name stands by it
    REF_TAKEN = "ref_taken"  # another restriction in force has this label
    UNKNOWN_RESTRICTION = "unknown_restriction"  # no restriction ever had this id or label
    ENDED = "ended"  # the restriction is over
    NEEDS_CLEARING = "needs_clearing"  # it ends by request_clear and confirm_clear, not by open
    NEEDS_OPENING = "needs_opening"  # it ends by open, not by request_clear and confirm_clear
    NOT_REQUESTED = "not_requested"  # confirm_clear without request_clear
    TOO_SOON = "too_soon"  # confirm_clear so quickly that it may be a double click
    TOO_LATE = "too_late"  # confirm_clear so late that nobody knows what was looked at
    NO_GRANTS = "no_grants"  # the run is one in step: nothing can be restricted
    CHANGED = "changed"  # something stopped robots there between request_clear and confirm_clear


@dataclass(frozen=True, slots=True)
class ZoneRefusal:
    """An action that is not carried out: why, in words, and what to do."""

    reason: ZoneRefusalReason
    problem: str
    remedy: str


def unknown_robot(robot: int, robots: int) -> ZoneRefusal | None:
    """Return why an action cannot be about the robot in this row of so many, None if it can."""
    if 0 <= robot < robots:
        return None
    remedy = f"robots are 0 to {robots - 1}" if robots else "there are no robots here"
    return ZoneRefusal(ZoneRefusalReason.UNKNOWN_ROBOT, f"there is no robot {robot}", remedy)
