"""The task pool: the only writer of the status of orders and tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from fleet.errors import TaskError
from fleet.grid.layout import NO_CELL, NO_ROBOT
from fleet.tasks.auditor import audit_pool
from fleet.tasks.model import ErrandKind, Order, Task
from fleet.tasks.order_book import OrderBook
from fleet.tasks.refusal import Refusal, RefusalReason
from fleet.tasks.splitting import OrderSplitter
from fleet.tasks.task_table import TaskStatus, TaskTable
from robots.arrays import Float32, Float64, Int8, Int32

EventSink = Callable[[dict[str, Any]], None]


class TaskPool:
    """Accepts orders, hands out their tasks, and keeps what became of both.

    Life of a task: open (waits for a robot) -> assigned -> done; an assigned task goes back to open as long as none of
    its errands is done; an open or assigned task may fail. An order is done when all its tasks are; one with a failed
    task stays open: it is still owed to the customer, and a person has to see to it.

    At all times accepted = done + open + rejected orders, where accepted counts every order that came in; and created =
    done + open + failed tasks, where assigned tasks count as open.

    Columns (one row a task, in the order of task ids) are read-only views that the next `add_order` leaves behind.
    Every method with a task id raises TaskError for one that does not exist or whose status forbids the transition.

    Events: `events` is called with a dict for each thing that happens; keys `t` (seconds) and `event`
    (order_accepted, order_rejected, order_done, task_created, task_assigned, task_released, errand_done, task_done,
    task_failed), the others as named in the code below, all plain JSON values.
    """

    def __init__(self, splitter: OrderSplitter, events: EventSink | None = None) -> None:
        self._splitter = splitter
        self._events = events or _nobody_listens
        self._tasks = TaskTable()
        self._orders = OrderBook()
        self._accepted_ids: set[str] = set()
        self._waiting = np.zeros(0, dtype=np.int32)
        self._joined: list[int] = []
        self._waiting_changed = False
        self._orders_done = 0
        self._tasks_done = 0
        self._units = {"ordered": 0, "picked": 0, "dropped": 0}
        self._rejections: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()

    # Orders

    def add_order(self, order: Order, now_s: float) -> list[int] | Refusal:
        """Take an order on and return the ids of its tasks, or refuse it and return why."""
        if order.id in self._accepted_ids:
            refusal = Refusal(order.id, RefusalReason.DUPLICATE_ORDER, f"order {order.id!r} was accepted before")
            return self.reject(refusal, now_s)
        split = self._splitter.split(order, len(self._tasks))
        if isinstance(split, Refusal):
            return self.reject(split, now_s)
        if not split:
            raise TaskError(f"order {order.id!r} asks for nothing")
        self._accepted_ids.add(order.id)
        row = self._orders.append(order, len(split))
        self._units["ordered"] += order.units
        self._events(
            {
                "t": now_s,
                "event": "order_accepted",
                "order": order.id,
                "destination": split[0].destination,
                "tasks": len(split),
                "units": order.units,
                "release_s": order.release_s,
                "due_s": order.due_s,
                "priority": order.priority,
            }
        )
        for task in split:
            self._add_task(task, row, now_s)
        return [task.id for task in split]

    def reject(self, refusal: Refusal, now_s: float) -> Refusal:
        """Count an order that came in and was rejected, here or already by its source; return the refusal."""
        self._rejections[refusal.reason.value] += 1
        self._events(
            {
                "t": now_s,
                "event": "order_rejected",
                "order": refusal.order_id,
                "reason": refusal.reason.value,
                "detail": refusal.detail,
            }
        )
        return refusal

    def _add_task(self, task: Task, row: int, now_s: float) -> None:
        self._tasks.append(task, row)
        self._wait(task.id)
        self._events(
            {
                "t": now_s,
                "event": "task_created",
                "task": task.id,
                "order": task.order_id,
                "picks": [[errand.sku, errand.units, errand.cell] for errand in task.errands[:-1]],
                "drop": task.errands[-1].cell,
                "mass_kg": round(task.mass_kg, 6),
            }
        )

    # Transitions of tasks

    def assign(self, task: int, robot: int, now_s: float) -> None:
        """Give an open task to a robot."""
        self._demand(task, TaskStatus.OPEN)
        if robot < 0:
            raise TaskError(f"task {task} cannot be assigned to robot {robot}")
        self._tasks.status.values[task] = TaskStatus.ASSIGNED
        self._tasks.robot.values[task] = robot
        self._waiting_changed = True
        self._events({"t": now_s, "event": "task_assigned", "task": int(task), "robot": int(robot)})

    def release(self, task: int, now_s: float) -> None:
        """Take an assigned task from its robot before its first errand is done; it waits for a robot again."""
        self._demand(task, TaskStatus.ASSIGNED)
        if self._tasks.errand_index.values[task] > 0:
            raise TaskError(f"task {task} is loaded on its robot and cannot go to another")
        robot = int(self._tasks.robot.values[task])
        self._tasks.status.values[task] = TaskStatus.OPEN
        self._tasks.robot.values[task] = NO_ROBOT
        self._wait(int(task))
        self._events({"t": now_s, "event": "task_released", "task": int(task), "robot": robot})

    def advance(self, task: int, now_s: float) -> bool:
        """Count the next errand of an assigned task as done; return whether it was the last one."""
        self._demand(task, TaskStatus.ASSIGNED)
        tasks = self._tasks
        row = tasks.errand_row(task)
        kind = ErrandKind(tasks.errand_kinds.values[row])
        units = int(tasks.errand_units.values[row])
        self._units["dropped" if kind is ErrandKind.DROP else "picked"] += units
        robot = int(tasks.robot.values[task])
        self._events(
            {
                "t": now_s,
                "event": "errand_done",
                "task": int(task),
                "robot": robot,
                "errand": int(tasks.errand_index.values[task]),
                "kind": kind.name.lower(),
                "cell": int(tasks.errand_cells.values[row]),
                "units": units,
            }
        )
        tasks.errand_index.values[task] += 1
        if row + 1 < tasks.end.values[task]:
            return False
        tasks.status.values[task] = TaskStatus.DONE
        self._tasks_done += 1
        self._events({"t": now_s, "event": "task_done", "task": int(task), "robot": robot})
        self._count_down(int(tasks.order.values[task]), now_s)
        return True

    def fail(self, task: int, reason: str, now_s: float) -> None:
        """Give a task up for good; `reason` is a code to count by. Its order stays open."""
        self._demand(task, TaskStatus.OPEN, TaskStatus.ASSIGNED)
        robot = int(self._tasks.robot.values[task])
        self._tasks.status.values[task] = TaskStatus.FAILED
        self._waiting_changed = True
        self._failures[reason] += 1
        self._events({"t": now_s, "event": "task_failed", "task": int(task), "robot": robot, "reason": reason})

    def _count_down(self, row: int, now_s: float) -> None:
        """Take note that one more task of an order is done."""
        orders = self._orders
        orders.tasks_left.values[row] -= 1
        if orders.tasks_left.values[row]:
            return
        orders.done_s.values[row] = now_s
        self._orders_done += 1
        late_s = now_s - float(orders.due_s.values[row])
        self._events({"t": now_s, "event": "order_done", "order": orders.ids[row], "late_s": round(late_s, 6)})

    def _wait(self, task: int) -> None:
        self._joined.append(task)
        self._waiting_changed = True

    def _demand(self, task: int, *statuses: TaskStatus) -> None:
        if not 0 <= task < len(self._tasks):
            raise TaskError(f"there is no task {task}")
        status = self._tasks.status.values[task]
        if status not in statuses:
            wanted = " or ".join(wanted.name.lower() for wanted in statuses)
            raise TaskError(f"task {task} is {TaskStatus(status).name.lower()}, not {wanted}")

    # Errands

    def errand_cell(self, task: int) -> int:
        """Cell of the errand to be done next; NO_CELL if the task has none left."""
        row = self._tasks.errand_row(task)
        return NO_CELL if row < 0 else int(self._tasks.errand_cells.values[row])

    def next_errand_cell(self, task: int) -> int:
        """Cell of the errand after that one; NO_CELL if it is the last one."""
        row = self._tasks.errand_row(task) + 1
        return NO_CELL if row in (0, self._tasks.end.values[task]) else int(self._tasks.errand_cells.values[row])

    def errand_service_s(self, task: int) -> float:
        """Seconds that the errand to be done next takes at its cell; 0 if the task has none left."""
        row = self._tasks.errand_row(task)
        return 0.0 if row < 0 else float(self._tasks.errand_service_s.values[row])

    def errand_cells(self, tasks: Int32) -> Int32:
        """`errand_cell` of several tasks: int32 (k,) in and out."""
        return self._tasks.cells_ahead(tasks, 0)

    def next_errand_cells(self, tasks: Int32) -> Int32:
        """`next_errand_cell` of several tasks: int32 (k,) in and out."""
        return self._tasks.cells_ahead(tasks, 1)

    def errand_services_s(self, tasks: Int32) -> Float32:
        """`errand_service_s` of several tasks: int32 (k,) in, float32 (k,) out."""
        return self._tasks.services(tasks)

    def errands_from(self, first: int) -> tuple[Int32, Float32, Int32]:
        """Errands of all tasks from id `first` on: cells int32 (e,), service_s float32 (e,), offsets int32 (k + 1,).

        The errands of task `first + t` are rows offsets[t] to offsets[t + 1] - 1. Copies, not views.
        """
        return self._tasks.errands_from(first)

    # Columns

    def waiting(self) -> Int32:
        """Ids of the tasks that wait for a robot, ascending, int32 (k,), read only; costs nothing if none changed."""
        if self._waiting_changed:
            candidates = np.unique(np.concatenate([self._waiting, np.array(self._joined, dtype=np.int32)]))
            self._waiting = candidates[self._tasks.status.values[candidates] == TaskStatus.OPEN]
            self._waiting.flags.writeable = False
            self._joined.clear()
            self._waiting_changed = False
        return self._waiting

    @property
    def status(self) -> Int8:
        """TaskStatus of every task, int8."""
        return self._tasks.status.view

    @property
    def robot(self) -> Int32:
        """The robot that has or had each task, int32; NO_ROBOT for none."""
        return self._tasks.robot.view

    @property
    def errand_index(self) -> Int32:
        """How many errands of each task are done, int32."""
        return self._tasks.errand_index.view

    @property
    def first_cell(self) -> Int32:
        """Cell of each task's first errand, int32."""
        return self._tasks.first_cell.view

    @property
    def priority(self) -> Int32:
        """Priority of each task, int32; the larger is the more urgent."""
        return self._tasks.priority.view

    @property
    def release_s(self) -> Float64:
        """When each task's order was released, in seconds, float64."""
        return self._tasks.release_s.view

    @property
    def due_s(self) -> Float64:
        """When each task's order is due, in seconds, float64."""
        return self._tasks.due_s.view

    # Results

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the counters as they stand: of orders, tasks, and units."""
        taken_on, created = len(self._orders), len(self._tasks)
        rejected, failed = self._rejections.total(), self._failures.total()
        return {
            "orders": {
                "accepted": taken_on + rejected,
                "done": self._orders_done,
                "open": taken_on - self._orders_done,
                "rejected": rejected,
            },
            "tasks": {
                "created": created,
                "done": self._tasks_done,
                "open": created - self._tasks_done - failed,
                "failed": failed,
            },
            "units": dict(self._units),
        }

    def rejections(self) -> dict[str, int]:
        """Rejected orders by reason code."""
        return dict(sorted(self._rejections.items()))

    def failures(self) -> dict[str, int]:
        """Failed tasks by reason code."""
        return dict(sorted(self._failures.items()))

    def lateness_s(self) -> Float64:
        """Seconds from due to done of every done order, as accepted, float64; negative if it was early."""
        late_s = self._orders.done_s.values - self._orders.due_s.values
        return late_s[~np.isnan(late_s)]

    def check(self) -> None:
        """Recount everything from the columns; raises AuditError if a counter disagrees with them."""
        audit_pool(self.counts(), self.waiting(), self._tasks, self._orders)


def _nobody_listens(_event: dict[str, Any]) -> None:
    """Take an event and let it go."""
