"""The summary of a run: its numbers, its JSON, and the table that people see."""

from __future__ import annotations

import io
import json
from math import fsum

import msgspec
import numpy as np
import pytest
from rich.console import Console

from fleet.report.summary import CellSummary, Lateness, Summary, WorkCells, print_summary, summarise, summary_json
from fleet.runtime.activity import Activity
from fleet.tasks.model import Order, OrderLine
from fleet.tasks.pool import TaskPool
from fleet.tasks.splitting import OrderSplitter
from robots.model import RobotModel
from sim_worlds.slotting import WorldSlotting
from sim_worlds.world_file import load_world
from tests.recorded_runs import summary_of, tiny_trace

LIGHT = OrderLine("A", 2, 1.0, 0.5)
HEAVY = OrderLine("B", 1, 1.0, 1000.0)


def worked_pool() -> TaskPool:
    """Four orders: one done 30 s late, one done 10 s early, one open and one rejected."""
    world = load_world("tiny")
    pool = TaskPool(OrderSplitter(WorldSlotting(world), RobotModel(), world.layout.width))
    for name, line, due_s in (("late", LIGHT, 10.0), ("early", LIGHT, 50.0), ("open", LIGHT, 99.0), ("no", HEAVY, 9.0)):
        pool.add_order(Order(name, (line,), 0.0, due_s), 0.0)
    for task in (0, 1):
        pool.assign(task, robot=task, now_s=1.0)
        while not pool.advance(task, 40.0):
            pass
    return pool


def made(**changes) -> Summary:
    facts = {
        "version": "1.2.3",
        "world": "tiny",
        "robots": 4,
        "seed": 3,
        "planner": "epibt",
        "step_s": 0.5,
        "pool": worked_pool(),
        "activity_steps": np.array([40, 20, 8, 4, 4, 4], dtype=np.int64),
        "steps": 20,
        "planning_s": [0.001] * 19 + [0.021],
        "energy_wh": 12.5,
        "charge_percent": np.array([50, 60, 70, 80], dtype=np.float32),
        "violations": 0,
        "interrupted": False,
        "trace_hash": "ab",
        "wall_s": 0.1,
        "warmup_s": 2.0,
        "peak_rss_mb": 123.0,
    }
    return summarise(**(facts | changes))


def test_the_summary_has_every_figure_that_scripts_read():
    table = json.loads(summary_json(made()))
    assert set(table) >= {
        "world", "robots", "seed", "simulated_s", "wall_s", "realtime_factor", "orders", "tasks",
        "throughput_per_hour", "planning_ms", "robot_time_share", "violations", "trace_hash", "peak_rss_mb",
    }  # fmt: skip
    assert set(table["orders"]) == {"accepted", "done", "open", "rejected"}
    assert set(table["tasks"]) == {"created", "done", "open", "failed"}
    assert set(table["throughput_per_hour"]) == {"tasks", "orders", "units"}
    assert set(table["planning_ms"]) == {"median", "p95", "max"}
    assert list(table["robot_time_share"]) == [activity.name.lower() for activity in Activity]


def test_an_order_that_is_done_when_it_is_due_is_not_late_by_the_last_bits_of_a_sum():
    pool = worked_pool()
    pool.add_order(Order("just in time", (LIGHT,), 0.0, 55.0), 2.0)
    pool.assign(3, robot=2, now_s=3.0)
    while not pool.advance(3, 50 * 1.1):
        pass
    assert 50 * 1.1 > 55.0
    assert made(pool=pool).lateness.late == 1  # of the orders before


def test_accepted_orders_are_done_open_or_rejected():
    orders = made().orders
    assert (orders.accepted, orders.done, orders.open, orders.rejected) == (4, 2, 1, 1)


def test_created_tasks_are_done_open_or_failed():
    pool = worked_pool()
    pool.fail(2, "unreachable", 41.0)
    summary = made(pool=pool)
    assert (summary.tasks.created, summary.tasks.done, summary.tasks.open, summary.tasks.failed) == (3, 2, 0, 1)
    assert (summary.rejections, summary.failures) == ({"unit_too_heavy": 1}, {"unreachable": 1})


def test_cancelled_orders_tasks_and_units_are_told_only_if_there_are_any():
    pool = worked_pool()
    assert "cancelled" not in summary_json(made(pool=pool))
    pool.cancel_order("open", 41.0)
    table = json.loads(summary_json(made(pool=pool)))
    assert (table["orders"]["cancelled"], table["tasks"]["cancelled"], table["units"]["cancelled"]) == (1, 1, 2)
    assert (table["orders"]["open"], table["tasks"]["open"]) == (0, 0)
    console = Console(file=io.StringIO(), width=200)
    print_summary(console, made(pool=pool))
    assert "4 came in: 2 done, 0 open, 1 rejected, 1 cancelled" in console.file.getvalue()
    assert "3 created: 2 done, 0 open, 0 failed, 1 cancelled" in console.file.getvalue()


def test_simulated_time_is_steps_and_real_time_is_without_warm_up():
    summary = made()
    assert (summary.steps, summary.simulated_s, summary.wall_s, summary.warmup_s) == (20, 10.0, 0.1, 2.0)
    assert summary.realtime_factor == pytest.approx(100.0)


def test_throughput_is_what_was_finished_an_hour():
    hour = made().throughput_per_hour
    assert (hour.tasks, hour.orders, hour.units) == pytest.approx((720.0, 720.0, 1440.0))


def test_planning_time_is_in_milliseconds_a_step():
    planning = made().planning_ms
    assert (planning.median, planning.max) == pytest.approx((1.0, 21.0))
    assert planning.median <= planning.p95 <= planning.max


def test_shares_of_robot_time_are_by_activity_and_sum_to_one():
    share = msgspec.to_builtins(made().robot_time_share)
    assert share["driving"] == 0.5
    assert share["turning"] == 0.25
    assert fsum(share.values()) == pytest.approx(1.0)


def test_contacts_are_told_of_robots_with_bodies_alone():
    assert "contacts" not in printed(made())
    assert json.loads(summary_json(made()))["contacts"] is None
    touched = made(contacts={"robots": 1200, "racks": 3, "people": 0})
    assert json.loads(summary_json(touched))["contacts"] == {"robots": 1200, "racks": 3, "people": 0}
    assert "robots 1,200, racks 3, people 0" in printed(touched)


def test_late_orders_are_those_done_after_they_were_due():
    assert made().lateness == Lateness(late=1, median_s=10.0, max_s=30.0)


def test_lateness_is_unknown_while_no_order_is_done():
    world = load_world("tiny")
    pool = TaskPool(OrderSplitter(WorldSlotting(world), RobotModel(), world.layout.width))
    assert made(pool=pool).lateness == Lateness(late=0, median_s=None, max_s=None)


def test_charge_says_how_the_batteries_stand_at_the_end():
    charge = made().charge
    assert (charge.energy_wh, charge.lowest_percent, charge.mean_percent) == (12.5, 50.0, 65.0)


@pytest.mark.parametrize(
    "changes",
    [{"steps": 0, "activity_steps": np.zeros(6, dtype=np.int64)}, {"steps": 19}, {"robots": 5}],
)
def test_figures_that_are_not_of_one_run_are_refused(changes):
    with pytest.raises(ValueError, match="are no run of"):
        made(**changes)


def test_the_json_is_read_back_as_the_same_summary():
    summary = made(violations=None, interrupted=True)
    assert msgspec.json.decode(summary_json(summary), type=Summary) == summary


def printed(summary: Summary) -> str:
    stream = io.StringIO()
    print_summary(Console(file=stream, width=140), summary)
    return stream.getvalue()


def test_the_table_shows_what_people_look_at_first():
    text = printed(summary_of(tiny_trace()))
    for words in (
        "tiny, 4 robots, 1 min simulated", "480 tasks, 360 orders, 1,500 units", "6 done, 3 open, 1 rejected",
        "8 done, 3 open, 1 failed", "1 of 6 done", "driving 50%", "1.2 kWh, emptiest battery 55 %", "2.0 p95",
        "120 x real time", "0 (audited)", "unit_too_heavy 1, unreachable 1",
    ):  # fmt: skip
        assert words in text


def test_names_of_places_are_shown_as_they_are():
    cell = CellSummary(seconds={"idle": 60.0}, units_in=3, units_out=2)
    cells = WorkCells({"[/b] Pick [red]1": cell}, units_aboard=0, by_hand=0, units_short=0, refusals={})
    assert "[/b] Pick [red]1" in printed(summary_of(tiny_trace(), work_cells=cells))


def test_the_table_says_when_nobody_audited_and_when_the_run_was_interrupted():
    text = printed(summary_of(tiny_trace(), violations=None, interrupted=True, rejections={}, failures={}))
    assert "not audited" in text
    assert "interrupted" in text
    assert "refused because" not in text
