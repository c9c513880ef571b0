"""What a forecast starts from: a floor at one moment, whoever told of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from fleet.grid.layout import NO_ROBOT
from fleet.tasks.model import Order
from fleet.tasks.records import OrderRecord, PoolRecord, TaskRecord
from fleet.tasks.task_table import TaskStatus
from robots.arrays import Bool, Float32, Int8, Int32

# How far back it is looked how orders come.
LATELY_S: Final = 1800.0
UNFINISHED: Final = (TaskStatus.OPEN, TaskStatus.ASSIGNED)


@dataclass(frozen=True, slots=True)
class RobotRows:
    """Where robots are, one row a robot, columns of length n.

    cell            int32, the last cell that is confirmed; no two robots are in one
    heading         int8
    charge_percent  float32, NaN where nobody said
    service_left_s  float32, seconds left of the service under way; 0 for one that has just ended and is not counted
                    yet, and for robots that are in none
    serving         bool, in a service that is not counted yet
    down            bool, out of action: stands where it is, and is an obstacle
    """

    cell: Int32
    heading: Int8
    charge_percent: Float32
    service_left_s: Float32
    serving: Bool
    down: Bool

    def __len__(self) -> int:
        return len(self.cell)

    def part(self, rows: Int32) -> RobotRows:
        """Return these rows, int32 (k,), in this order."""
        return RobotRows(
            cell=self.cell[rows],
            heading=self.heading[rows],
            charge_percent=self.charge_percent[rows],
            service_left_s=self.service_left_s[rows],
            serving=self.serving[rows],
            down=self.down[rows],
        )


@dataclass(frozen=True, slots=True)
class FloorSnapshot:
    """A floor at `at_s` on its clock, in which all times of orders are.

    work      the orders that are not finished and their tasks, counted anew from 0; nothing of what is finished
    zones     records of the restrictions in force, see fleet.traffic.zones.record
    recent    the orders that came in during the last `recent_s` seconds, by release
    expected  orders that are known to come, by release; until the last of them no others do
    """

    world: str
    at_s: float
    robots: RobotRows
    work: PoolRecord
    zones: tuple[dict[str, Any], ...]
    recent: tuple[Order, ...]
    recent_s: float
    expected: tuple[Order, ...] = ()

    def expecting(self, orders: Iterable[Order]) -> FloorSnapshot:
        """Return this floor with orders that are known to come, their times counted from now."""
        later = (
            replace(order, release_s=self.at_s + order.release_s, due_s=self.at_s + order.due_s) for order in orders
        )
        return replace(self, expected=tuple(later))


def unfinished_work(orders: Iterable[OrderRecord], tasks: Sequence[TaskRecord]) -> PoolRecord:
    """Return the orders with a task that is neither done, failed nor cancelled, and all their tasks, as a pool.

    orders: by row, at least those of the unfinished tasks. tasks: by id, all those of the unfinished orders. Rows and
    ids are counted anew from 0.
    """
    wanted = {kept.order_row for kept in tasks if kept.status in UNFINISHED}
    chosen = [kept for kept in orders if kept.row in wanted]
    row_of = {kept.row: row for row, kept in enumerate(chosen)}
    theirs = [kept for kept in tasks if kept.order_row in row_of]
    return PoolRecord(
        orders=tuple(replace(kept, row=row) for row, kept in enumerate(chosen)),
        tasks=tuple(
            replace(kept, task=replace(kept.task, id=number), order_row=row_of[kept.order_row])
            for number, kept in enumerate(theirs)
        ),
        rejections=(),
        recoveries={},
    )


def recent_orders(orders: Iterable[Order], at_s: float) -> tuple[tuple[Order, ...], float]:
    """Return the customers' orders that came in lately, by release, and for how many seconds that is."""
    recent_s = min(LATELY_S, at_s)
    lately = [order for order in orders if order.release_s > at_s - recent_s and not order.is_refill]
    return tuple(sorted(lately, key=lambda order: order.release_s)), recent_s


def settled(robots: RobotRows, work: PoolRecord) -> RobotRows:
    """Return the robots with services only where there is a task to serve: one that has just ended is none."""
    with_task = np.zeros(len(robots), dtype=np.bool_)
    holders = [kept.robot for kept in work.tasks if kept.status == TaskStatus.ASSIGNED and kept.robot != NO_ROBOT]
    with_task[holders] = True
    serving = robots.serving & with_task
    return replace(robots, serving=serving, service_left_s=np.where(serving, robots.service_left_s, np.float32(0.0)))
