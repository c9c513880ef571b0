"""What a robot has to do, may do and is planned to do, as the API says it."""

from __future__ import annotations

from typing import Protocol

from fleet.app.site.api_messages import MAX_ROWS, ErrandRow, RobotShown
from fleet.grid.layout import NO_CELL, NO_ROBOT, NO_TASK
from fleet.runtime.roster import Roster
from fleet.tasks.records import TaskRecord
from fleet.traffic.ledger import TrafficLedger
from robots.arrays import Int32
from robots.state import FleetState


class Tasks(Protocol):
    """The task pool; see fleet.tasks.pool."""

    def task_record(self, task: int) -> TaskRecord:
        """Return how a task is."""


def robot_shown(
    robot: int,
    serial: str,
    state: FleetState,
    roster: Roster,
    tasks: Tasks,
    *,
    chargers: Int32,
    alarm: bool,
    ledger: TrafficLedger | None,
) -> RobotShown:
    """Return the answer about the robot in a row.

    chargers: cells; alarm: whether everybody has to muster; ledger: None where nothing is granted.
    """
    record = None if roster.task[robot] == NO_TASK else tasks.task_record(int(roster.task[robot]))
    return RobotShown(
        "",
        robot=serial,
        cell=int(state.cell[robot]),
        heading=int(state.heading[robot]),
        duty=_duty(robot, roster, record, chargers, alarm),
        goal=int(roster.goal[robot]),
        task=int(roster.task[robot]),
        order="" if record is None else record.task.order_id,
        errands=() if record is None else _errands(record),
        granted=() if ledger is None else tuple(ledger.cells_granted(robot)),
        planned=() if ledger is None else tuple(ledger.cells_planned(robot)),
    )


def _errands(record: TaskRecord) -> tuple[ErrandRow, ...]:
    return tuple(
        ErrandRow(errand.kind.name.lower(), errand.cell, errand.units, number < record.errand_index, errand.sku)
        for number, errand in enumerate(record.task.errands[:MAX_ROWS])
    )


def _duty(robot: int, roster: Roster, record: TaskRecord | None, chargers: Int32, alarm: bool) -> str:
    """What takes the robot to its goal, in one word."""
    goal = int(roster.goal[robot])
    if goal == NO_CELL:
        return "none"
    if alarm and not roster.serving[robot]:
        return "muster"
    if record is not None and goal == roster.errand_cell[robot]:
        return "task" if record.takeover_robot == NO_ROBOT else "takeover"
    return "charge" if goal in chargers else "park"
