"""The task pool: the only writer of the status of orders and tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from fleet.errors import TaskError
from fleet.grid.layout import NO_ROBOT
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

    A robot that drops out with a load strands its task: it is open again, and the robot that gets it begins with a
    takeover, which counts as an errand before those that are left: it goes to a cell beside the stranded robot, where a
    person hands it the load. Until that is done the task may go back to open from any robot, and while it is open the
    stranded robot may reclaim it.

    At all times accepted = done + open + rejected orders, where accepted counts every order that came in; and created =
    done + open + failed tasks, where assigned tasks count as open.

    Columns (one row a task, in the order of task ids) are read-only views that the next `add_order` leaves behind.
    Every method with a task id raises TaskError for one that does not exist or whose status forbids the transition.

    Events: `events` is called with a dict for each thing that happens; keys `t` (seconds) and `event`
    (order_accepted, order_rejected, order_done, task_created, task_assigned, task_released, errand_done, task_done,
    task_failed, task_stranded, takeover_moved, task_taken_over, task_reclaimed), the others as named in the code below,
    all plain JSON values.
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
        self._recoveries = {"stranded": 0, "taken_over": 0, "reclaimed": 0}

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
        if robot == self._tasks.takeover_robot.values[task]:
            raise TaskError(f"task {task} cannot be taken over from robot {robot} by itself; reclaim it")
        self._tasks.status.values[task] = TaskStatus.ASSIGNED
        self._tasks.robot.values[task] = robot
        self._waiting_changed = True
        self._events({"t": now_s, "event": "task_assigned", "task": int(task), "robot": int(robot)})

    def release(self, task: int, now_s: float) -> None:
        """Take an assigned task from a robot that has no load of it yet; it waits for a robot again."""
        self._demand(task, TaskStatus.ASSIGNED)
        if self.is_loaded(task):
            raise TaskError(f"task {task} is loaded on its robot and cannot go to another")
        robot = int(self._tasks.robot.values[task])
        self._tasks.status.values[task] = TaskStatus.OPEN
        self._tasks.robot.values[task] = NO_ROBOT
        self._wait(int(task))
        self._events({"t": now_s, "event": "task_released", "task": int(task), "robot": robot})

    def advance(self, task: int, now_s: float) -> bool:
        """Count the next errand of an assigned task, or its takeover, as done; return whether it was the last one."""
        self._demand(task, TaskStatus.ASSIGNED)
        tasks = self._tasks
        if tasks.takeover_robot.values[task] != NO_ROBOT:
            self._take_over(task, now_s)
            return False
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
        self._tasks.clear_takeover(task)
        self._waiting_changed = True
        self._failures[reason] += 1
        self._events({"t": now_s, "event": "task_failed", "task": int(task), "robot": robot, "reason": reason})

    # Robots that drop out

    def is_loaded(self, task: int) -> bool:
        """Whether the robot of an assigned task has a load of it: it cannot just go to another robot."""
        tasks = self._tasks
        return bool(tasks.errand_index.values[task] > 0 and tasks.takeover_robot.values[task] == NO_ROBOT)

    def strand(self, task: int, cell: int, service_s: float, now_s: float) -> None:
        """Give up on the robot that has a task's load: another one is to take it over at `cell`, in `service_s`."""
        self._demand(task, TaskStatus.ASSIGNED)
        if not self.is_loaded(task):
            raise TaskError(f"task {task} is not loaded on its robot; release it")
        if cell < 0 or not service_s > 0:
            raise TaskError(f"task {task} cannot be taken over at cell {cell} in {service_s} s")
        robot = int(self._tasks.robot.values[task])
        self._tasks.status.values[task] = TaskStatus.OPEN
        self._tasks.robot.values[task] = NO_ROBOT
        self._tasks.set_takeover(task, robot, cell, service_s)
        self._wait(int(task))
        self._recoveries["stranded"] += 1
        self._events({"t": now_s, "event": "task_stranded", "task": int(task), "robot": robot, "cell": int(cell)})

    def move_takeover(self, task: int, cell: int, now_s: float) -> None:
        """Let an open task be taken over at another cell, since the one it had cannot be reached any more."""
        robot = self._demand_takeover(task)
        if cell < 0:
            raise TaskError(f"task {task} cannot be taken over at cell {cell}")
        self._tasks.set_takeover(task, robot, cell, float(self._tasks.takeover_s.values[task]))
        self._events({"t": now_s, "event": "takeover_moved", "task": int(task), "robot": robot, "cell": int(cell)})

    def reclaim(self, task: int, robot: int, now_s: float) -> None:
        """Give an open task back to the robot that has its load: there is nothing to take over any more."""
        if self._demand_takeover(task) != robot:
            raise TaskError(f"the load of task {task} is not on robot {robot}")
        self._tasks.status.values[task] = TaskStatus.ASSIGNED
        self._tasks.robot.values[task] = robot
        self._tasks.clear_takeover(task)
        self._waiting_changed = True
        self._recoveries["reclaimed"] += 1
        self._events({"t": now_s, "event": "task_reclaimed", "task": int(task), "robot": int(robot)})

    def _take_over(self, task: int, now_s: float) -> None:
        tasks = self._tasks
        self._events(
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
        self._recoveries["taken_over"] += 1

    def _demand_takeover(self, task: int) -> int:
        """Return the robot that has the load of an open task; raises TaskError if none has."""
        self._demand(task, TaskStatus.OPEN)
        robot = int(self._tasks.takeover_robot.values[task])
        if robot == NO_ROBOT:
            raise TaskError(f"task {task} has no load that waits to be taken over")
        return robot

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

    def errand_cells(self, tasks: Int32) -> Int32:
        """Cells of what is to be done next, errand or takeover, int32 (k,) in and out; NO_CELL if nothing is left."""
        return self._tasks.cells_ahead(tasks, 0)

    def next_errand_cells(self, tasks: Int32) -> Int32:
        """Cells of what is to be done after that, int32 (k,) in and out; NO_CELL if there is nothing."""
        return self._tasks.cells_ahead(tasks, 1)

    def errand_services_s(self, tasks: Int32) -> Float32:
        """Seconds that what is to be done next takes, 0 if nothing is left: int32 (k,) in, float32 (k,) out."""
        return self._tasks.services(tasks)

    def errands_left(self, tasks: Int32) -> tuple[Int32, Float32, Int32]:
        """What is left to do of tasks, int32 (k,): cells int32 (e,), service_s float32 (e,), offsets int32 (k + 1,).

        Takeover and errands of `tasks[i]` are rows offsets[i] to offsets[i + 1] - 1. Copies, not views.
        """
        return self._tasks.errands_left(tasks)

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
        """Where a robot that is given each task goes first, int32: its first errand, or where it takes it over."""
        return self._tasks.first_cell.view

    @property
    def takeover_robot(self) -> Int32:
        """The robot whose load waits to be taken over before each task goes on, int32; NO_ROBOT for none."""
        return self._tasks.takeover_robot.view

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

    def recoveries(self) -> dict[str, int]:
        """How often tasks were stranded with a load, taken over, and reclaimed."""
        return dict(self._recoveries)

    def lateness_s(self) -> Float64:
        """Seconds from due to done of every done order, as accepted, float64; negative if it was early."""
        late_s = self._orders.done_s.values - self._orders.due_s.values
        return late_s[~np.isnan(late_s)]

    def check(self) -> None:
        """Recount everything from the columns; raises AuditError if a counter disagrees with them."""
        audit_pool(self.counts(), self.recoveries(), self.waiting(), self._tasks, self._orders)


def _nobody_listens(_event: dict[str, Any]) -> None:
    """Take an event and let it go."""
