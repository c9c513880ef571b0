"""The frozen map: indices, free cells, neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from fleet.grid.layout import NO_CELL, Layout
from robots.state import Heading
from tests.floors import drawn, floors, places
from tests.oracles.distances import AHEAD


def test_cells_count_along_rows():
    layout = drawn("... ...")
    assert layout.cell(1, 2) == 5
    assert layout.row_column(5) == (1, 2)
    assert layout.cells == 6


@pytest.mark.parametrize(("row", "column"), [(-1, 0), (0, -1), (2, 0), (0, 3)])
def test_place_outside_the_map_has_no_cell(row, column):
    with pytest.raises(IndexError, match=f"row {row}, column {column} is outside the 2 x 3 map"):
        drawn("... ...").cell(row, column)


def test_free_cells_are_the_passable_ones_in_ascending_order():
    free = drawn(".#. #..").free_cells
    assert free.dtype == np.int32
    assert free.tolist() == [0, 2, 4, 5]


def test_neighbours_lie_east_south_west_and_north():
    ahead = drawn("... ... ...").neighbours[4]
    assert ahead[Heading.EAST] == 5
    assert ahead[Heading.SOUTH] == 7
    assert ahead[Heading.WEST] == 3
    assert ahead[Heading.NORTH] == 1


@given(floors())
def test_only_passable_cells_side_by_side_are_neighbours(layout):
    passable = places(layout)
    assert layout.neighbours.dtype == np.int32
    for cell in range(layout.cells):
        row, column = divmod(cell, layout.width)
        for heading, (down, right) in AHEAD.items():
            there = (row + down, column + right)
            joined = (row, column) in passable and there in passable
            expected = there[0] * layout.width + there[1] if joined else NO_CELL
            assert layout.neighbours[cell, heading] == expected


def test_passable_may_be_given_as_a_grid_or_a_column():
    grid = np.array([[True, False], [True, True]])
    assert Layout(2, 2, grid).free_cells.tolist() == Layout(2, 2, grid.reshape(-1)).free_cells.tolist() == [0, 2, 3]


@pytest.mark.parametrize(("height", "width"), [(2, 2), (0, 6), (6, 0), (-1, -6)])
def test_size_that_does_not_fit_the_cells_is_refused(height, width):
    with pytest.raises(ValueError, match=f"passable has 6 cells, not {height} x {width}"):
        Layout(height, width, np.ones(6, dtype=np.bool_))


@pytest.mark.parametrize("column", ["passable", "free_cells", "neighbours"])
def test_columns_cannot_be_written(column):
    with pytest.raises(ValueError, match="read-only"):
        getattr(drawn(".. .."), column)[0] = 0


def test_layout_keeps_its_cells_when_the_callers_array_changes():
    passable = np.ones(4, dtype=np.bool_)
    layout = Layout(2, 2, passable)
    passable[0] = False
    assert layout.passable.all()
