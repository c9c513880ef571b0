"""A cage is full by its last image and by what has been dropped since, or is being dropped."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from fleet.runtime.event_relay import EventRelay
from fleet.runtime.keeping.watched_cages import WatchedCages
from fleet.sensing.estimates import FillEstimate
from fleet.sensing.fill_watch import FillWatch, FullParams
from fleet.tasks.model import Order, OrderLine
from fleet.tasks.pool import TaskPool
from tests.orders import HEIGHT, WIDTH, splitter

# A cage of 100 litres is called full at half of that; goods take what they are.
LYON, OSLO = (HEIGHT - 1) * WIDTH, (HEIGHT - 1) * WIDTH + 5
CHUTES = [SimpleNamespace(name="C1", cell=LYON), SimpleNamespace(name="C2", cell=OSLO)]
HALF = FullParams(call_at=0.5, heap_litres=1.0)


class Estimator:
    """Knows what it is told."""

    def __init__(self):
        self.fraction = np.zeros(2, dtype=np.float32)
        self.seen_s = np.full(2, -np.inf, dtype=np.float32)
        self.told = []

    def take(self, image):
        if image.depth_m is not None:
            self.fraction[image.camera] = image.depth_m
            self.seen_s[image.camera] = image.time_s

    def swapped(self, row, time_s):
        self.told.append((row, time_s))
        self.fraction[row] = 0.0

    def estimate(self, now_s):
        return FillEstimate(now_s, self.fraction.copy(), np.ones(2, dtype=np.float32), now_s - self.seen_s)


class Site:
    def __init__(self):
        self.estimator = Estimator()
        self.watch = FillWatch(np.full(2, 100.0), HALF)
        self.cages = WatchedCages(CHUTES, self.estimator, self.watch)
        self.events = EventRelay()
        self.pool = TaskPool(splitter(), self.events)
        self.serving = []
        self.pool.watch_services(lambda: np.array(self.serving, dtype=np.int32))
        self.cages.follow(self.pool)
        self.events.join(self.cages.hear)

    def order(self, litres):
        name = f"O{len(self.pool.status)}"
        lines = tuple(OrderLine(sku, 2, litres / 4, 1.0) for sku in "ab")
        (task,) = self.pool.add_order(Order(name, lines, 0.0, 1.0, destination="Lyon"), 0.0)
        self.pool.assign(task, task, 0.0)
        self.pool.advance(task, 1.0)
        self.pool.advance(task, 1.0)
        return task

    def image(self, cage, fraction, time_s):
        self.cages.take(SimpleNamespace(camera=cage, depth_m=fraction, time_s=time_s))

    def full(self):
        return self.cages.full(99.0).tolist()


def test_what_was_dropped_after_the_last_image_counts_until_an_image_shows_it():
    site = Site()
    site.image(0, 0.3, 1.0)
    site.pool.advance(site.order(15.0), 2.0)
    assert site.full() == [False, False]
    site.image(0, 0.45, 3.0)
    assert site.full() == [False, False], "it would be counted twice"
    site.pool.advance(site.order(8.0), 4.0)
    assert site.full() == [True, False]


def test_an_image_that_shows_nothing_lets_what_was_dropped_count_on():
    site = Site()
    site.image(0, 0.3, 1.0)
    site.pool.advance(site.order(25.0), 2.0)
    site.image(0, None, 3.0)
    assert site.full() == [True, False]


def test_what_is_being_dropped_counts_and_what_is_on_its_way_does_not():
    site = Site()
    site.image(0, 0.3, 1.0)
    task = site.order(25.0)
    assert site.full() == [False, False]
    site.serving = [task]
    assert site.full() == [True, False]


def test_an_empty_cage_begins_anew():
    site = Site()
    site.image(0, 0.6, 1.0)
    site.pool.advance(site.order(25.0), 2.0)
    assert site.full() == [True, False]
    site.events({"t": 5.0, "event": "cage_swapped", "chute": "C1", "cell": LYON, "units": 4})
    assert site.full() == [False, False]
    assert site.estimator.told == [(0, 5.0)]
