"""Orders come in when their time has come, and not before."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from fleet.runtime.intake import OrderIntake
from fleet.tasks.pool import TaskPool
from tests.orders import order, splitter


@pytest.fixture
def events():
    return []


@pytest.fixture
def pool(events):
    return TaskPool(splitter(), events.append)


def released(name, release_s):
    return replace(order(name), release_s=release_s, due_s=release_s + 100)


def taken(events):
    return [(event["t"], event["order"]) for event in events if event["event"] == "order_accepted"]


class Source:
    """Orders without end, one every ten seconds; counts how many were taken from it."""

    def __init__(self):
        self.given = 0
        self._numbers = count()

    def __iter__(self):
        return self

    def __next__(self):
        self.given += 1
        return released(f"O{self.given}", 10.0 * next(self._numbers))


def test_each_order_is_released_at_its_time_and_in_order(pool, events):
    source = [released("A", 0.0), released("B", 2.0), released("C", 2.0), released("D", 3.5)]
    intake = OrderIntake(iter(source), pool)
    for step in range(6):
        intake.release(float(step))
    assert taken(events) == [(0.0, "A"), (2.0, "B"), (2.0, "C"), (4.0, "D")]


def test_an_order_is_not_taken_a_moment_too_early(pool, events):
    intake = OrderIntake(iter([released("A", 5.0)]), pool)
    intake.release(4.999999)
    assert taken(events) == []
    intake.release(5.0)
    assert taken(events) == [(5.0, "A")]


def test_all_orders_that_have_come_due_in_a_long_step_are_released_together(pool, events):
    intake = OrderIntake(iter([released(f"O{n}", float(n)) for n in range(5)]), pool)
    intake.release(3.0)
    assert taken(events) == [(3.0, "O0"), (3.0, "O1"), (3.0, "O2"), (3.0, "O3")]


def test_a_source_without_end_is_read_one_order_ahead(pool):
    source = Source()
    intake = OrderIntake(source, pool)
    assert source.given == 1
    intake.release(0.0)
    assert source.given == 2
    intake.release(9.0)
    assert source.given == 2
    intake.release(35.0)
    assert source.given == 5
    assert pool.counts()["orders"]["accepted"] == 4


def test_an_order_that_the_pool_refuses_does_not_stop_the_next(pool, events):
    source = [released("A", 0.0), released("A", 1.0), released("B", 1.0)]
    OrderIntake(iter(source), pool).release(1.0)
    assert taken(events) == [(1.0, "A"), (1.0, "B")]
    assert pool.rejections() == {"duplicate_order": 1}


def test_a_source_that_has_ended_gives_nothing_more(pool, events):
    intake = OrderIntake(iter([released("A", 1.0)]), pool)
    for now_s in (1.0, 2.0, 3.0):
        intake.release(now_s)
    assert taken(events) == [(1.0, "A")]


def test_a_source_without_orders_gives_nothing(pool):
    OrderIntake(iter([]), pool).release(1e9)
    assert pool.counts()["orders"]["accepted"] == 0
