"""The conservation auditor: recounts orders, tasks and units from the columns, sharing no code with the pool."""

from __future__ import annotations

from math import isnan
from typing import Final

from fleet.errors import AuditError
from fleet.grid.layout import NO_CELL, NO_ROBOT
from fleet.tasks.model import REFILL_PREFIX, ErrandKind
from fleet.tasks.order_book import OrderBook
from fleet.tasks.task_table import TaskStatus, TaskTable
from robots.arrays import Int32

# How tasks end, by whether they are replenishments.
_LAST: Final = {False: ErrandKind.DROP, True: ErrandKind.PUT}


def audit_pool(
    counts: dict[bool, dict[str, dict[str, int]]],
    recoveries: dict[str, int],
    waiting: Int32,
    tasks: TaskTable,
    orders: OrderBook,
) -> None:
    """Check a pool's counters and its list of waiting tasks against its columns, row by row.

    counts: those of customers' orders (False), and of replenishments (True).

    Raises AuditError, which names what disagrees, unless

    - every task's status, robot, number of errands done and takeover fit together, and its picks add up to what it
      drops, or of replenishments puts; a task that is open after its first errand waits for a takeover; none that has
      ended is held back;
    - every order has tasks, all its units are in them, and it is done exactly if they are; if it was cancelled, no task
      of it waits for a robot without a load of it somewhere; if not, no task of it is cancelled;
    - the counters and the list of waiting tasks are what a recount gives;
    - accepted = done + open + rejected + cancelled orders, created = done + open + failed + cancelled tasks, and units
      are where their tasks are; of the strandings, those that are neither taken over nor reclaimed are takeovers that
      wait, or their tasks have failed.
    """
    tasks_of: list[list[int]] = [[] for _ in range(len(orders))]
    statuses = [_audit_task(tasks, task, _LAST[_is_refill(orders, tasks, task)]) for task in range(len(tasks))]
    for task in range(len(tasks)):
        tasks_of[tasks.order.values[task]].append(task)
    for row, of_order in enumerate(tasks_of):
        _audit_order(orders, row, tasks, of_order, statuses)
    free = [at for at, status in enumerate(statuses) if status == TaskStatus.OPEN and tasks.hold.values[at] == 0]
    _demand("waiting tasks", waiting.tolist(), free)
    for refills, of_kind in counts.items():
        _audit_counters(of_kind, tasks, orders, statuses, refills=refills)
    _audit_recoveries(recoveries, tasks, statuses)


def _is_refill(orders: OrderBook, tasks: TaskTable, task: int) -> bool:
    return orders.ids[int(tasks.order.values[task])].startswith(REFILL_PREFIX)


def _audit_task(tasks: TaskTable, task: int, last: ErrandKind) -> TaskStatus:
    status = TaskStatus(tasks.status.values[task])
    done = int(tasks.errand_index.values[task])
    rows = range(tasks.begin.values[task], tasks.end.values[task])
    kinds = [ErrandKind(tasks.errand_kinds.values[row]) for row in rows]
    units = [int(tasks.errand_units.values[row]) for row in rows]
    _demand(f"kinds of errands of task {task}", kinds, [ErrandKind.PICK] * (len(rows) - 1) + [last])
    _demand(f"units that task {task} picks and drops", sum(units[:-1]), units[-1])
    _demand(f"units of task {task}", int(tasks.units.values[task]), units[-1])
    takeover = _audit_takeover(tasks, task, status)
    first = tasks.takeover_cell.values[task] if takeover else tasks.errand_cells.values[rows[0]]
    _demand(f"first cell of task {task}", tasks.first_cell.values[task], first)
    if status == TaskStatus.OPEN:
        if not takeover:
            _demand(f"errands done of open task {task}", done, 0)
        _demand(f"robot of open task {task}", int(tasks.robot.values[task]), NO_ROBOT)
    elif status == TaskStatus.CANCELLED:
        _demand(f"errands done of cancelled task {task}", done, 0)
        _demand(f"robot of cancelled task {task}", int(tasks.robot.values[task]), NO_ROBOT)
    elif status == TaskStatus.DONE:
        _demand(f"errands done of done task {task}", done, len(rows))
    else:
        _demand(f"errands done of task {task}", done in range(len(rows)), True)  # noqa: FBT003
    if status not in (TaskStatus.OPEN, TaskStatus.ASSIGNED):
        _demand(f"what task {task} waits for", int(tasks.hold.values[task]), 0)
    if status in (TaskStatus.ASSIGNED, TaskStatus.DONE):
        _demand(f"whether task {task} has a robot", bool(tasks.robot.values[task] >= 0), True)  # noqa: FBT003
    return status


def _audit_takeover(tasks: TaskTable, task: int, status: TaskStatus) -> bool:
    """Check the takeover of a task; return whether one waits."""
    left, robot = int(tasks.takeover_robot.values[task]), int(tasks.robot.values[task])
    cell, service_s = int(tasks.takeover_cell.values[task]), float(tasks.takeover_s.values[task])
    if left == NO_ROBOT:
        _demand(f"takeover cell and time of task {task}", (cell, service_s), (NO_CELL, 0.0))
        return False
    _demand(f"whether task {task} can be taken over", status in (TaskStatus.OPEN, TaskStatus.ASSIGNED), True)  # noqa: FBT003
    _demand(f"whether task {task} has a load to take over", bool(tasks.errand_index.values[task] > 0), True)  # noqa: FBT003
    _demand(f"whether task {task} is taken over by another robot", robot != left, True)  # noqa: FBT003
    _demand(f"whether task {task} is taken over somewhere, in some time", cell >= 0 and service_s > 0, True)  # noqa: FBT003
    return True


def _audit_recoveries(recoveries: dict[str, int], tasks: TaskTable, statuses: list[TaskStatus]) -> None:
    pending = sum(robot != NO_ROBOT for robot in tasks.takeover_robot.values.tolist())
    left_over = recoveries["stranded"] - recoveries["taken_over"] - recoveries["reclaimed"]
    failed = sum(
        status == TaskStatus.FAILED and tasks.errand_index.values[task] > 0 for task, status in enumerate(statuses)
    )
    _demand("whether stranded tasks add up", pending <= left_over <= pending + failed, True)  # noqa: FBT003


def _audit_order(
    orders: OrderBook, row: int, tasks: TaskTable, of_order: list[int], statuses: list[TaskStatus]
) -> None:
    name = f"order {orders.ids[row]!r}"
    cancelled = bool(orders.cancelled.values[row])
    of_statuses = [statuses[task] for task in of_order]
    left = sum(status not in (TaskStatus.DONE, TaskStatus.CANCELLED) for status in of_statuses)
    units = sum(int(tasks.units.values[task]) for task in of_order)
    _demand(f"tasks of {name}", list(orders.tasks_of(row)), of_order)
    _demand(f"tasks left of {name}", int(orders.tasks_left.values[row]), left)
    _demand(f"units of {name}", int(orders.units.values[row]), units)
    ended = cancelled or (bool(of_order) and left == 0)
    _demand(f"whether {name} is done", not isnan(orders.done_s.values[row]), ended)
    if cancelled:
        unloaded = [task for task in of_order if tasks.errand_index.values[task] == 0]
        waits = [task for task in unloaded if statuses[task] == TaskStatus.OPEN]
        _demand(f"tasks of cancelled {name} that wait for a robot", waits, [])
    else:
        _demand(f"cancelled tasks of {name}", of_statuses.count(TaskStatus.CANCELLED), 0)


def _audit_counters(
    counts: dict[str, dict[str, int]],
    tasks: TaskTable,
    orders: OrderBook,
    statuses: list[TaskStatus],
    *,
    refills: bool,
) -> None:
    rows = [row for row, name in enumerate(orders.ids) if name.startswith(REFILL_PREFIX) is refills]
    cancelled = sum(bool(orders.cancelled.values[row]) for row in rows)
    done = sum(not isnan(orders.done_s.values[row]) for row in rows) - cancelled
    of_orders = counts["orders"]
    parts = sum(of_orders[part] for part in ("done", "open", "rejected", "cancelled"))
    _demand("accepted orders", of_orders["accepted"], parts)
    _demand("accepted orders", of_orders["accepted"], len(rows) + of_orders["rejected"])
    _demand("done orders", of_orders["done"], done)
    _demand("cancelled orders", of_orders["cancelled"], cancelled)
    its_tasks = [task for task in range(len(statuses)) if _is_refill(orders, tasks, task) is refills]
    its_statuses = [statuses[task] for task in its_tasks]
    of_tasks = counts["tasks"]
    parts = sum(of_tasks[part] for part in ("done", "open", "failed", "cancelled"))
    _demand("created tasks", of_tasks["created"], parts)
    _demand("created tasks", of_tasks["created"], len(its_tasks))
    _demand("done tasks", of_tasks["done"], its_statuses.count(TaskStatus.DONE))
    _demand("failed tasks", of_tasks["failed"], its_statuses.count(TaskStatus.FAILED))
    _demand("cancelled tasks", of_tasks["cancelled"], its_statuses.count(TaskStatus.CANCELLED))
    _demand("ordered units", counts["units"]["ordered"], sum(int(orders.units.values[row]) for row in rows))
    _audit_units(counts["units"], tasks, its_tasks, statuses)


def _audit_units(of_units: dict[str, int], tasks: TaskTable, its_tasks: list[int], statuses: list[TaskStatus]) -> None:
    moved = {"picked": 0, "dropped": 0}
    for task in its_tasks:
        begin = int(tasks.begin.values[task])
        for row in range(begin, begin + int(tasks.errand_index.values[task])):
            onto = tasks.errand_kinds.values[row] == ErrandKind.PICK
            moved["picked" if onto else "dropped"] += int(tasks.errand_units.values[row])
    _demand("picked units", of_units["picked"], moved["picked"])
    _demand("dropped units", of_units["dropped"], moved["dropped"])
    never = [int(tasks.units.values[task]) for task in its_tasks if statuses[task] == TaskStatus.CANCELLED]
    _demand("cancelled units", of_units["cancelled"], sum(never))


def _demand(what: str, found: object, recounted: object) -> None:
    if found != recounted:
        raise AuditError(f"task pool: {what}: {found} on the books, {recounted} recounted")
