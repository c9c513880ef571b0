"""Where a load is taken over: the nearest open cell of the floor."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.runtime.takeover_places import TakeoverPlaces
from tests.floors import drawn, floors, marked

FLOOR = """
    ....#x
    .r..##
    ....a.
"""
AT = marked(FLOOR)


class Places:
    def __init__(self, floor):
        self.distances = DistanceFields(drawn(floor))
        self.places = TakeoverPlaces(self.distances)

    def close(self, *cells):
        closed = np.zeros(self.distances.layout.cells, dtype=np.bool_)
        closed[list(cells)] = True
        self.distances.close(closed)

    def near(self, *cells):
        return self.places.near(np.array(cells, dtype=np.int32)).tolist()


def test_the_cell_beside_the_robot_that_comes_first_by_direction():
    places = Places(FLOOR)
    east, south, west, north = AT["r"] + 1, AT["r"] + 6, AT["r"] - 1, AT["r"] - 6
    assert places.near(AT["r"]) == [east]
    closed = []
    for taken, following in zip((east, south, west), (south, west, north), strict=True):
        closed.append(taken)
        places.close(*closed)
        assert places.near(AT["r"]) == [following]
    places.close()
    assert places.near(AT["r"]) == [east]


def test_people_walk_through_closed_cells():
    places = Places(FLOOR)
    places.close(*(AT["r"] + step for step in (0, 1, -1, 6, -6)))
    assert places.near(AT["r"]) == [AT["r"] + 2]


def test_a_cell_that_is_cut_off_is_no_place():
    places = Places("r.....\n.#####\n......")
    places.close(1, 2)
    assert places.near(0) == [6]
    places.close(2, 6)
    assert places.near(0) == [12]


def test_a_cell_that_can_only_be_left_is_no_place():
    layout = drawn("r.....")
    distances = DistanceFields(layout)
    edges = np.zeros((6, 4), dtype=np.bool_)
    edges[2, 2] = True
    distances.close(np.zeros(6, dtype=np.bool_), edges)
    assert TakeoverPlaces(distances).near(np.zeros(1, dtype=np.int32)).tolist() == [2]


def test_of_two_halves_as_large_the_one_with_the_lowest_cell_is_the_floor():
    places = Places("...\n.r.\n...")
    places.close(3, 4, 5)
    assert places.near(4) == [1]


def test_without_an_open_cell_there_is_no_place():
    places = Places(FLOOR)
    assert places.near(AT["x"]) == [NO_CELL]
    places.close(*range(18))
    assert places.near(AT["r"], AT["x"]) == [NO_CELL, NO_CELL]
    assert places.near() == []


@given(floors(), st.data())
def test_the_place_is_a_nearest_one_of_the_largest_part_of_the_floor(layout, data):
    """A slow search by rows and columns over all pairs of cells says the same."""
    free = layout.free_cells.tolist()
    cell = data.draw(st.sampled_from(free))
    shut = set(data.draw(st.lists(st.sampled_from(free), max_size=8)))
    distances = DistanceFields(layout)
    closed = np.zeros(layout.cells, dtype=np.bool_)
    closed[list(shut)] = True
    distances.close(closed)
    found = int(TakeoverPlaces(distances).near(np.array([cell], dtype=np.int32))[0])

    def spread(start, allowed):
        apart = {start: 0}
        waves = [start]
        for here in waves:
            for near in (here + 1, here - 1, here + layout.width, here - layout.width):
                same_row = near // layout.width == here // layout.width
                if near in allowed and near not in apart and (same_row or abs(near - here) == layout.width):
                    apart[near] = apart[here] + 1
                    waves.append(near)
        return apart

    still_open = set(free) - shut
    parts = [set(spread(start, still_open)) for start in still_open]
    most = max((len(part) for part in parts), default=0)
    apart = spread(cell, set(free))
    able = {at for at in apart if at != cell and any(at in part and len(part) == most for part in parts)}
    if found == NO_CELL:
        assert not able or len({frozenset(part) for part in parts if len(part) == most}) > 1
    else:
        assert found in able
        if len({frozenset(part) for part in parts if len(part) == most}) == 1:
            assert apart[found] == min(apart[at] for at in able)
