"""Rings in a step of a plan, and who stays because of them."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.traffic.rings import RingFinder
from tests.floors import drawn

F, R, C, W = range(4)
EAST, SOUTH, WEST, NORTH = range(4)


def found(art, cells, headings, actions, shift=0):
    columns = (np.array(c, dtype=t) for c, t in ((cells, np.int32), (headings, np.int8), (actions, np.uint8)))
    stay, pinned = RingFinder(drawn(art)).find(*columns, shift)
    return np.flatnonzero(stay).tolist(), np.flatnonzero(pinned).tolist()


RING = [1, 2, 5, 4], [EAST, SOUTH, WEST, NORTH]


def test_a_line_that_ends_at_a_free_cell_moves():
    assert found(".... ....", [2, 0, 1], [EAST] * 3, [F] * 3) == ([], [])


@pytest.mark.parametrize("shift", range(5))
def test_a_ring_stays_and_one_of_it_is_pinned(shift):
    assert found("... ...", *RING, [F] * 4, shift) == ([0, 1, 2, 3], [shift % 4])


def test_who_follows_a_ring_stays_and_is_not_pinned():
    cells, headings = [0, *RING[0]], [EAST, *RING[1]]
    stay, pinned = found("... ...", cells, headings, [F] * 5)
    assert stay == [0, 1, 2, 3, 4]
    assert pinned in ([1], [2], [3], [4])


def test_a_ring_with_one_who_turns_is_none():
    assert found("... ...", *RING, [F, F, R, F]) == ([0, 1, 3], [])


def test_who_comes_after_one_that_is_known_to_move_moves_too():
    assert found("....", [1, 2, 0], [EAST] * 3, [F] * 3) == ([], [])
    assert found("... ... ...", [4, 5, 8, 7, 1, 0], [EAST, SOUTH, WEST, NORTH, SOUTH, EAST], [F] * 6)[0] == [*range(6)]
