"""Sending the drop of a task elsewhere, as long as nobody has begun it."""

from __future__ import annotations

from fleet.errors import TaskError
from fleet.tasks.books import PoolBooks
from fleet.tasks.task_table import TaskStatus
from robots.arrays import Int32


def redirect(books: PoolBooks, task: int, cell: int, service_s: float, now_s: float) -> None:
    """Let a task end at another cell; see `TaskPool.redirect`."""
    books.demand(task, TaskStatus.OPEN, TaskStatus.ASSIGNED)
    if cell < 0 or not service_s > 0:
        raise TaskError(f"task {task} cannot end at cell {cell} in {service_s} s")
    if task in dropping(books):
        raise TaskError(f"task {task} is dropping its load already")
    tasks = books.tasks
    last = int(tasks.end.values[task]) - 1
    before = int(tasks.errand_cells.values[last])
    tasks.errand_cells.values[last] = cell
    tasks.errand_service_s.values[last] = service_s
    robot = int(tasks.robot.values[task])
    books.events(
        {
            "t": now_s,
            "event": "task_redirected",
            "task": int(task),
            "robot": robot,
            "cell": int(cell),
            "from_cell": before,
        }
    )


def dropping(books: PoolBooks) -> Int32:
    """Return the tasks whose last service is granted and not over, int32 (k,)."""
    in_service = books.in_service()
    under_way: Int32 = in_service[books.tasks.at_last(in_service)]
    return under_way
