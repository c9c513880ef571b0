"""Steps from a robot to a cell: forward searches over (row, column, heading), with dictionaries and nothing else."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Set

# One cell forward, by heading: east, south, west, north.
AHEAD = {0: (0, 1), 1: (1, 0), 2: (0, -1), 3: (-1, 0)}

Place = tuple[int, int]
Robot = tuple[int, int, int]

NOTHING: frozenset[tuple[int, ...]] = frozenset()


def after_one_step(passable: set[Place], robot: Robot, shut: Set[tuple[int, ...]] = NOTHING) -> list[Robot]:
    """Where a robot alone on the floor can be one step later: a cell ahead, or turned to the right or to the left.

    shut: (row, column) of cells that may not be entered, (row, column, heading) of moves that may not be made.
    """
    row, column, heading = robot
    down, right = AHEAD[heading]
    turned = [(row, column, (heading + 1) % 4), (row, column, (heading - 1) % 4)]
    ahead = (row + down, column + right)
    if ahead in passable and ahead not in shut and robot not in shut:
        return [(*ahead, heading), *turned]
    return turned


def least_cost(
    passable: set[Place],
    forward: dict[Robot, int],
    turn: int,
    robot: Robot,
    goal: Place,
    shut: Set[tuple[int, ...]] = NOTHING,
) -> int | None:
    """Least sum of weights that brings the robot into the goal cell, with any heading; None if there is no way.

    forward: what moving ahead costs from each (row, column, heading).
    """
    cost = {robot: 0}
    waiting = [(0, robot)]
    while waiting:
        so_far, here = heapq.heappop(waiting)
        if here[:2] == goal:
            return so_far
        for following in after_one_step(passable, here, shut):
            total = so_far + (turn if following[:2] == here[:2] else forward[here])
            if total < cost.get(following, total + 1):
                cost[following] = total
                heapq.heappush(waiting, (total, following))
    return None


def steps_to(passable: set[Place], robot: Robot, goal: Place, shut: Set[tuple[int, ...]] = NOTHING) -> int | None:
    """Fewest steps that bring the robot into the goal cell, with any heading; None if there is no way."""
    steps = {robot: 0}
    waiting = deque([robot])
    while waiting:
        here = waiting.popleft()
        if here[:2] == goal:
            return steps[here]
        for following in after_one_step(passable, here, shut):
            if following not in steps:
                steps[following] = steps[here] + 1
                waiting.append(following)
    return None
