"""Whatever robots, cameras and people do: every task has a chute that takes its goods, or waits; nothing is mixed."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fleet.tasks.holding import Hold
from fleet.tasks.task_table import TaskStatus
from tests.unit.test_chute_keeping import Site

UNFINISHED = (TaskStatus.OPEN, TaskStatus.ASSIGNED)


class Floor(RuleBasedStateMachine):
    """cages: destinations of what fell into each, from events alone."""

    @initialize(destinations=st.lists(st.sampled_from(["Lyon", "Oslo", "Rome"]), min_size=2, max_size=5))
    def begin(self, destinations: list[str]) -> None:
        self.destinations = destinations
        self.site = Site(destinations)
        self.cages: dict[str, set[str]] = defaultdict(set)
        self.told = self.robots = 0

    def some(self, data: st.DataObject, tasks: list[int]) -> int | None:
        return data.draw(st.sampled_from(tasks), label="task") if tasks else None

    def assigned(self) -> list[int]:
        return np.flatnonzero(self.site.pool.status == TaskStatus.ASSIGNED).tolist()

    @rule(data=st.data())
    def come_in(self, data: st.DataObject) -> None:
        self.site.order(data.draw(st.sampled_from(self.destinations), label="destination"))

    @rule(data=st.data())
    def give(self, data: st.DataObject) -> None:
        task = self.some(data, self.site.pool.waiting().tolist())
        if task is not None:
            self.robots += 1
            self.site.pool.assign(task, self.robots, self.site.now_s)

    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        """A robot picks, or is granted its drop unless that is held back, or has dropped; after a review, as always."""
        self.review(0.1)
        task = self.some(data, self.assigned())
        if task is None:
            return
        site = self.site
        if site.pool.errand_index[task] == 0:
            site.pool.advance(task, site.now_s)
        elif task in site.serving:
            site.serving.remove(task)
            site.pool.advance(task, site.now_s)
        elif not site.pool.last_held(np.array([task]))[0]:
            site.serving.append(task)

    @rule(data=st.data())
    def begin_anew(self, data: st.DataObject) -> None:
        """A robot obeys a new epoch and has not begun its service: it never takes effect."""
        task = self.some(data, sorted(self.site.serving))
        if task is not None:
            self.site.serving.remove(task)

    @rule(data=st.data())
    def drop_out(self, data: st.DataObject) -> None:
        loaded = [task for task in self.assigned() if self.site.pool.is_loaded(task) and task not in self.site.serving]
        task = self.some(data, loaded)
        if task is not None:
            self.site.pool.strand(task, 7, 30.0, self.site.now_s)

    @rule(cage=st.integers(0, 4), full=st.booleans())
    def see(self, cage: int, full: bool) -> None:
        self.site.seen_full[cage % len(self.destinations)] = full

    @rule(chute=st.integers(0, 4), dark=st.booleans())
    def see_in_beam(self, chute: int, dark: bool) -> None:
        self.site.seen_jammed[chute % len(self.destinations)] = dark

    @rule(data=st.data(), stuck=st.booleans())
    def free(self, data: st.DataObject, stuck: bool) -> None:
        if self.site.called:
            chute = data.draw(st.sampled_from(self.site.called), label="chute")
            self.site.called.remove(chute)
            self.site.seen_jammed[chute] = False
            self.site.freed.append((chute, stuck))

    @rule(data=st.data())
    def swap(self, data: st.DataObject) -> None:
        asked = [cage for cage in self.site.asked if cage not in self.site.over]
        if asked:
            cage = data.draw(st.sampled_from(asked), label="cage")
            self.site.asked.remove(cage)
            self.site.over.append(cage)

    @rule(seconds=st.sampled_from([0.1, 1.0, 40.0]))
    def review(self, seconds: float) -> None:
        self.site.pass_s(seconds)
        self.every_task_has_a_chute_or_waits()

    def every_task_has_a_chute_or_waits(self) -> None:
        site = self.site
        dropping = set(site.pool.dropping().tolist())
        for task, status in enumerate(site.pool.status.tolist()):
            if status not in UNFINISHED or task in dropping:
                continue
            destination = site.pool.destination(task)
            open_for = [chute.cell for at, chute in enumerate(site.chutes) if site.map.takes(at, destination)]
            held = bool(site.pool.hold[task] & Hold.CHUTE)
            assert held == (not open_for)
            assert held or site.drop_cell(task) in open_for

    @invariant()
    def goods_of_two_destinations_never_meet(self) -> None:
        for event in self.site.events[self.told :] if hasattr(self, "site") else ():
            if event["event"] == "cage_swapped":
                self.cages[event["chute"]].clear()
            elif event["event"] == "errand_done" and event["kind"] == "drop":
                chute = self.site.chutes[event["cell"] - 10]
                self.cages[chute.name].add(self.site.pool.destination(event["task"]))
                assert len(self.cages[chute.name]) == 1
            self.told += 1


Floor.TestCase.settings = settings(max_examples=60, stateful_step_count=50)
TestFloor = Floor.TestCase
