"""The tool that takes boxes off a pallet from above."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite

from twin.pallets.mixed_pallet import PalletError


@dataclass(frozen=True, slots=True)
class PickingTool:
    """A round field of suction cups below a slim wrist, over the middle of a box, and where boxes are carried to.

    radius_m     of the disc that tool and wrist take up, seen from above
    cups_m       diameter of the field of cups: no edge of a box's upper face may be shorter
    payload_kg   heaviest box
    clearance_m  that it and its box keep from what they pass over
    side_m       free space that it needs beside it where something stands higher
    out_x_m      where boxes are set down, along the side of the pallet at y = 0: they leave over this side

    Raises PalletError if a value is negative or no number.
    """

    radius_m: float = 0.065
    cups_m: float = 0.12
    payload_kg: float = 20.0
    clearance_m: float = 0.03
    side_m: float = 0.005
    out_x_m: float = 0.6

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (isfinite(value) and value >= 0.0):
                raise PalletError(f"picking tool, {field.name}", f"is {value}", "give 0 or more")
