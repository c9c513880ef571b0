"""The worst spots: neighbourhoods that do not overlap, worst first, ties decided by place."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fleet.report.heat.hot_spots import HotSpot, find_hot_spots
from tests.oracles import congestion as oracle

grids = st.tuples(st.integers(1, 14), st.integers(1, 14)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.one_of(st.just(0), st.integers(0, 4)))
)


@given(counts=grids, most=st.integers(1, 10))
def test_spots_are_those_found_by_looking_at_every_cell(counts, most):
    found = [(spot.row, spot.column, spot.around) for spot in find_hot_spots(counts, most)]
    assert found == oracle.hot_spots(counts.tolist(), most)


def test_a_floor_without_counts_has_no_spots():
    assert find_hot_spots(np.zeros((9, 9), dtype=np.int64)) == []


def test_a_jam_is_one_spot_and_not_ten_neighbouring_cells():
    counts = np.zeros((30, 30), dtype=np.int64)
    counts[4:9, 4:9] = 10
    counts[20, 20] = 1
    assert find_hot_spots(counts) == [HotSpot(6, 6, 250), HotSpot(20, 20, 1)]
