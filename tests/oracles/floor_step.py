"""One step of robots on a grid, one robot at a time with dictionaries: what the ideal driver must agree with."""

from __future__ import annotations

import math

STEPS = {0: (0, 1), 1: (1, 0), 2: (0, -1), 3: (-1, 0)}
FORWARD, TURN_CW, TURN_CCW, WAIT, SERVICE, CHARGE = range(6)


def robot_at(cell, heading):
    """A robot that has done nothing yet. `waiting`: (entry, seconds) that it has and has not confirmed."""
    return {
        "cell": cell,
        "heading": heading,
        "epoch": 0,
        "confirmed": 0,
        "waiting": None,
        "left": 0.0,
        "charging": False,
        "halted": False,
    }


def received(robot):
    """Entries that a robot has."""
    return robot["confirmed"] + (robot["waiting"] is not None)


def step_or_none(width, passable, chargers, robots, rows, empty, step_s=1.0):
    """Return the robots after a step, or None if the rows must be refused.

    robots: as `robot_at` makes them; rows: list of dicts epoch, index, entries (pairs of entry and seconds), halt,
    limit; empty: for each robot, whether its battery is.
    """
    if not all(_makes_sense(row) for row in rows):
        return None
    after = [_heard(robot, row) for robot, row in zip(robots, rows, strict=True)]
    if any(robot is None for robot in after):
        return None
    for robot, before, flat in zip(after, robots, empty, strict=True):
        new = robot["waiting"] if received(robot) > received(before) or robot["epoch"] > before["epoch"] else None
        if new and new[0] == FORWARD and _ahead(width, passable, robot) is None:
            return None
        if new and new[0] == CHARGE and robot["cell"] not in chargers:
            return None
        _act(robot, width, passable, flat, step_s)
    for i in range(len(robots)):
        for j in range(i):
            if after[i]["cell"] == after[j]["cell"]:
                return None
            if after[i]["cell"] == robots[j]["cell"] and after[j]["cell"] == robots[i]["cell"]:
                return None
    return after


def _makes_sense(row):
    kinds = [entry for entry, _ in row["entries"]]
    if row["epoch"] < 0 or row["index"] < 0 or not row["limit"] > 0:
        return False
    if WAIT in kinds and any(kind != WAIT for kind in kinds[kinds.index(WAIT) :]):
        return False
    for kind, seconds in row["entries"]:
        if kind not in range(6):
            return False
        if not (0 < seconds < math.inf if kind == SERVICE else seconds == 0):
            return False
    return True


def _heard(robot, row):
    """The robot with what the row adds, not yet acted on; None if it cannot take it."""
    robot = dict(robot)
    if row["epoch"] < robot["epoch"]:
        return robot
    robot["halted"] = row["halt"]
    if row["epoch"] > robot["epoch"]:
        robot["epoch"] = row["epoch"]
        if robot["left"] == 0:
            robot["waiting"] = None
        return robot
    base = {row["index"] + place: pair for place, pair in enumerate(row["entries"]) if pair[0] != WAIT}
    if received(robot) not in base:
        return robot
    if robot["waiting"] is not None or received(robot) + 1 in base:
        return None
    robot["waiting"] = base[received(robot)]
    return robot


def _ahead(width, passable, robot):
    row, column = divmod(robot["cell"], width)
    row, column = row + STEPS[robot["heading"]][0], column + STEPS[robot["heading"]][1]
    if not (0 <= row < len(passable) // width and 0 <= column < width) or not passable[row * width + column]:
        return None
    return row * width + column


def _act(robot, width, passable, flat, step_s):
    if robot["waiting"] is None or robot["halted"]:
        return
    kind, seconds = robot["waiting"]
    if kind in (FORWARD, TURN_CW, TURN_CCW) and flat:
        return
    robot["charging"] = kind == CHARGE
    if kind == FORWARD:
        robot["cell"] = _ahead(width, passable, robot)
    elif kind == TURN_CW:
        robot["heading"] = (robot["heading"] + 1) % 4
    elif kind == TURN_CCW:
        robot["heading"] = (robot["heading"] + 3) % 4
    elif kind == SERVICE:
        robot["left"] = max((robot["left"] or seconds) - step_s, 0.0)
        if robot["left"] > 0:
            return
    robot["confirmed"] += 1
    robot["waiting"] = None
