"""How grasps fail: eyes that misread a place, cups that do not seal, and seals that open on the way.

Probabilities are not of one certain gripper. They are of the size that operators of suction picking report: some two of
a hundred grasps have to be tried again, and some parcels in a thousand are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import radians
from random import Random
from types import MappingProxyType
from typing import Final, NamedTuple

from twin.bullet.frames import Vector

LEAST_COVERAGE: Final = 0.6  # of a cup that still seals
_SOUND: Final = MappingProxyType({"heavy": 0.01, "flat": 0.025, "small": 0.015, "large": 0.01, "medium": 0.01})
_TIGHT: Final = MappingProxyType({"heavy": 0.004, "flat": 0.008, "small": 0.004, "large": 0.004, "medium": 0.004})


@dataclass(frozen=True, slots=True)
class GraspParams:
    """Noise and chances of grasps.

    eye_m, eye_rad   standard deviation of where a parcel is seen, along each axis and about the vertical
    misread          chance that a place is read wrong altogether, by up to `misread_m` along each axis
    misread_m        metres
    no_seal, leak    chance that a cup gets no vacuum, and that it loses it, by parcel class
    leak_s           that it takes at most until a leak has let in all the air
    spread           standard deviation of what a seal lacks to the full force, as a share of it
    """

    eye_m: float = 0.0007
    eye_rad: float = radians(0.3)
    misread: float = 0.003
    misread_m: float = 0.10
    no_seal: Mapping[str, float] = field(default_factory=lambda: _SOUND)
    leak: Mapping[str, float] = field(default_factory=lambda: _TIGHT)
    leak_s: float = 4.0
    spread: float = 0.08

    @classmethod
    def perfect(cls) -> GraspParams:
        """No noise, no failures."""
        return cls(0.0, 0.0, 0.0, 0.0, {}, {}, 0.0, 0.0)


class Hold(NamedTuple):
    """A grasp: by how much the cup holds at first, N, and how much of this it loses, N/s."""

    force_n: float
    loses_nps: float


_NO_HOLD: Final = Hold(0.0, 0.0)


class Grasping:
    """The luck of grasps: what comes of the nth attempt depends on seed and n alone."""

    def __init__(self, seed: int, params: GraspParams) -> None:
        self._seed: Final = seed
        self._params: Final = params

    def seen(self, attempt: int, place: Vector, yaw: float) -> tuple[Vector, float]:
        """Return where a parcel is seen, the middle of its top, and how it is turned, for where it is."""
        params, random = self._params, self._random(attempt, "eye")
        x, y, z = self._noisy(random, place)
        turned = yaw + params.eye_rad * random.gauss(0.0, 1.0)
        if random.random() < params.misread:
            x += params.misread_m * random.uniform(-1.0, 1.0)
            y += params.misread_m * random.uniform(-1.0, 1.0)
        return (x, y, z), turned

    def hangs(self, attempt: int, place: Vector, yaw: float) -> tuple[Vector, float]:
        """Return where the middle of a parcel that hangs at the cup is seen, and how it is turned."""
        random = self._random(attempt, "hangs")
        x, y, z = self._noisy(random, place)
        return (x, y, z), yaw + self._params.eye_rad * random.gauss(0.0, 1.0)

    def hold(self, attempt: int, kind: str, coverage: float, cup_n: float) -> Hold:
        """Return by how much a cup holds a parcel; nothing if it gets no vacuum.

        kind      parcel class
        coverage  share of the cup that lies on it
        cup_n     force of a cup that lies on a tight face with all its lip
        """
        params, random = self._params, self._random(attempt, "cup")
        luck, lacking = random.random(), abs(random.gauss(0.0, 1.0))
        no_seal = params.no_seal.get(kind, 0.0)
        if coverage < LEAST_COVERAGE or luck < no_seal:
            return _NO_HOLD
        force_n = cup_n * coverage * max(0.0, 1.0 - params.spread * lacking)
        if luck < no_seal + params.leak.get(kind, 0.0):
            return Hold(force_n, force_n / (params.leak_s * (1.0 - random.random())))
        return Hold(force_n, 0.0)

    def _noisy(self, random: Random, place: Vector) -> Vector:
        eye_m = self._params.eye_m
        return tuple(coordinate + eye_m * random.gauss(0.0, 1.0) for coordinate in place)  # type: ignore[return-value]

    def _random(self, attempt: int, what: str) -> Random:
        return Random(f"{self._seed} {attempt} {what}")  # noqa: S311 - a simulation; the text is hashed by SHA-512
