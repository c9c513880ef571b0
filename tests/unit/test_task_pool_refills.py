"""Replenishments are orders with ids and counters of their own; their goods are put into bins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet.errors import AuditError, TaskError
from fleet.runtime.event_relay import EventRelay
from fleet.tasks.changes import PoolChanges
from fleet.tasks.model import ErrandKind
from fleet.tasks.pool import TaskPool
from fleet.tasks.refusal import Refusal, RefusalReason
from tests.orders import order, splitter

REFILLS = replace(splitter(), last=ErrandKind.PUT)


def pool_with_both() -> TaskPool:
    """Task 0 of a customer's order of two units, task 1 of a replenishment of five."""
    pool = TaskPool(splitter())
    pool.add_order(order("A", 2), 0.0)
    assert pool.add_refill(order("replenish:3:0", 5), REFILLS, 1.0) == [1]
    return pool


def finish(pool: TaskPool, task: int, now_s: float) -> None:
    pool.assign(task, 0, now_s)
    while not pool.advance(task, now_s):
        pass


def test_each_kind_has_counters_of_its_own() -> None:
    pool = pool_with_both()
    finish(pool, 1, 2.0)
    assert pool.counts()["orders"] == {"accepted": 1, "done": 0, "open": 1, "rejected": 0, "cancelled": 0}
    assert pool.refill_counts() == {
        "orders": {"accepted": 1, "done": 1, "open": 0, "rejected": 0, "cancelled": 0},
        "tasks": {"created": 1, "done": 1, "open": 0, "failed": 0, "cancelled": 0},
        "units": {"ordered": 5, "picked": 5, "dropped": 5, "cancelled": 0},
    }
    assert pool.counts()["units"] == {"ordered": 2, "picked": 0, "dropped": 0, "cancelled": 0}
    pool.check()


def test_lateness_and_failures_are_those_of_customers() -> None:
    pool = pool_with_both()
    finish(pool, 1, 500.0)
    assert pool.lateness_s().tolist() == []
    pool.add_refill(order("replenish:4:1", 1), REFILLS, 501.0)
    pool.fail(2, "unreachable", 502.0)
    assert pool.failures() == {}
    assert (pool.counts()["tasks"]["failed"], pool.refill_counts()["tasks"]["failed"]) == (0, 1)
    pool.check()


def test_goods_are_put_into_the_bin_and_not_dropped() -> None:
    events: list[dict[str, object]] = []
    pool = TaskPool(splitter(), events.append)
    pool.add_refill(order("replenish:3:0", 5), REFILLS, 1.0)
    finish(pool, 0, 2.0)
    assert [event["kind"] for event in events if event["event"] == "errand_done"] == ["pick", "put"]


def test_open_refills_are_known_until_they_are_over() -> None:
    pool = pool_with_both()
    pool.add_refill(order("replenish:4:1", 1), REFILLS, 1.0)
    assert pool.open_refills() == ["replenish:3:0", "replenish:4:1"]
    finish(pool, 1, 2.0)
    pool.cancel_order("replenish:4:1", 3.0)
    assert pool.open_refills() == []


def test_customers_cannot_have_ids_of_refills() -> None:
    pool = TaskPool(splitter())
    refusal = pool.add_order(order("replenish:mine", 1), 0.0)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.RESERVED_ID
    assert pool.rejections() == {"reserved_id": 1}
    pool.check()


def test_a_refill_has_an_id_of_its_own() -> None:
    pool = pool_with_both()
    for name in ("A", "B", "replenish:3:0"):
        with pytest.raises(TaskError, match="is no id for a new replenishment"):
            pool.add_refill(order(name, 1), REFILLS, 1.0)


def test_a_refill_that_no_robot_can_carry_is_refused_and_counts_nowhere() -> None:
    pool = TaskPool(splitter())
    refusal = pool.add_refill(order("replenish:3:0", 1, kg=1e4), REFILLS, 0.0)
    assert isinstance(refusal, Refusal)
    assert (pool.counts()["orders"]["rejected"], pool.refill_counts()["orders"]["accepted"]) == (0, 0)


def test_a_restored_pool_knows_both_kinds() -> None:
    pool = pool_with_both()
    pool.assign(1, 0, 2.0)
    pool.advance(1, 3.0)
    restored = TaskPool.restored(pool.record(), splitter())
    assert (restored.counts(), restored.refill_counts()) == (pool.counts(), pool.refill_counts())
    assert restored.open_refills() == ["replenish:3:0"]
    restored.check()


def test_a_journal_hears_of_refills_and_of_drops_sent_elsewhere() -> None:
    relay = EventRelay()
    pool = TaskPool(splitter(), relay)
    changes = PoolChanges(pool)
    relay.join(changes)
    pool.add_refill(order("replenish:3:0", 5), REFILLS, 1.0)
    assert changes.take()[:2] == ([0], [0])
    pool.redirect(0, 42, 1.0, 2.0)
    assert changes.take()[:2] == ([], [0])


def test_a_refill_that_would_be_dropped_is_found() -> None:
    pool = TaskPool(splitter())
    pool.add_refill(order("replenish:3:0", 5), splitter(), 1.0)
    with pytest.raises(AuditError, match="kinds of errands of task 0"):
        pool.check()


def test_miscounted_refills_are_found() -> None:
    for table, name in (("orders_ended", "done"), ("tasks_ended", "done"), ("units", "dropped")):
        pool = pool_with_both()
        getattr(pool._books.refills, table)[name] += 1
        with pytest.raises(AuditError):
            pool.check()
