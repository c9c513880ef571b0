"""Reachability on any floor agrees with walking it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from fleet.grid.components import components
from fleet.grid.layout import Layout
from sim_worlds.reachability import chokes
from tests.floors import floors
from tests.oracles.reachability import cutting, reached


@given(floors())
def test_cells_have_the_same_component_exactly_if_one_walks_to_the_other(layout: Layout) -> None:
    labels = components(layout)
    for cell in layout.free_cells.tolist():
        same = {other for other in layout.free_cells.tolist() if labels[other] == labels[cell]}
        assert same == reached(layout, cell, -1)
    assert not labels[~layout.passable].any()
    assert list(dict.fromkeys(labels[layout.free_cells].tolist())) == list(range(1, labels.max() + 1))


@pytest.mark.parametrize("obstacles", [0.0, 0.2, 0.41, 0.6])
def test_a_large_floor_has_the_components_that_scipy_finds_in_a_picture_of_it(obstacles: float) -> None:
    passable = np.random.default_rng(3).random((150, 130)) >= obstacles
    assert np.array_equal(components(Layout(150, 130, passable)), ndimage.label(passable)[0].reshape(-1))


def test_one_corridor_back_and_forth_is_one_component() -> None:
    passable = np.ones((301, 300), dtype=np.bool_)
    passable[1::4, :-1] = passable[3::4, 1:] = False
    assert np.array_equal(components(Layout(301, 300, passable)), passable.reshape(-1))


@given(floors(), st.data())
def test_chokes_are_the_goals_without_which_others_lose_each_other(layout: Layout, data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.sampled_from(layout.free_cells.tolist()), max_size=12))
    goal = np.zeros(layout.cells, dtype=np.bool_)
    goal[list(chosen)] = True
    found = chokes(layout, goal)
    assert set(found) == cutting(layout, chosen)
    assert all(0 < cut < len(chosen) for cut in found.values())
