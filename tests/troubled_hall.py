"""A hall in which things go wrong, for tests of the dispatcher."""

from __future__ import annotations

import numpy as np

from fleet.grid.distances import UNREACHABLE
from fleet.grid.layout import NO_CELL, NO_ROBOT, NO_TASK
from fleet.tasks.order_view import OrderStatus
from fleet.tasks.task_table import TaskStatus
from tests.hall import AT, Hall

N = 4
STARTS = "aQdb"
CELLS = [*"abcdDCPQ", AT["a"] + 1, AT["a"] + 12, AT["b"] + 1]
MISHAPS = ("silent", "silent", "silent", "close", "muster", "order", "order", "drain", "charger", "drop services")


class TroubledHall(Hall):
    """A hall whose robots jump to their goals where there is a way, unless they are out of action.

    A robot out of action in service stays so, as far as anybody knows.
    """

    def __init__(self, mishaps=MISHAPS):
        super().__init__(STARTS, charge=80.0)
        self.mishaps = mishaps
        self.faults()
        self.charger_is_dead = False

    def befall(self, rng):
        """Let something happen, drawn from a generator."""
        fitness, what = self.fitness, self.mishaps[rng.integers(len(self.mishaps))]
        some = np.flatnonzero(rng.random(N) < rng.choice([0.0, 0.3, 0.6]))
        if what == "silent":
            self.silence(*some, lost=bool(rng.random() < 0.7))
        elif what == "close":
            self.close(*(cell for cell in CELLS if rng.random() < rng.choice([0.0, 0.1, 0.4])))
        elif what == "muster":
            places = np.full(N, NO_CELL, dtype=np.int32)
            places[some] = AT["Q"] + 2 + 2 * some
            fitness.muster = places if len(some) else None
        elif what == "order":
            self.order(f"{self.now_s}", rng.choice(["a", "ab", "cd", "abcd"]))
        elif what == "drain":
            self.state.charge_percent[some] = rng.choice([5.0, 20.0, 24.0])
        elif what == "charger":
            self.charger_is_dead = bool(rng.random() < 0.5)
        elif what in {"cancel", "prioritise"}:
            orders = [view.order.id for view in self.pool.orders(OrderStatus.OPEN)]
            for order in orders[: rng.integers(3)]:
                self.change(what, order, priority=int(rng.integers(10)))
        else:
            dropped = self.roster.serving & fitness.unfit & (self.state.service_left_s > 0)
            self.dispatcher.services_dropped(dropped)
            self.state.service_left_s[dropped] = 0.0

    def change(self, what, order, priority):
        if what == "cancel":
            self.pool.cancel_order(order, self.now_s)
        else:
            self.pool.prioritise_order(order, priority, self.now_s)

    def second(self):
        """Dispatch, check what was decided, and let a second pass; return what was decided."""
        before = self.roster.task.copy(), len(self.events), self.roster.serving.copy()
        duties = self.dispatcher.dispatch(self.state, self.now_s, self.fitness)
        self.check(duties, *before)
        self.now_s += 1.0
        state, unfit = self.state, self.fitness.unfit
        left = np.maximum(state.service_left_s, duties.start_s)
        state.service_left_s = np.where(unfit, left, np.maximum(left - 1.0, 0.0)).astype(np.float32)
        gain = 0.0 if self.charger_is_dead else 20.0
        state.charge_percent = np.minimum(state.charge_percent + gain * duties.charge, 100.0).astype(np.float32)
        for robot in np.flatnonzero((self.roster.goal != NO_CELL) & ~duties.hold & ~unfit).tolist():
            goal = self.roster.goal[robot : robot + 1]
            here = state.cell[robot : robot + 1], state.heading[robot : robot + 1]
            if self.distances.travel(goal, *here)[0, 0] != UNREACHABLE:
                state.cell[robot] = goal[0]
        return duties

    def live_through_mishaps(self, rng):
        """Let 25 mishaps befall, with orders before and all the while, and repair everything in the end."""
        for name in ("ab", "cd", "a"):
            self.order(name, name)
        for _ in range(25):
            self.befall(rng)
            for _ in range(rng.choice([1, 3, 6, 40])):
                self.second()
                if self.now_s % 20 == 0:
                    self.order(f"every 20 s, {self.now_s}", "ab")
                self.after_second(rng)
        self.repair()

    def after_second(self, rng):
        """Something else that may happen; nothing here."""

    def repair(self):
        """Let nothing be wrong any more, and time pass until all orders are done."""
        self.silence()
        self.close()
        self.fitness.muster = None
        self.charger_is_dead = False
        self.dispatcher.charger_cleared(AT["C"])
        for _ in range(600):
            if self.pool.counts()["tasks"]["open"] == 0:
                break
            self.second()
        self.second()

    def check(self, duties, tasks, events, serving):
        roster, pool, fitness = self.roster, self.pool, self.fitness
        pool.check()
        out = fitness.unfit | roster.retired
        new = (roster.task != tasks) & (roster.task != NO_TASK)
        assert not (new & out).any()
        if fitness.muster is not None:
            called = fitness.muster != NO_CELL
            reclaimed = [event["robot"] for event in self.events[events:] if event["event"] == "task_reclaimed"]
            assert set(np.flatnonzero(new & called).tolist()) <= set(reclaimed)
            assert not ((duties.start_s > 0) & called).any()
            assert (roster.goal == fitness.muster)[called & ~roster.serving].all()
        assert not ((duties.start_s > 0) & out).any()
        assert duties.hold[out].all()
        # Who is in service keeps its task, whatever happens to it, until the service is over.
        kept = serving & (self.state.service_left_s > 0)
        assert (roster.task[kept] == tasks[kept]).all()
        # The roster and the pool tell the same of who does what.
        having = np.flatnonzero(roster.task != NO_TASK)
        assert pool.robot[roster.task[having]].tolist() == having.tolist()
        assigned = np.flatnonzero(pool.status == TaskStatus.ASSIGNED)
        assert sorted(roster.task[having].tolist()) == assigned.tolist()
        # Every load that waits to be taken over waits on a retired robot, and that one has nothing else to do.
        waiting = np.flatnonzero(pool.takeover_robot != NO_ROBOT)
        retired = np.flatnonzero(roster.retired)
        assert set(pool.takeover_robot[waiting].tolist()) <= set(retired.tolist())
        assert (roster.task[retired] == NO_TASK).all()
        chargers = roster.goal[np.isin(roster.goal, AT["C"])]
        assert fitness.muster is not None or len(chargers) <= 2
