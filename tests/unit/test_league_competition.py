"""The judge: overtime, refused moves and the record of a run."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.errors import InstanceError, SettingError
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.league.competition import LeagueParams, Proposal, pool_size, run_league
from fleet.runtime.league.record import MISSED
from tests.league_instances import made

F, R, C, W = range(4)


class Script:
    """An entry that reads its answers off: (schedule, actions, seconds that it takes), the last again and again."""

    def __init__(self, clock, *answers):
        self.clock = clock
        self.answers = list(answers)
        self.seen = []

    def compute(self, situation):
        self.seen.append((situation.time, situation.cells.tolist(), situation.headings.tolist()))
        schedule, actions, seconds = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.clock.advance(seconds)
        schedule, actions = np.array(schedule, dtype=np.int32), np.array(actions, dtype=np.uint8)
        return Proposal(schedule, actions, scheduling_s=seconds / 4, planning_s=seconds / 2)


@pytest.fixture
def corridor(tmp_path):
    """Two robots at the ends of a corridor; every task leads from the second cell to the third."""
    return made(tmp_path, ["......"], [(0, 0), (0, 5)], [[(0, 1), (0, 2)]])


def run(instance, steps, *answers, step_time_s=1.0):
    clock = SimulatedClock()
    entry = Script(clock, *answers)
    return run_league(instance, entry, LeagueParams(steps, step_time_s), clock), entry


def test_a_run_moves_robots_and_finishes_tasks(corridor):
    record, entry = run(corridor, 3, ([0, -1], [F, W], 0.0), ([0, -1], [F, R], 0.0), ([1, -1], [W, W], 0.0))
    assert record.finished == 1
    assert record.events.tolist() == [[1, 0, 0, 1], [2, 0, 0, 2]]
    assert record.tasks.released.tolist() == [0, 0, 0, 2]
    assert entry.seen == [(0, [0, 5], [0, 0]), (1, [1, 5], [0, 0]), (2, [2, 5], [0, 1])]
    assert record.actual.tolist() == record.planned.tolist() == [[F, W], [F, R], [W, W]]
    assert record.busy_steps.tolist() == [3, 0]
    assert (record.missed_steps, record.errors, record.schedule_errors, record.findings) == (0, [], [], [])


def test_how_the_entry_spends_its_time_is_kept_for_each_step(corridor):
    record, _ = run(corridor, 2, ([0, 1], [W, W], 0.2), ([0, 1], [W, W], 0.4))
    assert record.compute_s == pytest.approx([0.2, 0.4])
    assert record.scheduling_s == pytest.approx([0.05, 0.1])
    assert record.planning_s == pytest.approx([0.1, 0.2])


@pytest.mark.parametrize(("seconds", "missed"), [(0.5, 0), (1.0, 0), (1.01, 1), (2.0, 1), (2.5, 2)])
def test_every_step_time_used_up_before_the_answer_is_a_missed_step(corridor, seconds, missed):
    record, entry = run(corridor, 6, ([0, -1], [F, W], seconds), ([0, -1], [W, W], 0.0))
    assert record.missed_steps == missed
    assert record.planned[:, 0].tolist() == [MISSED] * missed + [F] + [W] * (5 - missed)
    assert record.actual[:, 0].tolist() == [W] * missed + [F] + [W] * (5 - missed)
    assert record.events.tolist() == [[missed + 1, 0, 0, 1]]
    assert [time for time, _, _ in entry.seen] == [0, *range(missed + 1, 6)]
    assert record.busy_steps.tolist() == [6, 0]


def test_step_time_is_what_overtime_is_measured_by(corridor):
    record, _ = run(corridor, 4, ([0, -1], [W, W], 0.25), step_time_s=0.1)
    assert record.missed_steps == 3


def test_no_errand_is_done_in_a_missed_step(tmp_path):
    instance = made(tmp_path, ["..."], [(0, 0)], [[(0, 0), (0, 0)]])
    record, _ = run(instance, 5, ([0], [W], 0.0), ([0], [W], 2.5), ([1], [W], 0.0))
    assert record.events.tolist() == [[1, 0, 0, 1], [4, 0, 0, 2], [5, 0, 1, 1]]


def test_a_run_ends_on_time_even_if_the_entry_does_not_answer(corridor):
    told = []
    clock = SimulatedClock()
    entry = Script(clock, ([0, -1], [F, W], 0.0), ([0, -1], [F, W], 100.0))
    record = run_league(corridor, entry, LeagueParams(4), clock, lambda time, finished: told.append((time, finished)))
    assert record.steps == 4
    assert record.missed_steps == 3
    assert record.actual[:, 0].tolist() == [F, W, W, W]
    assert len(record.compute_s) == 2
    assert record.finished == 0
    assert told == [(1, 0), (4, 0)]


def test_a_refused_joint_action_makes_everybody_wait_and_is_recorded(corridor):
    record, entry = run(corridor, 2, ([0, -1], [F, F], 0.0), ([0, -1], [F, W], 0.0))
    assert record.errors == [(1, -1, 1, "unallowed move")]
    assert record.planned.tolist() == [[F, F], [F, W]]
    assert record.actual.tolist() == [[W, W], [F, W]]
    assert entry.seen[1] == (1, [0, 5], [0, 0])
    assert record.events.tolist() == [[2, 0, 0, 1]]
    assert record.findings == []


def test_a_refused_schedule_is_recorded_and_the_robots_move_all_the_same(corridor):
    record, _ = run(corridor, 2, ([0, 0], [F, W], 0.0), ([0, -1], [F, W], 0.0))
    assert [error[:4] for error in record.schedule_errors] == [(0, 1, 0, 2)]
    assert record.actual_schedule.tolist() == [[2, 0, 0], [2, 1, -1]]
    assert record.planned_schedule.tolist() == [[1, 0, 0], [1, 1, 0], [2, 1, -1]]
    assert record.events.tolist() == []


@pytest.mark.parametrize(("steps", "where"), [(0, "--steps"), (-3, "--steps")])
def test_runs_without_steps_are_refused(steps, where):
    with pytest.raises(SettingError, match=where):
        LeagueParams(steps)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_step_times_that_are_no_time_are_refused(seconds):
    with pytest.raises(SettingError, match="--step-time"):
        LeagueParams(1, seconds)


@pytest.mark.parametrize(("reveal", "robots", "size"), [(1.5, 4, 6), (1.5, 3, 4), (1.1, 10, 11), (2.0, 1, 2)])
def test_pool_holds_the_multiplier_times_the_robots_rounded_down(tmp_path, reveal, robots, size):
    starts = [(0, column) for column in range(robots)]
    assert pool_size(made(tmp_path, ["." * 10], starts, [[(0, 0)]], reveal)) == size


def test_an_instance_that_opens_no_task_is_refused(tmp_path):
    instance = made(tmp_path, ["..."], [(0, 0)], [[(0, 0)]], 0.5)
    with pytest.raises(InstanceError, match=r"numTasksReveal 0\.5 x teamSize 1 opens no task"):
        run(instance, 1, ([-1], [W], 0.0))
