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

TRANSITIONS = st.sampled_from(["assign", "assign", "release", "advance", "advance", "advance", "fail"])
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
    @rule(
        transition=st.sampled_from(["assign", "assign", "release", "advance", "advance", "advance", "fail"]),
        data=st.data(),
    )
    def attempt(self, transition: str, data: st.DataObject) -> None:
        known = range(-1, len(self.naive.tasks) + 1)
        likely = [task for task in known if self.naive.may(transition, task)]
        task = data.draw(st.sampled_from(likely or known) | st.sampled_from(known), label="task")
        self.now_s += 1.0
        legal = self.naive.may(transition, task)
        events = len(self.events)
        try:
            answer = self._transit(transition, task)
        except TaskError:
            assert not legal
            assert len(self.events) == events
            return
        assert legal
        expected = {
            "assign": lambda: self.naive.assign(task, 7),
            "release": lambda: self.naive.release(task),
            "advance": lambda: self.naive.advance(task),
            "fail": lambda: self.naive.fail(task),
        }[transition]()
        assert answer == expected

    @precondition(lambda self: self.naive.waiting())
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(self.naive.waiting()), label="task")
        self.pool.assign(task, 3, self.now_s)
        self.naive.assign(task, 3)
        over = False
        while not over:
            self.now_s += 1.0
            over = self.naive.advance(task)
            assert self.pool.advance(task, self.now_s) == over

    def _transit(self, transition: str, task: int) -> bool | None:
        if transition == "assign":
            return self.pool.assign(task, 7, self.now_s)
        if transition == "release":
            return self.pool.release(task, self.now_s)
        if transition == "advance":
            return self.pool.advance(task, self.now_s)
        return self.pool.fail(task, "unreachable", self.now_s)

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
        for task in ids.tolist():
            assert pool.errand_cell(task) == naive.errand_cell(task, 0)
            assert pool.next_errand_cell(task) == naive.errand_cell(task, 1)
        pool.check()

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
        assert names.count("errand_done") == int(self.pool.errand_index.sum())


# Fewer sequences than the profile's: every step recounts everything.
PoolMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestPoolMachine = PoolMachine.TestCase
