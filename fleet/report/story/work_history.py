"""What became of every order and task of a run, who went where for it and when: the run's events put in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any, Final

from fleet.errors import RunError
from fleet.report.story import event_lines as told
from fleet.tasks.model import REFILL_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_ROBOT: Final = -1


@dataclass(slots=True)
class OrderHistory:
    """An order. status: open, done, cancelled or rejected.

    came_s  when it was taken on or rejected, done_s: when its last task was done, late_s: that after it was due
    cancelled_s  when it was
    reason  why it was rejected, else empty
    release_s, due_s  None for a rejected order, of which no more is told
    """

    order: str
    came_s: float
    status: str = "open"
    destination: str = ""
    tasks: int = 0
    units: int = 0
    priority: int = 0
    release_s: float | None = None
    due_s: float | None = None
    done_s: float | None = None
    late_s: float | None = None
    cancelled_s: float | None = None
    reason: str = ""

    @property
    def is_refill(self) -> bool:
        """Whether it refills a bin: such orders are counted apart from customers'."""
        return self.order.startswith(REFILL_PREFIX)

    def open_until_s(self, end_s: float) -> float:
        """Until when it was open, in a run that ended at `end_s`; when it came for one that was rejected."""
        ended_s = {"done": self.done_s, "cancelled": self.cancelled_s, "rejected": self.came_s}.get(self.status)
        return end_s if ended_s is None else ended_s


@dataclass(slots=True)
class TaskHistory:
    """A task. status: open, done, failed or cancelled.

    picks       (SKU, units, cell) each; drop: the cell where it ends
    robot       that has it or did it, NO_ROBOT if none has
    assigned_s  when a robot was first given it, picked_s: its first pick, done_s: its last errand; None before that
    waits       from and to, in seconds: when it waited for a robot, not held back for want of stock or a chute
    """

    task: int
    order: str
    created_s: float
    picks: list[tuple[str, int, int]]
    drop: int
    mass_kg: float
    status: str = "open"
    robot: int = NO_ROBOT
    assigned_s: float | None = None
    picked_s: float | None = None
    done_s: float | None = None
    waits: list[tuple[float, float]] = field(default_factory=list)

    @property
    def is_refill(self) -> bool:
        """Whether it refills a bin."""
        return self.order.startswith(REFILL_PREFIX)

    @property
    def units(self) -> int:
        """Units that it moves."""
        return sum(units for _, units, _ in self.picks)

    def cell(self, errand: int) -> int:
        """Where an errand is: picks in order, then the drop."""
        return self.picks[errand][2] if errand < len(self.picks) else self.drop


@dataclass(frozen=True, slots=True)
class Leg:
    """A robot on its way to an errand and in service there. served: whether the service was done, else it left before.

    from_s, to_s  from when it had nothing to do before that errand to the end of its service
    """

    robot: int
    task: int
    from_s: float
    to_s: float
    cell: int
    served: bool


@dataclass(frozen=True, slots=True)
class Service:
    """A service that was done, `kind` pick, drop or put; the robot's `errand`-th errand of the task, from 0."""

    t: float
    task: int
    robot: int
    errand: int
    kind: str
    cell: int
    units: int


@dataclass(frozen=True, slots=True)
class WorkHistory:
    """All work of a run, in the order in which it came.

    others  events about anything else than orders, tasks and errands, as they stand in the file
    """

    orders: list[OrderHistory]
    tasks: list[TaskHistory]
    legs: list[Leg]
    services: list[Service]
    others: list[dict[str, Any]]

    def customers_orders(self) -> list[OrderHistory]:
        """Return orders without refills of bins: those that the summary counts."""
        return [order for order in self.orders if not order.is_refill]

    def customers_tasks(self) -> list[TaskHistory]:
        """Return tasks without refills of bins."""
        return [task for task in self.tasks if not task.is_refill]

    def others_named(self, *names: str) -> Iterator[dict[str, Any]]:
        """Go through other events of these kinds."""
        return (event for event in self.others if event["event"] in names)


def read_history(run: Path, *, robots: int, cells: int, end_s: float) -> WorkHistory:
    """Read what became of the work of a run of so many robots on so many cells, which ended at `end_s`.

    Raises RunError if its events are missing or damaged, or tell of orders, tasks, robots and cells that there are not.
    """
    teller = _Teller(robots, cells)
    for where, event in told.read_events(run):
        if isinstance(event, dict):
            teller.others.append(event)
            continue
        try:
            teller.take(event)
        except (KeyError, IndexError) as unknown:
            problem = f"tells of something that is not there: {unknown}"
            raise RunError(where, problem, "run it again: these are not the events of one run") from None
    return teller.history(end_s)


class _Teller:
    """Takes events one by one.

    waiting  since when each task waits for a robot; held: for what each is held back meanwhile
    going    of every task under way: its robot, since when, and the next errand
    """

    def __init__(self, robots: int, cells: int) -> None:
        self._robots = robots
        self._cells = cells
        self._orders: dict[str, OrderHistory] = {}
        self._rejected: list[OrderHistory] = []
        self._tasks: dict[int, TaskHistory] = {}
        self._waiting: dict[int, float] = {}
        self._held: dict[int, set[str]] = {}
        self._going: dict[int, tuple[int, float, int]] = {}
        self._next_errand: dict[int, int] = {}
        self._legs: list[Leg] = []
        self._services: list[Service] = []
        self.others: list[dict[str, Any]] = []

    def history(self, end_s: float) -> WorkHistory:
        """Return what was told; what is under way goes on to the end."""
        for task in list(self._going):
            self._leave(task, end_s)
        for task in list(self._waiting):
            self._wait_no_longer(task, end_s)
        orders = sorted([*self._orders.values(), *self._rejected], key=lambda order: order.came_s)
        return WorkHistory(orders, list(self._tasks.values()), self._legs, self._services, self.others)

    @singledispatchmethod
    def take(self, event: object) -> None:
        """Take the next event."""
        raise TypeError(event)

    @take.register
    def _(self, event: told.OrderAccepted) -> None:
        self._orders[event.order] = OrderHistory(
            event.order,
            event.t,
            destination=event.destination,
            tasks=event.tasks,
            units=event.units,
            priority=event.priority,
            release_s=event.release_s,
            due_s=event.due_s,
        )

    @take.register
    def _(self, event: told.OrderRejected) -> None:
        self._rejected.append(OrderHistory(event.order, event.t, status="rejected", reason=event.reason))

    @take.register
    def _(self, event: told.OrderDone) -> None:
        order = self._orders[event.order]
        order.status, order.done_s, order.late_s = "done", event.t, event.late_s

    @take.register
    def _(self, event: told.OrderCancelled) -> None:
        order = self._orders[event.order]
        order.status, order.cancelled_s = "cancelled", event.t

    @take.register
    def _(self, event: told.OrderPrioritised) -> None:
        order = self._orders[event.order]
        order.priority, order.due_s = event.priority, event.due_s

    @take.register
    def _(self, event: told.TaskCreated) -> None:
        for cell in (*(cell for _, _, cell in event.picks), event.drop):
            self._check_cell(cell)
        self._tasks[event.task] = TaskHistory(event.task, event.order, event.t, event.picks, event.drop, event.mass_kg)
        self._wait(event.task, event.t)

    @take.register
    def _(self, event: told.TaskAssigned) -> None:
        self._give(event.task, event.robot, event.t)

    @take.register
    def _(self, event: told.TaskTakenOver) -> None:
        self._give(event.task, event.robot, event.t)

    @take.register
    def _(self, event: told.TaskReclaimed) -> None:
        self._give(event.task, event.robot, event.t)

    @take.register(told.TaskReleased)
    @take.register(told.TaskStranded)
    def _(self, event: told.TaskReleased | told.TaskStranded) -> None:
        self._leave(event.task, event.t)
        self._tasks[event.task].robot = NO_ROBOT
        self._wait(event.task, event.t)

    @take.register
    def _(self, event: told.TaskRedirected) -> None:
        self._check_cell(event.cell)
        self._tasks[event.task].drop = event.cell

    @take.register
    def _(self, event: told.TaskHeld) -> None:
        self._held.setdefault(event.task, set()).add(event.waits_for)
        self._wait_no_longer(event.task, event.t)

    @take.register
    def _(self, event: told.TaskLetGo) -> None:
        self._held.get(event.task, set()).discard(event.waited_for)
        self._wait(event.task, event.t)

    @take.register
    def _(self, event: told.ErrandDone) -> None:
        task = self._tasks[event.task]
        self._check_cell(event.cell)
        if not 0 <= event.errand <= len(task.picks):
            raise IndexError(f"errand {event.errand}")
        robot, since_s, _ = self._going.get(event.task, (self._known(event.robot), event.t, 0))
        self._legs.append(Leg(robot, event.task, since_s, event.t, event.cell, served=True))
        self._going[event.task] = robot, event.t, event.errand + 1
        self._next_errand[event.task] = event.errand + 1
        if task.picked_s is None:
            task.picked_s = event.t
        self._services.append(
            Service(event.t, event.task, event.robot, event.errand, event.kind, event.cell, event.units)
        )

    @take.register
    def _(self, event: told.TaskDone) -> None:
        self._end(event.task, "done", event.t)
        self._tasks[event.task].robot, self._tasks[event.task].done_s = self._known(event.robot), event.t

    @take.register
    def _(self, event: told.TaskFailed) -> None:
        self._end(event.task, "failed", event.t)

    @take.register
    def _(self, event: told.TaskCancelled) -> None:
        self._end(event.task, "cancelled", event.t)

    def _give(self, number: int, robot: int, now_s: float) -> None:
        task = self._tasks[number]
        self._leave(number, now_s)
        self._wait_no_longer(number, now_s)
        task.robot = self._known(robot)
        task.assigned_s = now_s if task.assigned_s is None else task.assigned_s
        self._going[number] = robot, now_s, self._next_errand.get(number, 0)

    def _leave(self, number: int, now_s: float) -> None:
        """Whoever went for the next errand of a task does so no longer."""
        going = self._going.pop(number, None)
        task = self._tasks[number]
        if going is not None and going[2] <= len(task.picks):
            robot, since_s, errand = going
            self._legs.append(Leg(robot, number, since_s, now_s, task.cell(errand), served=False))

    def _wait(self, number: int, now_s: float) -> None:
        """A task waits for a robot from now on, unless it has one, is over, or is held back."""
        task = self._tasks[number]
        if task.robot == NO_ROBOT and task.status == "open" and not self._held.get(number):
            self._waiting.setdefault(number, now_s)

    def _wait_no_longer(self, number: int, now_s: float) -> None:
        task = self._tasks[number]
        since_s = self._waiting.pop(number, None)
        if since_s is not None:
            task.waits.append((since_s, now_s))

    def _end(self, number: int, status: str, now_s: float) -> None:
        self._leave(number, now_s)
        self._wait_no_longer(number, now_s)
        self._tasks[number].status = status

    def _known(self, robot: int) -> int:
        if not 0 <= robot < self._robots:
            raise KeyError(f"robot {robot}")
        return robot

    def _check_cell(self, cell: int) -> None:
        if not 0 <= cell < self._cells:
            raise KeyError(f"cell {cell}")
