"""The rules of the floor for one step, from sets of cells and one robot after the other."""

from __future__ import annotations

from itertools import combinations

# One cell forward, by heading: east, south, west, north.
AHEAD = ((0, 1), (1, 0), (0, -1), (-1, 0))
FORWARD, CLOCKWISE, COUNTER_CLOCKWISE, WAIT = range(4)

Place = tuple[int, int]
Robot = tuple[int, int, int]
Broken = set[tuple[str, int]]


def ahead_of(robot: Robot) -> Place:
    """The cell that the robot faces, be it on the map or not."""
    row, column, heading = robot
    return row + AHEAD[heading][0], column + AHEAD[heading][1]


def step(robot: Robot, action: int) -> Robot:
    """The robot after one action, wherever that leads."""
    row, column, heading = robot
    if action == FORWARD:
        return (*ahead_of(robot), heading)
    if action == CLOCKWISE:
        return row, column, (heading + 1) % 4
    if action == COUNTER_CLOCKWISE:
        return row, column, (heading + 3) % 4
    return robot


def broken_rules(
    height: int,
    width: int,
    passable: set[Place],
    robots: list[Robot],
    actions: list[int],
    hold: set[int] = frozenset(),
    closed: set[Place] = frozenset(),
    closed_edges: set[Robot] = frozenset(),
) -> Broken:
    """Every (rule, robot) that the step breaks. A robot that drives off the map stays where it is for the others."""
    broken: Broken = set()
    before = [robot[:2] for robot in robots]
    after: list[Place] = []
    for number, (robot, action) in enumerate(zip(robots, actions, strict=True)):
        row, column, _ = step(robot, action)
        if action not in range(4):
            broken.add(("action", number))
        if (row, column) not in passable:
            broken.add(("obstacle", number))
        if not (0 <= row < height and 0 <= column < width):
            row, column = before[number]
        if (row, column) in closed and (row, column) != before[number]:
            broken.add(("closed", number))
        if action == FORWARD and robot in closed_edges:
            broken.add(("edge", number))
        if number in hold and action != WAIT:
            broken.add(("hold", number))
        after.append((row, column))
    for a, b in combinations(range(len(robots)), 2):
        if after[a] == after[b]:
            broken |= {("vertex", a), ("vertex", b)}
        if before[a] != before[b] and after[a] == before[b] and after[b] == before[a]:
            broken |= {("swap", a), ("swap", b)}
    return broken


def robots_in_rings(robots: list[Robot], actions: list[int]) -> set[int]:
    """Robots that come back to themselves when one follows, from robot to robot, who stands where each one goes.

    Two robots that swap are not a ring; nobody may stand with another, and all must stay on the map.
    """
    stands = {robot[:2]: number for number, robot in enumerate(robots)}
    found = set()
    for first in range(len(robots)):
        way = [first]
        while True:
            number = way[-1]
            following = stands.get(step(robots[number], actions[number])[:2])
            if following is None or following in way:
                break
            way.append(following)
        if following == first and len(way) > 2:
            found.add(first)
    return found
