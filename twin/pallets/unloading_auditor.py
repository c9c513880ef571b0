"""Checks plans of unloading, with none of the code that makes pallets or plans: box by box, slowly, and exactly.

It takes the boxes away in a plan's order and looks, at every stage, at each box that is left. Whether a pile stands is
a linear program: are there forces between the corners of touching faces that push, never pull, and balance the weight
and the moments of every box (static equilibrium of rigid boxes, which is necessary and sufficient).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from math import atan2, hypot, pi
from typing import Final

import numpy as np

from twin.pallets.mixed_pallet import Box, MixedPallet
from twin.pallets.picking import Pick
from twin.pallets.picking_tool import PickingTool

_EXACT_M: Final = 1e-6  # places of a pallet that is audited are the true ones
_DECK: Final = None

Rectangle = tuple[float, float, float, float]  # x and y from, x and y to


class Breach(StrEnum):
    """What a plan does wrong."""

    BEARS = "bears"  # the box that is taken bears another
    UNSUPPORTED = "unsupported"  # the middle of a box that is left is beyond what it stands on
    TIPS = "tips"  # what is left cannot stand
    TOOL_HITS = "tool hits"  # the tool meets a box on its way down
    LIFT_HITS = "lift hits"  # the box that is taken meets another on its way up
    WAY_HITS = "way hits"  # it passes another, or the deck, on its way out without the clearance that is kept
    TOO_HEAVY = "too heavy"  # for the tool
    TOO_SMALL = "too small"  # for its cups
    NOT_THERE = "not there"  # a box is picked that is not on the pallet, or not any more
    LEFT = "left"  # a box is left at the end


SUPPORT: Final = frozenset({Breach.BEARS, Breach.UNSUPPORTED, Breach.TIPS})


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong, with which pick: -1 before the first, their number after the last.

    box  that is picked, or that is wrong where there is no pick; other: the one that it bears or meets
    """

    pick: int
    breach: Breach
    box: int
    other: int | None = None


def audit_unloading(pallet: MixedPallet, picks: Sequence[Pick], tool: PickingTool) -> tuple[Violation, ...]:
    """Return all that is wrong when boxes of a pallet, which is known exactly, are taken in this order.

    Each of n picks costs O(n^2) and a linear program of some 16 n unknowns.
    """
    left = {box.id: box for box in pallet.boxes}
    found = [Violation(-1, Breach.UNSUPPORTED, box) for box in _unsupported(left.values())]
    stood = stands(tuple(left.values()))
    if not stood:
        found.extend(Violation(-1, Breach.TIPS, box) for box in left)
    hanging = {violation.box for violation in found}
    for number, pick in enumerate(picks):
        box = left.pop(pick.box, None)
        if box is None:
            found.append(Violation(number, Breach.NOT_THERE, pick.box))
            continue
        others = tuple(left.values())
        found.extend(Violation(number, breach, box.id, other) for breach, other in _wrong(box, pick, others, tool))
        for other in _unsupported(others):
            if other not in hanging:
                found.append(Violation(number, Breach.UNSUPPORTED, box.id, other))
                hanging.add(other)
        stood, before = stands(others), stood
        if before and not stood:
            found.append(Violation(number, Breach.TIPS, box.id))
    found.extend(Violation(len(picks), Breach.LEFT, box) for box in left)
    return tuple(found)


def stands(boxes: Sequence[Box]) -> bool:
    """Return whether a pile of boxes can stand: whether there are forces that hold every one of them."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    if not boxes:
        return True
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    forces = 0
    for upper, lower, patch in _contacts(boxes):
        for x, y in product((patch[0], patch[2]), (patch[1], patch[3])):
            # Up on the upper box, down on the lower one: its weight and the moments about its middle.
            for number, way in ((upper, 1.0), (lower, -1.0)):
                if number is not _DECK:
                    middle_x, middle_y = _middle(boxes[number])
                    rows += [3 * number, 3 * number + 1, 3 * number + 2]
                    columns += [forces] * 3
                    values += [way, way * (x - middle_x), way * (y - middle_y)]
            forces += 1
    if forces == 0:
        return False
    weights = np.array([value for box in boxes for value in (box.parcel.mass_kg, 0.0, 0.0)])
    balance = coo_array((np.array(values), (np.array(rows), np.array(columns))), shape=(3 * len(boxes), forces))
    # The stubs of linprog know no sparse matrices.
    found = linprog(np.zeros(forces), A_eq=balance.tocsr(), b_eq=weights, bounds=(0.0, None))  # type: ignore[call-overload]
    return bool(found.status == 0)


def _wrong(box: Box, pick: Pick, others: Sequence[Box], tool: PickingTool) -> Iterator[tuple[Breach, int | None]]:
    """Yield what is wrong with taking a box from among others, apart from what becomes of them."""
    length, width, _ = box.parcel.size_m
    if box.parcel.mass_kg > tool.payload_kg:
        yield Breach.TOO_HEAVY, None
    if length < tool.cups_m or width < tool.cups_m:
        yield Breach.TOO_SMALL, None
    middle_x, middle_y = _middle(box)
    bottom, top = box.z_m + pick.lift_m, box.top_m + pick.lift_m
    if pick.lift_m < 0.0 or bottom < tool.clearance_m - _EXACT_M:
        yield Breach.WAY_HITS, None
    for other in others:
        x0, y0, x1, y1 = _seen_from_above(other)
        shared = _common(_seen_from_above(box), (x0, y0, x1, y1)) is not None
        if shared and abs(other.z_m - box.top_m) <= _EXACT_M:
            yield Breach.BEARS, other.id
        elif shared and other.top_m > box.top_m + _EXACT_M:
            yield Breach.LIFT_HITS, other.id
        beside = hypot(middle_x - min(max(middle_x, x0), x1), middle_y - min(max(middle_y, y0), y1))
        if beside < tool.radius_m and other.top_m > box.top_m + _EXACT_M:
            yield Breach.TOOL_HITS, other.id
        box_meets = other.top_m > bottom - tool.clearance_m + _EXACT_M and _passes(box, other)
        tool_meets = other.top_m > top - tool.clearance_m + _EXACT_M and _tool_passes(box, other, tool.radius_m)
        if box_meets or tool_meets:
            yield Breach.WAY_HITS, other.id


def _passes(box: Box, other: Box) -> bool:
    """Return whether a box is over another at some place of its way over the side at y = 0."""
    x0, _, x1, y1 = _seen_from_above(box)
    return _common((x0, -1e9, x1, y1), _seen_from_above(other)) is not None


def _tool_passes(box: Box, other: Box, radius: float) -> bool:
    """Return whether the tool is over another box at some place of that way."""
    x, y = _middle(box)
    return _common((x - radius, -1e9, x + radius, y), _seen_from_above(other)) is not None


def _unsupported(boxes: Iterable[Box]) -> Iterator[int]:
    """Yield the ids of boxes whose middle is not over the convex hull of what they stand on."""
    pile = tuple(boxes)
    corners: dict[int, list[tuple[float, float]]] = {number: [] for number in range(len(pile))}
    for upper, _, (x0, y0, x1, y1) in _contacts(pile):
        corners[upper] += [(x0, y0), (x0, y1), (x1, y0), (x1, y1)]
    for number, box in enumerate(pile):
        if not _surrounded(_middle(box), corners[number]):
            yield box.id


def _surrounded(middle: tuple[float, float], corners: Sequence[tuple[float, float]]) -> bool:
    """Return whether corners are around a point: nowhere is there half a turn without any."""
    x, y = middle
    if any(hypot(corner_x - x, corner_y - y) < _EXACT_M for corner_x, corner_y in corners):
        return True
    angles = sorted(atan2(corner_y - y, corner_x - x) for corner_x, corner_y in corners)
    if not angles:
        return False
    gaps = [after - angle for angle, after in zip(angles, [*angles[1:], angles[0] + 2 * pi], strict=True)]
    return max(gaps) <= pi + 1e-9


def _contacts(boxes: Sequence[Box]) -> Iterator[tuple[int, int | None, Rectangle]]:
    """Yield upper and lower box (or the deck), and where they touch."""
    for upper, box in enumerate(boxes):
        if abs(box.z_m) <= _EXACT_M:
            yield upper, _DECK, _seen_from_above(box)
        for lower, other in enumerate(boxes):
            if lower != upper and abs(other.top_m - box.z_m) <= _EXACT_M:
                patch = _common(_seen_from_above(box), _seen_from_above(other))
                if patch is not None:
                    yield upper, lower, patch


def _common(one: Rectangle, other: Rectangle) -> Rectangle | None:
    patch = max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
    return patch if patch[2] - patch[0] > _EXACT_M and patch[3] - patch[1] > _EXACT_M else None


def _seen_from_above(box: Box) -> Rectangle:
    length, width, _ = box.parcel.size_m
    return box.x_m, box.y_m, box.x_m + length, box.y_m + width


def _middle(box: Box) -> tuple[float, float]:
    x0, y0, x1, y1 = _seen_from_above(box)
    return (x0 + x1) / 2, (y0 + y1) / 2
