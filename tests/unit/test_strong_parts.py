"""The largest part of a floor whose cells all reach each other, against walking it and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL, Layout
from fleet.grid.strong_parts import largest_part
from tests.floors import closures, drawn, floors


@given(st.data())
def test_it_is_the_largest_set_of_cells_that_all_reach_each_other_or_the_first_of_these(data: st.DataObject) -> None:
    layout = data.draw(floors())
    distances = DistanceFields(layout)
    cells, edges = data.draw(closures(layout))
    distances.close(cells, edges)
    is_open = layout.passable & ~cells
    ahead = distances.neighbours.tolist()

    def reached(start: int) -> set[int]:
        found, waiting = {start}, [start]
        while waiting:
            new = {cell for cell in ahead[waiting.pop()] if cell != NO_CELL and is_open[cell]} - found
            found |= new
            waiting += new
        return found

    reach = {cell: reached(cell) for cell in np.flatnonzero(is_open).tolist()}
    parts = [sorted(other for other in reach[cell] if cell in reach[other]) for cell in reach]
    expected = max(parts, key=len, default=[])
    assert np.flatnonzero(largest_part(distances.neighbours, is_open)).tolist() == expected


@pytest.mark.parametrize("one_way", [0.1, 0.3, 0.5])
def test_on_a_large_floor_of_many_one_way_streets_it_is_what_scipy_finds(one_way: float) -> None:
    rng = np.random.default_rng(7)
    layout = Layout(60, 70, rng.random(4200) < 0.9)
    ahead = np.where(rng.random((4200, 4)) < one_way, NO_CELL, layout.neighbours)
    start, heading = (ahead != NO_CELL).nonzero()
    graph = csr_array((np.ones(len(start)), (start, ahead[start, heading])), shape=(4200, 4200))
    _, part = connected_components(graph, connection="strong")
    sizes = np.bincount(part)
    assert (sizes == sizes.max()).sum() == 1
    assert np.array_equal(largest_part(ahead, layout.passable), part == sizes.argmax())


def test_of_parts_as_large_it_is_the_one_with_the_lowest_cell_wherever_one_comes_in() -> None:
    """From 0 one comes to 4, and there into the part of 1 and 4; the other part is 2 and 3."""
    ahead = np.full((5, 4), NO_CELL, dtype=np.int32)
    ahead[:, 0] = [4, 4, 3, 2, 1]
    assert np.flatnonzero(largest_part(ahead, np.ones(5, dtype=np.bool_))).tolist() == [1, 4]


def test_a_way_through_a_cell_that_is_not_open_is_none() -> None:
    ahead = drawn("....").neighbours.copy()
    assert largest_part(ahead, np.array([True, False, True, True])).tolist() == [False, False, True, True]
    assert largest_part(ahead, np.array([True, False, True, False])).tolist() == [True, False, False, False]
