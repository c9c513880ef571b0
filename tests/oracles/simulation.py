"""A finished run counted again from its files alone: events line by line, the trace robot by robot, the world as text.

`recount` returns what the summary should say; `problems` in it lists everything that cannot have happened.
"""

from __future__ import annotations

import json
import tomllib
from math import ceil
from pathlib import Path

import numpy as np

# One cell forward, by heading: east, south, west, north.
AHEAD = ((0, 1), (1, 0), (0, -1), (-1, 0))
ACTIVITIES = ("driving", "turning", "waiting", "service", "charging", "idle")
WALLS = "@OT"


class Floor:
    """What a world's files say about its cells; cells are (row, column) in here."""

    def __init__(self, toml: Path) -> None:
        world = tomllib.loads(toml.read_text())
        lines = (toml.parent / world["map"]).read_text().splitlines()
        rows = lines[lines.index("map") + 1 :]
        symbols = {(row, column): symbol for row, line in enumerate(rows) for column, symbol in enumerate(line)}
        self.width = len(rows[0])
        self.free = {place for place, symbol in symbols.items() if symbol not in WALLS}
        self.chargers = {place for place, symbol in symbols.items() if symbol == "C"}
        self.pick_s = {place: world["pick_faces"]["service_s"] for place, symbol in symbols.items() if symbol == "S"}
        for station in world["station"]:
            self.pick_s |= {tuple(dock): station["service_s"] for dock in station["docks"]}
        self.drop_s = {tuple(chute["cell"]): world["chutes"]["service_s"] for chute in world["chute"]}
        self.destination = {tuple(chute["cell"]): chute["destination"] for chute in world["chute"]}

    def place(self, cell: int) -> tuple[int, int]:
        return divmod(cell, self.width)


class Robots:
    """Where every robot was after each step, as lists of (row, column, heading), step 0 being the start."""

    def __init__(self, trace: Path, floor: Floor) -> None:
        with np.load(trace) as arrays:
            cells = [arrays["start_cell"].tolist(), *arrays["cell"].tolist()]
            headings = [arrays["start_heading"].tolist(), *arrays["heading"].tolist()]
            self.activity = [[ACTIVITIES[number] for number in row] for row in arrays["activity"].tolist()]
            self.delayed = arrays["delayed"].tolist()
            self.step_s = float(arrays["step_s"])
        self.at = [
            [(*floor.place(cell), heading) for cell, heading in zip(*row, strict=True)]
            for row in zip(cells, headings, strict=True)
        ]
        self.steps, self.number = len(self.activity), len(cells[0])


def recount(run: Path, world: Path) -> dict[str, object]:
    floor = Floor(world)
    robots = Robots(run / "trace.npz", floor)
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    problems: list[str] = []
    floor_rules(robots, floor, problems)
    activities(robots, floor, problems)
    counts = work(events, robots, floor, problems)
    share = {
        name: sum(row.count(name) for row in robots.activity) / (robots.steps * robots.number) for name in ACTIVITIES
    }
    return {"problems": problems, "robot_time_share": share, "steps": robots.steps, **counts}


def floor_rules(robots: Robots, floor: Floor, problems: list[str]) -> None:
    """One action a step, free cells, no two robots in one cell, no two robots that swap cells."""
    for step in range(1, robots.steps + 1):
        before, after = robots.at[step - 1], robots.at[step]
        for robot, (old, new) in enumerate(zip(before, after, strict=True)):
            row, column, heading = old
            ahead = (row + AHEAD[heading][0], column + AHEAD[heading][1], heading)
            turned = [(row, column, (heading + turn) % 4) for turn in (1, 3)]
            if new not in [old, ahead, *turned]:
                problems.append(f"step {step}: robot {robot} goes from {old} to {new}")
            if new[:2] not in floor.free:
                problems.append(f"step {step}: robot {robot} is in a wall at {new[:2]}")
            for other in range(robot):
                if after[other][:2] == new[:2]:
                    problems.append(f"step {step}: robots {other} and {robot} are both at {new[:2]}")
                crossed = after[other][:2] == old[:2] and before[other][:2] == new[:2]
                if crossed and old[:2] != new[:2]:
                    problems.append(f"step {step}: robots {other} and {robot} swap cells")


def activities(robots: Robots, floor: Floor, problems: list[str]) -> None:
    """What a robot is said to do is what it is seen to do, and charging is done on chargers."""
    for step in range(1, robots.steps + 1):
        for robot, said in enumerate(robots.activity[step - 1]):
            old, new = robots.at[step - 1][robot], robots.at[step][robot]
            seen = "driving" if old[:2] != new[:2] else "turning" if old[2] != new[2] else "still"
            if seen != said and (seen != "still" or said in {"driving", "turning"}):
                problems.append(f"step {step}: robot {robot} is {seen}, not {said}")
            if said == "charging" and new[:2] not in floor.chargers:
                problems.append(f"step {step}: robot {robot} charges without a charger at {new[:2]}")
            if said in {"service", "charging", "idle"} and robots.delayed[step - 1][robot]:
                problems.append(f"step {step}: robot {robot} is {said} and delayed")


def work(events: list[dict], robots: Robots, floor: Floor, problems: list[str]) -> dict[str, object]:
    """Replay orders and tasks; return how many there were of each."""
    orders: dict[str, dict] = {}
    tasks: dict[int, dict] = {}
    task_of: dict[int, int] = {}
    rejected = 0
    last_t = 0.0
    for event in events:
        t, kind = event["t"], event["event"]
        if t < last_t or abs(t / robots.step_s - round(t / robots.step_s)) > 1e-6:
            problems.append(f"{event} is out of time")
        last_t = t
        task = tasks.get(event.get("task"))
        if kind == "order_accepted":
            if event["order"] in orders or not event["release_s"] <= t < event["release_s"] + robots.step_s:
                problems.append(f"{event} is not the one release of its order")
            orders[event["order"]] = event | {"open": event["tasks"], "units_left": event["units"]}
        elif kind == "order_rejected":
            rejected += 1
        elif kind == "task_created":
            picks = [(floor.place(cell), "pick", units) for _, units, cell in event["picks"]]
            drop = (floor.place(event["drop"]), "drop", sum(units for _, _, units in picks))
            tasks[event["task"]] = {"left": [*picks, drop], "robot": None, "order": event["order"], "state": "open"}
            tasks[event["task"]]["errands"] = len(picks) + 1
            orders[event["order"]]["units_left"] -= drop[2]
            if floor.destination[drop[0]] != orders[event["order"]]["destination"]:
                problems.append(f"{event} drops at a chute of another destination")
        elif kind == "task_assigned":
            if task["state"] != "open" or event["robot"] in task_of:
                problems.append(f"{event}: the task is {task['state']}, the robot has {task_of.get(event['robot'])}")
            task_of[event["robot"]] = event["task"]
            task["state"], task["robot"], task["since"] = "assigned", event["robot"], t
        elif kind == "task_released":
            # A service that ended in the moment when it was given the task was of the task before.
            begun = len(task["left"]) < task["errands"] or (t > task["since"] and serving(event["robot"], t, robots))
            if task_of.pop(event["robot"], None) != event["task"] or begun:
                problems.append(f"{event} is not a task that its robot is still on the way to")
            task["state"], task["robot"] = "open", None
        elif kind == "errand_done":
            place = floor.place(event["cell"])
            if task_of.get(event["robot"]) != event["task"] or not task["left"]:
                problems.append(f"{event} is not the robot's task")
            elif task["left"].pop(0) != (place, event["kind"], event["units"]):
                problems.append(f"{event} is not the errand whose turn it is")
            served(event, place, robots, floor, problems)
        elif kind == "task_done":
            if task["left"] or task_of.pop(event["robot"], None) != event["task"]:
                problems.append(f"{event} is not at its end")
            task["state"] = "done"
            orders[task["order"]]["open"] -= 1
        elif kind == "task_failed":
            task["state"] = "failed"
        elif kind == "order_done":
            order = orders[event["order"]]
            if order["open"] or abs(event["late_s"] - (t - order["due_s"])) > 1e-5:
                problems.append(f"{event} has {order['open']} tasks open, was due at {order['due_s']} s")
            order["state"] = "done"
    problems += [f"order {name} has units in no task" for name, order in orders.items() if order["units_left"]]
    ended = {name for name, order in orders.items() if order["open"] == 0}
    if ended != {name for name, order in orders.items() if order.get("state") == "done"}:
        problems.append("orders whose tasks are done are not the orders that are done")
    return totals(events, orders, tasks, rejected)


def serving(robot: int, t: float, robots: Robots) -> bool:
    """Whether the robot was in service up to now."""
    step = round(t / robots.step_s)
    return step > 0 and robots.activity[step - 1][robot] == "service"


def served(event: dict, place: tuple[int, int], robots: Robots, floor: Floor, problems: list[str]) -> None:
    """The robot stood there in service, as many steps as the service takes, up to now."""
    service_s = (floor.pick_s if event["kind"] == "pick" else floor.drop_s).get(place)
    if service_s is None:
        problems.append(f"{event} is at no place for that")
        return
    end = round(event["t"] / robots.step_s)
    begin = end - ceil(service_s / robots.step_s - 1e-9)
    for step in range(begin + 1, end + 1):
        at, doing = robots.at[step][event["robot"]], robots.activity[step - 1][event["robot"]]
        if begin < 0 or at[:2] != place or doing != "service":
            problems.append(f"{event}: in step {step} the robot is at {at}, {doing}")


def totals(events: list[dict], orders: dict, tasks: dict, rejected: int) -> dict[str, object]:
    states = [task["state"] for task in tasks.values()]
    finished = sum(order.get("state") == "done" for order in orders.values())
    done = [event for event in events if event["event"] == "errand_done"]
    units = {kind: sum(event["units"] for event in done if event["kind"] == kind) for kind in ("pick", "drop")}
    aboard = sum(
        sum(units for _, kind, units in task["left"] if kind == "drop")
        - sum(units for _, kind, units in task["left"] if kind == "pick")
        for task in tasks.values()
    )
    waiting = sum(units for task in tasks.values() for _, kind, units in task["left"] if kind == "pick")
    return {
        "orders": {
            "accepted": len(orders) + rejected,
            "done": finished,
            "open": len(orders) - finished,
            "rejected": rejected,
        },
        "tasks": {
            "created": len(tasks),
            "done": states.count("done"),
            "open": states.count("open") + states.count("assigned"),
            "failed": states.count("failed"),
        },
        "units": {
            "ordered": sum(order["units"] for order in orders.values()),
            "picked": units["pick"],
            "dropped": units["drop"],
        },
        "units_aboard": aboard,
        "units_waiting": waiting,
    }
