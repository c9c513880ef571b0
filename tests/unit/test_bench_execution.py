"""The benchmark of execution: what it compares, how it times the answer to a death. Figures are not tested."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import execution
from benchmarks.benchmark import Options
from fleet.runtime.activity import Activity
from fleet.runtime.config import FloorParams, RunConfig

SHARES = dict(zip(Activity, (0.5, 0.2, 0.15, 0.1, 0.03, 0.02), strict=True))


def ran(tasks, *, done_s=(), audited=True, factor=25.0):
    events = [{"t": t, "event": "task_done", "task": 0, "robot": 0} for t in done_s]
    return execution.Ran(600.0, tasks, 90, 100, factor, SHARES, 0 if audited else None, events)


def event(t, name, robot=-1, task=-1):
    return {"t": t, "event": name, "robot": robot, "task": task}


@pytest.fixture
def report(monkeypatch, tmp_path):
    """Run with made-up figures; returns what was asked for and what was reported, by whether it was the full form."""

    def made_up(*, full):
        asked = []

        def measure(config):
            asked.append(config)
            if config.execution == "ideal":
                return ran(2000, done_s=(10.0, 70.0), audited=False, factor=400.0)
            return ran(round(1700 * (1 - config.floor.message_loss)), done_s=(20.0, 500.0), audited=config.audit)

        monkeypatch.setattr(execution, "measure", measure)
        return asked, execution.run(Options(full=full, say=lambda _what: None, instances=tmp_path))

    return made_up


def test_grants_stand_beside_the_ideal_with_the_same_orders_and_robots(report):
    asked, found = report(full=False)
    measured = [config for config in asked if config.duration_s > 60]
    assert {(config.robots, config.seed, config.duration_s, config.world) for config in measured} == {
        (500, 1, 600.0, "future_park")
    }
    for row in (dict(zip(found.tables[0].columns, row, strict=True)) for row in found.tables[0].rows):
        share = 100.0 if row["execution"] == "ideal" else 85.0
        assert row["% of ideal"] == pytest.approx(share, abs=0.1)
        assert row["x real time"] == (400.0 if row["execution"] == "ideal" else 25.0)
        assert row["violations"] == (None if row["execution"] == "ideal" else 0)
        assert (row["driving %"], row["service %"]) == (50.0, 10.0)


def test_real_time_is_that_of_a_run_that_nobody_audits(report):
    asked, _ = report(full=False)
    grants = [config for config in asked if config.execution == "grants" and config.floor == FloorParams()]
    usual = [config.audit for config in grants if config.robots == 500 and config.planner == "epibt"]
    assert usual == [False, True] * 3
    assert [config.audit for config in grants if config.planner == "epibt5+lns"] == [True, False]


def test_what_the_better_planner_does_is_shown_with_more_orders_than_can_be_done(report):
    _, found = report(full=False)
    rows = [dict(zip(found.tables[0].columns, row, strict=True)) for row in found.tables[0].rows]
    assert [(row["load"], row["execution"]) for row in rows] == [
        ("main job", "ideal"), ("main job", "grants"), ("busy", "ideal"), ("busy", "grants"),
        ("saturating", "ideal"), ("saturating", "grants"), ("saturating", "grants, epibt5+lns"),
    ]  # fmt: skip


@pytest.mark.parametrize(("full", "loads"), [(False, ["saturating"]), (True, ["main job", "saturating"])])
def test_faults_are_measured_against_the_healthy_run_of_the_same_orders(report, full, loads):
    _, found = report(full=full)
    rows = [dict(zip(found.tables[1].columns, row, strict=True)) for row in found.tables[1].rows]
    assert [row["load"] for row in rows] == [load for load in loads for _ in range(3)]
    assert [row["faults"] for row in rows[:3]] == ["no faults", "5 % dead, 2 % loss", "20 % loss"]
    assert [row["% of healthy"] for row in rows[:3]] == pytest.approx([100.0, 98.0, 80.0], abs=0.2)
    assert [row["target %"] for row in rows[:3]] == [None, 80.0, 65.0]


def test_the_chart_has_the_tasks_of_each_minute_with_more_orders_than_can_be_done(report):
    _, found = report(full=True)
    (saturating,) = found.charts
    names = [series.name for series in saturating.series]
    assert names == ["ideal", "no faults", "5 % dead, 2 % loss", "20 % loss"]
    ideal = saturating.series[0]
    assert ideal.others
    assert ideal.points[:3] == ((0.5, 1.0), (1.5, 1.0), (2.5, 0.0))


@pytest.mark.parametrize(
    ("done_s", "longest_s"),
    [((100.0, 110.0, 150.0), 350.0), ((100.0, 400.0, 490.0), 300.0), ((100.0, 480.0, 900.0), 380.0), ((), 0.0)],
)
def test_the_longest_pause_reaches_to_the_last_order(done_s, longest_s):
    found = ran(3, done_s=done_s)
    found.events.extend([event(50.0, "order_accepted"), event(500.0, "order_accepted")])
    assert found.longest_pause_s == longest_s


def test_a_death_is_followed_from_the_obstacle_to_the_next_robot():
    events = [
        event(9.0, "robot_down", 3),
        event(11.9, "robot_down", 3),
        event(12.0, "task_released", 3, task=8),
        event(14.6, "robot_lost", 3),
        event(14.7, "task_stranded", 3, task=9),
        event(15.0, "task_assigned", 7, task=8),
        event(16.0, "task_assigned", 5, task=9),
        event(17.0, "task_assigned", 6, task=9),
    ]
    found = execution.seconds_from_death({3: 10.0}, events)
    assert [[pytest.approx(second) for second in each] for each in found.values()] == [[1.9], [4.7], [6.0]]
    assert list(found) == ["an obstacle", "its task is taken back", "another robot has it"]


def test_a_dead_robot_without_a_task_has_none_to_be_taken_back():
    events = [event(1.8, "robot_down", 3), event(4.5, "robot_lost", 3), event(4.6, "task_released", 4, task=1)]
    assert list(execution.seconds_from_death({3: 0.0, 9: 1.0}, events).values()) == [[1.8], [], []]


def test_robots_die_one_after_another_over_the_first_half(monkeypatch):
    seen = {}

    def measure(config):
        seen["config"] = config
        seen["faults"] = [json.loads(line) for line in Path(config.floor.faults).read_text("utf-8").splitlines()]
        return ran(1)

    monkeypatch.setattr(execution, "measure", measure)
    _, deaths = execution.measure_deaths(RunConfig(robots=80, duration_s=100.0))
    assert (seen["config"].execution, seen["config"].audit, seen["config"].floor.message_loss) == ("grants", True, 0.02)
    assert sorted(deaths.values()) == [0.0, 12.5, 25.0, 37.5]
    assert {fault["robot"]: fault["t"] for fault in seen["faults"]} == deaths
    assert {fault["kind"] for fault in seen["faults"]} == {"dead"}


@pytest.mark.jit
def test_a_run_on_grants_is_timed_audited_and_its_deaths_found():
    config = RunConfig(world="tiny", robots=4, duration_s=20.0, orders="poisson:2000", execution="grants")
    timed = execution.measure(config)
    assert (timed.violations, timed.duration_s) == (None, pytest.approx(20.0, abs=1.0))
    assert timed.factor > 0
    assert sum(timed.shares.values()) == pytest.approx(1.0)
    assert execution.measure(replace(config, audit=True)).violations == 0
    dead, deaths = execution.measure_deaths(replace(config, robots=20))
    assert len(execution.seconds_from_death(deaths, dead.events)["an obstacle"]) == len(deaths) == 1
