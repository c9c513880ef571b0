"""The League's pool: always full, opened tasks stay with their robots, wrong schedules change nothing."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.runtime.league.task_pool import LeagueTaskPool

# Task k goes from cell 10 * k to cell 10 * k + 1; the last has one errand, at cell 99.
CELLS = np.array([0, 1, 10, 11, 20, 21, 99], dtype=np.int32)
OFFSETS = np.array([0, 2, 4, 6, 7], dtype=np.int64)
NOWHERE = -7


def pool(robots=2, size=3):
    return LeagueTaskPool(CELLS, OFFSETS, robots, size)


def update(tasks, time, schedule, cells):
    tasks.update(np.array(schedule, dtype=np.int32), np.array(cells, dtype=np.int32), time)


def test_pool_is_full_from_the_start_with_the_first_tasks_of_the_file():
    tasks = pool()
    assert tasks.task.tolist() == [0, 1, 2]
    assert tasks.first.tolist() == [0, 10, 20]
    assert tasks.last.tolist() == [1, 11, 21]
    assert tasks.tasks.released.tolist() == [0, 0, 0]
    assert tasks.schedule.tolist() == [-1, -1]


def test_first_errand_opens_a_task_and_the_last_finishes_it():
    tasks = pool()
    update(tasks, 1, [0, 1], [NOWHERE, 10])
    assert tasks.done.tolist() == [0, 1, 0]
    update(tasks, 2, [0, 1], [0, 11])
    assert tasks.finished == 1
    assert tasks.schedule.tolist() == [0, -1]
    assert tasks.events.tolist() == [[1, 1, 1, 1], [2, 0, 0, 1], [2, 1, 1, 2]]


def test_as_many_tasks_are_revealed_as_are_finished_and_the_file_is_read_round_and_round():
    tasks = pool()
    update(tasks, 1, [0, 1], [0, 10])
    update(tasks, 2, [0, 1], [1, 11])
    assert sorted(tasks.task.tolist()) == [2, 3, 4]
    assert tasks.robot.tolist() == [-1, -1, -1]
    assert tasks.done.tolist() == [0, 0, 0]
    assert tasks.tasks.released.tolist() == [0, 0, 0, 2, 2]
    assert tasks.tasks.cells(3).tolist() == [99]
    assert tasks.tasks.cells(4).tolist() == tasks.tasks.cells(0).tolist() == [0, 1]


def test_more_places_than_lines_repeat_the_file():
    assert pool(size=6).first.tolist() == [0, 10, 20, 99, 0, 10]


def test_one_errand_is_done_in_a_step_even_where_two_share_a_cell():
    tasks = LeagueTaskPool(np.array([5, 5], dtype=np.int32), np.array([0, 2], dtype=np.int64), 1, 1)
    update(tasks, 1, [0], [5])
    assert tasks.finished == 0
    update(tasks, 2, [0], [5])
    assert tasks.finished == 1


def test_being_at_the_first_errand_of_nobodys_task_does_nothing():
    tasks = pool()
    update(tasks, 1, [-1, -1], [0, 10])
    assert tasks.done.tolist() == [0, 0, 0]
    assert len(tasks.events) == 0


def test_a_task_that_is_not_opened_may_go_to_another_robot():
    tasks = pool()
    update(tasks, 1, [0, 1], [NOWHERE, NOWHERE])
    update(tasks, 2, [1, 0], [NOWHERE, NOWHERE])
    assert tasks.schedule_errors == []
    assert tasks.robot.tolist() == [1, 0, -1]
    update(tasks, 3, [-1, 2], [NOWHERE, NOWHERE])
    assert tasks.robot.tolist() == [-1, -1, 1]


ALREADY = "task is already assigned by the second agent at the same time"
OPENED = "task is already opened by the second agent"


@pytest.mark.parametrize(
    ("schedule", "error"),
    [
        ([0, 5], (5, 1, -1, 3, "task already finished")),
        ([0, 0], (0, 1, 0, 3, ALREADY)),
        ([1, 2], (1, 0, 0, 3, OPENED)),
        ([-1, 1], (-1, 0, 0, 3, OPENED)),
        ([2, 0], (2, 0, 0, 3, OPENED)),
    ],
)
def test_a_wrong_schedule_is_recorded_and_the_one_before_stays(schedule, error):
    tasks = pool()
    update(tasks, 1, [0, 1], [0, NOWHERE])
    update(tasks, 2, schedule, [NOWHERE, 10])
    assert tasks.schedule_errors == [error]
    assert tasks.schedule.tolist() == [0, 1]
    assert tasks.robot.tolist() == [0, 1, -1]
    assert tasks.events.tolist() == [[1, 0, 0, 1], [2, 1, 1, 1]]


def test_a_finished_task_cannot_be_given_again():
    tasks = pool()
    update(tasks, 1, [0, -1], [0, NOWHERE])
    update(tasks, 2, [0, -1], [1, NOWHERE])
    update(tasks, 3, [0, -1], [NOWHERE, NOWHERE])
    assert tasks.schedule_errors == [(0, 0, -1, 4, "task already finished")]


def test_schedules_are_kept_by_their_changes():
    tasks = pool()
    update(tasks, 1, [0, -1], [0, NOWHERE])
    update(tasks, 2, [0, 1], [NOWHERE, NOWHERE])
    update(tasks, 3, [1, 1], [NOWHERE, NOWHERE])
    update(tasks, 4, [0, 2], [1, NOWHERE])
    update(tasks, 5, [2, 1], [NOWHERE, NOWHERE])
    changes = [[1, 0, 0], [1, 1, -1], [2, 1, 1], [4, 1, 2], [5, 0, 2], [5, 1, 1]]
    assert tasks.actual_schedule.tolist() == changes
    assert tasks.planned_schedule.tolist() == [*changes[:3], [3, 0, 1], [4, 0, 0], *changes[3:]]


def test_goals_are_the_errands_ahead():
    tasks = pool()
    update(tasks, 1, [0, 1], [0, NOWHERE])
    assert tasks.goals(tasks.place_of_robot).tolist() == [1, 10]
    assert tasks.goals(tasks.place_of_robot, ahead=1).tolist() == [-1, 11]
    assert tasks.goals(np.array([-1, 2], dtype=np.int32)).tolist() == [-1, 20]
