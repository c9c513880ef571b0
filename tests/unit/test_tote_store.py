"""Totes, their compartments, and the places at an arm."""

from __future__ import annotations

import pytest

from robots.errors import InputError
from tests.pick_cells import box_parcel
from twin.cells.tote_store import TOTE_M, ToteStore, compartments, division_for, lies_turned

_PLACES = ((0.0, 0.5, 0.4), (0.0, -0.5, 0.4))
_EXCHANGE = 1200


def _large(*names):
    """Parcels of which a tote holds one."""
    return [box_parcel(name, 0.5, 0.3, 0.1) for name in names]


def _step(store, steps):
    return [name for _ in range(steps) for name in store.step()]


@pytest.mark.parametrize(
    ("size", "division", "turned"),
    [
        ((0.13, 0.1, 0.05), (4, 2), False),
        ((0.18, 0.12, 0.05), (4, 2), True),
        ((0.25, 0.17, 0.05), (2, 2), False),
        ((0.297, 0.21, 0.004), (2, 1), True),
        ((0.366, 0.338, 0.016), (1, 1), False),
        ((0.59, 0.2, 0.1), None, False),
    ],
)
def test_a_parcel_gets_the_smallest_compartment_that_holds_it(size, division, turned):
    parcel = box_parcel(0, *size)
    assert division_for(parcel) == division
    assert lies_turned(parcel) is turned


def test_compartments_share_a_tote_and_do_not_overlap():
    for division in ((4, 2), (2, 2), (2, 1), (1, 1)):
        middles = compartments(division)
        across, along = TOTE_M[0] / division[0], TOTE_M[1] / division[1]
        assert len(set(middles)) == division[0] * division[1]
        for x, y in middles:
            assert abs(x) + across / 2 <= TOTE_M[0] / 2 + 1e-9
            assert abs(y) + along / 2 <= TOTE_M[1] / 2 + 1e-9
        assert all(
            abs(a[0] - b[0]) > across - 1e-9 or abs(a[1] - b[1]) > along - 1e-9
            for a in middles
            for b in middles
            if a != b
        )


def test_parcels_that_find_no_room_are_refused_all_together():
    store = ToteStore(2, _PLACES)
    store.put(_large(1))
    with pytest.raises(InputError, match="parcel 3"):
        store.put(_large(2, 3))
    assert not store.has(2)
    store.put(_large(4))
    assert store.hidden == [1, 4]


def test_small_parcels_share_a_tote_and_others_get_one_of_their_own():
    store = ToteStore(2, _PLACES)
    store.put([box_parcel(name, 0.1, 0.1) for name in range(8)])
    store.put(_large(9))
    with pytest.raises(InputError):
        store.put([box_parcel(10, 0.1, 0.1)])
    store.take(3)
    store.put([box_parcel(10, 0.1, 0.1)])
    store.take(9)
    store.put([box_parcel(name, 0.28, 0.18) for name in (11, 12)])  # an empty tote is divided anew
    assert sorted(store.hidden) == [0, 1, 2, 4, 5, 6, 7, 10, 11, 12]


def test_totes_that_are_asked_for_come_and_others_make_room():
    store = ToteStore(5, _PLACES)
    store.put(_large(0, 1, 2))
    assert store.call([2, 0, 1]) == []
    assert store.coming
    assert not store.at_arm(2)
    assert sorted(_step(store, _EXCHANGE)) == [0, 2]
    assert store.at_arm(2)
    assert store.at_arm(0)
    assert {store.place(2), store.place(0)} == set(_PLACES)
    assert store.hidden == [1]
    assert store.call([0, 1]) == [2]  # nobody asks for 2 any more
    assert store.hidden == [1, 2]
    assert store.call([2, 0, 1]) == []  # both places are taken by what is wanted
    assert _step(store, _EXCHANGE) == [1]
    assert not store.coming


def test_totes_at_the_arm_are_not_filled():
    store = ToteStore(1, _PLACES)
    store.put([box_parcel(0, 0.1, 0.1)])
    store.call([0])
    with pytest.raises(InputError):
        store.put([box_parcel(1, 0.1, 0.1)])
