"""The task pool agrees with a naive one after any sequence of calls, legal or not."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fleet.errors import TaskError
from fleet.tasks.model import Order, OrderLine
from fleet.tasks.pool import TaskPool
from fleet.tasks.refusal import Refusal
from tests.oracles.task_pool import NaivePool, NaiveTask
from tests.orders import splitter

TRANSITIONS = ["assign", "assign", "release", *["advance"] * 3, "fail", *["strand"] * 3, "move_takeover", "reclaim"]
TAKEOVER_S = 30.0
LINES = st.lists(
    st.tuples(st.sampled_from("abcde"), st.integers(1, 5), st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.5, 11.0])),
    min_size=1,
    max_size=5,
)
STATES = ["open", "assigned", "done", "failed"]


class PoolMachine(RuleBasedStateMachine):
    """Robots carry 10 kg and two totes: a unit of 11 kg is refused, most orders need several tasks."""

    def __init__(self) -> None:
        super().__init__()
        self.splitter = splitter(payload_kg=10.0, totes=2)
        self.events: list[dict[str, Any]] = []
        self.pool = TaskPool(self.splitter, self.events.append)
        self.naive = NaivePool()
        self.now_s = 0.0

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
        outcome = self.pool.add_order(new, self.now_s)
        if isinstance(split, Refusal) or new.id in self.naive.orders:
            assert isinstance(outcome, Refusal)
            self.naive.rejected += 1
            return
        self.naive.orders[new.id] = [task.id for task in split]
        for task in split:
            cells = [errand.cell for errand in task.errands]
            self.naive.tasks.append(NaiveTask(new.id, cells, [errand.units for errand in task.errands]))
        assert outcome == self.naive.orders[new.id]

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
        events = len(self.events)
        try:
            answer = self._transit(transition, task, robot, cell)
        except TaskError:
            assert not legal
            assert len(self.events) == events
            return
        assert legal
        expected = {
            "assign": lambda: self.naive.assign(task, robot),
            "release": lambda: self.naive.release(task),
            "advance": lambda: self.naive.advance(task),
            "fail": lambda: self.naive.fail(task),
            "strand": lambda: self.naive.strand(task, cell),
            "move_takeover": lambda: self.naive.move_takeover(task, cell),
            "reclaim": lambda: self.naive.reclaim(task),
        }[transition]()
        assert answer == expected

    @precondition(lambda self: self.naive.waiting())
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(self.naive.waiting()), label="task")
        self.pool.assign(task, 8, self.now_s)
        self.naive.assign(task, 8)
        over = False
        while not over:
            self.now_s += 1.0
            over = self.naive.advance(task)
            assert self.pool.advance(task, self.now_s) == over

    @precondition(lambda self: self.naive.waiting())
    @rule(robot=st.integers(4, 6), cell=st.integers(0, 199), data=st.data())
    def drop_out(self, robot: int, cell: int, data: st.DataObject) -> None:
        """A robot is given a task, takes a load, and is lost with it."""
        task = data.draw(st.sampled_from(self.naive.waiting()), label="task")
        if self.naive.tasks[task].left_on == robot:
            robot = 9
        self.pool.assign(task, robot, self.now_s)
        self.naive.assign(task, robot)
        while not self.naive.tasks[task].loaded:
            assert not self.pool.advance(task, self.now_s)
            self.naive.advance(task)
        self.pool.strand(task, cell, TAKEOVER_S, self.now_s)
        self.naive.strand(task, cell)

    def _transit(self, transition: str, task: int, robot: int, cell: int) -> bool | None:
        pool, now_s = self.pool, self.now_s
        return {
            "assign": lambda: pool.assign(task, robot, now_s),
            "release": lambda: pool.release(task, now_s),
            "advance": lambda: pool.advance(task, now_s),
            "fail": lambda: pool.fail(task, "unreachable", now_s),
            "strand": lambda: pool.strand(task, cell, TAKEOVER_S, now_s),
            "move_takeover": lambda: pool.move_takeover(task, cell, now_s),
            "reclaim": lambda: pool.reclaim(task, robot, now_s),
        }[transition]()

    @invariant()
    def agrees_with_the_naive_pool(self) -> None:
        pool, naive = self.pool, self.naive
        ids = np.arange(len(naive.tasks), dtype=np.int32)
        assert pool.counts() == naive.counts()
        assert pool.waiting().tolist() == naive.waiting()
        assert pool.status.tolist() == [STATES.index(one.state) for one in naive.tasks]
        assert pool.errand_index.tolist() == [one.done for one in naive.tasks]
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
    def robots_are_those_of_the_naive_pool(self) -> None:
        for robot, one in zip(self.pool.robot.tolist(), self.naive.tasks, strict=True):
            assert (robot if robot >= 0 else None) == one.robot

    @invariant()
    def nothing_is_lost(self) -> None:
        counts = self.pool.counts()
        orders, tasks = counts["orders"], counts["tasks"]
        assert orders["accepted"] == orders["done"] + orders["open"] + orders["rejected"]
        assert tasks["created"] == tasks["done"] + tasks["open"] + tasks["failed"]

    @invariant()
    def events_tell_the_same_story(self) -> None:
        names = [event["event"] for event in self.events]
        counts = self.pool.counts()
        assert names.count("order_accepted") == counts["orders"]["done"] + counts["orders"]["open"]
        assert names.count("order_rejected") == counts["orders"]["rejected"]
        assert names.count("task_created") == counts["tasks"]["created"]
        assert names.count("task_done") == counts["tasks"]["done"]
        assert names.count("task_failed") == counts["tasks"]["failed"]
        assert [event["order"] for event in self.events if event["event"] == "order_done"] == self.naive.finished
        for kind in ("stranded", "taken_over", "reclaimed"):
            assert names.count(f"task_{kind}") == self.naive.recoveries.count(kind) == self.pool.recoveries()[kind]
        assert names.count("errand_done") == int(self.pool.errand_index.sum())


# Fewer sequences than the profile's: every step recounts everything.
PoolMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestPoolMachine = PoolMachine.TestCase
