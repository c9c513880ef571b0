"""So many people swap cages and free chutes, one after the other, each in the time that the seed gives."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.runtime.keeping.chute_visits import SimulatedVisits, Visit
from fleet.runtime.keeping.params import CageParams

EACH_60_S = CageParams(people=2, least_swap_s=60.0, most_swap_s=60.0, least_free_s=20.0, most_free_s=20.0)


def nothing_stuck(chute):
    return False


def over(visits, until_s):
    """When somebody was done at each chute, looked at every second."""
    return {visit.chute: now_s for now_s in range(until_s) for visit in visits.done(float(now_s))}


def test_one_person_sees_to_one_chute_at_a_time():
    visits = SimulatedVisits(EACH_60_S, 1, nothing_stuck)
    for chute in range(5):
        visits.swap(chute, 10.0)
    visits.free(5, 10.0)
    assert over(visits, 400) == {0: 70, 1: 70, 2: 130, 3: 130, 4: 190, 5: 150}


def test_people_that_are_free_begin_when_they_are_asked():
    visits = SimulatedVisits(EACH_60_S, 1, nothing_stuck)
    visits.swap(3, 10.0)
    assert over(visits, 100) == {3: 70}
    visits.free(3, 500.0)
    assert visits.done(519.9) == []
    assert visits.done(520.0) == [Visit(3, swapped=False, stuck=False)]
    assert visits.done(9999.0) == []


def test_what_is_found_is_what_is_stuck_when_somebody_comes():
    stuck = set()
    visits = SimulatedVisits(EACH_60_S, 1, stuck.__contains__)
    visits.swap(3, 0.0)
    visits.swap(4, 0.0)
    stuck.add(3)
    assert visits.done(60.0) == [Visit(3, swapped=True, stuck=True), Visit(4, swapped=True, stuck=False)]


@pytest.mark.parametrize("kind", ["swap", "free"])
def test_times_are_from_the_range_and_follow_from_the_seed_alone(kind):
    params = CageParams(people=100)
    least, most = getattr(params, f"least_{kind}_s"), getattr(params, f"most_{kind}_s")

    def times(seed, order):
        visits = SimulatedVisits(params, seed, nothing_stuck)
        for chute in order:
            getattr(visits, kind)(chute, 0.0)
        return over(visits, 200)

    forward, other = times(1, range(50)), times(2, range(50))
    assert forward == times(1, reversed(range(50)))
    assert forward != other
    spread, middle = np.array(list(forward.values())), (least + most) / 2
    assert least <= spread.min() < middle - 20 < middle + 20 < spread.max() <= most + 1
