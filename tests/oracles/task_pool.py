"""The task pool as lists of plain objects, recounted from scratch whenever it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class NaiveTask:
    order: str
    cells: list[int]
    units: list[int]  # of each errand; the last one is the drop
    state: str = "open"
    robot: int | None = None
    done: int = 0
    left_on: int | None = None  # the robot that has the load which another one has to take over
    takeover_cell: int = -1
    priority: int = 0
    due_s: float = 0.0
    held: set[str] = field(default_factory=set)  # what it waits for

    @property
    def refill(self) -> bool:
        return self.order.startswith("replenish:")

    @property
    def loaded(self) -> bool:
        return self.done > 0 and self.left_on is None


@dataclass
class NaivePool:
    tasks: list[NaiveTask] = field(default_factory=list)
    orders: dict[str, list[int]] = field(default_factory=dict)
    rejected: int = 0
    finished: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    recoveries: list[str] = field(default_factory=list)

    def may(self, transition: str, task: int) -> bool:
        if not 0 <= task < len(self.tasks):
            return False
        one = self.tasks[task]
        return {
            "assign": one.state == "open",
            "release": one.state == "assigned" and not one.loaded,
            "advance": one.state == "assigned",
            "fail": one.state in {"open", "assigned"},
            "strand": one.state == "assigned" and one.loaded,
            "move_takeover": one.state == "open" and one.left_on is not None,
            "reclaim": one.state == "open" and one.left_on is not None,
            "redirect": one.state in {"open", "assigned"},
        }[transition]

    def is_dropping(self, task: int, serving: set[int]) -> bool:
        one = self.tasks[task]
        return task in serving and one.left_on is None and one.done == len(one.cells) - 1

    def redirect(self, task: int, cell: int) -> None:
        self.tasks[task].cells[-1] = cell

    def assign(self, task: int, robot: int) -> None:
        self.tasks[task].state, self.tasks[task].robot = "assigned", robot

    def release(self, task: int) -> None:
        one = self.tasks[task]
        one.state = "cancelled" if one.order in self.cancelled and one.done == 0 else "open"
        one.robot = None
        if one.state == "cancelled":
            one.held = set()

    def advance(self, task: int) -> bool:
        one = self.tasks[task]
        if one.left_on is not None:
            one.left_on, one.takeover_cell = None, -1
            self.recoveries.append("taken_over")
            return False
        one.done += 1
        if one.done == len(one.cells):
            one.state, one.held = "done", set()
        if one.state == "done" and self.is_done(one.order):
            self.finished.append(one.order)
        return one.state == "done"

    def fail(self, task: int) -> None:
        one = self.tasks[task]
        one.state, one.left_on, one.takeover_cell, one.held = "failed", None, -1, set()

    def strand(self, task: int, cell: int) -> None:
        one = self.tasks[task]
        one.left_on, one.takeover_cell = one.robot, cell
        one.state, one.robot = "open", None
        self.recoveries.append("stranded")

    def move_takeover(self, task: int, cell: int) -> None:
        self.tasks[task].takeover_cell = cell

    def reclaim(self, task: int) -> None:
        one = self.tasks[task]
        one.state, one.robot = "assigned", one.left_on
        one.left_on, one.takeover_cell = None, -1
        self.recoveries.append("reclaimed")

    def status(self, order: str) -> str:
        if order in self.cancelled:
            return "cancelled"
        if self.is_done(order):
            return "done"
        return "failed" if any(self.tasks[task].state == "failed" for task in self.orders[order]) else "open"

    def may_change(self, order: str) -> bool:
        return order in self.orders and self.status(order) in {"open", "failed"}

    def cancel(self, order: str, serving: set[int]) -> dict[int, str]:
        """What becomes of each task, by its id; `serving`: those whose service is under way."""
        self.cancelled.append(order)
        fates = {task: self._fate(self.tasks[task], task in serving) for task in self.orders[order]}
        for task, fate in fates.items():
            if fate in {"dropped", "taken_back"}:
                self.tasks[task].state, self.tasks[task].robot, self.tasks[task].held = "cancelled", None, set()
        return fates

    def _fate(self, one: NaiveTask, serving: bool) -> str:
        if one.state in {"done", "failed"}:
            return one.state
        if one.done > 0 or (one.state == "assigned" and serving):
            return "carried_on"
        return "taken_back" if one.state == "assigned" else "dropped"

    def prioritise(self, order: str, priority: int, due_s: float | None) -> None:
        for task in self.orders[order]:
            one = self.tasks[task]
            if one.state in {"open", "assigned"}:
                one.priority, one.due_s = priority, one.due_s if due_s is None else due_s

    def stage(self, task: int, serving: set[int]) -> str:
        one = self.tasks[task]
        if one.state not in {"open", "assigned"}:
            return one.state
        if one.left_on is not None:
            return "stranded"
        if one.state == "open":
            return "waiting"
        return "loaded" if one.done else "picking" if task in serving else "under_way"

    def is_done(self, order: str) -> bool:
        return order not in self.cancelled and all(self.tasks[task].state == "done" for task in self.orders[order])

    def waiting(self) -> list[int]:
        return [task for task, one in enumerate(self.tasks) if one.state == "open" and not one.held]

    def cells_left(self, task: int) -> list[int]:
        one = self.tasks[task]
        return [one.takeover_cell] * (one.left_on is not None) + one.cells[one.done :]

    def errand_cell(self, task: int, ahead: int) -> int:
        left = self.cells_left(task)
        return left[ahead] if ahead < len(left) else -1

    def first_cell(self, task: int) -> int:
        one = self.tasks[task]
        return one.cells[0] if one.left_on is None else one.takeover_cell

    def counts(self, *, refills: bool = False) -> dict[str, dict[str, int]]:
        tasks = [one for one in self.tasks if one.refill is refills]
        orders = [order for order in self.orders if order.startswith("replenish:") is refills]
        cancelled = [order for order in self.cancelled if order in orders]
        rejected = 0 if refills else self.rejected
        states = [one.state for one in tasks]
        done = [order for order in orders if self.is_done(order)]
        never = [one for one in tasks if one.state == "cancelled"]
        return {
            "orders": {
                "accepted": len(orders) + rejected,
                "done": len(done),
                "open": len(orders) - len(done) - len(cancelled),
                "rejected": rejected,
                "cancelled": len(cancelled),
            },
            "tasks": {
                "created": len(states),
                "done": states.count("done"),
                "open": states.count("open") + states.count("assigned"),
                "failed": states.count("failed"),
                "cancelled": len(never),
            },
            "units": {
                "ordered": sum(one.units[-1] for one in tasks),
                "picked": sum(sum(one.units[: min(one.done, len(one.units) - 1)]) for one in tasks),
                "dropped": sum(one.units[-1] for one in tasks if one.state == "done"),
                "cancelled": sum(one.units[-1] for one in never),
            },
        }
