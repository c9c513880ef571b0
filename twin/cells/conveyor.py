"""A belt conveyor, which carries by friction what lies on it."""

from __future__ import annotations

from typing import Final

from twin.bullet.client import BulletClient
from twin.bullet.frames import Vector
from twin.cells.driven_box import DrivenBox

_THICK_M: Final = 0.1
_GRIP: Final = 1.2


class Conveyor:
    """A level belt along x: `run` it, and `drive` it before each step of the world.

    begin_m, end_m  where it begins and ends along x; it is centred across y
    width_m, top_m  how wide it is, and how high its surface

    Its body does not come along: before each step it is put back where it was and told its speed again, so that what
    lies on it is on a surface that moves.
    """

    def __init__(self, client: BulletClient, begin_m: float, end_m: float, width_m: float, top_m: float) -> None:
        self.begin_m, self.end_m, self.width_m, self.top_m = begin_m, end_m, width_m, top_m
        self._place: Vector = ((begin_m + end_m) / 2, 0.0, top_m - _THICK_M / 2)
        self._belt = DrivenBox(client, ((end_m - begin_m) / 2, width_m / 2, _THICK_M / 2), _GRIP)
        self._belt.move(self._place)
        self._speed_mps = 0.0

    @property
    def speed_mps(self) -> float:
        """How fast its surface moves along x, m/s."""
        return self._speed_mps

    def run(self, speed_mps: float) -> None:
        """Move like this from now on; 0 stops it. The belt itself takes no time for that, what lies on it does."""
        if speed_mps != self._speed_mps:
            self._speed_mps = speed_mps
            self._tell()

    def resume(self, speed_mps: float) -> None:
        """Go on at a speed, whatever was before. What lies on it has to be made after this."""
        self._speed_mps = speed_mps
        self._belt.renew()
        self._tell()

    def drive(self) -> None:
        """Be ready for a step."""
        if self._speed_mps:
            self._tell()

    def _tell(self) -> None:
        self._belt.move(self._place, velocity=(self._speed_mps, 0.0, 0.0))
