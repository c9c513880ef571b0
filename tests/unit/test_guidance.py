"""Guidance: weights of moves, distances that respect them, and planners that follow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import SettingError
from fleet.grid.distances import UNREACHABLE, DistanceFields
from fleet.grid.guidance import Guidance
from tests.fleets import Fleet, every_planner
from tests.floors import drawn, floors, marked, places
from tests.oracles.distances import least_cost

E, S, W, N = range(4)
FREE = 10


def guided(layout, weights, turn=7, unit=FREE):
    """Guidance with weight `unit` for every move but those in `weights`, {(cell, heading): weight}."""
    forward = np.full((layout.cells, 4), unit, dtype=np.uint8)
    for (cell, heading), weight in weights.items():
        forward[cell, heading] = weight
    return Guidance(forward, turn, unit)


@st.composite
def guidances(draw, layout):
    weight = st.integers(1, draw(st.sampled_from([3, 20, 255])))
    turn = st.integers(1, 7)
    forward = draw(st.lists(weight, min_size=4 * layout.cells, max_size=4 * layout.cells))
    return Guidance(np.array(forward, dtype=np.uint8).reshape(-1, 4), draw(turn), draw(weight))


@given(st.data())
def test_fields_hold_the_least_cost_of_a_way(data):
    layout = data.draw(floors(side=4))
    guidance = data.draw(guidances(layout))
    distances = DistanceFields(layout, guidance=guidance)
    goals = data.draw(st.lists(st.sampled_from(layout.free_cells.tolist()), min_size=1, max_size=3))
    slots = distances.slots(np.array(goals, dtype=np.int32))
    forward = {
        (*divmod(cell, layout.width), heading): int(guidance.forward[cell, heading])
        for cell in range(layout.cells)
        for heading in range(4)
    }
    for slot, goal in zip(slots.tolist(), goals, strict=True):
        for cell in layout.free_cells.tolist():
            for heading in range(4):
                robot = (*divmod(cell, layout.width), heading)
                cost = least_cost(places(layout), forward, guidance.turn, robot, divmod(goal, layout.width))
                found = distances.at(slot, cell, heading)
                assert found == (UNREACHABLE if cost is None else cost)


def test_travel_is_in_free_steps_rounded_up():
    layout = drawn("...#.")
    distances = DistanceFields(layout, guidance=guided(layout, {(1, E): 11}))
    ways = distances.travel(np.array([2], dtype=np.int32), np.array([0, 1, 2, 4], dtype=np.int32), np.zeros(4, np.int8))
    # From cell 0: a free move and one of 11.
    assert ways.tolist() == [[3, 2, 0, UNREACHABLE]]


@pytest.mark.parametrize("weight", [254, 255])
def test_ways_too_dear_for_a_field_are_still_ways(weight):
    layout = drawn("." * 300)
    goal, here = np.array([299], dtype=np.int32), np.array([0, 41, 43], dtype=np.int32)
    every_move = {(cell, E): weight for cell in range(300)}
    distances = DistanceFields(layout, guidance=guided(layout, every_move, unit=1))
    ways = distances.travel(goal, here, np.zeros(3, dtype=np.int8))[0].tolist()
    assert ways == [min(weight * (299 - cell), UNREACHABLE - 1) for cell in here.tolist()]


def test_no_guidance_and_guidance_of_ones_are_the_same():
    layout = drawn("..#. .... .#..")
    plain, ones = DistanceFields(layout), DistanceFields(layout, guidance=Guidance.none(layout))
    for distances in (plain, ones):
        distances.slots(layout.free_cells)
    assert (plain.fields == ones.fields).all()
    assert plain.unit == ones.unit == 1
    assert Guidance.none(layout).is_uniform
    assert not guided(layout, {(0, E): 2}, turn=1, unit=1).is_uniform
    assert not guided(layout, {}, turn=2, unit=1).is_uniform


def test_guidance_of_another_floor_is_refused():
    with pytest.raises(ValueError, match="guidance is for 3 cells, not 4"):
        DistanceFields(drawn("...."), guidance=Guidance.none(drawn("...")))


@pytest.mark.parametrize("shape", [(4,), (3, 3), (3, 4, 1)])
def test_weights_have_a_column_a_heading(shape):
    with pytest.raises(ValueError, match="not uint8"):
        Guidance(np.ones(shape, dtype=np.uint8), 1, 1)


def test_weights_are_small_whole_numbers():
    with pytest.raises(ValueError, match="not uint8"):
        Guidance(np.ones((3, 4), dtype=np.int32), 1, 1)
    for forward, turn, unit in [(0, 1, 1), (1, 0, 1), (1, 8, 1), (1, 1, 0), (1, 1, 256)]:
        with pytest.raises(SettingError, match=r"use (a )?whole numbers?"):
            Guidance(np.full((3, 4), forward, dtype=np.uint8), turn, unit)


@every_planner
@given(data=st.data())
def test_a_lone_robot_reaches_its_goal_whatever_the_weights(name, data):
    layout = data.draw(floors(side=5))
    guidance = data.draw(guidances(layout))
    start, goal = (data.draw(st.sampled_from(layout.free_cells.tolist())) for _ in range(2))
    if DistanceFields(layout).travel(np.array([goal]), np.array([start]), np.zeros(1, np.int8))[0, 0] == UNREACHABLE:
        return
    fleet = Fleet(layout, name, [start], E, guidance)
    assert fleet.steps_until_there([goal], 4 * layout.cells) is not None


ROUND = "aXXXG .###. ....."


@every_planner
@pytest.mark.parametrize(("weight", "steps"), [(FREE, 4), (255, 2 + 4 + 2 + 3)])
def test_a_robot_goes_round_by_the_lane_rather_than_against_it(name, weight, steps):
    layout, mark = drawn(ROUND), marked(ROUND)
    against = {(cell, E): weight for cell in range(4)}
    fleet = Fleet(layout, name, [mark["a"]], E, guided(layout, against))
    assert fleet.steps_until_there([mark["G"]], 20) == steps


@every_planner
def test_two_robots_pass_each_other_in_two_lanes(name):
    layout = drawn("a........b .......... ")
    west_above = {(cell, E): 200 for cell in range(10)} | {(cell, W): 200 for cell in range(10, 20)}
    fleet = Fleet(layout, name, [0, 9], [E, W], guided(layout, west_above, turn=1))
    steps = fleet.steps_until_there([9, 0], 40)
    assert steps is not None
    assert steps <= 14
