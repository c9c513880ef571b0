"""A pallet as a camera above it tells: boxes are where it says, nearly."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import isfinite

import numpy as np

from twin.pallets.mixed_pallet import Box, MixedPallet, PalletError


@dataclass(frozen=True, slots=True)
class SightingNoise:
    """Standard deviations: of places and of edges, metres, and of masses, as a share, for they are guessed.

    Raises PalletError if a value is negative or no number.
    """

    place_m: float = 0.003
    edge_m: float = 0.002
    mass_share: float = 0.1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (isfinite(value) and value >= 0.0):
                raise PalletError(f"sighting noise, {field.name}", f"is {value}", "give 0 or more")


def seen(pallet: MixedPallet, noise: SightingNoise, random: np.random.Generator) -> MixedPallet:
    """Return what is known of a pallet after somebody looked at it: the same boxes, all found, none turned."""
    return MixedPallet(tuple(_seen(box, noise, random) for box in pallet.boxes))


def _seen(box: Box, noise: SightingNoise, random: np.random.Generator) -> Box:
    off = random.normal(0.0, 1.0, 7).tolist()
    size = [edge + noise.edge_m * error for edge, error in zip(box.parcel.size_m, off[:3], strict=True)]
    places = [place + noise.place_m * error for place, error in zip((box.x_m, box.y_m, box.z_m), off[3:6], strict=True)]
    mass = box.parcel.mass_kg * float(np.exp(noise.mass_share * off[6]))
    return Box(replace(box.parcel, size_m=(size[0], size[1], size[2]), mass_kg=mass), *places)
