"""Loads of robots that drop out: stranded, taken over by another robot, or reclaimed."""

from __future__ import annotations

from fleet.errors import TaskError
from fleet.grid.layout import NO_ROBOT
from fleet.tasks.books import PoolBooks
from fleet.tasks.task_table import TaskStatus


def is_loaded(books: PoolBooks, task: int) -> bool:
    """Whether the robot of an assigned task has a load of it."""
    tasks = books.tasks
    return bool(tasks.errand_index.values[task] > 0 and tasks.takeover_robot.values[task] == NO_ROBOT)


def strand(books: PoolBooks, task: int, cell: int, service_s: float, now_s: float) -> None:
    """Give up on the robot that has a task's load; see `TaskPool.strand`."""
    books.demand(task, TaskStatus.ASSIGNED)
    if not is_loaded(books, task):
        raise TaskError(f"task {task} is not loaded on its robot; release it")
    if cell < 0 or not service_s > 0:
        raise TaskError(f"task {task} cannot be taken over at cell {cell} in {service_s} s")
    tasks = books.tasks
    robot = int(tasks.robot.values[task])
    tasks.status.values[task] = TaskStatus.OPEN
    tasks.robot.values[task] = NO_ROBOT
    tasks.set_takeover(task, robot, cell, service_s)
    books.waiting.join(int(task))
    books.recoveries["stranded"] += 1
    books.events({"t": now_s, "event": "task_stranded", "task": int(task), "robot": robot, "cell": int(cell)})


def move_takeover(books: PoolBooks, task: int, cell: int, now_s: float) -> None:
    """Let an open task be taken over at another cell; see `TaskPool.move_takeover`."""
    robot = _demand_takeover(books, task)
    if cell < 0:
        raise TaskError(f"task {task} cannot be taken over at cell {cell}")
    books.tasks.set_takeover(task, robot, cell, float(books.tasks.takeover_s.values[task]))
    books.events({"t": now_s, "event": "takeover_moved", "task": int(task), "robot": robot, "cell": int(cell)})


def reclaim(books: PoolBooks, task: int, robot: int, now_s: float) -> None:
    """Give an open task back to the robot that has its load; see `TaskPool.reclaim`."""
    if _demand_takeover(books, task) != robot:
        raise TaskError(f"the load of task {task} is not on robot {robot}")
    books.tasks.status.values[task] = TaskStatus.ASSIGNED
    books.tasks.robot.values[task] = robot
    books.tasks.clear_takeover(task)
    books.waiting.leave()
    books.recoveries["reclaimed"] += 1
    books.events({"t": now_s, "event": "task_reclaimed", "task": int(task), "robot": int(robot)})


def take_over(books: PoolBooks, task: int, now_s: float) -> None:
    """Write down that the robot of a task has taken its load over."""
    tasks = books.tasks
    books.events(
        {
            "t": now_s,
            "event": "task_taken_over",
            "task": int(task),
            "robot": int(tasks.robot.values[task]),
            "from_robot": int(tasks.takeover_robot.values[task]),
            "cell": int(tasks.takeover_cell.values[task]),
        }
    )
    tasks.clear_takeover(task)
    books.recoveries["taken_over"] += 1


def _demand_takeover(books: PoolBooks, task: int) -> int:
    """Return the robot that has the load of an open task; raises TaskError if none has."""
    books.demand(task, TaskStatus.OPEN)
    robot = int(books.tasks.takeover_robot.values[task])
    if robot == NO_ROBOT:
        raise TaskError(f"task {task} has no load that waits to be taken over")
    return robot
