"""Our contestant: who waits for a distance field, who is matched anew, what the planner is asked."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.assignment.league_scheduler import LeagueScheduler, LeagueSchedulerParams
from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.planning.planner import PlanWindow
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.league.competition import LeagueParams, Situation, run_league
from fleet.runtime.league.entry import FleetEntry, FleetEntryParams
from fleet.runtime.league.task_pool import LeagueTaskPool
from tests.floors import drawn
from tests.league_instances import made

F, W = 0, 3


class Listener:
    """A planner that keeps what it was asked and lets everybody wait."""

    def __init__(self, clock, planning_s):
        self.requests = []
        self.clock = clock
        self.planning_s = planning_s
        self.warm = False

    def plan(self, request, budget_s=None):
        self.requests.append(request)
        if self.planning_s:
            self.clock.advance(self.planning_s)
        return PlanWindow(np.full((3, len(request.cells)), W, dtype=np.uint8))

    def forget(self):
        pass

    def warmup(self):
        self.warm = True


def situation(layout, robots, tasks, size=None):
    """Robots facing east, and a pool of tasks (lists of cells)."""
    errands = np.array([cell for task in tasks for cell in task], dtype=np.int32)
    offsets = np.concatenate([[0], np.cumsum([len(task) for task in tasks])]).astype(np.int64)
    pool = LeagueTaskPool(errands, offsets, len(robots), size or len(tasks))
    return Situation(0, np.array(robots, dtype=np.int32), np.zeros(len(robots), dtype=np.int8), pool)


def entry(layout, clock=None, planning_s=0.0, **params):
    distances, clock = DistanceFields(layout), clock or SimulatedClock()
    planner = Listener(clock, planning_s)
    return FleetEntry(distances, planner, LeagueScheduler(distances), clock, FleetEntryParams(**params)), planner


def test_robots_get_tasks_and_the_planner_their_errands():
    contestant, planner = entry(drawn("......"))
    proposal = contestant.compute(situation(drawn("......"), [0, 3], [[4, 5], [1, 2]]))
    assert proposal.schedule.tolist() == [1, 0]
    assert proposal.actions.tolist() == [W, W]
    (request,) = planner.requests
    assert request.goals.tolist() == [1, 4]
    assert request.next_goals.tolist() == [2, 5]
    assert not request.hold.any()


def test_who_is_nearest_to_the_next_errand_goes_first():
    contestant, planner = entry(drawn("." * 12))
    contestant.compute(situation(drawn("." * 12), [0, 6], [[4, 4], [7, 7]]))
    assert planner.requests[0].priorities.tolist() == [-4, -1]


def test_a_robot_without_a_task_has_no_goal_and_goes_last():
    contestant, planner = entry(drawn("......"))
    proposal = contestant.compute(situation(drawn("......"), [0, 3], [[4, 5]]))
    assert proposal.schedule.tolist() == [-1, 0]
    assert planner.requests[0].goals.tolist() == [NO_CELL, 4]
    assert planner.requests[0].next_goals.tolist() == [NO_CELL, 5]
    assert planner.requests[0].priorities.argmin() == 0


def test_a_robot_on_the_cell_of_its_errand_stays_for_the_step_that_it_takes():
    contestant, planner = entry(drawn("......"))
    contestant.compute(situation(drawn("......"), [0, 3], [[0, 5], [4, 5]]))
    assert planner.requests[0].dwell.tolist() == [True, False]


def test_opened_tasks_stay_and_others_are_matched_anew():
    layout = drawn("." * 10)
    contestant, _ = entry(layout)
    now = situation(layout, [2, 5], [[2, 9], [8, 9]])
    now.pool.update(np.array([0, 1], dtype=np.int32), now.cells, 1)
    assert now.pool.done.tolist() == [1, 0]
    moved = Situation(1, np.array([7, 0], dtype=np.int32), now.headings, now.pool)
    assert contestant.compute(moved).schedule.tolist() == [0, 1]
    still_closed = situation(layout, [2, 5], [[1, 9], [8, 9]])
    still_closed.pool.update(np.array([1, 0], dtype=np.int32), still_closed.cells, 1)
    assert contestant.compute(still_closed).schedule.tolist() == [0, 1]


def test_the_scheduler_knows_who_is_on_the_way_to_what():
    layout, clock = drawn("." * 12), SimulatedClock()
    distances = DistanceFields(layout)
    scheduler = LeagueScheduler(distances, LeagueSchedulerParams(stay=20.0))
    contestant = FleetEntry(distances, Listener(clock, 0.0), scheduler, clock)
    now = situation(layout, [5], [[6, 6], [11, 11]])
    now.pool.update(np.array([1], dtype=np.int32), now.cells, 1)
    assert contestant.compute(now).schedule.tolist() == [1]


def test_a_free_robot_gets_a_task_that_nobody_has_beside_opened_ones():
    layout = drawn("." * 10)
    contestant, _ = entry(layout)
    now = situation(layout, [2, 5], [[2, 9], [8, 9]])
    now.pool.update(np.array([0, -1], dtype=np.int32), now.cells, 1)
    assert contestant.compute(now).schedule.tolist() == [0, 1]


def test_fields_beyond_the_bound_wait_for_later_steps_the_most_wanted_come_first():
    layout = drawn("." * 12)
    contestant, planner = entry(layout, new_states=2 * 4 * 12)
    now = situation(layout, [0, 1, 4, 6], [[2, 2], [2, 2], [5, 5], [8, 8]])
    schedule = contestant.compute(now).schedule
    assert sorted(schedule.tolist()) == [0, 1, 2, 3]
    assert planner.requests[0].goals.tolist() == [2, 2, 5, NO_CELL]
    assert planner.requests[0].next_goals.tolist() == [2, 2, 5, NO_CELL]
    contestant.compute(now)
    assert planner.requests[1].goals.tolist() == [2, 2, 5, 8]


class Ticking:
    """A clock that goes on by a tenth of a second every time it is looked at."""

    def __init__(self):
        self.looks = 0

    def now(self):
        self.looks += 1
        return 0.1 * self.looks


def test_a_slow_machine_finds_fewer_fields_in_a_step():
    layout = drawn("." * 40)
    robots, tasks = range(0, 36, 2), [[cell, cell] for cell in range(1, 37, 2)]
    contestant, planner = entry(layout, Ticking(), field_s=0.15)
    now = situation(layout, robots, tasks)
    for _ in range(2):
        contestant.compute(now)
    ready = [int((request.goals != NO_CELL).sum()) for request in planner.requests]
    assert ready == [16, 18]


def test_at_least_one_field_is_found_in_a_step_however_large_the_map():
    contestant, planner = entry(drawn("." * 12), new_states=1)
    contestant.compute(situation(drawn("." * 12), [0], [[5, 6]]))
    assert planner.requests[0].goals.tolist() == [5]


def test_the_time_of_each_half_is_told():
    contestant, _ = entry(drawn("......"), planning_s=0.25)
    proposal = contestant.compute(situation(drawn("......"), [0], [[5, 4]]))
    assert (proposal.scheduling_s, proposal.planning_s) == (0.0, 0.25)


def test_warming_up_warms_the_planner_up():
    contestant, planner = entry(drawn("..."))
    contestant.warmup()
    assert planner.warm


def test_robots_without_anything_to_do_do_not_spoil_a_run(tmp_path):
    instance = made(tmp_path, ["....."], [(0, 0), (0, 3), (0, 4)], [[(0, 1), (0, 3)]], reveal=0.4)
    contestant, _ = entry(instance.layout)
    record = run_league(instance, contestant, LeagueParams(3), SimulatedClock())
    assert record.actual_schedule[:, 2].tolist().count(-1) == 2
    assert record.schedule_errors == []


def test_bounds_go_with_the_step_time():
    assert FleetEntryParams.for_step_time(1.0) == FleetEntryParams(call_s=0.85)
    assert FleetEntryParams.for_step_time(0.5) == FleetEntryParams(15_000_000, field_s=0.2, call_s=0.425)
    assert FleetEntryParams.for_step_time(1e-9).new_states == 1


def test_nothing_reads_the_clock_if_it_must_not():
    assert FleetEntryParams.for_step_time(0.5, deterministic=True) == FleetEntryParams(15_000_000, field_s=float("inf"))


@pytest.mark.parametrize(
    ("name", "value"), [("new_states", 0), ("field_s", 0.0), ("field_s", float("nan")), ("call_s", 0.0)]
)
def test_bounds_of_nothing_are_refused(name, value):
    with pytest.raises(SettingError, match=name):
        FleetEntryParams(**{name: value})
