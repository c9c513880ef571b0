"""How the weight of a pile comes down to the deck, and whether every box of it is held.

Each rectangle in which a box touches what it stands on is taken for four springs, one at each corner, which push and
never pull and are the stiffer the larger the rectangle is (a Winkler foundation, which cardboard resembles). A box is
held if what presses it down, its own weight and the boxes on it, acts inside the polygon of its springs. The forces
that are found balance every box: that is a proof that the pile stands (the converse is not true: rigid boxes may stand
in ways that springs do not find). Static equilibrium of every stage of a pile is the condition of Ramos, Oliveira and
Lopes, "A physical packing sequence algorithm for the container loading problem with static mechanical equilibrium
conditions", International Transactions in Operational Research 23 (2016).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from math import hypot
from typing import Final

import numpy as np

from robots.arrays import Bool, Float64, Int64
from twin.pallets.mixed_pallet import Box
from twin.pallets.touching import DECK, Face

_ROUNDS: Final = 30  # until it is known which springs push; three or four are usual
_EPS: Final = 1e-9

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Stance:
    """A box on its springs: `points` float64 (k, 2) metres, `stiffness` (k,), `below` (k,) rows of what they press."""

    box: Box
    points: Float64
    stiffness: Float64
    below: Int64

    @property
    def pressed(self) -> tuple[int, ...]:
        """Rows of the boxes that it stands on."""
        return tuple(row for row in dict.fromkeys(self.below.tolist()) if row != DECK)


@dataclass(frozen=True, slots=True)
class _Load:
    """What a box presses with, kg at each of its springs, and whether it is held there."""

    forces: Float64
    held: bool


class LoadPaths:
    """A pile that grows and shrinks box by box; what changes is computed anew for the boxes further down alone.

    margin_m  how far inside the polygon of its springs the load of a box must act

    With n boxes and k springs a box, a change costs O(n k log k), mostly far less: few boxes are below one.
    """

    def __init__(self, margin_m: float) -> None:
        self._margin_m = margin_m
        self._stances: dict[int, _Stance] = {}
        self._on: dict[int, set[int]] = {}
        self._loads: dict[int, _Load] = {}

    def put(self, row: int, box: Box, face: Face) -> bool:
        """Put a box on the pile if all that carries it then, and itself, are held; else change nothing."""
        stance = _stance(box, face)
        self._stand(row, stance)
        changed = self._settled((row,))
        if not all(load.held for load in changed.values()):
            self._lift(row, stance)
            return False
        self._loads.update(changed)
        return True

    def find(self, row: int, box: Box, face: Face) -> None:
        """Add a box that is there, held or not."""
        self._stand(row, _stance(box, face))
        self._loads.update(self._settled((row,)))

    def take(self, row: int, *, surely: bool = True) -> bool:
        """Take a box on which nothing stands; but change nothing if another that is held would then not be.

        surely  nor if a box below it is not held with or without it, as far as one can see
        """
        stance = self._stances[row]
        self._lift(row, stance)
        changed = self._settled(stance.pressed)
        for below, load in changed.items():
            if not load.held and (surely or self._loads[below].held):
                self._stand(row, stance)
                return False
        self._loads.update(changed)
        del self._loads[row]
        return True

    def remove(self, row: int) -> None:
        """Take a box on which nothing stands, whatever becomes of the others."""
        stance = self._stances[row]
        self._lift(row, stance)
        self._loads.update(self._settled(stance.pressed))
        del self._loads[row]

    def _stand(self, row: int, stance: _Stance) -> None:
        self._stances[row] = stance
        self._on.setdefault(row, set())
        for below in stance.pressed:
            self._on[below].add(row)

    def _lift(self, row: int, stance: _Stance) -> None:
        del self._stances[row]
        for below in stance.pressed:
            self._on[below].discard(row)

    def _settled(self, first: Iterable[int]) -> dict[int, _Load]:
        """Return the loads of these boxes and of all below them, from the highest to the lowest."""
        found: dict[int, _Load] = {}
        waiting: list[tuple[float, int]] = []
        for row in first:
            heappush(waiting, (-self._stances[row].box.z_m, row))
        while waiting:
            _, row = heappop(waiting)
            if row in found:
                continue
            found[row] = self._balanced(row, found)
            for below in self._stances[row].pressed:
                heappush(waiting, (-self._stances[below].box.z_m, below))
        return found

    def _balanced(self, row: int, found: dict[int, _Load]) -> _Load:
        stance = self._stances[row]
        load = stance.box.parcel.mass_kg
        x, y = stance.box.middle_m
        moment_x, moment_y = load * x, load * y
        for above in sorted(self._on[row]):
            upper = self._stances[above]
            here = upper.below == row
            forces = (found.get(above) or self._loads[above]).forces[here]
            load += float(forces.sum())
            moment_x += float(forces @ upper.points[here, 0])
            moment_y += float(forces @ upper.points[here, 1])
        at = (moment_x / load, moment_y / load)
        held = inside(stance.points, at, self._margin_m)
        forces = spring_forces(stance.points - at, stance.stiffness) if held else None
        if forces is None:
            # Whatever keeps it there is not seen: its load goes down somehow.
            share = stance.stiffness / max(float(stance.stiffness.sum()), _EPS)
            return _Load(load * share, held=False)
        return _Load(load * forces, held=True)


def inside(points: Float64, at: Point, margin_m: float) -> bool:
    """Return whether a point lies in the convex hull of points, float64 (k, 2), `margin_m` from its border."""
    x, y = at
    hull = _hull(points)
    if len(hull) < 3:
        return False
    for (x0, y0), (x1, y1) in zip(hull, hull[1:] + hull[:1], strict=True):
        along_x, along_y = x1 - x0, y1 - y0
        if along_x * (y - y0) - along_y * (x - x0) < margin_m * hypot(along_x, along_y):
            return False
    return True


def spring_forces(points: Float64, stiffness: Float64) -> Float64 | None:
    """Return the forces, float64 (k,), of springs that only push and balance a load of 1 at the origin.

    Newton's method on which of them push: a plate on springs tilts until it is balanced. None if it finds no balance;
    with springs that differ by much it may miss one: then `equilibrium` has the last word.
    """
    plate = np.column_stack([np.ones(len(points)), points])
    pushing: Bool = np.ones(len(points), dtype=np.bool_)
    for _ in range(_ROUNDS):
        weighed = plate[pushing] * stiffness[pushing, None]
        try:
            tilt = np.linalg.solve(plate[pushing].T @ weighed, np.array([1.0, 0.0, 0.0]))
        except np.linalg.LinAlgError:
            return None
        sunk = plate @ tilt
        if np.array_equal(sunk > 0.0, pushing):
            forces: Float64 = np.where(pushing, stiffness * sunk, 0.0)
            return forces
        pushing = sunk > 0.0
    return None


def _stance(box: Box, face: Face) -> _Stance:
    corners = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], dtype=np.float64)
    size = face.high - face.low
    points = (face.low[:, None, :] + size[:, None, :] * corners).reshape(-1, 2)
    return _Stance(box, points, np.repeat(np.prod(size, axis=1) / 4, 4), np.repeat(face.below, 4))


def _hull(points: Float64) -> list[Point]:
    """Corners of the convex hull, anticlockwise (Andrew's monotone chain)."""
    ordered = sorted({(float(x), float(y)) for x, y in points})
    return _chain(ordered)[:-1] + _chain(ordered[::-1])[:-1]


def _chain(ordered: list[Point]) -> list[Point]:
    chain: list[Point] = []
    for x, y in ordered:
        while len(chain) > 1:
            (x0, y0), (x1, y1) = chain[-2:]
            if (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > _EPS:
                break
            chain.pop()
        chain.append((x, y))
    return chain
