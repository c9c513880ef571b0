"""What an arm with a cup can pick in a pick cell."""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.cells.arm import ArmModel, reaches
from twin.cells.cell_world import GRAVITY_MPS2
from twin.cells.grasping import LEAST_COVERAGE
from twin.cells.gripper import SuctionCup, covered
from twin.cells.parcel import Parcel
from twin.cells.pick_layout import CLEAR_M, DECK_M, FOOT, TOTES, TRAY_HIGHEST_M
from twin.cells.tote_store import compartments, division_for

_ACCELERATION_MPS2: Final = 6.0  # of the tool, at most, as the arms' joints are limited
_SURE: Final = 0.7  # share of a cup's force that is counted on


def heaviest_kg(arm: ArmModel, cup: SuctionCup) -> float:
    """Return what an arm may lift by a cup."""
    return min(arm.payload_kg, _SURE * cup.hold_n / (GRAVITY_MPS2 + _ACCELERATION_MPS2))


def why_not(parcel: Parcel, arm: ArmModel, cup: SuctionCup) -> str | None:
    """Return why a parcel cannot be picked, or None if it can."""
    length, width, height = parcel.size_m
    measures = f"{length * 1000:.0f} x {width * 1000:.0f} x {height * 1000:.0f} mm"
    division = division_for(parcel)
    if division is None:
        return f"is too big for a tote: {measures}"
    if not _liftable(height, division, arm):
        return f"is too high for the arm: {measures}"
    if covered(cup.diameter_m, 0.0, 0.0, parcel.size_m) < LEAST_COVERAGE:
        return f"is too small for the cup: {measures}"
    most = heaviest_kg(arm, cup)
    if parcel.mass_kg > most:
        return f"is too heavy: {parcel.mass_kg:.2f} kg, and the arm lifts {most:.2f} kg"
    return None


def _liftable(height_m: float, division: tuple[int, int], arm: ArmModel) -> bool:
    """Whether the arm reaches a parcel of this height in all compartments, and lifts it over a full tray."""
    if height_m > TRAY_HIGHEST_M:
        return False
    x, y = (
        np.array([middle[axis] + place[axis] for middle in TOTES for place in compartments(division)])
        for axis in (0, 1)
    )
    heights = (DECK_M + height_m, DECK_M + TRAY_HIGHEST_M + CLEAR_M + height_m)
    return all(bool(reaches(arm, FOOT, x, y, np.full_like(x, z)).all()) for z in heights)
