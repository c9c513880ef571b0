"""The task pool: the only writer of the status of orders and tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from fleet.errors import TaskError
from fleet.grid.layout import NO_ROBOT
from fleet.tasks import stranding
from fleet.tasks.auditor import audit_pool
from fleet.tasks.books import PoolBooks
from fleet.tasks.cancelling import CancelResult, cancel
from fleet.tasks.events import EventSink
from fleet.tasks.holding import Hold, hold, let_go
from fleet.tasks.model import REFILL_PREFIX, ErrandKind, Order
from fleet.tasks.order_changes import told
from fleet.tasks.order_view import OrderStatus, OrderView, order_view, order_views
from fleet.tasks.pool_records import order_record, pool_record, restored_books, task_record
from fleet.tasks.prioritising import PrioritiseResult, prioritise
from fleet.tasks.records import OrderRecord, PoolRecord, RejectionRecord, TaskRecord
from fleet.tasks.redirecting import dropping, redirect
from fleet.tasks.refusal import ChangeRefusal, Refusal, RefusalReason
from fleet.tasks.splitting import OrderSplitter
from fleet.tasks.taking_on import take_on
from fleet.tasks.task_columns import TaskColumns
from fleet.tasks.task_table import TaskStatus
from fleet.tasks.task_view import TaskView, task_views, tasks_having
from robots.arrays import Bool, Float64, Int32

__all__ = ["EventSink", "TaskPool"]

_KIND_NAMES: Final = {int(kind): kind.name.lower() for kind in ErrandKind}


class TaskPool(TaskColumns):
    """Accepts orders, hands out their tasks, and keeps what became of both.

    Life of a task: open (waits for a robot) -> assigned -> done; an assigned task goes back to open as long as none of
    its errands is done; an open or assigned task may fail. An order is done when all its tasks are; one with a failed
    task stays open: it is still owed to the customer, and a person has to see to it.

    A robot that drops out with a load strands its task: it is open again, and the robot that gets it begins with a
    takeover, which counts as an errand before those that are left: it goes to a cell beside the stranded robot, where a
    person hands it the load. Until that is done the task may go back to open from any robot, and while it is open the
    stranded robot may reclaim it.

    When an order is cancelled, its tasks that nobody has a load of are cancelled with it, and never started. A load has
    to come off its robot: such a task is carried on to its end, and then is done, like any other; if the first pick
    that was under way is dropped after all, it is cancelled too.

    A drop may be sent to another cell until it is granted. A task may be held back until what it needs is there.

    At all times accepted = done + open + rejected + cancelled orders, where accepted counts every order that came in;
    created = done + open + failed + cancelled tasks, where assigned tasks count as open. The units ordered are those of
    done, open, failed and cancelled tasks. Replenishments are orders with counters of their own.

    Columns (one row a task, in the order of task ids) are read-only views that the next `add_order` leaves behind.
    Every method with a task id raises TaskError for one that does not exist or whose status forbids the transition.
    A new controller goes on with a `restored` pool; what changes from call to call is told by fleet.tasks.changes.

    Events: `events` is called with a dict for each thing that happens; keys `t` (seconds) and `event`
    (order_accepted, order_rejected, order_done, order_cancelled, order_prioritised, order_change_refused, task_created,
    task_assigned, task_released, task_cancelled, errand_done, task_done, task_failed, task_stranded, takeover_moved,
    task_taken_over, task_reclaimed, task_redirected, task_held, task_let_go), the others as in docs/runs.md, all plain
    JSON values.
    """

    def __init__(self, splitter: OrderSplitter, events: EventSink | None = None) -> None:
        self._splitter = splitter
        self._open(PoolBooks.empty(events or _nobody_listens))

    def _open(self, books: PoolBooks) -> None:
        super().__init__(books.tasks)
        self._books = books
        self._orders = books.orders
        self._events = books.events

    @classmethod
    def restored(cls, record: PoolRecord, splitter: OrderSplitter, events: EventSink | None = None) -> TaskPool:
        """Return a pool that goes on where the one of the record was. Raises TaskError where rows are missing."""
        pool = cls(splitter, events)
        pool._open(restored_books(record, pool._events))
        return pool

    # Orders

    def add_order(self, order: Order, now_s: float) -> list[int] | Refusal:
        """Take a customer's order on and return the ids of its tasks, or refuse it and return why."""
        if order.id in self._orders.row_of:
            refusal = Refusal(order.id, RefusalReason.DUPLICATE_ORDER, f"order {order.id!r} was accepted before")
            return self.reject(refusal, now_s)
        if order.is_refill:
            detail = f"ids that begin with {REFILL_PREFIX!r} are those of replenishments"
            return self.reject(Refusal(order.id, RefusalReason.RESERVED_ID, detail), now_s)
        split = self._splitter.split(order, len(self._tasks))
        if isinstance(split, Refusal):
            return self.reject(split, now_s)
        return take_on(self._books, order, split, now_s)

    def add_refill(self, order: Order, splitter: OrderSplitter, now_s: float) -> list[int] | Refusal:
        """Take a replenishment on and return the ids of its tasks, or why no robot can do it, which counts nowhere.

        splitter: knows where its goods come in, and the bin. Raises TaskError for an id that is taken, or a customer's.
        """
        if order.id in self._orders.row_of or not order.is_refill:
            raise TaskError(f"{order.id!r} is no id for a new replenishment")
        split = splitter.split(order, len(self._tasks))
        return split if isinstance(split, Refusal) else take_on(self._books, order, split, now_s)

    def reject(self, refusal: Refusal, now_s: float) -> Refusal:
        """Count an order that came in and was rejected, here or already by its source; return the refusal."""
        rejection = RejectionRecord(refusal.order_id, refusal.reason.value, refusal.detail, now_s)
        self._books.rejections.append(rejection)
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

    def cancel_order(self, order_id: str, now_s: float) -> CancelResult | ChangeRefusal:
        """Cancel an order at any stage, and return what became of each of its tasks, or why it is left as it is.

        A dispatcher lets go of the robots of cancelled tasks the next time that it decides.
        """
        return told(self._books, "cancel", cancel(self._books, order_id, now_s), now_s)

    def prioritise_order(
        self, order_id: str, priority: int, now_s: float, due_s: float | None = None
    ) -> PrioritiseResult | ChangeRefusal:
        """Give an order and its open tasks another priority and, if said, due time; or return why it is left as it is.

        No task loses its robot by that: robots that exchange tasks do so for short ways, not by priority.
        """
        return told(self._books, "prioritise", prioritise(self._books, order_id, priority, now_s, due_s), now_s)

    def watch_services(self, in_service: Callable[[], Int32]) -> None:
        """Let the pool ask which tasks' next services have been granted and are not over, int32 (k,).

        Whoever grants services knows. A first pick that is under way cannot be undone: its task is not cancelled.
        """
        self._books.in_service = in_service

    def in_service(self) -> Int32:
        """Return the tasks whose next service has been granted and is not over, int32 (k,)."""
        return self._books.in_service()

    def unwanted(self, tasks: Int32) -> Bool:
        """Which of these tasks, int32 (k,), are of cancelled orders and without a load, bool (k,): to be let go of.

        They are cancelled, or would have been if their first pick had not been under way, see `release`.
        """
        cancelled = self._orders.cancelled.values[self._tasks.order.values[tasks]]
        unwanted: Bool = cancelled & (self._tasks.errand_index.values[tasks] == 0)
        return unwanted

    # Transitions of tasks

    def assign(self, task: int, robot: int, now_s: float) -> None:
        """Give an open task to a robot."""
        self._books.demand(task, TaskStatus.OPEN)
        if robot < 0:
            raise TaskError(f"task {task} cannot be assigned to robot {robot}")
        if robot == self._tasks.takeover_robot.values[task]:
            raise TaskError(f"task {task} cannot be taken over from robot {robot} by itself; reclaim it")
        self._tasks.status.values[task] = TaskStatus.ASSIGNED
        self._tasks.robot.values[task] = robot
        self._books.waiting.leave()
        self._events({"t": now_s, "event": "task_assigned", "task": int(task), "robot": int(robot)})

    def release(self, task: int, now_s: float) -> None:
        """Take an assigned task from a robot that has no load of it yet; it waits for a robot again.

        If its order was cancelled and nobody has a load of it, it is cancelled instead.
        """
        self._books.demand(task, TaskStatus.ASSIGNED)
        if self.is_loaded(task):
            raise TaskError(f"task {task} is loaded on its robot and cannot go to another")
        if self.unwanted(np.array([task]))[0]:
            self._books.cancel_task(task, now_s)
            return
        robot = int(self._tasks.robot.values[task])
        self._tasks.status.values[task] = TaskStatus.OPEN
        self._tasks.robot.values[task] = NO_ROBOT
        self._books.waiting.join(int(task))
        self._events({"t": now_s, "event": "task_released", "task": int(task), "robot": robot})

    def advance(self, task: int, now_s: float) -> bool:
        """Count the next errand of an assigned task, or its takeover, as done; return whether it was the last one."""
        self._books.demand(task, TaskStatus.ASSIGNED)
        tasks = self._tasks
        if tasks.takeover_robot.values[task] != NO_ROBOT:
            stranding.take_over(self._books, task, now_s)
            return False
        row = tasks.errand_row(task)
        kind = int(tasks.errand_kinds.values[row])
        units = int(tasks.errand_units.values[row])
        tally = self._books.tally(int(tasks.order.values[task]))
        tally.units["picked" if kind == ErrandKind.PICK else "dropped"] += units
        robot = int(tasks.robot.values[task])
        self._events(
            {
                "t": now_s,
                "event": "errand_done",
                "task": int(task),
                "robot": robot,
                "errand": int(tasks.errand_index.values[task]),
                "kind": _KIND_NAMES[kind],
                "cell": int(tasks.errand_cells.values[row]),
                "units": units,
            }
        )
        tasks.errand_index.values[task] += 1
        if row + 1 < tasks.end.values[task]:
            return False
        tasks.status.values[task] = TaskStatus.DONE
        tasks.hold.values[task] = 0
        tally.tasks_ended["done"] += 1
        self._events({"t": now_s, "event": "task_done", "task": int(task), "robot": robot})
        self._count_down(int(tasks.order.values[task]), now_s)
        return True

    def fail(self, task: int, reason: str, now_s: float) -> None:
        """Give a task up for good; `reason` is a code to count by. Its order stays open."""
        self._books.demand(task, TaskStatus.OPEN, TaskStatus.ASSIGNED)
        robot = int(self._tasks.robot.values[task])
        self._tasks.status.values[task] = TaskStatus.FAILED
        self._tasks.clear_takeover(task)
        self._tasks.hold.values[task] = 0
        self._books.waiting.leave()
        self._books.failures[int(task)] = reason
        self._events({"t": now_s, "event": "task_failed", "task": int(task), "robot": robot, "reason": reason})

    # Robots that drop out

    def is_loaded(self, task: int) -> bool:
        """Whether the robot of an assigned task has a load of it: it cannot just go to another robot."""
        return stranding.is_loaded(self._books, task)

    def strand(self, task: int, cell: int, service_s: float, now_s: float) -> None:
        """Give up on the robot that has a task's load: another one is to take it over at `cell`, in `service_s`."""
        stranding.strand(self._books, task, cell, service_s, now_s)

    def move_takeover(self, task: int, cell: int, now_s: float) -> None:
        """Let an open task be taken over at another cell, since the one it had cannot be reached any more."""
        stranding.move_takeover(self._books, task, cell, now_s)

    def reclaim(self, task: int, robot: int, now_s: float) -> None:
        """Give an open task back to the robot that has its load: there is nothing to take over any more."""
        stranding.reclaim(self._books, task, robot, now_s)

    # Chutes and bins

    def redirect(self, task: int, cell: int, service_s: float, now_s: float) -> None:
        """Let an open or assigned task end at another cell, where its load comes off in `service_s`.

        Raises TaskError once its last service has been granted. Whoever leads its robot has to be told.
        """
        redirect(self._books, task, cell, service_s, now_s)

    def dropping(self) -> Int32:
        """Return the tasks whose last service is granted and not over, int32 (k,)."""
        return dropping(self._books)

    def hold_back(self, tasks: Iterable[int], what: Hold, now_s: float) -> None:
        """Hold open or assigned tasks back until what they wait for is there; those that are held for it stay so.

        As long as it is held, a task is given to no robot; one that has a robot goes on up to its last errand. Holds
        are no part of a record: they follow from what a floor is believed to be like.
        """
        hold(self._books, tasks, what, now_s)

    def let_go(self, tasks: Iterable[int], what: Hold, now_s: float) -> None:
        """Let open or assigned tasks go on, as far as this is what they wait for."""
        let_go(self._books, tasks, what, now_s)

    def _count_down(self, row: int, now_s: float) -> None:
        """Take note that one more task of an order is done; one that was cancelled stays so."""
        orders = self._orders
        orders.tasks_left.values[row] -= 1
        if orders.tasks_left.values[row] or orders.cancelled.values[row]:
            return
        orders.done_s.values[row] = now_s
        self._books.tally(row).orders_ended["done"] += 1
        late_s = now_s - float(orders.due_s.values[row])
        self._events({"t": now_s, "event": "order_done", "order": orders.ids[row], "late_s": round(late_s, 6)})

    def waiting(self) -> Int32:
        """Ids of the tasks that wait for a robot and are not held back, ascending, int32 (k,), read only.

        Costs nothing if none changed.
        """
        return self._books.waiting.ids()

    # Orders as they stand

    def order(self, order_id: str) -> OrderView | None:
        """Return how an order stands, None if none of this id was accepted."""
        row = self._orders.row_of.get(order_id)
        return None if row is None else order_view(self._books, row)

    def open_refills(self) -> list[str]:
        """Ids of the replenishments that are neither done nor cancelled, in the order in which they were asked for."""
        orders = self._orders
        rows = np.flatnonzero(orders.refills.values & np.isnan(orders.done_s.values))
        return [orders.ids[row] for row in rows.tolist()]

    def orders(self, status: OrderStatus | None = None, limit: int = 100, after: int = -1) -> list[OrderView]:
        """Return up to `limit` orders of a status (None: any), in the order of acceptance, from row `after` + 1 on."""
        return order_views(self._books, status, limit, after)

    def tasks(self, status: TaskStatus | None = None, limit: int = 100, after: int = -1) -> list[tuple[str, TaskView]]:
        """Return up to `limit` tasks of a status (None: any), each with the id of its order, from `after` + 1 on."""
        found = tasks_having(self._books, status, limit, after)
        orders = [self._orders.ids[self._tasks.order.values[task]] for task in found]
        return list(zip(orders, task_views(self._books, found), strict=True))

    def order_rows(self, order_id: str) -> tuple[int, range]:
        """Row of an accepted order, and ids of its tasks; raises KeyError for one that is not known."""
        row = self._orders.row_of[order_id]
        return row, self._orders.tasks_of(row)

    # Records

    def record(self) -> PoolRecord:
        """Return all that must be kept of the pool, see `restored`."""
        return pool_record(self._books)

    def order_record(self, row: int) -> OrderRecord:
        """Return what must be kept of the order in this row, counted in the order of acceptance."""
        return order_record(self._books, row)

    def task_record(self, task: int) -> TaskRecord:
        """Return what must be kept of a task."""
        return task_record(self._books, task)

    # Results

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the counters of customers' orders as they stand: of orders, tasks, and units."""
        return self._books.counts()

    def refill_counts(self) -> dict[str, dict[str, int]]:
        """Return the counters of replenishments, as `counts` does; their units are dropped into bins."""
        return self._books.refill_counts()

    def rejections(self) -> dict[str, int]:
        """Rejected orders by reason code."""
        return _by_reason(rejection.reason for rejection in self._books.rejections)

    def failures(self) -> dict[str, int]:
        """Failed tasks of customers' orders by reason code."""
        return _by_reason(self._books.failures_of(refills=False))

    def recoveries(self) -> dict[str, int]:
        """How often tasks were stranded with a load, taken over, and reclaimed."""
        return dict(self._books.recoveries)

    def lateness_s(self) -> Float64:
        """Seconds from due to done of every customer's order that is done, as accepted, float64; negative if early."""
        orders = self._orders
        late_s = orders.done_s.values - orders.due_s.values
        return late_s[~np.isnan(late_s) & ~orders.cancelled.values & ~orders.refills.values]

    def check(self) -> None:
        """Recount everything from the columns; raises AuditError if a counter disagrees with them."""
        counts = {False: self.counts(), True: self.refill_counts()}
        audit_pool(counts, self.recoveries(), self.waiting(), self._tasks, self._orders)


def _by_reason(reasons: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(reasons).items()))


def _nobody_listens(_event: dict[str, Any]) -> None:
    """Take an event and let it go."""
