"""A run as four plain tables for other programs: positions, events, tasks, orders. docs/runs.md has their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from fleet.report.story.event_lines import read_objects
from fleet.report.story.work_history import NO_ROBOT, read_history
from fleet.runtime.activity import Activity
from robots.state import Heading

if TYPE_CHECKING:
    from fleet.report.run_directory import RunReader
    from fleet.report.story.work_history import WorkHistory
    from fleet.report.trace import Trace

INT, FLOAT, TEXT, BOOL = "int", "float", "text", "bool"
# Fields of events that have columns of their own, by name, with what they are.
_EVENT_COLUMNS: Final = {"order": TEXT, "task": INT, "robot": INT, "cell": INT}


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one kind: INT, FLOAT, TEXT or BOOL; None is no value."""

    name: str
    kind: str
    values: list[Any]


@dataclass(frozen=True, slots=True)
class RunTable:
    """A table: columns of the same length."""

    name: str
    columns: list[Column]


def run_tables(run: RunReader) -> list[RunTable]:
    """Return the tables of a run; raises RunError if its events are missing or damaged."""
    trace = run.trace
    history = read_history(run.path, robots=trace.robots, cells=trace.cells, end_s=trace.duration_s)
    return [_positions(trace), _events(run), _tasks(history), _orders(history)]


def _positions(trace: Trace) -> RunTable:
    """A row for each robot before the first step, and then after each step."""
    steps, robots = trace.steps + 1, trace.robots
    cell = np.vstack([trace.start_cell[None], trace.cell]).ravel()
    heading = np.vstack([trace.start_heading[None], trace.heading]).ravel()
    step = np.repeat(np.arange(steps), robots)
    names = np.array([heading.name[0] for heading in Heading], dtype=object)
    kinds = np.array([activity.name.lower() for activity in Activity], dtype=object)
    start: list[Any] = [None] * robots
    return RunTable(
        "positions",
        [
            Column("step", INT, step.tolist()),
            Column("t_s", FLOAT, (step * trace.step_s).tolist()),
            Column("robot", INT, np.tile(np.arange(robots), steps).tolist()),
            Column("row", INT, (cell // trace.width).tolist()),
            Column("column", INT, (cell % trace.width).tolist()),
            Column("heading", TEXT, names[heading].tolist()),
            Column("activity", TEXT, start + kinds[trace.activity.ravel()].tolist()),
            Column("delayed", BOOL, start + trace.delayed.ravel().tolist()),
        ],
    )


def _events(run: RunReader) -> RunTable:
    """A row for each event; fields without a column are in `fields`, a JSON object."""
    events = list(read_objects(run.path))
    own = {
        name: [event.pop(name, None) if _fits(event.get(name), kind) else None for event in events]
        for name, kind in _EVENT_COLUMNS.items()
    }
    times = [float(event.pop("t")) for event in events]
    kinds = [event.pop("event") for event in events]
    rest = [msgspec.json.encode(event).decode() for event in events]
    return RunTable(
        "events",
        [
            Column("t_s", FLOAT, times),
            Column("event", TEXT, kinds),
            *(Column(name, kind, own[name]) for name, kind in _EVENT_COLUMNS.items()),
            Column("fields", TEXT, rest),
        ],
    )


def _fits(value: object, kind: str) -> bool:
    return isinstance(value, str) if kind == TEXT else isinstance(value, int) and not isinstance(value, bool)


def _tasks(history: WorkHistory) -> RunTable:
    tasks = history.tasks
    return RunTable(
        "tasks",
        [
            Column("task", INT, [task.task for task in tasks]),
            Column("order", TEXT, [task.order for task in tasks]),
            Column("refill", BOOL, [task.is_refill for task in tasks]),
            Column("status", TEXT, [task.status for task in tasks]),
            Column("robot", INT, [None if task.robot == NO_ROBOT else task.robot for task in tasks]),
            Column("created_s", FLOAT, [task.created_s for task in tasks]),
            Column("assigned_s", FLOAT, [task.assigned_s for task in tasks]),
            Column("picked_s", FLOAT, [task.picked_s for task in tasks]),
            Column("done_s", FLOAT, [task.done_s for task in tasks]),
            Column("waited_s", FLOAT, [sum((to - since for since, to in task.waits), 0.0) for task in tasks]),
            Column("picks", INT, [len(task.picks) for task in tasks]),
            Column("units", INT, [task.units for task in tasks]),
            Column("mass_kg", FLOAT, [task.mass_kg for task in tasks]),
            Column("drop", INT, [task.drop for task in tasks]),
        ],
    )


def _orders(history: WorkHistory) -> RunTable:
    orders = history.orders
    return RunTable(
        "orders",
        [
            Column("order", TEXT, [order.order for order in orders]),
            Column("refill", BOOL, [order.is_refill for order in orders]),
            Column("status", TEXT, [order.status for order in orders]),
            Column("reason", TEXT, [order.reason or None for order in orders]),
            Column("destination", TEXT, [order.destination or None for order in orders]),
            Column("tasks", INT, [order.tasks for order in orders]),
            Column("units", INT, [order.units for order in orders]),
            Column("priority", INT, [order.priority for order in orders]),
            Column("release_s", FLOAT, [order.release_s for order in orders]),
            Column("due_s", FLOAT, [order.due_s for order in orders]),
            Column("came_s", FLOAT, [order.came_s for order in orders]),
            Column("done_s", FLOAT, [order.done_s for order in orders]),
            Column("late_s", FLOAT, [order.late_s for order in orders]),
        ],
    )
