"""The auditor of unloading, on pallets where everybody sees what is wrong."""

from __future__ import annotations

import pytest

from tests.pallets import BALANCE, BEAM, FAR, NEAR, POST, box, pallet, tower
from twin.pallets.picking import Pick
from twin.pallets.picking_tool import PickingTool
from twin.pallets.unloading_auditor import Breach, Violation, audit_unloading, stands

TOOL = PickingTool(radius_m=0.09)


def breaches(stacked, *order, lift_m=0.5, tool=TOOL):
    """Return what is wrong with an order, as (pick, breach, other)."""
    found = audit_unloading(stacked, [Pick(number, lift_m) for number in order], tool)
    return {(violation.pick, violation.breach, violation.other) for violation in found}


def test_a_tower_from_above_is_right():
    assert breaches(pallet(*tower(0.2, 0.2)), 1, 0) == set()


def test_a_box_that_bears_another_is_found_and_so_is_what_falls_then():
    assert breaches(pallet(*tower(0.2, 0.2)), 0, 1) == {
        (0, Breach.BEARS, 1), (0, Breach.TOOL_HITS, 1), (0, Breach.UNSUPPORTED, 1), (0, Breach.TIPS, None),
    }  # fmt: skip


def test_a_box_below_an_overhang_cannot_be_lifted():
    low, post = box(0, (0.2, 0.3, 0.0), (0.19, 0.2, 0.1)), box(1, (0.4, 0.3, 0.0), (0.3, 0.3, 0.2))
    over = box(2, (0.3, 0.3, 0.2), (0.4, 0.3, 0.1))
    found = breaches(pallet(low, post, over), 0, 2, 1)
    assert (0, Breach.LIFT_HITS, 2) in found
    assert (0, Breach.BEARS, 2) not in found


def test_what_tips_without_a_counterweight_is_found():
    assert breaches(BALANCE, NEAR, FAR, BEAM, POST) == {(0, Breach.TIPS, None)}
    assert breaches(BALANCE, FAR, NEAR, BEAM, POST) == set()


def test_a_pile_that_cannot_stand_at_all_is_found_before_the_first_pick():
    stacked = pallet(box(0, (0.3, 0.3, 0.0), (0.2, 0.2, 0.2)), box(1, (0.45, 0.3, 0.2), (0.4, 0.2, 0.1)))
    found = audit_unloading(stacked, [Pick(1, 0.5), Pick(0, 0.5)], TOOL)
    assert Violation(-1, Breach.UNSUPPORTED, 1) in found
    assert Violation(-1, Breach.TIPS, 1) in found


@pytest.mark.parametrize(("away", "hits"), [(0.005, True), (0.02, False)])
def test_the_tool_meets_a_higher_neighbour(away, hits):
    low = box(0, (0.4, 0.3, 0.0), (0.15, 0.15, 0.2))
    high = box(1, (0.55 + away, 0.3, 0.0), (0.15, 0.15, 0.3))
    assert ((0, Breach.TOOL_HITS, 1) in breaches(pallet(low, high), 0, 1)) == hits


@pytest.mark.parametrize(("lift_m", "wrong"), [(0.129, True), (0.131, False)])
def test_a_box_passes_over_what_is_before_it_with_the_clearance(lift_m, wrong):
    front, back = box(0, (0.4, 0.0, 0.0), (0.3, 0.3, 0.1)), box(1, (0.4, 0.4, 0.0), (0.3, 0.3, 0.2))
    assert ((0, Breach.WAY_HITS, 0) in breaches(pallet(front, back), 1, 0, lift_m=lift_m)) == wrong


def test_what_is_behind_or_aside_is_not_on_the_way():
    behind, aside = box(0, (0.4, 0.5, 0.0), (0.3, 0.3, 0.2)), box(1, (0.0, 0.0, 0.0), (0.2, 0.3, 0.2))
    taken = box(2, (0.4, 0.0, 0.0), (0.3, 0.3, 0.2))
    assert breaches(pallet(behind, aside, taken), 2, 1, 0, lift_m=0.03) == set()


def test_the_tool_above_a_small_box_passes_what_the_box_itself_does_not():
    tool = PickingTool(radius_m=0.2)
    small, high = box(0, (0.4, 0.4, 0.0), (0.15, 0.15, 0.1)), box(1, (0.6, 0.0, 0.0), (0.15, 0.15, 0.4))
    assert (0, Breach.WAY_HITS, 1) in breaches(pallet(small, high), 0, 1, lift_m=0.1, tool=tool)
    assert breaches(pallet(small, high), 0, 1, lift_m=0.4, tool=tool) == set()


def test_a_lift_that_leaves_the_deck_too_little_room_is_wrong():
    assert breaches(pallet(*tower(0.2)), 0, lift_m=0.01) == {(0, Breach.WAY_HITS, None)}


def test_what_is_too_heavy_too_small_forgotten_or_not_there_is_found():
    assert breaches(pallet(*tower(0.2)), 0, tool=PickingTool(payload_kg=1.0)) == {(0, Breach.TOO_HEAVY, None)}
    assert breaches(pallet(*tower(0.2)), 0, tool=PickingTool(cups_m=0.4)) == {(0, Breach.TOO_SMALL, None)}
    assert audit_unloading(pallet(*tower(0.2)), [], TOOL) == (Violation(0, Breach.LEFT, 0),)
    assert breaches(pallet(*tower(0.2)), 0, 0) == {(1, Breach.NOT_THERE, None)}


def test_nothing_stands_in_the_air():
    assert stands(())
    assert stands(tower(0.2, 0.2))
    assert not stands(tower(0.2, 0.2)[1:])
