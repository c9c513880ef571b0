"""So many people swap cages, one after the other, each in the time that the seed gives."""

from __future__ import annotations

import numpy as np

from fleet.runtime.keeping.cage_swaps import SimulatedSwaps
from fleet.runtime.keeping.params import CageParams

EACH_60_S = CageParams(people=2, least_swap_s=60.0, most_swap_s=60.0)


def over(swaps, until_s):
    """When each cage was swapped, looked at every second."""
    return {cage: now_s for now_s in range(until_s) for cage in swaps.done(float(now_s))}


def test_one_person_swaps_one_cage_at_a_time():
    swaps = SimulatedSwaps(EACH_60_S, seed=1)
    for cage in range(5):
        swaps.ask(cage, 10.0)
    assert over(swaps, 400) == {0: 70, 1: 70, 2: 130, 3: 130, 4: 190}


def test_people_that_are_free_begin_when_they_are_asked():
    swaps = SimulatedSwaps(EACH_60_S, seed=1)
    swaps.ask(3, 10.0)
    assert over(swaps, 100) == {3: 70}
    swaps.ask(3, 500.0)
    assert swaps.done(559.9) == []
    assert swaps.done(560.0) == [3]
    assert swaps.done(9999.0) == []


def test_times_are_from_the_range_and_follow_from_the_seed_alone():
    params = CageParams(people=100)

    def times(seed, order):
        swaps = SimulatedSwaps(params, seed)
        for cage in order:
            swaps.ask(cage, 0.0)
        return over(swaps, 200)

    forward, other = times(1, range(50)), times(2, range(50))
    assert forward == times(1, reversed(range(50)))
    assert forward != other
    spread = np.array(list(forward.values()))
    assert params.least_swap_s <= spread.min() < 80 < 160 < spread.max() <= params.most_swap_s + 1
