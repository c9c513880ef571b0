"""Random mixed pallets are stable, and their plans hold before an auditor that knows nothing of how they were made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mutants.mutant import Mutant, edit, wrap
from tests.pallets import BALANCE, box, pallet
from twin.pallets import load_paths, unloading
from twin.pallets.equilibrium import can_stand
from twin.pallets.load_paths import LoadPaths
from twin.pallets.mixed_pallet import DECK_M, HIGHEST_M
from twin.pallets.picking import Refusal
from twin.pallets.picking_tool import PickingTool
from twin.pallets.random_pallets import FEWEST, MOST, random_pallet
from twin.pallets.sighting import SightingNoise, seen
from twin.pallets.touching import faces
from twin.pallets.unloading import UnloadingParams, plan_unloading
from twin.pallets.unloading_auditor import SUPPORT, Breach, audit_unloading, stands

TOOL = PickingTool(radius_m=0.09)  # wide: it has to look out for neighbours
SEEDS = st.integers(0, 10**9)


@given(SEEDS)
@settings(max_examples=15)
def test_random_pallets_keep_to_the_pallet_and_no_two_boxes_share_space(seed):
    stacked = random_pallet(seed)
    assert FEWEST <= len(stacked.boxes) <= MOST
    assert (stacked.low >= -1e-9).all()
    assert (stacked.high <= [*DECK_M, HIGHEST_M + 1e-9]).all()
    for row, low in enumerate(stacked.low):
        apart = np.minimum(stacked.high[row], stacked.high) - np.maximum(low, stacked.low)
        assert np.flatnonzero((apart > 1e-9).all(axis=1)).tolist() == [row]


@given(SEEDS)
@settings(max_examples=6)
def test_random_pallets_stand_at_every_stage_of_their_loading_and_boxes_have_wide_support(seed):
    stacked = random_pallet(seed, most=30)
    for count in range(1, len(stacked.boxes) + 1):
        assert stands(stacked.boxes[:count])
    for one, found in zip(stacked.boxes, faces(stacked, 1e-9), strict=True):
        length, width, _ = one.parcel.size_m
        assert found.area_m2 >= 0.6 * length * width - 1e-6


@given(SEEDS)
@settings(max_examples=10)
def test_random_pallets_are_taken_apart_without_a_violation(seed):
    stacked = random_pallet(seed)
    plan = plan_unloading(stacked, TOOL)
    assert plan.refused == {}
    assert audit_unloading(stacked, plan.picks, TOOL) == ()


def test_what_springs_do_not_hold_and_yet_can_stand_is_taken_apart_too():
    stacked = random_pallet(732)  # one of a thousand
    plan = plan_unloading(stacked, TOOL)
    assert plan.refused == {}
    assert audit_unloading(stacked, plan.picks, TOOL) == ()


@given(SEEDS, st.floats(0.02, 0.4), st.floats(0.0, 0.15), st.floats(0.13, 0.3), st.floats(2.0, 12.0))
@settings(max_examples=10)
def test_whatever_the_tool_is_no_plan_is_wrong_it_only_leaves_boxes(seed, layer_m, radius_m, cups_m, payload_kg):
    stacked = random_pallet(seed, most=40)
    tool = PickingTool(radius_m=radius_m, cups_m=cups_m, payload_kg=payload_kg)
    plan = plan_unloading(stacked, tool, UnloadingParams(layer_m=layer_m))
    violations = audit_unloading(stacked, plan.picks, tool)
    assert {violation.breach for violation in violations} <= {Breach.LEFT}
    assert {violation.box for violation in violations} == set(plan.refused)


HEAPS = st.lists(st.tuples(st.integers(0, 8), st.integers(2, 5), st.integers(1, 3), st.integers(1, 30)), max_size=12)


@given(HEAPS)
@settings(max_examples=60)
def test_what_load_paths_hold_can_stand(heap):
    """Boxes of whole decimetres, side by side along x, that come down from above."""
    pile, boxes, tops = LoadPaths(0.001), [], [0] * 20
    for x, long, high, mass in heap:
        bottom = max(tops[x : x + long])
        one = box(len(boxes), (x / 10, 0.0, bottom / 10), (long / 10, 0.2, (bottom + high) / 10 - bottom / 10), mass)
        if pile.put(len(boxes), one, faces(pallet(*boxes, one), 1e-9)[-1]):
            boxes.append(one)
            tops[x : x + long] = [bottom + high] * long
    assert stands(boxes)
    assert can_stand(pallet(*boxes), np.ones(len(boxes), dtype=np.bool_), faces(pallet(*boxes), 1e-9), 0.0)


@given(SEEDS)
@settings(max_examples=6)
def test_boxes_seen_askew_are_never_pulled_from_below(seed):
    stacked = random_pallet(seed, most=50)
    found = seen(stacked, SightingNoise(), np.random.default_rng(seed))
    plan = plan_unloading(found, TOOL, UnloadingParams(uncertain_m=0.014))
    assert Breach.BEARS not in {violation.breach for violation in audit_unloading(stacked, plan.picks, TOOL)}


def test_the_same_pallet_and_plan_come_out_of_the_same_seed():
    one, other = random_pallet(5), random_pallet(5)
    assert one == other != random_pallet(6)
    assert plan_unloading(one, TOOL) == plan_unloading(other, TOOL)


# What is broken, and what the auditor has to say of it.

CORNER = pallet(
    box(0, (0.52, 0.0, 0.0), (0.15, 0.15, 0.2)),
    box(1, (0.52, 0.155, 0.0), (0.15, 0.15, 0.25)),
    box(2, (0.0, 0.5, 0.0), (0.11, 0.3, 0.2), 3.0),
    box(3, (0.2, 0.5, 0.0), (0.3, 0.3, 0.2), 60.0),
)
OFF_CENTRE = pallet(box(0, (0.3, 0.0, 0.0), (0.6, 0.4, 0.1)), box(1, (0.75, 0.25, 0.1), (0.15, 0.15, 0.1), 60.0))
PALLETS = (BALANCE, CORNER, OFF_CENTRE, random_pallet(11, most=25), random_pallet(12, most=25))


def _reversed(plan, *arguments):
    found = plan(*arguments)
    return unloading.Unloading(found.picks[::-1], found.refused)


MUTANTS = [
    Mutant("blind to what is above", "pulls boxes from below", Breach.BEARS, "", edit(
        unloading, "_relations", "shares_floor & (middle[None, :, 2] > high[:, None, 2])", "shares_floor & False")),
    Mutant("upside down", "takes the lowest first", Breach.BEARS, "", wrap(unloading, "plan_unloading", _reversed)),
    Mutant("no balance", "takes what keeps others from tipping", Breach.TIPS, "", edit(
        load_paths.LoadPaths, "take", "surely or self._loads[below].held", "False")),
    Mutant("narrow tool", "forgets how wide the tool is", Breach.TOOL_HITS, "", edit(
        unloading, "_relations", "needed = tool.radius_m + tool.side_m + uncertain_m", "needed = 0.0")),
    Mutant("low lifts", "drags boxes through what is before them", Breach.WAY_HITS, "", edit(
        unloading, "_lifts", "pallet.high[:, 2], 0.0).max", "pallet.low[:, 2], 0.0).max")),
    Mutant("no clearance", "lifts by just so much", Breach.WAY_HITS, "", edit(
        unloading, "_lifts", "+ tool.clearance_m", "")),
    Mutant("wrong side", "looks at the way over the far side", Breach.WAY_HITS, "", edit(
        unloading, "_relations", "low[None, :, 1] <", "low[None, :, 1] >")),
    Mutant("strong", "takes what is too heavy", Breach.TOO_HEAVY, "", edit(
        unloading, "_refusal", "parcel.mass_kg > tool.payload_kg", "False")),
    Mutant("fine cups", "takes what is too small", Breach.TOO_SMALL, "", edit(
        unloading, "_refusal", "< tool.cups_m", "< 0.0")),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_auditor_catches_a_planner_that_is_broken(mutant, monkeypatch):
    assert _breaches() == {Breach.LEFT}  # what the tool cannot hold, and what is below it
    mutant.apply(monkeypatch)
    assert mutant.caught_by in _breaches()


def test_a_planner_that_forgets_boxes_is_caught(monkeypatch):
    monkeypatch.setattr(unloading, "_by_preference", lambda *_: [])
    plan = unloading.plan_unloading(BALANCE, TOOL)
    assert [violation.breach for violation in audit_unloading(BALANCE, plan.picks, TOOL)] == [Breach.LEFT] * 4
    assert Refusal.KEEPS_OTHERS in plan.refused.values()


def test_what_counts_as_a_violation_of_support():
    assert {Breach.BEARS, Breach.UNSUPPORTED, Breach.TIPS} == SUPPORT


def _breaches():
    return {
        violation.breach
        for stacked in PALLETS
        for violation in audit_unloading(stacked, unloading.plan_unloading(stacked, TOOL).picks, TOOL)
    }
