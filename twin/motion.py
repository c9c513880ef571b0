"""How simulated robots differ from their model, as settings."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from robots.errors import InputError


@dataclass(frozen=True, slots=True)
class MotionParams:
    """How simulated robots differ from their model.

    position_noise_m  a reported x or y is at most so far from where the robot believes to be
    margin_m          a robot is at most so far from where it believes to be: it confirms a cell so much later, and by
                      the noise of its position
    actuation_s       from the coming of a message to the moment when the robot obeys it
    speed_spread      each robot is slower than the model by a share of its own, at most this
    near_m, near_rad  a robot that stands so close to where it was to come to rest is there
    lag_s             from the moment when the firmware wants to brake until the wheels do

    Raises InputError if a value is impossible.
    """

    position_noise_m: float = 0.005
    margin_m: float = 0.0
    actuation_s: float = 0.1
    speed_spread: float = 0.02
    near_m: float = 1e-6
    near_rad: float = 1e-9
    lag_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("position_noise_m", "margin_m", "actuation_s", "near_m", "near_rad", "lag_s"):
            if not (getattr(self, name) >= 0 and isfinite(getattr(self, name))):
                raise InputError(f"motion.{name}", f"is {getattr(self, name)}", "give a number of 0 or more")
        if not 0 <= self.speed_spread < 1:
            raise InputError("motion.speed_spread", f"is {self.speed_spread}", "give a share from 0 to less than 1")
