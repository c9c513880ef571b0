"""One step of robots on a grid, one robot at a time with dictionaries: what the ideal driver must agree with."""

from __future__ import annotations

STEPS = {0: (0, 1), 1: (1, 0), 2: (0, -1), 3: (-1, 0)}


def step_or_none(width, passable, chargers, robots, batch):
    """Return the robots after a step, or None if the batch must be refused.

    robots: list of dicts cell, heading, empty, serving; batch: list of dicts action, service_s, charge.
    """
    height = len(passable) // width
    after = []
    for robot, command in zip(robots, batch, strict=True):
        action, service, charge = command["action"], command["service_s"], command["charge"]
        if action not in (0, 1, 2, 3) or not 0 <= service < float("inf"):
            return None
        starts = service > 0
        if starts and robot["serving"]:
            return None
        if action != 3 and (starts or robot["serving"] or charge):
            return None
        if charge and (robot["cell"] not in chargers or starts or robot["serving"]):
            return None
        cell, heading = robot["cell"], robot["heading"]
        if action == 0:
            row, column = divmod(cell, width)
            row, column = row + STEPS[heading][0], column + STEPS[heading][1]
            if not (0 <= row < height and 0 <= column < width) or not passable[row * width + column]:
                return None
            if not robot["empty"]:
                cell = row * width + column
        elif action in (1, 2) and not robot["empty"]:
            heading = (heading + (1 if action == 1 else 3)) % 4
        after.append({"cell": cell, "heading": heading})
    for i in range(len(robots)):
        for j in range(i):
            if after[i]["cell"] == after[j]["cell"]:
                return None
            if after[i]["cell"] == robots[j]["cell"] and after[j]["cell"] == robots[i]["cell"]:
                return None
    return after
