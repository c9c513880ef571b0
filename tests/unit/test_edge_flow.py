"""Edge flow: entries into cells by the direction from which robots come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import SettingError
from fleet.report.heat.congestion import METRICS, Window, count_congestion
from fleet.report.heat.edge_flow import count_edge_flow
from tests.oracles import congestion as oracle
from tests.recorded_runs import random_trace, scripted_trace


@given(seed=st.integers(0, 999), ends=st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda e: e[0] != e[1]))
def test_entries_are_those_of_counting_one_by_one(seed, ends):
    trace = random_trace(seed, steps=12, height=3, width=3)
    first, end = sorted(ends)
    found = count_edge_flow(trace, Window(first * 0.5, end * 0.5))
    assert {place: int(n) for place, n in np.ndenumerate(found.entries) if n} == oracle.entries(
        trace, range(first, end)
    )


def test_over_all_directions_they_are_the_visits():
    trace = scripted_trace("E E S W N E E S i", "E E E S S W N i i", width=9, height=5)
    visits = count_congestion(trace, METRICS["visits"])
    flow = count_edge_flow(trace)
    assert np.array_equal(flow.entries.sum(axis=0), visits.counts)
    assert flow.total == pytest.approx(visits.total)


def test_a_rate_is_over_the_window():
    flow = count_edge_flow(scripted_trace("E E W W"), Window(to_s=2.0))
    assert flow.per_hour[0, 0].tolist()[:3] == [0.0, 1800.0, 1800.0]
    assert (flow.from_s, flow.to_s) == (0.0, 2.0)


def test_a_window_past_the_end_is_refused():
    with pytest.raises(SettingError, match="past the end"):
        count_edge_flow(random_trace(1, steps=4), Window(from_s=99.0))
