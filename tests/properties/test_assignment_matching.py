from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from fleet.assignment.candidates import candidate_mask
from fleet.assignment.matching import minimum_cost_matching
from tests.oracles.matchings import best

EDGES = st.dictionaries(
    st.tuples(st.integers(0, 4), st.sampled_from([0, 1, 2, 7, 40])),
    st.sampled_from([-3.5, -1.0, 0.0, 0.0, 1.0, 2.0, 2.0, 1000.0]) | st.floats(-50, 50),
    max_size=12,
)


def columns_of(edges):
    rows = np.array([row for row, _ in edges], dtype=np.int64)
    columns = np.array([column for _, column in edges], dtype=np.int64)
    return rows, columns, np.array(list(edges.values()), dtype=np.float64)


@given(edges=EDGES)
def test_no_matching_has_more_pairs_or_costs_less(edges):
    rows, columns = minimum_cost_matching(*columns_of(edges), n_rows=5)
    pairs = list(zip(rows.tolist(), columns.tolist(), strict=True))
    assert len(set(rows.tolist())) == len(set(columns.tolist())) == len(pairs)
    assert all(pair in edges for pair in pairs)
    assert rows.tolist() == sorted(rows.tolist())
    most, cost = best(edges, 5)
    assert len(pairs) == most
    assert sum(edges[pair] for pair in pairs) == pytest.approx(cost, abs=1e-6)


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 40), columns=st.integers(1, 40))
def test_matchings_of_many_cost_as_little_as_scipy_finds(seed, rows, columns):
    rng = np.random.default_rng(seed)
    # Few different costs make many ties; thirds make sums that are rounded.
    costs = rng.integers(-4, 8, (rows, columns)) / 3
    row, column = np.indices(costs.shape).reshape(2, -1)
    found = minimum_cost_matching(row, column, costs.ravel(), n_rows=rows)
    assert len(set(found[1].tolist())) == len(found[0]) == min(rows, columns)
    assert costs[found].sum() == pytest.approx(costs[linear_sum_assignment(costs)].sum(), abs=1e-9)


@given(edges=EDGES, order=st.randoms(use_true_random=False))
def test_the_order_of_edges_makes_no_difference(edges, order):
    shuffled = list(edges.items())
    order.shuffle(shuffled)
    one = minimum_cost_matching(*columns_of(edges), n_rows=5)
    other = minimum_cost_matching(*columns_of(dict(shuffled)), n_rows=5)
    assert [part.tolist() for part in one] == [part.tolist() for part in other]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_costs_that_are_not_finite_are_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        minimum_cost_matching(np.array([0, 1]), np.array([0, 0]), np.array([1.0, bad]), n_rows=2)


@given(
    robots=st.lists(st.integers(0, 59), min_size=1, max_size=4),
    places=st.lists(st.integers(0, 59), min_size=1, max_size=20),
    nearest=st.integers(1, 6),
    always=st.sets(st.integers(0, 19), max_size=3),
)
def test_candidates_are_the_nearest_and_those_named(robots, places, nearest, always):
    width = 10
    always = sorted(place for place in always if place < len(places))
    mask = candidate_mask(
        np.array(robots, dtype=np.int32),
        np.array(places, dtype=np.int32),
        width,
        nearest,
        np.array(always, dtype=np.int64),
    )
    for row, robot in enumerate(robots):
        distances = [abs(robot // width - place // width) + abs(robot % width - place % width) for place in places]
        by_distance = sorted(range(len(places)), key=lambda at: (distances[at], at))
        assert set(np.flatnonzero(mask[row])) == set(by_distance[:nearest]) | set(always)
