"""How weight comes down through a pile, and when a box is not held."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.pallets import BALANCE, FAR, NEAR, box, pallet, tower
from twin.pallets.equilibrium import can_stand
from twin.pallets.load_paths import LoadPaths, inside, spring_forces
from twin.pallets.touching import DECK, faces

SQUARE = np.array([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)])


def put_all(stacked, margin_m=0.01):
    """Put the boxes on a pile in their order; return which of them were put."""
    pile = LoadPaths(margin_m)
    found = faces(stacked, 1e-9)
    return pile, [pile.put(row, one, found[row]) for row, one in enumerate(stacked.boxes)]


def test_a_box_stands_on_all_that_it_touches_and_on_nothing_else():
    low, high = box(0, (0.0, 0.0, 0.0), (0.3, 0.3, 0.2)), box(1, (0.31, 0.0, 0.0), (0.3, 0.3, 0.2))
    lower, bridge = box(2, (0.0, 0.31, 0.0), (0.3, 0.3, 0.15)), box(3, (0.2, 0.2, 0.2), (0.2, 0.2, 0.1))
    found = faces(pallet(low, high, lower, bridge), 1e-9)
    assert found[0].below.tolist() == [DECK]
    assert found[3].below.tolist() == [0, 1]
    assert found[3].area_m2 == pytest.approx(0.1 * 0.1 + 0.09 * 0.1)


def test_a_box_whose_middle_is_not_over_its_support_is_not_put_there():
    base = box(0, (0.3, 0.3, 0.0), (0.3, 0.3, 0.2))
    for over, held in ((0.139, True), (0.141, False), (0.16, False)):
        _, put = put_all(pallet(base, box(1, (0.3 + over, 0.3, 0.2), (0.3, 0.3, 0.2))))
        assert put == [True, held]


def test_a_weight_that_would_tip_what_it_stands_on_is_not_put_there():
    post, beam, near, far = BALANCE.boxes
    assert put_all(pallet(post, beam, near, far))[1] == [True] * 4
    assert put_all(pallet(post, beam, far))[1] == [True, True, False]


def test_a_box_that_keeps_another_in_balance_is_not_taken_before_it():
    pile, _ = put_all(BALANCE)
    assert not pile.take(NEAR)
    assert pile.take(FAR)
    assert pile.take(NEAR)


def test_what_is_refused_leaves_no_trace():
    post, beam, _, far = BALANCE.boxes
    pile, _ = put_all(pallet(post, beam))
    found = faces(pallet(post, beam, far), 1e-9)
    assert not pile.put(2, far, found[2])
    light = box(9, (far.x_m, far.y_m, far.z_m), far.parcel.size_m, 0.1)
    assert pile.put(2, light, found[2])
    assert [pile.take(row) for row in (2, 1, 0)] == [True] * 3


def test_what_hangs_in_the_air_is_taken_only_if_that_is_accepted():
    pile = LoadPaths(0.01)
    floating = pallet(box(0, (0, 0, 0.5), (0.3, 0.3, 0.2)), box(1, (0, 0, 0.7), (0.3, 0.3, 0.2)))
    for row, found in enumerate(faces(floating, 1e-9)):
        pile.find(row, floating.boxes[row], found)
    assert not pile.take(1)
    assert pile.take(1, surely=False)
    assert pile.take(0)


def test_a_load_in_the_middle_is_shared_evenly_and_one_at_a_corner_is_not():
    assert spring_forces(SQUARE - 0.5, np.ones(4)) == pytest.approx([0.25] * 4)
    forces = spring_forces(SQUARE - 0.1, np.ones(4))
    assert forces[0] == max(forces)
    assert forces[3] == 0.0


def test_springs_in_a_row_hold_nothing():
    row = np.array([(-1.0, 0.0), (0.0, 0.0), (1.0, 0.0)])
    assert spring_forces(row, np.ones(3)) is None
    assert not inside(row, (0.0, 0.0), 0.0)


def test_no_springs_balance_a_load_beside_them():
    assert spring_forces(SQUARE + 0.5, np.ones(4)) is None


@pytest.mark.parametrize(("at", "margin_m", "held"), [((0.1, 0.5), 0.09, True), ((0.1, 0.5), 0.11, False)])
def test_a_margin_is_kept_from_the_border(at, margin_m, held):
    assert inside(SQUARE, at, margin_m) is held


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 10)), min_size=3, max_size=20))
def test_spring_forces_that_are_found_push_and_balance_the_load(springs):
    points, stiffness = np.array(springs)[:, :2], np.array(springs)[:, 2]
    assume(inside(points, (0.0, 0.0), 0.02))
    forces = spring_forces(points, stiffness)
    assume(forces is not None)
    assert (forces >= 0.0).all()
    assert [forces.sum(), *(forces @ points)] == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)


def test_a_tower_is_taken_box_by_box():
    pile, put = put_all(pallet(*tower(0.2, 0.2, 0.2)))
    assert put == [True] * 3
    assert [pile.take(row) for row in (2, 1, 0)] == [True] * 3


@pytest.mark.parametrize(
    ("taken", "stands"), [((), True), ((NEAR,), False), ((FAR,), True), ((NEAR, FAR), True), ((0,), False)]
)
def test_the_exact_answer_knows_what_keeps_what_in_balance(taken, stands):
    there = np.ones(4, dtype=np.bool_)
    there[list(taken)] = False
    assert can_stand(BALANCE, there, faces(BALANCE, 1e-9), 0.005) is stands


def test_nothing_stands_and_what_floats_does_not():
    floating = pallet(box(0, (0, 0, 0.5), (0.3, 0.3, 0.2)))
    for there, stands in ((False, True), (True, False)):
        assert can_stand(floating, np.array([there]), faces(floating, 1e-9), 0.0) is stands
