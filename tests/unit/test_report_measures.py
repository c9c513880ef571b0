"""Figures of a report: parts of a run, use of time, load of stations, what limits a floor. Counted by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fleet.report.heat.spot_costs import SpotCost
from fleet.report.run_directory import RunReader
from fleet.report.story.limits import Evidence, look_for_limits, verdict
from fleet.report.story.place_load import Place, PlaceLoad, load_of_places
from fleet.report.story.run_story import RunStory, changed_settings
from fleet.report.story.time_bins import TimeBins, cut
from fleet.report.story.time_use import TimeUse, use_of_time
from fleet.runtime.activity import Activity
from fleet.runtime.config import FloorParams, RunConfig
from sim_worlds.world_file import load_world
from tests.recorded_runs import random_trace
from tests.told_runs import STEPS, write_told_run


@pytest.fixture
def story(tmp_path):
    return RunStory(RunReader(write_told_run(tmp_path)), load_world("tiny"))


@pytest.mark.parametrize("seed", range(6))
def test_parts_of_a_run_hold_every_step_and_every_event_once(seed):
    trace = random_trace(seed, steps=7 + 41 * seed, robots=2, step_s=(0.5, 1.0, 0.3)[seed % 3])
    bins = cut(trace)
    assert 1 <= bins.count <= 40
    assert bins.lengths_s.sum() == pytest.approx(trace.duration_s)
    assert (bins.lengths_s[:-1] >= trace.step_s).all()
    for step, part in enumerate(bins.of_step.tolist()):
        assert bins.edges_s[part] - 1e-6 <= step * trace.step_s < bins.edges_s[part + 1] - 1e-6
    assert np.bincount(bins.of_step, minlength=bins.count).min() >= 1
    times = np.linspace(0.0, trace.duration_s, 17)
    assert bins.counts(times).sum() == 17
    rates = bins.per_hour(times)
    assert (rates * bins.lengths_s).sum() / 3600.0 == pytest.approx(17.0)


@pytest.mark.parametrize(("step_s", "steps"), [(0.7, 429), (0.9, 67), (1.5, 1), (0.3, 4), (1.0, 60)])
def test_no_part_of_a_run_is_without_a_step(step_s, steps):
    bins = cut(random_trace(1, steps=steps, robots=1, step_s=step_s))
    assert np.bincount(bins.of_step, minlength=bins.count).min() >= 1
    assert bins.edges_s[-1] == pytest.approx(steps * step_s)


def test_a_short_last_part_weighs_as_little_as_it_is_long():
    bins = cut(random_trace(1, steps=401, robots=1, step_s=0.1))  # 20 parts of 2 s, and one of a tenth of a second
    values = np.zeros(bins.count)
    values[[0, -1]] = 1e6, 321.0
    assert bins.settled_mean(values) == pytest.approx(1.0)


def test_what_happens_at_an_edge_is_of_the_part_that_begins_there_and_at_the_end_of_the_last():
    bins = cut(random_trace(1, steps=50, step_s=1.0))
    assert bins.edges_s[:3].tolist() == [0.0, 2.0, 4.0]
    assert np.flatnonzero(bins.counts([2.0])).tolist() == [1]
    assert np.flatnonzero(bins.counts([50.0])).tolist() == [bins.count - 1]


def test_the_mean_number_under_way_is_counted_second_by_second():
    bins = cut(random_trace(1, steps=50, step_s=1.0))
    spans = [(0.0, 50.0), (3.0, 3.5), (10.25, 40.0), (49.0, 50.0)]
    fine = np.arange(0.0, 50.0, 0.01) + 0.005
    under_way = sum((fine >= begin) & (fine < end) for begin, end in spans)
    part = np.searchsorted(bins.edges_s, fine, side="right") - 1
    expected = [under_way[part == number].mean() for number in range(bins.count)]
    assert bins.mean_number(spans) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
def test_time_is_used_as_the_trace_says(seed):
    trace = random_trace(seed, steps=90, robots=4)
    use = use_of_time(trace, cut(trace), trace.width)
    for robot in range(4):
        for activity in Activity:
            assert use.by_robot[robot, activity] == (trace.activity[:, robot] == activity).sum()
    assert (use.by_bin.sum(axis=0) == use.by_robot.sum(axis=0)).all()
    assert use.shares.sum() == pytest.approx(1.0)
    at = [divmod(int(cell), trace.width) for cell in [trace.start_cell[0], *trace.cell[:, 0]]]
    driven = sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in pairwise(at))
    assert use.moves[0] == driven


def test_stations_did_what_robots_had_done_there(story):
    loads = {load.place.name: load for load in story.loads}
    pick = loads["Pick 1"]
    # Of its two docks one has robot 0 all the time and serves it for ten seconds; beside it robot 2 waits on its way.
    assert (pick.services, pick.service_s) == (1, 10.0)
    assert pick.busy == pytest.approx(10 / (2 * STEPS))
    assert pick.taken >= 0.5
    assert pick.waited_h * 3600 == pytest.approx(12.0)  # from 8 s, when it was given the task, to 20 s
    assert (pick.queue * story.bins.lengths_s).sum() == pytest.approx(12.0)
    assert pick.longest_queue == 1.0
    assert loads["C1"].services == 2
    assert sum(load.services for name, load in loads.items() if name not in ("Pick 1", "C1")) == 0


def test_who_waits_far_from_where_it_goes_is_in_no_queue(story):
    away = int(story.world.layout.free_cells[-1])  # the south-east corner
    cell = story.trace.cell.copy()
    cell[:, 2] = away
    moved = replace(story.trace, cell=cell)
    loads = load_of_places(moved, story.history, story.world, story.bins)
    assert sum(load.waited_h for load in loads) == 0.0


def test_a_floor_without_stations_has_no_loads(story):
    bare = replace(story.world, stations=(), chutes=())
    assert load_of_places(story.trace, story.history, bare, story.bins) == []


def test_events_that_the_summary_contradicts_are_told(tmp_path, story):
    assert story.differences == []
    other = RunStory(RunReader(write_told_run(tmp_path, tasks=replace_tasks(done=1))), story.world)
    assert other.differences == ["tasks done: 2 in events.jsonl, 1 in summary.json"]


def replace_tasks(done):
    from fleet.report.summary import TaskCounts

    return TaskCounts(created=3, done=done, open=3 - done, failed=0)


def test_settings_are_told_where_they_are_not_the_default():
    config = RunConfig(robots=9, execution="grants", floor=FloorParams(message_loss=0.2))
    assert changed_settings(config) == [
        ("robots", 9, 0),
        ("execution", "grants", "ideal"),
        ("floor.message_loss", 0.2, 0.001),
    ]
    assert changed_settings(RunConfig()) == []


def evidence(**changes):
    """A floor on which nothing limits: ten robots, all of them at work, and no task waits."""
    steps = np.zeros((10, len(Activity)), dtype=np.int64)
    for activity, share in ({"DRIVING": 100} | changes.pop("use", {})).items():
        steps[:, Activity[activity]] = share
    use = TimeUse(steps, steps, np.zeros(10, dtype=np.int64))
    fields = {
        "robots": 10,
        "use": use,
        "bins": TimeBins(np.arange(11.0), np.arange(10)),
        "waiting_tasks": np.zeros(10),
        "chargers": 4,
        "loads": [],
        "tasks_per_hour": 100.0,
        "worst_spot": None,
    }
    return Evidence(**(fields | changes))


def load(taken, queue):
    return PlaceLoad(Place("P", "pick", (1, 2)), 5, 4.0, 0.5, taken, np.full(10, queue), 1.0)


BUSY = np.full(10, 30.0)


@pytest.mark.parametrize(
    ("found", "limited_by"),
    [
        (evidence(), None),
        (evidence(use={"IDLE": 50}), "orders"),
        (evidence(use={"IDLE": 50}, waiting_tasks=BUSY), "robots"),
        (evidence(waiting_tasks=BUSY), "robots"),
        (evidence(waiting_tasks=BUSY, use={"CHARGING": 60}), "chargers"),
        (evidence(use={"CHARGING": 60}), None),
        (evidence(waiting_tasks=BUSY, chargers=0), "robots"),
        (evidence(waiting_tasks=BUSY, loads=[load(0.9, 2.0), load(0.2, 0.0)]), "stations"),
        (evidence(waiting_tasks=BUSY, loads=[load(0.9, 0.2)]), "robots"),
        (evidence(waiting_tasks=BUSY, loads=[load(0.5, 9.0)]), "robots"),
        (evidence(waiting_tasks=BUSY, worst_spot=("here", SpotCost(1.0, 8.0))), "a spot"),
        (evidence(waiting_tasks=BUSY, worst_spot=("here", SpotCost(1.0, 3.0))), "robots"),
        (evidence(worst_spot=("here", SpotCost(1.0, 8.0))), None),
        (evidence(tasks_per_hour=0.0, waiting_tasks=BUSY, worst_spot=("here", SpotCost(1.0, 0.0))), "robots"),
    ],
)
def test_what_limits_a_floor_follows_from_what_is_used_up(found, limited_by):
    limits = look_for_limits(found)
    assert [limit.name for limit in limits] == ["orders", "chargers", "stations", "a spot", "robots"]
    limit = verdict(limits)
    assert (None if limit is None else limit.name) == limited_by


def test_the_first_fifth_of_a_run_is_no_evidence():
    filling = np.concatenate([np.full(2, 1e6), np.zeros(8)])
    assert not evidence(waiting_tasks=filling).tasks_wait
