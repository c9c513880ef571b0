"""A drop can be sent to another cell until it is granted, wherever its task is in its life."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.errors import TaskError
from fleet.tasks.pool import TaskPool
from tests.orders import order, splitter
from tests.staged_pool import StagedPool

ELSEWHERE, SECONDS = 42, 7.5


def last_left(pool: TaskPool, task: int) -> tuple[int, float]:
    cells, service_s, _ = pool.errands_left(np.array([task], dtype=np.int32))
    return int(cells[-1]), float(service_s[-1])


@pytest.mark.parametrize("task", [0, 1, 2, 3, 4])
def test_a_task_ends_where_it_was_sent_last(task: int) -> None:
    """It waits, is under way, is being picked, loaded, stranded."""
    staged = StagedPool()
    pool = staged.pool
    before = pool.record()
    first, (drop, _) = int(pool.first_cell[task]), last_left(pool, task)
    pool.redirect(task, ELSEWHERE, SECONDS, 9.0)
    assert last_left(pool, task) == (ELSEWHERE, SECONDS)
    assert pool.first_cell[task] == first
    assert staged.events == [
        {
            "t": 9.0,
            "event": "task_redirected",
            "task": task,
            "robot": int(pool.robot[task]),
            "cell": ELSEWHERE,
            "from_cell": drop,
        }
    ]
    pool.redirect(task, drop, 2.5, 9.0)
    assert pool.record() == before


def test_a_new_controller_knows_where_a_task_was_sent() -> None:
    pool = StagedPool().pool
    pool.redirect(3, ELSEWHERE, SECONDS, 9.0)
    restored = TaskPool.restored(pool.record(), splitter())
    assert last_left(restored, 3) == (ELSEWHERE, SECONDS)
    assert restored.task_record(3).task.errands[-1].cell == ELSEWHERE


def test_a_drop_that_is_granted_cannot_be_sent_elsewhere() -> None:
    staged = StagedPool()
    staged.serving = np.array([3], dtype=np.int32)
    assert staged.pool.dropping().tolist() == [3]
    with pytest.raises(TaskError, match="task 3 is dropping its load already"):
        staged.pool.redirect(3, ELSEWHERE, SECONDS, 9.0)


def test_a_pick_or_a_takeover_that_is_granted_is_no_drop() -> None:
    staged = StagedPool()
    staged.pool.assign(4, 9, 4.0)
    staged.serving = np.array([2, 4], dtype=np.int32)
    assert staged.pool.dropping().tolist() == []
    for task in (2, 4):
        staged.pool.redirect(task, ELSEWHERE, SECONDS, 9.0)


@pytest.mark.parametrize("task", [5, 6, 99])
def test_what_is_over_or_unknown_cannot_be_sent_elsewhere(task: int) -> None:
    with pytest.raises(TaskError):
        StagedPool().pool.redirect(task, ELSEWHERE, SECONDS, 9.0)


@pytest.mark.parametrize(("cell", "service_s"), [(-1, 2.5), (7, 0.0), (7, float("nan"))])
def test_a_task_ends_somewhere_and_takes_some_time(cell: int, service_s: float) -> None:
    with pytest.raises(TaskError, match="task 0 cannot end at cell"):
        StagedPool().pool.redirect(0, cell, service_s, 9.0)


def test_units_are_dropped_where_the_task_was_sent() -> None:
    events: list[dict[str, object]] = []
    pool = TaskPool(splitter(), events.append)
    pool.add_order(order("A", 3), 0.0)
    pool.assign(0, 1, 1.0)
    pool.advance(0, 2.0)
    pool.redirect(0, ELSEWHERE, SECONDS, 3.0)
    assert pool.advance(0, 4.0)
    (done,) = [event for event in events if event.get("kind") == "drop"]
    assert (done["cell"], done["units"], pool.counts()["units"]["dropped"]) == (ELSEWHERE, 3, 3)
    pool.check()
