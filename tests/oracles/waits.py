"""Who is in whose way: by searches of every way that begins into one of the four next cells, and by walking chains."""

from __future__ import annotations

from collections.abc import Mapping, Set

from tests.oracles.distances import AHEAD, NOTHING, Place, Robot, least_cost

NO_WAY = "no way"
STRAIGHT_RIGHT_LEFT_BACK = (0, 1, 3, 2)
QUARTERS = {0: 0, 1: 1, 2: 2, 3: 1}


def blocker(
    passable: set[Place],
    forward: dict[Robot, int],
    turn: int,
    robot: Robot,
    goal: Place,
    holders: Mapping[Place, int],
    me: int,
    shut: Set[tuple[int, ...]] = NOTHING,
) -> int | str | None:
    """Who holds the next cell of the best way; None if that is free, or none is left to go."""
    row, column, heading = robot
    if least_cost(passable, forward, turn, robot, goal, shut) is None:
        return NO_WAY
    if (row, column) == goal:
        return None
    ways: list[tuple[int, int | None]] = []
    for side in STRAIGHT_RIGHT_LEFT_BACK:
        toward = (heading + side) % 4
        place = row + AHEAD[toward][0], column + AHEAD[toward][1]
        if place not in passable or place in shut or (row, column, toward) in shut:
            continue
        on = least_cost(passable, forward, turn, (*place, toward), goal, shut)
        if on is not None:
            holder = holders.get(place)
            ways.append((QUARTERS[side] * turn + forward[row, column, toward] + on, None if holder == me else holder))
    best = [holder for cost, holder in ways if cost == min(cost for cost, _ in ways)]
    return None if None in best else best[0]


def standing_ahead(
    passable: set[Place],
    forward: dict[Robot, int],
    turn: int,
    robot: Robot,
    goal: Place,
    holders: Mapping[Place, int],
    me: int,
    shut: Set[tuple[int, ...]],
) -> int | str | None:
    """Who is first on the way that is best with nothing closed, up to the first closed cell or move; None for nobody.

    holders: only those that do not move on by themselves.
    """
    if least_cost(passable, forward, turn, robot, goal) is None:
        return NO_WAY
    while robot[:2] != goal:
        row, column, heading = robot
        ways: list[tuple[int, Robot]] = []
        for side in STRAIGHT_RIGHT_LEFT_BACK:
            toward = (heading + side) % 4
            there = row + AHEAD[toward][0], column + AHEAD[toward][1], toward
            on = least_cost(passable, forward, turn, there, goal) if there[:2] in passable else None
            if on is not None:
                ways.append((QUARTERS[side] * turn + forward[row, column, toward] + on, there))
        least = min(cost for cost, _ in ways)
        robot = next(there for cost, there in ways if cost == least)
        if holders.get(robot[:2], me) != me:
            return holders[robot[:2]]
        if robot[:2] in shut or (row, column, robot[2]) in shut:
            return None
    return None


def chain(waits_for: Mapping[int, int], robot: int) -> list[int]:
    """The robots from this one on, each waiting for the next; the last one again if the chain comes back to it."""
    walked = [robot]
    while waits_for[walked[-1]] >= 0:
        robot = waits_for[walked[-1]]
        walked.append(robot)
        if walked.count(robot) > 1:
            break
    return walked
