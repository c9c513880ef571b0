"""The filter hears of all work at bins, once, and of nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fleet.runtime.keeping.filtered_stock import FilteredStock
from fleet.runtime.keeping.stock_bins import StockBins
from fleet.tasks.model import ErrandKind, Order, OrderLine
from fleet.tasks.pool import TaskPool
from fleet.tasks.splitting import OrderSplitter
from robots.model import RobotModel
from robots.readings import RangeReadings

BIN, DOCK, CHUTE = 3, 190, 199
READINGS = RangeReadings(0.0, np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))


class Filter:
    """Writes down what it is told."""

    def __init__(self):
        self.told = []

    def begin(self, bins):
        self.told.append(("begin", *bins.tolist()))

    def confirm(self, work):
        self.told.append(("confirm", *work.bin.tolist(), *work.units.tolist()))

    def observe(self, readings):
        self.told.append("observe")

    def estimate(self, now_s):
        return f"estimate at {now_s}"


class Places:
    """SKU a is kept in bin 0, b in no bin; refills come from the dock."""

    def __init__(self, refill=False):
        self.refill = refill

    def pick_place(self, sku, near):
        return DOCK if self.refill else {"a": BIN, "b": 7}[sku], 4.0

    def drop_place(self, order_id, destination):
        return (BIN, 5.0, "bin 0") if self.refill else (CHUTE, 2.5, "bin 0 is no bin of ours")


class Site:
    def __init__(self):
        bins = StockBins(np.array([BIN], "i4"), np.array([9], "i4"), (OrderLine("a", 1, 1.0, 1.0),), 5.0)
        self.filter = Filter()
        self.stock = FilteredStock(self.filter, bins)
        splitter = OrderSplitter(Places(), RobotModel(), 20)
        self.refills = replace(splitter, slotting=Places(refill=True), last=ErrandKind.PUT)
        self.pool = TaskPool(splitter, self.stock.hear)
        self.serving = []
        self.pool.watch_services(lambda: np.array(self.serving, dtype=np.int32))
        self.stock.follow(self.pool)

    def task(self, name, sku, units):
        order = Order(name, (OrderLine(sku, units, 1.0, 1.0),), 0.0, 1.0)
        add = self.pool.add_refill if order.is_refill else self.pool.add_order
        (task,) = add(order, self.refills, 0.0) if order.is_refill else add(order, 0.0)
        self.pool.assign(task, task, 0.0)
        return task

    def serve(self, task):
        """A service is granted, readings come, it is over."""
        self.serving.append(task)
        self.stock.observe(READINGS)
        self.stock.observe(READINGS)
        self.serving.remove(task)
        self.pool.advance(task, 1.0)


def test_a_pick_from_a_bin_begins_before_readings_and_is_confirmed_when_it_is_over():
    site = Site()
    task = site.task("A", "a", 2)
    site.serve(task)
    site.serve(task)
    assert site.filter.told == [("begin", 0), "observe", "observe", ("confirm", 0, -2), "observe", "observe"]


def test_a_refill_is_put_in():
    site = Site()
    task = site.task("replenish:0:0", "a", 5)
    site.serve(task)
    site.serve(task)
    assert site.filter.told == ["observe", "observe", ("begin", 0), "observe", "observe", ("confirm", 0, 5)]


def test_what_is_kept_in_no_bin_is_not_told():
    site = Site()
    task = site.task("A", "b", 2)
    site.serve(task)
    site.serve(task)
    assert site.filter.told == ["observe"] * 4


def test_work_that_nobody_saw_begin_is_told_whole():
    site = Site()
    task = site.task("A", "a", 2)
    site.pool.advance(task, 1.0)
    assert site.filter.told == [("begin", 0), ("confirm", 0, -2)]


def test_a_service_that_never_took_effect_moved_nothing():
    site = Site()
    task = site.task("A", "a", 2)
    site.serving = [task]
    site.stock.observe(READINGS)
    site.serving = []
    site.stock.observe(READINGS)
    assert site.filter.told == [("begin", 0), "observe", ("confirm", 0, 0), "observe"]


def test_taking_a_load_over_is_no_work_at_a_bin():
    site = Site()
    (task,) = site.pool.add_order(Order("A", tuple(OrderLine(sku, 1, 30.0, 1.0) for sku in "ba"), 0.0, 1.0), 0.0)
    site.pool.assign(task, 0, 0.0)
    site.pool.advance(task, 1.0)
    site.pool.strand(task, 5, 30.0, 2.0)
    site.pool.assign(task, 1, 3.0)
    site.filter.told.clear()
    site.serve(task)
    assert site.filter.told == ["observe", "observe"]


def test_it_says_what_the_filter_says():
    assert Site().stock.estimate(7.0) == "estimate at 7.0"
