"""Pallets taken apart in PyBullet: a good order moves nothing, a bad one makes boxes fall."""

from __future__ import annotations

from tests.pallets import BALANCE, BEAM, FAR, NEAR, POST, pallet, tower
from twin.pallets.picking import Pick
from twin.pallets.picking_tool import PickingTool
from twin.pallets.random_pallets import random_pallet
from twin.pallets.rehearsal import rehearse
from twin.pallets.unloading import plan_unloading


def lifts(*order):
    return [Pick(number, 0.1) for number in order]


def test_a_planned_order_moves_no_other_box_more_than_a_few_millimetres():
    stacked = random_pallet(3, most=24)
    seen = rehearse(stacked, plan_unloading(stacked, PickingTool()).picks)
    assert seen.fallen == frozenset()
    assert len(seen.moved_m) == len(stacked.boxes)
    assert max(seen.moved_m) < 0.005
    assert seen.settled_m < 0.01


def test_a_box_pulled_from_below_another_makes_it_fall():
    assert rehearse(pallet(*tower(0.2, 0.2, 0.2)), lifts(1)).fallen == {2}
    assert rehearse(pallet(*tower(0.2, 0.2, 0.2)), lifts(0)).fallen == {1, 2}


def test_what_keeps_another_in_balance_is_really_needed():
    good, bad = rehearse(BALANCE, lifts(FAR, NEAR, BEAM, POST)), rehearse(BALANCE, lifts(NEAR))
    assert max(good.moved_m) < 0.005
    assert FAR in bad.fallen
    assert max(bad.moved_m) > 0.05


def test_what_cannot_stand_falls_before_anybody_takes_anything():
    post, beam, _, far = BALANCE.boxes
    seen = rehearse(pallet(post, beam, far), [])
    assert FAR in seen.fallen
    assert seen.settled_m > 0.05


def test_a_rehearsal_is_the_same_every_time():
    assert rehearse(BALANCE, lifts(FAR, NEAR)) == rehearse(BALANCE, lifts(FAR, NEAR))
