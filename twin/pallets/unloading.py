"""In which order a mixed pallet is taken apart: never from below, nothing tips, and with little lifting.

What is in the way of what is a graph between boxes, as in the blocking graphs of Wilson and Latombe, "Geometric
reasoning about mechanical assembly", Artificial Intelligence 71 (1994), for one direction, up. A box may be taken when

- nothing is over it,
- nothing higher stands where tool and wrist have to be,
- every box below, and all that rests on those, is held without it (`load_paths`, and `equilibrium` where that knows
  no way: equilibrium at every stage, as Ramos, Oliveira and Lopes demand of packing, backwards).

Among those, boxes of the upper layer come first; among these the one that is lifted least over what is between it and
the side where it is carried out; then the nearest. So a layer goes from the near side to the far one, and boxes are
not lifted over others of their layer. There is no search: the highest box can always be reached, and a box that keeps
others is asked again after each pick. So it can end with boxes that keep each other in balance, or with one that keeps
another which the tool cannot reach beside it; these are refused, for people to take.

With n boxes: n picks, each O(n^2) comparisons of precomputed relations, and a change of `LoadPaths` for each box that
is tried; rarely a linear program. Boxes that lean on neighbours are not modelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np

from robots.arrays import Bool, Float64
from twin.pallets.equilibrium import can_stand
from twin.pallets.load_paths import LoadPaths
from twin.pallets.mixed_pallet import MixedPallet, PalletError
from twin.pallets.picking import Pick, Refusal, Unloading
from twin.pallets.picking_tool import PickingTool
from twin.pallets.touching import Face, faces, overlaps

_TOUCH_M: Final = 0.0005  # how exactly heights are known when places are exact


@dataclass(frozen=True, slots=True)
class UnloadingParams:
    """How to plan.

    layer_m      how far below the highest top a box is still of the upper layer, metres
    margin_m     how far inside what carries it the load of a box has to act, metres
    uncertain_m  how far off a distance between two boxes may be, metres: 0 if places and sizes are exact, some four
                 standard deviations of what a camera says

    Raises PalletError if a value is negative or no number.
    """

    layer_m: float = 0.3
    margin_m: float = 0.005
    uncertain_m: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("layer", self.layer_m), ("margin", self.margin_m), ("uncertain", self.uncertain_m)):
            if not (isfinite(value) and value >= 0.0):
                raise PalletError(f"unloading, {name}_m", f"is {value}", "give 0 or more metres")


@dataclass(frozen=True, slots=True)
class _Relations:
    """What is in the way of what: bool (n, n), [box, other].

    over    `other` is over the box
    beside  `other` is higher, and where the tool has to be
    on_way  `other` is between the box and the side where it is carried out
    """

    over: Bool
    beside: Bool
    on_way: Bool


def plan_unloading(pallet: MixedPallet, tool: PickingTool, params: UnloadingParams | None = None) -> Unloading:
    """Return in which order to take a pallet apart, and what cannot be taken; deterministic."""
    chosen = UnloadingParams() if params is None else params
    relations = _relations(pallet, tool, chosen.uncertain_m)
    within_reach = [_refusal(pallet, row, tool) is None for row in range(len(pallet.boxes))]
    found = faces(pallet, _TOUCH_M + chosen.uncertain_m)
    pile = _pile(pallet, found, chosen)
    there = np.ones(len(pallet.boxes), dtype=np.bool_)
    picks = []
    while there.any():
        lifts = _lifts(pallet, relations, there, tool) + chosen.uncertain_m
        free = there & within_reach & ~(relations.over & there).any(axis=1) & ~(relations.beside & there).any(axis=1)
        preferred = _by_preference(pallet, free, there, lifts, tool, chosen)
        taken = next((row for row in preferred if pile.take(row)), None)
        if taken is None:
            taken = _second_opinion(pallet, preferred, there, found, pile, chosen)
        if taken is None:
            break
        there[taken] = False
        picks.append(Pick(pallet.boxes[taken].id, float(lifts[taken])))
    left = np.flatnonzero(there).tolist()
    return Unloading(tuple(picks), {pallet.boxes[row].id: _why(pallet, row, relations, there, tool) for row in left})


def _pile(pallet: MixedPallet, found: Sequence[Face], params: UnloadingParams) -> LoadPaths:
    pile = LoadPaths(params.margin_m)
    for row in np.argsort(pallet.low[:, 2], kind="stable").tolist():
        pile.find(row, pallet.boxes[row], found[row])
    return pile


def _second_opinion(
    pallet: MixedPallet,
    preferred: Sequence[int],
    there: Bool,
    found: Sequence[Face],
    pile: LoadPaths,
    params: UnloadingParams,
) -> int | None:
    """Take the first box off the pile without which the others can stand, where springs hold them no more.

    If what is seen cannot stand, and yet it does, take the first that makes it no worse.
    """
    if not can_stand(pallet, there, found, params.margin_m):
        return next((row for row in preferred if pile.take(row, surely=False)), None)
    for row in preferred:
        others = there.copy()
        others[row] = False
        if can_stand(pallet, others, found, params.margin_m):
            pile.remove(row)
            return row
    return None


def _relations(pallet: MixedPallet, tool: PickingTool, uncertain_m: float) -> _Relations:
    low, high = pallet.low, pallet.high
    middle = (low + high) / 2
    flat_low, flat_high = low[None, :, :2], high[None, :, :2]
    shares_floor = overlaps(low[:, None, :2], high[:, None, :2], flat_low, flat_high, -uncertain_m)
    higher = high[None, :, 2] > high[:, None, 2]
    # Half its height is more than anybody is wrong about where a box begins.
    over = shares_floor & (middle[None, :, 2] > high[:, None, 2])
    needed = tool.radius_m + tool.side_m + uncertain_m
    nearest = np.clip(middle[:, None, :2], flat_low, flat_high)
    beside = higher & (np.linalg.norm(nearest - middle[:, None, :2], axis=2) < needed)
    way_low = np.minimum(low[:, 0], middle[:, 0] - tool.radius_m) - tool.side_m - uncertain_m
    way_high = np.maximum(high[:, 0], middle[:, 0] + tool.radius_m) + tool.side_m + uncertain_m
    on_way = (low[None, :, 0] < way_high[:, None]) & (high[None, :, 0] > way_low[:, None])
    on_way &= low[None, :, 1] < np.maximum(high[:, 1], middle[:, 1] + needed)[:, None]
    itself = np.eye(len(low), dtype=np.bool_)
    return _Relations(over & ~itself, beside & ~itself, on_way & ~itself)


def _lifts(pallet: MixedPallet, relations: _Relations, there: Bool, tool: PickingTool) -> Float64:
    """Return how far each box would have to be lifted now, float64 (n,): over all between it and its way out."""
    tops = np.where(relations.on_way & there, pallet.high[:, 2], 0.0).max(axis=1, initial=0.0)
    lifts: Float64 = np.maximum(tops - pallet.low[:, 2], 0.0) + tool.clearance_m
    return lifts


def _by_preference(
    pallet: MixedPallet, free: Bool, there: Bool, lifts: Float64, tool: PickingTool, params: UnloadingParams
) -> list[int]:
    """Return the rows of free boxes, the best first."""
    tops = pallet.high[:, 2]
    lower = tops < tops[there].max() - params.layer_m
    middle_x = (pallet.low[:, 0] + pallet.high[:, 0]) / 2
    way_out = pallet.high[:, 1] + np.abs(middle_x - tool.out_x_m)
    lift_mm = np.round(lifts * 1e3)  # less makes no difference to an arm
    ordered: list[int] = np.lexsort((np.arange(len(tops)), way_out, lift_mm, lower)).tolist()
    return [row for row in ordered if free[row]]


def _refusal(pallet: MixedPallet, row: int, tool: PickingTool) -> Refusal | None:
    """Return why the tool can never take a box, wherever it is."""
    parcel = pallet.boxes[row].parcel
    if parcel.mass_kg > tool.payload_kg:
        return Refusal.TOO_HEAVY
    return Refusal.TOO_SMALL if min(parcel.size_m[:2]) < tool.cups_m else None


def _why(pallet: MixedPallet, row: int, relations: _Relations, there: Bool, tool: PickingTool) -> Refusal:
    never = _refusal(pallet, row, tool)
    if never is not None:
        return never
    if (relations.over[row] & there).any():
        return Refusal.COVERED
    return Refusal.NO_ROOM if (relations.beside[row] & there).any() else Refusal.KEEPS_OTHERS
