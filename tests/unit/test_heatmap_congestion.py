"""What a heatmap counts: visits, waits and delay by cell, in a window of the run."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import SettingError
from fleet.report.heat import congestion
from fleet.report.heat.congestion import METRICS, Window, count_congestion
from tests.oracles import congestion as oracle
from tests.recorded_runs import random_trace


@given(
    seed=st.integers(0, 999),
    metric=st.sampled_from(sorted(METRICS)),
    chunk=st.sampled_from([1, 3, 1024]),
    ends=st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda ends: ends[0] != ends[1]),
)
def test_counts_are_those_of_counting_one_by_one(seed, metric, chunk, ends):
    trace = random_trace(seed, steps=12, step_s=0.5)
    first, end = sorted(ends)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(congestion, "_CHUNK", chunk)
        found = count_congestion(trace, METRICS[metric], Window(first * 0.5, end * 0.5))
    expected = oracle.count(trace, metric, range(first, end))
    assert {place: int(n) for place, n in np.ndenumerate(found.counts) if n} == expected


def test_waits_and_delay_are_robot_seconds_and_visits_are_entries_an_hour():
    trace = random_trace(3, steps=20, step_s=0.5)
    for name in ("waits", "delay"):
        found = count_congestion(trace, METRICS[name])
        assert found.values.sum() == pytest.approx(found.counts.sum() * 0.5)
    visits = count_congestion(trace, METRICS["visits"])
    assert visits.total == pytest.approx(visits.counts.sum() / (10.0 / 3600.0))


def test_the_whole_run_is_the_default_window():
    trace = random_trace(4, steps=20, step_s=0.5)
    found = count_congestion(trace, METRICS["delay"])
    assert (found.from_s, found.to_s, found.counts.sum()) == (0.0, 10.0, trace.delayed.sum())


@pytest.mark.parametrize(
    ("from_s", "to_s", "steps"),
    [(-inf, inf, (0, 20)), (2.0, inf, (4, 20)), (-inf, 2.0, (0, 4)), (2.0, 10.0, (4, 20)), (0.2, 0.7, (1, 2))],
)
def test_a_window_takes_the_steps_that_begin_in_it(from_s, to_s, steps):
    trace = random_trace(5, steps=20, step_s=0.5)
    assert Window(from_s, to_s).steps(trace) == slice(*steps)


def test_rounding_of_step_times_does_not_move_a_step_out_of_its_window():
    trace = random_trace(5, steps=20, step_s=0.1)
    assert Window(0.3, 0.6).steps(trace) == slice(3, 6)


def test_a_window_may_end_where_the_run_does_but_for_rounding():
    trace = random_trace(5, steps=90, robots=1, step_s=0.7)
    assert trace.duration_s < 63.0
    assert Window(56.0, 63.0).steps(trace) == slice(80, 90)


@pytest.mark.parametrize(
    ("from_s", "to_s", "says"),
    [(10.0, inf, "10 s long"), (99.0, 100.0, "10 s long"), (0.0, 10.5, "10 s long"), (0.1, 0.2, "no step of 0.5 s")],
)
def test_a_window_outside_the_run_is_refused_with_the_length_of_the_run(from_s, to_s, says):
    with pytest.raises(SettingError, match=says):
        Window(from_s, to_s).steps(random_trace(5, steps=20, step_s=0.5))
