"""The order in which a mixed pallet is taken apart, and what is left on it."""

from __future__ import annotations

import pytest

from tests.pallets import BALANCE, BEAM, FAR, NEAR, POST, box, pallet, tower
from twin.pallets.mixed_pallet import PalletError
from twin.pallets.picking import Refusal
from twin.pallets.picking_tool import PickingTool
from twin.pallets.unloading import UnloadingParams, plan_unloading

TOOL = PickingTool()


def order(stacked, tool=TOOL, **params):
    return plan_unloading(stacked, tool, UnloadingParams(**params)).order


def test_a_tower_is_taken_from_above():
    assert order(pallet(*tower(0.2, 0.2, 0.2))) == (2, 1, 0)


def test_a_layer_is_taken_from_the_near_side_to_the_far_one():
    rows = [box(number, (0.4, y, 0.0), (0.3, 0.19, 0.2)) for number, y in enumerate((0.6, 0.0, 0.2, 0.4))]
    assert order(pallet(*rows)) == (1, 2, 3, 0)


def test_the_upper_layer_comes_first_even_where_a_lower_box_is_nearer():
    near = box(9, (0.4, 0.0, 0.0), (0.3, 0.29, 0.2))
    high = tower(0.3, 0.3, x_m=0.4, y_m=0.45)
    assert order(pallet(near, *high), layer_m=0.3) == (1, 9, 0)
    assert order(pallet(near, *high), layer_m=1.0) == (9, 1, 0)


def test_boxes_are_lifted_over_what_is_between_them_and_the_near_side_only():
    front, back, aside = (
        box(0, (0.4, 0.1, 0.0), (0.3, 0.2, 0.1)),
        box(1, (0.4, 0.5, 0.0), (0.3, 0.2, 0.4)),
        box(2, (0.0, 0.1, 0.0), (0.2, 0.2, 0.4)),
    )
    picks = plan_unloading(pallet(front, back, aside), TOOL, UnloadingParams(layer_m=0.1)).picks
    lifts = {pick.box: pick.lift_m for pick in picks}
    assert picks[-1].box == 0
    assert lifts[1] == pytest.approx(0.1 + TOOL.clearance_m)
    assert lifts[2] == lifts[0] == pytest.approx(TOOL.clearance_m)


def test_a_box_that_keeps_another_from_tipping_waits_for_it():
    assert order(BALANCE) == (FAR, NEAR, BEAM, POST)


def test_two_boxes_that_keep_each_other_in_balance_stay():
    post, beam, _, far = BALANCE.boxes
    even = pallet(post, beam, box(NEAR, (0.43, 0.3, 0.3), (0.14, 0.2, 0.1), 2.0), far)
    unloading = plan_unloading(even, TOOL)
    assert unloading.picks == ()
    assert unloading.refused == {
        POST: Refusal.COVERED,
        BEAM: Refusal.COVERED,
        NEAR: Refusal.KEEPS_OTHERS,
        FAR: Refusal.KEEPS_OTHERS,
    }


def test_a_box_beside_a_higher_one_waits_until_the_tool_has_room():
    low = box(0, (0.52, 0.0, 0.0), (0.15, 0.15, 0.2))
    high = box(1, (0.675, 0.0, 0.0), (0.15, 0.15, 0.25))
    assert order(pallet(low, high), PickingTool(radius_m=0.09)) == (1, 0)
    assert order(pallet(low, high), PickingTool(radius_m=0.06)) == (0, 1)


@pytest.mark.parametrize(
    ("tool", "why"),
    [(PickingTool(payload_kg=1.5), Refusal.TOO_HEAVY), (PickingTool(cups_m=0.31), Refusal.TOO_SMALL)],
)
def test_what_the_tool_cannot_hold_stays_and_so_does_what_is_below_it(tool, why):
    stacked = pallet(
        box(0, (0.3, 0.3, 0.0), (0.35, 0.35, 0.2), 1.0),
        box(1, (0.3, 0.3, 0.2), (0.3, 0.3, 0.2), 2.0),
        box(2, (0.3, 0.3, 0.4), (0.35, 0.35, 0.2), 1.0),
    )
    unloading = plan_unloading(stacked, tool)
    assert unloading.order == (2,)
    assert unloading.refused == {0: Refusal.COVERED, 1: why}


def test_what_has_no_room_beside_one_that_stays_stays_too():
    low = box(0, (0.4, 0.0, 0.0), (0.15, 0.15, 0.2))
    heavy = box(1, (0.555, 0.0, 0.0), (0.15, 0.15, 0.25), 50.0)
    wide = PickingTool(radius_m=0.09)
    assert plan_unloading(pallet(low, heavy), wide).refused == {0: Refusal.NO_ROOM, 1: Refusal.TOO_HEAVY}


def test_an_empty_pallet_needs_no_picks():
    assert plan_unloading(pallet(), TOOL).picks == ()


def test_boxes_that_are_seen_askew_are_taken_from_above_all_the_same():
    lower, upper = tower(0.2, 0.2)
    sunk = box(1, (upper.x_m, upper.y_m, lower.top_m - 0.012), (0.3, 0.3, 0.2))
    assert order(pallet(lower, sunk)) == (1, 0)


def test_what_is_seen_to_float_is_taken_too():
    lower, upper = tower(0.2, 0.2)
    floating = box(1, (upper.x_m, upper.y_m, lower.top_m + 0.1), (0.3, 0.3, 0.2))
    hanging = box(2, (floating.x_m, floating.y_m, floating.top_m), (0.3, 0.3, 0.2))
    assert order(pallet(lower, floating, hanging)) == (2, 1, 0)


@pytest.mark.parametrize("name", ["layer_m", "margin_m", "uncertain_m"])
@pytest.mark.parametrize("value", [-0.1, float("nan")])
def test_params_that_cannot_be_are_refused(name, value):
    with pytest.raises(PalletError, match=name):
        UnloadingParams(**{name: value})


def test_a_tool_that_cannot_be_is_refused():
    with pytest.raises(PalletError, match="payload_kg"):
        PickingTool(payload_kg=-1.0)
