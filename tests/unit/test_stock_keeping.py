"""Bins that run low are refilled, once; tasks for which there is not enough wait for that."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from fleet.runtime.event_relay import EventRelay
from fleet.runtime.keeping.bin_stock import BinStock
from fleet.runtime.keeping.params import RefillParams
from fleet.runtime.keeping.refill_slotting import bin_of
from fleet.runtime.keeping.stock_bins import StockBins
from fleet.runtime.keeping.stock_keeping import StockKeeping
from fleet.runtime.keeping.stocked_slotting import StockedSlotting
from fleet.sensing.estimates import StockEstimate
from fleet.tasks.model import ErrandKind, Order, OrderLine
from fleet.tasks.pool import TaskPool
from fleet.tasks.splitting import OrderSplitter
from robots.model import RobotModel

WIDTH = 20
PLACES = {"a": [3, 16], "b": [25]}  # cells of bins 0, 1 and 2
DROP, DOCK = 199, 190
PARAMS = RefillParams(review_s=5.0, again_s=60.0, hold_s=300.0, most_share=0.5)


class Places:
    """SKUs as in PLACES; everything is dropped in one cell."""

    def pick_places(self, sku):
        return np.array(PLACES[sku], dtype=np.int32)

    def pick_place(self, sku, near):
        return min(PLACES[sku], key=lambda cell: abs(cell - near)), 4.0

    def drop_place(self, order_id, destination):
        return DROP, 2.5, "Lyon"


class Refills:
    """Everything comes in at one dock."""

    def pick_place(self, sku, near):
        return DOCK, 3.0

    def drop_place(self, order_id, destination):
        return [3, 16, 25][bin_of(order_id)], 5.0, destination


class Site:
    """Three bins of ten units, sensors that believe what they are told, and some robots."""

    def __init__(self, robots=8, pool=None, kg=1.0):
        units = tuple(OrderLine(sku, 1, 1.0, kg) for sku in "aab")
        cells = np.array([3, 16, 25], dtype=np.int32)
        self.bins = StockBins(cells, np.full(3, 10, dtype=np.int32), units, 5.0)
        self.stock = BinStock(self.bins, self.bins.share(PARAMS.target_share))
        self.events = []
        relay = EventRelay(self.events.append)
        slotting = StockedSlotting(Places(), self.stock, WIDTH)
        splitter = OrderSplitter(slotting, RobotModel(), WIDTH)
        self.pool = TaskPool(splitter, relay) if pool is None else TaskPool.restored(pool.record(), splitter, relay)
        self.low = np.array([10, 10, 10], dtype=np.int32)
        self.high = self.low.copy()
        self.age_s = np.zeros(3, dtype=np.float32)
        self.keeping = StockKeeping(
            self.bins,
            self.stock,
            pool=self.pool,
            splitter=OrderSplitter(Refills(), RobotModel(), WIDTH, last=ErrandKind.PUT),
            source=self,
            params=PARAMS,
            robots=robots,
            events=relay,
        )
        relay.join(self.keeping.hear)
        self.now_s = 0.0

    def estimate(self, now_s):
        count = ((self.low + self.high) // 2).astype(np.int32)
        sure = np.where(self.low == self.high, 1.0, 0.5).astype(np.float32)
        return StockEstimate(now_s, count, sure, self.low.copy(), self.high.copy(), self.age_s.copy())

    def believe(self, *counts):
        self.low = np.array([low for low, _ in map(_pair, counts)], dtype=np.int32)
        self.high = np.array([high for _, high in map(_pair, counts)], dtype=np.int32)

    def order(self, sku, units, **fields):
        name = f"O{len(self.pool.orders())}"
        line = OrderLine(sku, units, 1.0, 1.0)
        fields = {"release_s": self.now_s, "due_s": 1e6} | fields
        (task,) = self.pool.add_order(Order(name, (line,), **fields), self.now_s)
        return task

    def pass_s(self, seconds=5.0):
        self.now_s += seconds
        self.keeping.review(self.now_s)
        self.pool.check()

    def refills(self):
        """Bin and units of each replenishment that was asked for."""
        accepted = [event for event in self.events if event["event"] == "order_accepted"]
        return [(bin_of(event["order"]), event["units"]) for event in accepted if event["order"].startswith("repl")]

    def waiting(self):
        """Customers' tasks that wait for robots."""
        tasks = self.pool.waiting()
        return tasks[self.pool.last_errands(tasks)[1] == ErrandKind.DROP].tolist()

    def do(self, task):
        self.pool.assign(task, 0, self.now_s)
        while not self.pool.advance(task, self.now_s):
            pass

    def refill_task(self):
        (order_id,) = self.pool.open_refills()
        return self.pool.order(order_id).tasks[0].task


def _pair(count):
    return count if isinstance(count, tuple) else (count, count)


def test_a_bin_that_runs_low_is_refilled_up_to_its_target():
    site = Site()
    site.believe(3, 2, 10)
    site.pass_s()
    assert site.refills() == [(1, 7)]
    task = site.pool.task_record(site.refill_task()).task
    assert [(errand.kind, errand.cell, errand.units) for errand in task.errands] == [
        (ErrandKind.PICK, DOCK, 7),
        (ErrandKind.PUT, 16, 7),
    ]
    assert (task.priority, task.destination) == (PARAMS.priority, "bin 1")
    assert task.due_s == site.now_s + PARAMS.due_s


def test_what_may_be_there_already_is_not_brought():
    site = Site()
    site.believe((0, 5), 10, 10)
    site.pass_s()
    assert site.refills() == [(0, 4)]


def test_a_bin_of_which_little_is_known_is_left_alone():
    site = Site()
    site.believe((0, 10), (1, 8), 10)
    site.pass_s()
    assert site.refills() == []


def test_a_bin_is_refilled_once_and_again_only_after_a_look_and_a_while():
    site = Site()
    site.believe(0, 10, 10)
    for _ in range(4):
        site.pass_s()
    assert site.refills() == [(0, 9)]
    site.do(site.refill_task())
    site.age_s[:] = 1000.0
    for _ in range(30):
        site.pass_s()
    assert len(site.refills()) == 1, "nobody has looked at the bin since"
    site.age_s[:] = 0.0
    site.pass_s()
    assert len(site.refills()) == 2


def test_a_refilled_bin_waits_a_while_even_if_it_was_looked_at():
    site = Site()
    site.believe(0, 10, 10)
    site.pass_s()
    site.do(site.refill_task())
    for _ in range(12):
        site.pass_s()
    assert len(site.refills()) == 1
    site.pass_s()
    assert len(site.refills()) == 2


def test_a_bin_without_sensors_is_refilled_by_what_was_confirmed_alone():
    site = Site()
    site.age_s[:] = inf
    site.believe(0, 10, 10)
    site.pass_s()
    assert site.refills() == [(0, 9)]


def test_a_refill_that_a_person_was_quicker_with_is_called_off():
    site = Site()
    site.believe(2, 10, 10)
    site.pass_s()
    task = site.refill_task()
    site.pool.assign(task, 0, site.now_s)
    site.believe(6, 10, 10)
    site.pass_s()
    assert site.pool.refill_counts()["orders"]["cancelled"] == 0, "it is not full enough"
    site.believe(7, 10, 10)
    site.pass_s()
    assert site.pool.refill_counts()["orders"]["cancelled"] == 1
    assert site.keeping.counts()["called_off"] == 1


def test_a_refill_that_is_on_its_robot_goes_on():
    site = Site()
    site.believe(2, 10, 10)
    site.pass_s()
    task = site.refill_task()
    site.pool.assign(task, 0, site.now_s)
    site.pool.advance(task, site.now_s)
    site.believe(9, 10, 10)
    site.pass_s()
    assert site.keeping.counts()["called_off"] == 0


def test_a_bin_is_not_refilled_twice_while_a_cancelled_refill_is_still_on_its_robot():
    site = Site()
    site.believe(2, 10, 10)
    site.pass_s()
    task = site.refill_task()
    site.pool.assign(task, 0, site.now_s)
    site.pool.advance(task, site.now_s)
    site.pool.cancel_order(site.pool.open_refills()[0], site.now_s)
    for _ in range(30):
        site.pass_s()
    assert len(site.refills()) == 1
    site.pool.advance(task, site.now_s)
    for _ in range(14):
        site.pass_s()
    assert len(site.refills()) == 2


def test_the_emptiest_bins_come_first_and_not_too_many_at_once():
    site = Site(robots=4)
    site.believe(2, 0, 1)
    site.pass_s()
    assert site.refills() == [(1, 9), (2, 8)]


def test_bins_that_tasks_wait_for_come_before_emptier_ones():
    site = Site(robots=4)
    site.believe(0, 1, 4)
    site.order("b", 6)
    site.pass_s()
    assert site.refills() == [(2, 5), (0, 9)]


def test_a_task_for_which_there_is_not_enough_waits_for_an_urgent_refill():
    site = Site()
    site.believe(10, 10, 4)
    site.pass_s()
    task = site.order("b", 6)
    site.pass_s(1.0)
    assert site.waiting() == []
    site.pass_s()
    assert site.refills() == [(2, 5)], "it is not low, but not enough"
    refill = site.refill_task()
    assert site.pool.priority[refill] == PARAMS.urgent_priority
    site.do(refill)
    site.believe(10, 10, 9)
    site.pass_s()
    assert site.waiting() == [task]
    assert site.keeping.counts()["tasks_held"] == 1


def test_a_refill_becomes_urgent_when_a_task_comes_that_waits_for_it():
    site = Site()
    site.believe(10, 10, 1)
    site.pass_s()
    assert site.pool.priority[site.refill_task()] == PARAMS.priority
    site.order("b", 2)
    site.pass_s()
    site.pass_s()
    assert site.pool.priority[site.refill_task()] == PARAMS.urgent_priority
    assert len([event for event in site.events if event["event"] == "order_prioritised"]) == 1


def test_what_is_reserved_for_a_task_is_not_there_for_the_next():
    site = Site()
    site.believe(10, 10, 5)
    site.pass_s()
    first, second = site.order("b", 3), site.order("b", 3)
    site.pass_s(1.0)
    assert site.waiting() == [first]
    site.pool.assign(first, 0, site.now_s)
    site.pass_s()
    assert site.waiting() == []
    urgent = site.order("b", 2, priority=9)
    site.pass_s()
    assert site.waiting() == [urgent]
    assert site.pool.hold[second]


def test_urgent_tasks_and_those_due_sooner_are_reserved_for_first():
    site = Site()
    site.believe(10, 10, 3)
    tasks = [site.order("b", 3), site.order("b", 3, due_s=50.0), site.order("b", 3, priority=1)]
    site.pass_s()
    assert site.waiting() == [tasks[2]]
    site.pool.cancel_order("O2", site.now_s)
    site.pass_s()
    assert site.waiting() == [tasks[1]]


def test_nobody_waits_for_ever_for_what_sensors_say():
    site = Site()
    site.believe(10, 10, (0, 0))
    site.age_s[:] = 1000.0
    task = site.order("b", 1)
    site.pass_s()
    held_s = site.now_s
    while task not in site.waiting():
        site.pass_s()
    assert site.now_s - held_s == PARAMS.hold_s
    site.pass_s()
    assert task in site.waiting()


def test_a_task_that_wants_more_than_a_bin_is_ever_refilled_to_goes_when_it_is_full():
    site = Site()
    site.believe(10, 10, 8)
    task = site.order("b", 25)
    site.pass_s()
    assert site.waiting() == []
    site.believe(10, 10, 9)
    site.pass_s()
    assert site.waiting() == [task]


def test_picks_go_where_stock_is():
    site = Site()
    near_first = site.order("a", 1)
    site.believe(0, (4, 6), 10)
    site.pass_s()
    cells = [site.pool.picks_left(task)[0][0] for task in (near_first, site.order("a", 2))]
    assert cells[1] == 16
    assert site.stock.rank(3, "a") == 2
    assert (site.stock.rank(16, "a"), site.stock.rank(99, "a"), site.stock.rank(25, "b")) == (0, 1, 0)
    site.order("a", 2)
    assert site.stock.rank(16, "a") == 1, "five are promised of four or more, six at most"
    site.order("a", 2)
    assert site.stock.rank(16, "a") == 2


def test_picks_pass_by_a_closer_place_that_has_nothing():
    site = Site()
    assert site.pool.picks_left(site.order("a", 1))[0][0] == 16
    site.believe(8, 0, 10)
    site.pass_s()
    assert site.pool.picks_left(site.order("a", 1))[0][0] == 3


def test_where_all_places_are_alike_picks_go_where_the_world_says():
    site = Site()
    site.believe(5, 6, 10)
    site.pass_s()
    world = Places().pick_place("a", DROP)[0]
    assert site.pool.picks_left(site.order("a", 1))[0][0] == world


def test_a_refill_that_no_robot_can_carry_is_said_once_and_not_tried_again():
    site = Site(kg=1e4)
    site.believe(0, 10, 10)
    for _ in range(5):
        site.pass_s()
    refused = [event for event in site.events if event["event"] == "refill_refused"]
    assert refused == [{"t": 5.0, "event": "refill_refused", "bin": 0, "sku": "a", "reason": "unit_too_heavy"}]
    assert site.refills() == []


def test_a_new_controller_goes_on_with_the_refills_of_the_one_before():
    site = Site()
    site.believe(0, 10, 10)
    site.pass_s()
    after = Site(pool=site.pool)
    after.believe(0, 10, 10)
    after.pass_s()
    assert after.refills() == []
    after.do(after.refill_task())
    for _ in range(14):
        after.pass_s()
    assert after.pool.open_refills() == ["replenish:0:1"]


def test_bins_are_looked_at_every_so_often():
    site = Site()
    site.pass_s()
    site.believe(0, 0, 0)
    site.pass_s(4.0)
    assert site.refills() == []
    site.pass_s(1.0)
    assert len(site.refills()) == 3


@pytest.mark.parametrize(("share", "units"), [(0.25, [2, 2, 1]), (0.9, [9, 8, 5]), (0.3, [3, 2, 1]), (1.0, [10, 9, 6])])
def test_shares_are_whole_units_rounded_down(share, units):
    bins = StockBins(np.arange(3, dtype=np.int32), np.array([10, 9, 6], dtype=np.int32), (), 5.0)
    assert bins.share(share).tolist() == units
