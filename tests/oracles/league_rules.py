"""The League of Robot Runners, edition 2024, played again from a result file: slow, obvious, with its own parsing.

A result says what the entry wanted (`plannerPaths`, `plannerSchedule`) and what came of it. `replay` plays the wishes
by the rules and returns a result of its own, with the keys that follow from them; it must equal the file's.
"""

from __future__ import annotations

import json

AHEAD = {"E": (0, 1), "S": (1, 0), "W": (0, -1), "N": (-1, 0)}
CLOCKWISE = {"E": "S", "S": "W", "W": "N", "N": "E"}
COUNTER_CLOCKWISE = {after: before for before, after in CLOCKWISE.items()}


def read_instance(path):
    """(rows of the map, starts [(row, column)], tasks [[(row, column), ...]], size of the pool)."""
    keys = json.loads(path.read_text())
    lines = (path.parent / keys["mapFile"]).read_text().splitlines()
    rows = lines[lines.index("map") + 1 :]
    width = len(rows[0])

    def listed(name):
        kept = [line for line in (path.parent / keys[name]).read_text().splitlines() if line and line[0] != "#"]
        return [[divmod(int(cell), width) for cell in line.split(",")] for line in kept[1 : 1 + int(kept[0])]]

    starts = [line[0] for line in listed("agentFile")[: keys["teamSize"]]]
    return rows, starts, listed("taskFile"), int(keys["numTasksReveal"] * keys["teamSize"])


def replay(path, result):
    """Play what `result` says the entry wanted on the instance at `path`; return what must have come of it."""
    rows, starts, lines, pool_size = read_instance(path)
    robots = [(row, column, "E") for row, column in starts]
    wishes = [wish.split(",") for wish in result["plannerPaths"]]
    proposals = [dict(_change(part) for part in robot.split(",") if part) for robot in result["plannerSchedule"]]
    steps = len(wishes[0])
    done, released, holder, taken = {}, [], {}, [-1] * len(robots)
    proposal, busy = [-1] * len(robots), [0] * len(robots)
    paths = [[] for _ in robots]
    schedule = [[] for _ in robots]
    errors, schedule_errors, events, finished, missed, late = [], [], [], 0, 0, 0

    def reveal(time):
        while len(done) < pool_size:
            done[len(released)] = 0
            released.append(time)

    reveal(0)
    for time in range(steps):
        actions = [wish[time] for wish in wishes]
        if "T" in actions:
            assert set(actions) == {"T"}
            missed, late = missed + 1, late + 1
            for path_of_robot in paths:
                path_of_robot.append("W")
            continue
        error = first_wrong_move(rows, robots, actions)
        if error is not None:
            errors.append([error[0], error[1], time + 1, error[2]])
            actions = ["W"] * len(robots)
        robots = [moved(robot, action) for robot, action in zip(robots, actions, strict=True)]
        for robot, action in enumerate(actions):
            paths[robot].append(action)
            proposal[robot] = proposals[robot].get(time + 1, proposal[robot])
            busy[robot] += (1 + late) * (proposal[robot] >= 0)
        late = 0
        wrong = first_wrong_task(done, holder, taken, proposal)
        if wrong is not None:
            schedule_errors.append([wrong[0], wrong[1], wrong[2], time + 2, wrong[3]])
        else:
            taken = list(proposal)
            holder = {task: robot for robot, task in enumerate(taken) if task >= 0}
            for robot, task in enumerate(taken):
                if not schedule[robot] or schedule[robot][-1][1] != task:
                    schedule[robot].append((time + 1, task))
        for robot, task in enumerate(taken):
            if task < 0:
                continue
            errands = lines[task % len(lines)]
            if robots[robot][:2] == errands[done[task]]:
                done[task] += 1
                events.append([time + 1, robot, task, done[task]])
                if done[task] == len(errands):
                    del done[task]
                    taken[robot] = -1
                    finished += 1
        reveal(time + 1)

    return {
        "actionModel": "MAPF_T",
        "version": "2024 LoRR",
        "teamSize": len(robots),
        "start": [[row, column, "E"] for row, column in starts],
        "numTaskFinished": finished,
        "sumOfCost": sum(busy),
        "makespan": max(busy),
        "numPlannerErrors": len(errors),
        "numScheduleErrors": len(schedule_errors),
        "numEntryTimeouts": missed,
        "actualPaths": [",".join(letters) for letters in paths],
        "errors": errors,
        "actualSchedule": [",".join(f"{at}:{task}" for at, task in changes) for changes in schedule],
        "scheduleErrors": schedule_errors,
        "events": events,
        "tasks": [
            [task, at, [number for place in lines[task % len(lines)] for number in place]]
            for task, at in enumerate(released)
        ],
    }


def moved(robot, action):
    row, column, facing = robot
    if action == "F":
        return row + AHEAD[facing][0], column + AHEAD[facing][1], facing
    return row, column, {"R": CLOCKWISE, "C": COUNTER_CLOCKWISE}.get(action, {}).get(facing, facing)


def first_wrong_move(rows, robots, actions):
    """(robot, other, reason) for the first robot with a reason, looking at lower numbers only; None if all is well."""
    arrived, came_from = {}, {}
    for robot, (before, action) in enumerate(zip(robots, actions, strict=True)):
        row, column, _ = moved(before, action)
        on_map = 0 <= row < len(rows) and 0 <= column < len(rows[0])
        if not on_map or rows[row][column] in "@T":
            return robot, -1, "unallowed move"
        if (row, column) in arrived:
            return robot, arrived[row, column], "vertex conflict"
        other = arrived.get(before[:2])
        if other is not None and came_from[other] == (row, column):
            return robot, other, "edge conflict"
        arrived[row, column] = robot
        came_from[robot] = before[:2]
    return None


def first_wrong_task(done, holder, taken, proposal):
    """(task, robot, other, reason) for the first robot whose proposed task breaks a rule, None if all is well."""
    proposed_by = {}
    for robot, task in enumerate(proposal):
        if task >= 0 and task not in done:
            return task, robot, -1, "task already finished"
        if task in proposed_by:
            return task, robot, proposed_by[task], "task is already assigned by the second agent at the same time"
        held = taken[robot]
        if held >= 0 and done[held] > 0 and task != held:
            return task, robot, holder[held], "task is already opened by the second agent"
        if task >= 0:
            proposed_by[task] = robot
    return None


def _change(part):
    time, task = part.split(":")
    return int(time), int(task)
