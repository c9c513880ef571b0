"""The task pool agrees with a naive one after any sequence of calls, legal or not, and over any number of restarts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fleet.errors import TaskError
from fleet.tasks.changes import PoolChanges
from fleet.tasks.holding import Hold
from fleet.tasks.model import ErrandKind, Order, OrderLine
from fleet.tasks.order_view import OrderStatus
from fleet.tasks.pool import TaskPool
from fleet.tasks.records import OrderRecord, PoolRecord, RejectionRecord, TaskRecord
from fleet.tasks.refusal import ChangeRefusal, Refusal
from tests.oracles.task_pool import NaivePool, NaiveTask
from tests.orders import splitter

TRANSITIONS = [
    *("assign", "assign", "release", *["advance"] * 3, "fail"),
    *("strand", "strand", "strand", "move_takeover", "reclaim", "redirect"),
]
TAKEOVER_S = 30.0
LINES = st.lists(
    st.tuples(st.sampled_from("abcde"), st.integers(1, 5), st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.5, 11.0])),
    min_size=1,
    max_size=5,
)
# None: cancel; others: a priority and a due time, in range or not.
CHANGES = [None, None, (5, None), (-7, 1e6), (1001, None), (1, -5.0)]
STATES = ["open", "assigned", "done", "failed", "cancelled"]
COLUMNS = (
    *("status", "robot", "errand_index", "first_cell", "takeover_robot", "priority", "release_s", "due_s"),
    *("counts", "refill_counts", "open_refills", "waiting", "hold", "rejections", "failures", "recoveries"),
    *("lateness_s", "record", "orders"),
)


def outcome(pool: TaskPool, method: str, arguments: tuple[Any, ...]) -> tuple[Any, TaskError | None]:
    try:
        return getattr(pool, method)(*arguments), None
    except TaskError as error:
        return None, error


class Journal:
    """Rows as they were when they changed last."""

    def __init__(self) -> None:
        self.orders: dict[int, OrderRecord] = {}
        self.tasks: dict[int, TaskRecord] = {}
        self.rejections: list[RejectionRecord] = []

    def write(self, pool: TaskPool, changes: PoolChanges) -> None:
        orders, tasks, rejections = changes.take()
        self.orders.update((row, pool.order_record(row)) for row in orders)
        self.tasks.update((task, pool.task_record(task)) for task in tasks)
        self.rejections += rejections

    def read(self, pool: TaskPool) -> PoolRecord:
        orders = tuple(self.orders[row] for row in range(len(self.orders)))
        tasks = tuple(self.tasks[task] for task in range(len(self.tasks)))
        return PoolRecord(orders, tasks, tuple(self.rejections), pool.recoveries())


class PoolMachine(RuleBasedStateMachine):
    """Robots carry 10 kg and two totes: a unit of 11 kg is refused, most orders need several tasks.

    `before` is the pool as it was before the last restart; it goes through everything that comes after as well.
    """

    def __init__(self) -> None:
        super().__init__()
        self.splitter = splitter(payload_kg=10.0, totes=2)
        self.refills = replace(self.splitter, last=ErrandKind.PUT)
        self.events: list[dict[str, Any]] = []
        self.serving: set[int] = set()
        self.journal = Journal()
        self.before: TaskPool | None = None
        self.before_events: list[dict[str, Any]] = []
        self.naive = NaivePool()
        self.now_s = 0.0
        self.start(TaskPool(self.splitter, self.hear))

    def start(self, pool: TaskPool) -> None:
        self.pool = pool
        self.changes = PoolChanges(pool)
        pool.watch_services(lambda: np.array(sorted(self.serving), dtype=np.int32))

    def hear(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        self.changes(event)

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a method of the pool, and of the one before the last restart: both must do the same."""
        self.before_events.clear()
        told = len(self.events)
        answer, error = outcome(self.pool, name, arguments)
        if self.before is not None:
            expected, expected_error = outcome(self.before, name, arguments)
            assert (answer, str(error)) == (expected, str(expected_error))
            assert self.events[told:] == self.before_events
        if error is not None:
            raise error
        return answer

    @rule()
    def restart(self) -> None:
        for task, what in [(task, what) for task, one in enumerate(self.naive.tasks) for what in sorted(one.held)]:
            self.hold(False, task, Hold[what])  # holds are no part of a record
        self.before = self.pool
        self.before._books.events = self.before._events = self.before_events.append
        self.start(TaskPool.restored(self.journal.read(self.pool), self.splitter, self.hear))

    @precondition(lambda self: any(one.state == "assigned" for one in self.naive.tasks))
    @rule(data=st.data())
    def begin_service(self, data: st.DataObject) -> None:
        assigned = [task for task, one in enumerate(self.naive.tasks) if one.state == "assigned"]
        self.serving.add(data.draw(st.sampled_from(assigned), label="task"))

    @precondition(lambda self: self.naive.tasks)
    @rule(change=st.sampled_from(CHANGES), data=st.data())
    def change_order(self, change: tuple[int, float | None] | None, data: st.DataObject) -> None:
        """Cancel or prioritise an order."""
        order = data.draw(st.sampled_from([*self.naive.orders, "unknown"]), label="order")
        may = self.naive.may_change(order)
        self.now_s += 1.0
        if change is None:
            answer = self.call("cancel_order", order, self.now_s)
            if may:
                assert {one.task: one.fate for one in answer.tasks} == self.naive.cancel(order, self.serving)
        else:
            priority, due_s = change
            answer = self.call("prioritise_order", order, priority, self.now_s, due_s)
            may = may and priority <= 1000 and due_s != -5.0
            if may:
                self.naive.prioritise(order, priority, due_s)
                stages = {task: self.naive.stage(task, self.serving) for task in self.naive.orders[order]}
                assert dict(answer.tasks) == stages
        assert isinstance(answer, ChangeRefusal) != may

    @rule(name=st.integers(0, 30), lines=LINES, destination=st.sampled_from([None, None, "Lyon", "Oslo", "Nowhere"]))
    def add_order(self, name: int, lines: list[tuple[str, int, float]], destination: str | None) -> None:
        new = Order(
            f"order-{name}",
            tuple(OrderLine(sku, quantity, 1.0, kg) for sku, quantity, kg in lines),
            release_s=self.now_s,
            due_s=self.now_s + 50,
            destination=destination,
        )
        split = self.splitter.split(new, len(self.naive.tasks))
        outcome = self.call("add_order", new, self.now_s)
        if isinstance(split, Refusal) or new.id in self.naive.orders:
            assert isinstance(outcome, Refusal)
            self.naive.rejected += 1
            return
        self.naive.orders[new.id] = [task.id for task in split]
        for task in split:
            cells = [errand.cell for errand in task.errands]
            units = [errand.units for errand in task.errands]
            self.naive.tasks.append(NaiveTask(new.id, cells, units, due_s=new.due_s))
        assert outcome == self.naive.orders[new.id]

    @rule(name=st.integers(0, 9), lines=LINES)
    def add_refill(self, name: int, lines: list[tuple[str, int, float]]) -> None:
        goods = tuple(OrderLine(sku, quantity, 1.0, kg) for sku, quantity, kg in lines)
        new = Order(f"replenish:{name}", goods, self.now_s, self.now_s + 50, destination="Oslo")
        split = self.refills.split(new, len(self.naive.tasks))
        if new.id in self.naive.orders:
            assert outcome(self.pool, "add_refill", (new, self.refills, self.now_s))[1] is not None
            return
        answer = self.call("add_refill", new, self.refills, self.now_s)
        if isinstance(split, Refusal):
            assert answer == split
            return
        self.naive.orders[new.id] = answer
        for task in split:
            assert [errand.kind for errand in task.errands][-1] is ErrandKind.PUT
            cells, units = zip(*((errand.cell, errand.units) for errand in task.errands), strict=True)
            self.naive.tasks.append(NaiveTask(new.id, list(cells), list(units), due_s=new.due_s))

    @precondition(lambda self: any(one.state in {"open", "assigned"} for one in self.naive.tasks))
    @rule(back=st.booleans(), what=st.sampled_from(Hold), data=st.data())
    def hold_or_let_go(self, back: bool, what: Hold, data: st.DataObject) -> None:
        unfinished = [task for task, one in enumerate(self.naive.tasks) if one.state in {"open", "assigned"}]
        self.hold(back, data.draw(st.sampled_from(unfinished), label="task"), what)

    def hold(self, back: bool, task: int, what: Hold) -> None:
        self.call("hold_back" if back else "let_go", [task], what, self.now_s)
        held = self.naive.tasks[task].held
        (held.add if back else held.discard)(what.name)

    @precondition(lambda self: self.naive.tasks)
    @rule(transition=st.sampled_from(TRANSITIONS), robot=st.integers(0, 3), cell=st.integers(0, 199), data=st.data())
    def attempt(self, transition: str, robot: int, cell: int, data: st.DataObject) -> None:
        known = range(-1, len(self.naive.tasks) + 1)
        likely = [task for task in known if self.naive.may(transition, task)]
        task = data.draw(st.sampled_from(likely or known) | st.sampled_from(known), label="task")
        self.now_s += 1.0
        legal = self.naive.may(transition, task)
        if legal and transition in {"assign", "reclaim"}:
            # The robot that has the load can only reclaim it, and nobody else can.
            has_load = self.naive.tasks[task].left_on
            robot = data.draw(st.sampled_from([robot, has_load if has_load is not None else robot]), label="robot")
            legal = (robot == has_load) == (transition == "reclaim")
        if transition == "redirect":
            legal = legal and not self.naive.is_dropping(task, self.serving)
        events = len(self.events)
        try:
            answer = self._transit(transition, task, robot, cell)
        except TaskError:
            assert not legal
            assert len(self.events) == events
            return
        assert legal
        if transition != "redirect":
            self.serving.discard(task)
        expected = {
            "assign": lambda: self.naive.assign(task, robot),
            "release": lambda: self.naive.release(task),
            "advance": lambda: self.naive.advance(task),
            "fail": lambda: self.naive.fail(task),
            "strand": lambda: self.naive.strand(task, cell),
            "move_takeover": lambda: self.naive.move_takeover(task, cell),
            "reclaim": lambda: self.naive.reclaim(task),
            "redirect": lambda: self.naive.redirect(task, cell),
        }[transition]()
        assert answer == expected

    @precondition(lambda self: self.naive.waiting())
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(self.naive.waiting()), label="task")
        self.call("assign", task, 8, self.now_s)
        self.naive.assign(task, 8)
        over = False
        while not over:
            self.now_s += 1.0
            over = self.naive.advance(task)
            assert self.call("advance", task, self.now_s) == over

    @precondition(lambda self: self.naive.waiting())
    @rule(robot=st.integers(4, 6), cell=st.integers(0, 199), data=st.data())
    def drop_out(self, robot: int, cell: int, data: st.DataObject) -> None:
        """A robot is given a task, takes a load, and is lost with it."""
        task = data.draw(st.sampled_from(self.naive.waiting()), label="task")
        if self.naive.tasks[task].left_on == robot:
            robot = 9
        self.call("assign", task, robot, self.now_s)
        self.naive.assign(task, robot)
        while not self.naive.tasks[task].loaded:
            assert not self.call("advance", task, self.now_s)
            self.naive.advance(task)
        self.call("strand", task, cell, TAKEOVER_S, self.now_s)
        self.naive.strand(task, cell)

    def _transit(self, transition: str, task: int, robot: int, cell: int) -> bool | None:
        arguments: dict[str, tuple[float | str, ...]] = {
            "assign": (robot,),
            "fail": ("unreachable",),
            "strand": (cell, TAKEOVER_S),
            "move_takeover": (cell,),
            "reclaim": (robot,),
            "redirect": (cell, 2.5),
        }
        return self.call(transition, task, *arguments.get(transition, ()), self.now_s)

    @invariant()
    def agrees_with_the_naive_pool(self) -> None:
        pool, naive = self.pool, self.naive
        ids = np.arange(len(naive.tasks), dtype=np.int32)
        assert pool.counts() == naive.counts()
        assert pool.refill_counts() == naive.counts(refills=True)
        assert [Hold(bit).name for bits in pool.hold for bit in Hold if bits & bit] == [
            what for one in naive.tasks for what in sorted(one.held, key=["STOCK", "CHUTE"].index)
        ]
        assert pool.waiting().tolist() == naive.waiting()
        assert pool.status.tolist() == [STATES.index(one.state) for one in naive.tasks]
        assert pool.errand_index.tolist() == [one.done for one in naive.tasks]
        assert pool.priority.tolist() == [one.priority for one in naive.tasks]
        assert pool.due_s.tolist() == [one.due_s for one in naive.tasks]
        assert pool.errand_cells(ids).tolist() == [naive.errand_cell(task, 0) for task in ids]
        assert pool.next_errand_cells(ids).tolist() == [naive.errand_cell(task, 1) for task in ids]
        assert pool.first_cell.tolist() == [naive.first_cell(task) for task in ids]
        assert [robot if robot >= 0 else None for robot in pool.takeover_robot.tolist()] == [
            one.left_on for one in naive.tasks
        ]
        cells, service_s, offsets = pool.errands_left(ids)
        assert [cells[offsets[task] : offsets[task + 1]].tolist() for task in ids] == [
            naive.cells_left(task) for task in ids
        ]
        assert pool.errand_services_s(ids).tolist() == [
            service_s[offsets[task]] if offsets[task] < offsets[task + 1] else 0.0 for task in ids
        ]
        takes_over = [bool(offset in offsets[:-1][pool.takeover_robot >= 0]) for offset in range(len(cells))]
        assert [seconds == TAKEOVER_S for seconds in service_s.tolist()] == takes_over
        pool.check()

    @invariant()
    def changed_rows_are_all_that_a_journal_needs(self) -> None:
        self.journal.write(self.pool, self.changes)
        assert self.journal.read(self.pool) == self.pool.record()

    @invariant()
    def a_restored_pool_is_as_the_one_before_it(self) -> None:
        if self.before is None:
            return
        for name in COLUMNS:
            new, old = getattr(self.pool, name), getattr(self.before, name)
            new, old = (new(), old()) if callable(new) else (new, old)
            assert new.dtype == old.dtype if isinstance(new, np.ndarray) else type(new) is type(old)
            np.testing.assert_equal(new, old)

    @invariant()
    def views_tell_how_orders_stand(self) -> None:
        views = self.pool.orders()
        assert [(view.order.id, view.status) for view in views] == [
            (order, self.naive.status(order)) for order in self.naive.orders
        ]
        for view in views:
            assert [(one.task, one.stage, one.errands_done) for one in view.tasks] == [
                (task, self.naive.stage(task, self.serving), self.naive.tasks[task].done)
                for task in self.naive.orders[view.order.id]
            ]
            assert view == self.pool.order(view.order.id)
        for status in OrderStatus:
            assert self.pool.orders(status, 3, 1) == [view for view in views[2:] if view.status is status][:3]

    @invariant()
    def robots_are_those_of_the_naive_pool(self) -> None:
        for robot, one in zip(self.pool.robot.tolist(), self.naive.tasks, strict=True):
            assert (robot if robot >= 0 else None) == one.robot

    @invariant()
    def nothing_is_lost(self) -> None:
        for counts in (self.pool.counts(), self.pool.refill_counts()):
            orders, tasks, units = counts["orders"], counts["tasks"], counts["units"]
            assert orders["accepted"] == orders["done"] + orders["open"] + orders["rejected"] + orders["cancelled"]
            assert tasks["created"] == tasks["done"] + tasks["open"] + tasks["failed"] + tasks["cancelled"]
            assert units["ordered"] - units["cancelled"] >= units["picked"] >= units["dropped"]

    @invariant()
    def events_tell_the_same_story(self) -> None:
        names = [event["event"] for event in self.events]
        kinds = (self.pool.counts(), self.pool.refill_counts())

        def number(what: str, *parts: str) -> int:
            return sum(counts[what][part] for counts in kinds for part in parts)

        assert names.count("order_accepted") == number("orders", "done", "open", "cancelled")
        assert names.count("order_cancelled") == number("orders", "cancelled")
        assert names.count("task_cancelled") == number("tasks", "cancelled")
        assert names.count("order_rejected") == number("orders", "rejected")
        assert names.count("task_created") == number("tasks", "created")
        assert names.count("task_done") == number("tasks", "done")
        assert names.count("task_failed") == number("tasks", "failed")
        assert [event["order"] for event in self.events if event["event"] == "order_done"] == self.naive.finished
        for kind in ("stranded", "taken_over", "reclaimed"):
            assert names.count(f"task_{kind}") == self.naive.recoveries.count(kind) == self.pool.recoveries()[kind]
        assert names.count("errand_done") == int(self.pool.errand_index.sum())


# Fewer sequences than the profile's: every step recounts everything.
PoolMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestPoolMachine = PoolMachine.TestCase
