"""The judge of the 2026 edition: when plans come into force, what may be staged, what lateness costs."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from fleet.app.compose_league import LeagueSettings, compose_ticks
from fleet.assignment.league_scheduler import LeagueScheduler
from fleet.errors import PlanError, SettingError
from fleet.grid.distances import DistanceFields
from fleet.planning.registry import make_planner
from fleet.report.league2026_result import tick_result_document, tick_summary, write_tick_result
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.goal_fields import GoalFields
from fleet.runtime.league.competition import LeagueParams
from fleet.runtime.league.task_pool import LeagueTaskPool
from fleet.runtime.league2026.competition import TickProposal, TickSituation, run_ticks
from fleet.runtime.league2026.entry import TickEntryParams, TickFleetEntry, foresee
from fleet.runtime.league2026.overlap_auditor import OverlapAuditor
from fleet.traffic.rolling_plan import RollingPlan
from fleet.traffic.staged_execution import Staged, StagedExecution
from sim_worlds.league import read_league
from tests.floors import drawn
from tests.league_instances import ticking, written

F, R, C, W = range(4)


def instance(folder, rows, starts, tasks, reveal=1.0, **rules):
    return read_league(ticking(written(folder, rows, starts, tasks, reveal), **{"agentCounter": 3} | rules))


class Told:
    """An entry that proposes what it is told, call after call, and takes so long over it."""

    def __init__(self, clock, windows, schedules=(), seconds=()):
        self.clock, self.windows, self.schedules, self.seconds = clock, list(windows), list(schedules), list(seconds)
        self.situations = []

    def compute(self, situation):
        self.situations.append(situation)
        n = len(situation.cells)
        if self.seconds:
            self.clock.advance(self.seconds.pop(0))
        window = self.windows.pop(0) if self.windows else [[W] * n]
        schedule = self.schedules.pop(0) if self.schedules else [-1] * n
        return TickProposal(np.array(schedule, dtype=np.int32), np.array(window, dtype=np.uint8))


def run(problem, windows, ticks, schedules=(), seconds=(), executor=None, seed=None):
    clock = SimulatedClock()
    entry = Told(clock, windows, schedules, seconds)
    headings = np.zeros(problem.team_size, dtype=np.int8)
    executor = executor or StagedExecution(problem.layout, problem.starts, headings, problem.ticks.action_ticks, 10)
    return run_ticks(problem, entry, executor, LeagueParams(ticks), clock, seed), entry


def letters(column):
    return "".join("FRCWT"[action] for action in column)


def test_the_first_plan_is_there_at_the_begin_and_the_next_a_second_later(tmp_path):
    problem = instance(tmp_path, ["........"], [(0, 0)], [[(0, 7)]])
    record, entry = run(problem, [[[F]], [[F]], [[R]]], 24)
    assert letters(record.actual[:, 0]) == "FFFWWWWWWWFFFWWWWWWWRRRW"
    assert [situation.time for situation in entry.situations] == [0, 0, 10, 20]
    # Each is asked on the strength of where what is staged leads.
    assert [situation.staged.cells.tolist() for situation in entry.situations] == [[0], [1], [2], [2]]


def test_a_late_plan_is_staged_when_it_is_there(tmp_path):
    problem = instance(tmp_path, ["........"], [(0, 0)], [[(0, 7)]])
    record, _ = run(problem, [[[F]], [[F]]], 20, seconds=[1.0, 1.25])
    assert letters(record.actual[:, 0]) == "FFF" + "W" * 10 + "FFFWWWW"
    assert (record.late_ticks, record.missed_ticks) == (3, 0)


def test_for_a_late_first_plan_everybody_waits(tmp_path):
    problem = instance(tmp_path, ["........"], [(0, 0)], [[(0, 7)]])
    record, _ = run(problem, [[[F]]], 6, seconds=[1.25])
    assert letters(record.actual[:, 0]) == "WWWFFF"
    assert letters(record.planned[:, 0]) == "TTTFFF"
    assert record.missed_ticks == 3


class Slow(StagedExecution):
    """Takes a quarter of a second over its third tick."""

    ticks = 0

    def go(self, *args):
        self.ticks += 1
        if self.ticks == 3:
            self.clock.advance(0.25)
        return super().go(*args)


def test_an_executor_that_takes_longer_than_a_tick_costs_ticks(tmp_path):
    problem = instance(tmp_path, ["........"], [(0, 0)], [[(0, 7)]])
    clock = SimulatedClock()
    executor = Slow(problem.layout, problem.starts, np.zeros(1, dtype=np.int8), 3, 10)
    executor.clock = clock
    record = run_ticks(problem, Told(clock, [[[F]]]), executor, LeagueParams(7), clock)
    assert letters(record.planned[:, 0]) == "FFTTFWW"
    assert record.missed_ticks == 2


def test_an_errand_is_done_when_the_move_is_complete_and_counts_in_the_tick(tmp_path):
    problem = instance(tmp_path, ["...."], [(0, 0)], [[(0, 1), (0, 2)]])
    record, _ = run(problem, [[[F], [F]]], 8, schedules=[[0], [0]])
    assert record.events.tolist() == [[3, 0, 0, 1], [6, 0, 0, 2]]
    assert record.finished == 1
    assert record.tasks.released.tolist() == [0, 6]


def test_a_task_that_its_robot_finished_meanwhile_is_no_error(tmp_path):
    problem = instance(tmp_path, ["...."], [(0, 0)], [[(0, 1)]])
    record, _ = run(problem, [[[F]], [[F]]], 12, schedules=[[0], [0]])
    assert (record.finished, record.schedule_errors) == (1, [])
    assert record.actual_schedule.tolist() == [[0, 0, 0], [10, 0, -1]]


def test_a_wrong_schedule_is_refused_and_the_one_before_stays(tmp_path):
    problem = instance(tmp_path, ["...."], [(0, 0), (0, 3)], [[(0, 1)]])
    record, _ = run(problem, [], 12, schedules=[[0, 1], [1, 1]])
    assert [error[-1] for error in record.schedule_errors] == [
        "task is already assigned by the second agent at the same time"
    ]
    assert record.actual_schedule.tolist() == [[0, 0, 0], [0, 1, 1]]


def test_delays_are_those_of_the_seed_and_the_robots_stand_meanwhile(tmp_path):
    delays = {"minDelay": 2, "maxDelay": 5, "eventModel": "bernoulli", "pDelay": 0.2, "durationModel": "uniform"}
    problem = instance(tmp_path, ["." * 30], [(0, 0)], [[(0, 29)]], delayConfig=delays)
    windows = [[[F]] * 4] * 10
    one, two, other = (run(problem, windows, 60, seed=seed)[0] for seed in (None, 0, 5))
    assert np.array_equal(one.delayed, two.delayed)
    assert not np.array_equal(one.delayed, other.delayed)
    assert (one.actual[one.delayed] == W).all()
    assert one.delayed.any()
    assert sum(one.time_shares().values()) == pytest.approx(1.0)


class Cheat(StagedExecution):
    """Stages something else than it was given."""

    def stage(self, window):
        honest = super().stage(window)
        actions, lengths = self.change(honest.actions, honest.lengths)
        return Staged(actions, lengths, honest.cells, honest.headings)


CHEATS = {
    "another action": lambda actions, lengths: (np.where(actions == F, R, actions).astype(np.uint8), lengths),
    "one more": lambda actions, lengths: (np.pad(actions, ((0, 0), (0, 1))), lengths + 1),
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_staging_what_was_not_planned_stops_the_run(tmp_path, cheat):
    problem = instance(tmp_path, ["......"], [(0, 0)], [[(0, 3)]])
    executor = Cheat(problem.layout, problem.starts, np.zeros(1, dtype=np.int8), 3, 10)
    executor.change = CHEATS[cheat]
    with pytest.raises(PlanError, match="staged for robot 0 what was neither"):
        run(problem, [[[F], [W], [F]]], 20, executor=executor)


def test_dropping_what_has_begun_stops_the_run(tmp_path):
    problem = instance(tmp_path, ["......"], [(0, 0)], [[(0, 3)]])
    executor = Cheat(problem.layout, problem.starts, np.zeros(1, dtype=np.int8), 3, 12)
    shares = iter([1, 0])
    executor.change = lambda actions, lengths: (actions, lengths * next(shares))
    with pytest.raises(PlanError, match="robot 0"):
        run(problem, [[[F]] * 4, [[F]]], 20, executor=executor)


def test_an_instance_of_2024_is_refused(tmp_path):
    problem = read_league(written(tmp_path, ["..."], [(0, 0)], [[(0, 1)]]))
    with pytest.raises(SettingError, match="not an instance of the 2026 edition"):
        run_ticks(problem, None, None, LeagueParams(5), SimulatedClock())


# Auditor


def audit(art, starts, *ticks, size=1.0):
    """Check ticks given as (cells, headings, out) of three-tick actions."""
    auditor = OverlapAuditor(drawn(art), np.array(starts, dtype=np.int32), 3, size)
    for cells, headings, out in ticks:
        auditor.check(
            *(np.array(column, dtype=kind) for column, kind in ((cells, "i4"), (headings, "i1"), (out, "i4")))
        )
    return auditor.overlaps, auditor.astray


def test_the_auditor_finds_nothing_where_robots_follow_and_pass_each_other():
    assert audit("....", [0, 1], ([0, 1], [0, 0], [1, 1]), ([0, 1], [0, 0], [2, 2])) == ([], [])


def test_the_auditor_finds_overlaps_in_the_middle_and_at_the_end_of_a_tick():
    overlaps, _ = audit("....", [0, 1], ([0, 1], [0, 0], [1, 0]))
    assert overlaps == [(0, 0, 1, "middle"), (0, 0, 1, "end")]
    among_others, _ = audit("........", [7, 4, 0, 1], ([7, 4, 0, 1], [0] * 4, [0, 1, 1, 0]))
    assert {pair[1:3] for pair in among_others} == {(2, 3)}
    corner, _ = audit("... ...", [0, 1], ([0, 1], [0, 1], [1, 1]))
    assert [moment for *_, moment in corner] == ["middle", "end"]
    assert audit("... ...", [0, 1], ([0, 1], [0, 1], [1, 1]), size=0.5) == ([], [])


def test_the_auditor_finds_a_swap_of_one_tick():
    auditor = OverlapAuditor(drawn(".."), np.array([0, 1], dtype=np.int32), 1, 0.5)
    auditor.check(np.array([1, 0], dtype=np.int32), np.array([0, 2], dtype=np.int8), np.zeros(2, dtype=np.int32))
    assert auditor.overlaps == [(0, 0, 1, "middle")]


def test_the_auditor_finds_robots_on_obstacles_outside_and_jumping():
    assert audit(".#", [0], ([0], [0], [1]))[1] == [(0, 0)]
    assert audit("..", [1], ([1], [0], [1]))[1] == [(0, 0)]
    assert audit("..", [0], ([0], [3], [1]))[1] == [(0, 0)]
    assert audit("....", [0], ([2], [0], [0]))[1] == [(0, 0)]


# Our entry


def situation(layout, cells, tasks, schedule, staged):
    """Robots that face east, tasks as lists of cells, and the staged actions of each robot."""
    errands = np.array([cell for task in tasks for cell in task], dtype=np.int32)
    offsets = np.concatenate([[0], np.cumsum([len(task) for task in tasks])]).astype(np.int64)
    pool = LeagueTaskPool(errands, offsets, len(cells), len(tasks))
    pool.assign(np.array(schedule, dtype=np.int32), 0)
    columns = np.array(cells, dtype=np.int32), np.zeros(len(cells), dtype=np.int8)
    executor = StagedExecution(layout, *columns, 3, 30)
    if staged:
        executor.stage(np.array(staged, dtype=np.uint8))
    return TickSituation(0, *columns, np.zeros(len(cells), dtype=np.int32), executor.staged, pool)


def entry(layout, steps=4):
    distances, clock = DistanceFields(layout), SimulatedClock()
    plan = RollingPlan(distances, make_planner("epibt3", distances))
    fields = GoalFields(distances, clock, 1000, 1.0)
    return TickFleetEntry(distances, plan, LeagueScheduler(distances), fields, clock, TickEntryParams(steps))


def test_errands_on_the_staged_way_are_foreseen():
    layout = drawn("........")
    now = situation(layout, [0, 5], [[1, 2], [7, 6]], [0, 1], [[F, F], [F, W], [F, W]])
    prospect = foresee(now, layout)
    assert (prospect.done.tolist(), prospect.over.tolist()) == ([2, 0], [True, False])


def test_who_will_have_finished_is_sent_on_and_keeps_its_task_until_then():
    layout = drawn("........")
    now = situation(layout, [0], [[1], [6]], [0], [[F]])
    proposal = entry(layout).compute(now)
    assert proposal.schedule.tolist() == [0]
    assert proposal.window[:, 0].tolist() == [F, F, F, F]


def test_who_will_have_opened_its_task_keeps_it():
    layout = drawn("........")
    now = situation(layout, [0, 2], [[1, 7], [3, 4]], [0, -1], [[F, W]])
    assert entry(layout).compute(now).schedule.tolist() == [0, 1]


def test_at_a_next_task_that_is_not_its_own_yet_a_robot_waits():
    layout = drawn("........")
    now = situation(layout, [0], [[1], [2, 7]], [0], [[F]])
    window = entry(layout).compute(now).window[:, 0].tolist()
    assert window == [F, W, W, W]


@pytest.mark.parametrize("name", ["steps", "errands"])
def test_no_steps_or_errands_are_refused(name):
    with pytest.raises(SettingError, match=name):
        TickEntryParams(**{"steps": 3} | {name: 0})


def test_a_slow_machine_finds_fewer_fields_the_most_wanted_first():
    layout = drawn("." * 40)
    clock = SimulatedClock()
    fields = GoalFields(DistanceFields(layout), clock, 2, 1.0)
    assert fields.ready(np.array([5, 7, 7, 9, 9, -1], dtype=np.int32)).tolist() == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    clock.now = iter(range(100)).__next__
    slow = GoalFields(DistanceFields(layout), clock, 40, 0.5)
    assert slow.ready(np.arange(20, dtype=np.int32)).sum() == 8


# Results


def test_the_result_has_segments_delays_and_shares(tmp_path):
    delays = {"minDelay": 2, "maxDelay": 2, "eventModel": "poisson", "pDelay": 0.05, "durationModel": "uniform"}
    problem = instance(tmp_path, ["." * 50], [(0, 0), (0, 9)], [[(0, 49)], [(0, 48)]], delayConfig=delays)
    clock = SimulatedClock()
    record = run_ticks(
        problem, *compose_ticks(problem, problem.ticks, LeagueSettings("pibt"), clock), LeagueParams(150), clock
    )
    path = tmp_path / "result.json"
    write_tick_result(record, path)
    result = json.loads(path.read_text())
    assert result == tick_result_document(record)
    assert (result["makespan"], result["outputSegmentSize"], result["agentMaxCounter"]) == (150, 100, 3)
    first, second = re.findall(r"\[\((\d+,\d+,\d+,\d+,\d+)\):", result["actualPaths"][0])
    assert first == "0,0,0,0,0"
    assert second.startswith("100,0,")
    assert sum(int(ticks) for ticks in re.findall(r"\w (\d+)", result["actualPaths"][1])) == 150
    summary = tick_summary(record)
    assert summary["time_shares"]["delayed"] == pytest.approx(record.delayed.mean(), abs=1e-4)
    assert (summary["collisions"], summary["ticks"], summary["robots"]) == (0, 150, 2)
