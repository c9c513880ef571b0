"""What pictures tell: worst spots with their costs, and what has changed since another run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from fleet.errors import RunError, SettingError
from fleet.report.heat.congestion import Window
from fleet.report.heat.edge_flow import count_edge_flow
from fleet.report.heat.floor_picture import PicturedRun, picture_change, picture_run
from fleet.report.heat.heatmap import draw_heatmap
from fleet.report.heat.worst_spots import changed_spots
from fleet.report.summary import TaskCounts
from sim_worlds.world_file import load_world
from tests.recorded_runs import scripted_trace, summary_of, tiny_trace

MANY = TaskCounts(created=900, done=100, open=800, failed=0)


def pictured(trace, name="here", tasks=MANY, **window):
    return PicturedRun(name, trace, summary_of(trace, tasks=tasks), Window(**window))


def queue(waits):
    """Three robots in a queue whose head waits for cell (0, 3) so long."""
    wait = "w " * waits
    rest = "i " * (20 - waits - 3)
    return scripted_trace(*[wait + "E E E " + rest] * 3, starts=[2, 1, 0])


@pytest.mark.parametrize("metric", ["waits", "delay"])
def test_the_worst_spot_is_where_the_queue_is_waiting_to_go(metric):
    (spot,) = picture_run(pictured(queue(10)), metric).spots
    assert (spot.mark, spot.row, spot.column) == ("1", 0, 3)
    assert spot.told.startswith("row 0, column 3: 0.01 robot-hours")
    assert spot.told.endswith("100.0%")


def test_the_worst_spots_of_visits_are_the_most_visited_and_tell_their_cost():
    spots = picture_run(pictured(scripted_trace("E E W E W E w w E")), "visits").spots
    assert (spots[0].row, spots[0].column) == (0, 1)
    assert "2,800/h; 0.00 robot-hours" in spots[0].told


def test_flow_has_the_worst_spots_of_visits():
    trace = tiny_trace()
    flow, visits = picture_run(pictured(trace), "flow"), picture_run(pictured(trace), "visits")
    assert flow.shown.by_direction
    assert not visits.shown.by_direction


def test_it_is_said_if_orders_are_what_the_floor_lacks():
    few = picture_run(pictured(queue(10), tasks=TaskCounts(created=12, done=10, open=2, failed=0)), "delay")
    assert "too few orders" in few.explained
    assert "0 tasks/h" in few.spots[0].told
    assert "too few orders" not in picture_run(pictured(queue(10)), "delay").explained


def test_a_change_is_what_is_more_than_in_the_other_run():
    worse, better = pictured(queue(10), "here"), pictured(queue(4), "there")
    up, down = picture_change(worse, better, "delay"), picture_change(better, worse, "delay")
    assert up.shown.signed
    assert np.array_equal(up.shown.values, -down.shown.values)
    assert [(spot.mark, spot.row, spot.column) for spot in up.spots] == [("+1", 0, 3)]
    assert [(spot.mark, spot.row, spot.column) for spot in down.spots] == [("-1", 0, 3)]
    assert "+0.00 robot-hours, +960 tasks/h" in up.spots[0].told
    assert "-0.00 robot-hours, -960 tasks/h" in down.spots[0].told


def test_a_cell_that_got_worse_amid_those_that_got_better_is_no_worse_spot():
    change = np.zeros((16, 26), dtype=np.int64)
    change[5, 5:8] = [-10, 3, -10]
    run = pictured(tiny_trace())
    assert [spot.mark for spot in changed_spots(change, run.losses, run.losses)] == ["-1"]


def test_a_run_against_itself_has_not_changed():
    run = pictured(tiny_trace())
    for metric in ("visits", "flow", "waits", "delay"):
        picture = picture_change(run, run, metric)
        assert not picture.shown.values.any()
        assert picture.spots == []


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (replace(tiny_trace(), world="moon"), "is of world moon of 16 x 26 cells"),
        (replace(tiny_trace(), step_s=0.5), "has steps of 0.5 s"),
        (tiny_trace(steps=30), "give a --window that both runs have"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused(other, says):
    with pytest.raises(RunError, match=says):
        picture_change(pictured(tiny_trace()), pictured(other, "there"), "delay")


def test_runs_of_different_length_can_be_compared_over_a_window_of_both():
    long, short = pictured(tiny_trace(steps=60), to_s=20.0), pictured(tiny_trace(steps=30), to_s=20.0)
    assert "0:00:00 to 0:00:20" in picture_change(long, short, "delay").facts


@pytest.mark.parametrize(("name", "says"), [("flows", "did you mean flow"), ("speed", "visits, waits, delay, flow")])
def test_an_unknown_metric_is_refused_with_a_hint(name, says):
    with pytest.raises(SettingError, match=says):
        picture_run(pictured(tiny_trace()), name)


def test_flow_is_drawn_as_an_arrow_for_each_cell_and_direction_that_is_driven():
    trace = scripted_trace("E E S W", starts=[3 * 26 + 3], width=26, height=16, world="tiny")
    run = pictured(trace)
    axes = draw_heatmap(picture_run(run, "flow"), load_world("tiny")).axes[0]
    (arrows,) = [child for child in axes.collections if isinstance(child, PolyCollection)]
    flow = count_edge_flow(trace).per_hour
    assert sorted(arrows.get_array().tolist()) == sorted(flow[flow > 0].tolist())
    tips = {tuple(path.vertices[np.argmax(path.vertices[:-1, 0])].round(2)) for path in arrows.get_paths()}
    assert (4.46, 3.19) in tips  # eastward into column 4, on the right of the way
