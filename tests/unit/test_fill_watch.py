"""When cages are called full."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.sensing.estimates import FillEstimate
from fleet.sensing.fill_watch import FillWatch, FullParams
from robots.errors import InputError

LITRES = np.array([900.0, 900.0, 500.0])
NOTHING = np.zeros(3)


def estimate(*fractions, confidence=1.0):
    columns = np.array(fractions, dtype=np.float32)
    return FillEstimate(0.0, columns, np.full(columns.shape, confidence, dtype=np.float32), np.zeros_like(columns))


def test_a_cage_is_full_from_the_threshold_on():
    full = FillWatch(LITRES, FullParams(call_at=0.94)).full(estimate(0.93, 0.95, 1.0), NOTHING)
    assert full.tolist() == [False, True, True]
    assert full.dtype == np.bool_


def test_what_is_on_its_way_counts_with_its_packing_and_gaps():
    watch = FillWatch(LITRES, FullParams(call_at=0.95, heap_litres=5.0))
    assert watch.full(estimate(0.85, 0.85, 0.85), np.array([17.0, 19.0, 11.0])).tolist() == [False, True, True]


def test_a_cage_stays_full_until_it_is_swapped():
    watch = FillWatch(LITRES)
    watch.full(estimate(0.99, 0.0, 0.99), NOTHING)
    assert watch.full(estimate(0.5, 0.0, 0.5), NOTHING).tolist() == [True, False, True]
    watch.swapped(0)
    assert watch.full(estimate(0.5, 0.0, 0.5), NOTHING).tolist() == [False, False, True]


def test_an_estimate_that_is_not_sure_calls_a_cage_full_only_at_the_rim():
    watch = FillWatch(LITRES, FullParams(least_confidence=0.8))
    assert watch.full(estimate(0.97, 0.97, 1.0, confidence=0.5), NOTHING).tolist() == [False, False, True]
    assert watch.full(estimate(0.97, 0.97, 1.0, confidence=0.8), NOTHING).all()


def test_what_is_given_back_is_nobody_elses():
    watch = FillWatch(LITRES)
    watch.full(estimate(0.1, 0.1, 0.1), NOTHING)[:] = True
    assert not watch.full(estimate(0.1, 0.1, 0.1), NOTHING).any()


@pytest.mark.parametrize(
    "change", [{"call_at": 1.1}, {"call_at": 0.0}, {"least_confidence": -0.1}, {"heap_litres": 0.0}]
)
def test_parameters_that_cannot_be_are_refused(change):
    with pytest.raises(InputError, match="cannot be"):
        FullParams(**change)


def test_cages_without_volume_are_refused():
    with pytest.raises(InputError, match="give litres"):
        FillWatch(np.array([900.0, 0.0]))
