"""The way in for foreign simulators: the examples of docs/embedding.md run, and arrays of any kind will do."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from fleet.embedding import EmbeddedFleet, PlanError
from fleet.report.league2026_result import tick_result_document, tick_summary
from fleet.runtime.league.record import LeagueTasks
from fleet.runtime.league2026.record import TickRecord
from tests.floors import drawn

PAGE = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text(encoding="utf-8")


@pytest.mark.jit
@pytest.mark.parametrize(("number", "least"), [(0, 60), (1, 200)])
def test_the_examples_of_the_page_run_as_they_stand(number, least, capsys):
    example = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[number]
    exec(example, {})
    visits = re.match(r"(\d+) visits in", capsys.readouterr().out)
    assert visits
    assert int(visits[1]) > least


def open_floor():
    return EmbeddedFleet(np.ones((3, 6)), "epibt3")


def test_a_window_leads_robots_to_their_goals_whatever_the_type_of_the_arrays():
    fleet = open_floor()
    for kind in (list, tuple, lambda values: np.array(values, dtype=np.int64)):
        window = fleet.plan(kind([0, 14]), kind([0, 0]), kind([3, -1]), 1.0)
        assert (window.dtype, window.shape) == (np.uint8, (3, 2))
        assert window[:, 0].tolist() == [0, 0, 0]


def test_a_window_is_the_callers_to_keep():
    fleet = open_floor()
    kept = fleet.plan([0], [0], [5])
    before = kept.copy()
    fleet.plan([5], [2], [0])
    assert np.array_equal(kept, before)


def test_held_robots_and_blocked_cells_are_minded():
    fleet = open_floor()
    assert fleet.plan([0], [0], [5], hold=[True])[0].tolist() == [3]
    blocked = np.zeros((3, 6), dtype=bool)
    blocked[0, 1] = True
    assert fleet.plan([0], [0], [5], blocked=blocked)[0].tolist() != [0]
    assert fleet.plan([0], [0], [1], next_goals=[2], priorities=[1.5]).shape == (3, 1)


def test_without_time_robots_wait_for_their_distances_and_get_them_later():
    crowd = EmbeddedFleet(np.ones((1, 40)), "pibt")
    crowd.plan(np.arange(20), np.zeros(20), np.arange(20, 40), time_limit_s=0.0)
    assert crowd._distances.held < 20
    for _ in range(3):
        crowd.plan(np.arange(20), np.zeros(20), np.arange(20, 40), time_limit_s=0.0)
    assert crowd._distances.held == 20


def test_steps_ahead_go_from_goal_to_goal():
    fleet = open_floor()
    steps = fleet.plan_ahead([0], [0], [[2], [5]], 5)
    assert steps.tolist() == [[0]] * 5
    assert fleet.plan_ahead([0], [0], [5], 2).tolist() == [[0]] * 2


def test_steps_ahead_have_no_ring():
    fleet = EmbeddedFleet(np.ones((2, 2)), "epibt3")
    steps = fleet.plan_ahead([0, 1, 3, 2], [0, 1, 2, 3], [1, 3, 2, 0], 4)
    assert (steps != 0).all()


def test_tasks_are_assigned_to_the_nearest():
    assert open_floor().assign([0, 5], [0, 0], [4, 1]).tolist() == [1, 0]
    assert open_floor().assign([0, 5], [0, 0], [4], [0]).tolist() == [-1, 0]


def test_impossible_requests_are_refused():
    fleet = open_floor()
    with pytest.raises(PlanError, match="2 cells, 1 headings and 1 goals"):
        fleet.plan([0, 1], [0], [1])
    with pytest.raises(PlanError, match="2 cells, 1 headings and 1 goals"):
        fleet.plan_ahead([0, 1], [0], [1], 3)
    with pytest.raises(PlanError, match="all in cell 0"):
        fleet.plan([0, 0], [0, 0], [1, 2])
    with pytest.raises(PlanError, match=r"one entry a robot, not shape \(1, 2\)"):
        fleet.plan([[0, 1]], [0], [1])
    with pytest.raises(ValueError, match="1 dimensions"):
        EmbeddedFleet(np.ones(5))


def names(text):
    """Names in code font in the first column of the tables headed `field`."""
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_every_field_of_a_result_and_its_summary_is_documented():
    record = TickRecord(
        layout=drawn(".."),
        starts=np.zeros(1, dtype=np.int32),
        action_ticks=3,
        tasks=LeagueTasks(np.zeros(1, np.int32), np.array([0, 1], dtype=np.int64), np.zeros(1, np.int32)),
        planned=np.full((1, 1), 3, dtype=np.uint8),
        actual=np.full((1, 1), 3, dtype=np.uint8),
        delayed=np.zeros((1, 1), dtype=np.bool_),
        snapshots=np.zeros((1, 4, 1), dtype=np.int32),
        scheduling_s=[0.1],
        planning_s=[0.1],
        executor_s=[0.1],
    )
    result, summary = PAGE.split("The result file has")[1].split("The summary, which")
    assert names(result) == set(tick_result_document(record))
    assert names(summary) == set(tick_summary(record)) | {
        "instance", "planner", "guidance", "wall_s", "peak_rss_mb", "out",
    }  # fmt: skip
