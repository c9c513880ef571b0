"""The tray on a robot: an open box that tips about one of its edges, with a gate there that opens first."""

from __future__ import annotations

from math import cos, radians, sin
from typing import Final

import msgspec

from twin.bullet.client import BulletClient
from twin.bullet.frames import Quaternion, Vector
from twin.cells.driven_box import DrivenBox
from twin.cells.stacking import Box
from twin.cells.station_cell import STEP_S

LENGTH_M, WIDTH_M, RIM_M = 0.6, 0.5, 0.2
LITRES: Final = LENGTH_M * WIDTH_M * RIM_M * 1000.0
TIPPED: Final = radians(50.0)
_TURN: Final = radians(60.0)  # a second
_GATE_MPS: Final = 0.8
_OPEN_M: Final = RIM_M + 0.05  # that the gate slides down
_THICK_M: Final = 0.02
_FRICTION: Final = 0.6
_AWAY: Final[Vector] = (0.0, 50.0, 0.0)  # where the tray is while there is no robot: nothing else is there


class TrayThen(msgspec.Struct, frozen=True):
    """A tray at one time."""

    here: bool
    tipping: bool
    moved: bool
    angle: float
    open_m: float


class RobotTray:
    """The tray of the robot that stands at a cell, if one does: `drive` it before each step.

    hinge  the middle of the edge at which it tips, towards x, in metres: the tray reaches from there LENGTH_M against x
    """

    def __init__(self, client: BulletClient, hinge: Vector) -> None:
        self._hinge = hinge
        half_wall, beside = _THICK_M / 2, WIDTH_M / 2 + _THICK_M / 2
        long, wide, high = LENGTH_M / 2, WIDTH_M / 2 + _THICK_M, RIM_M / 2
        # Half edges, the middle as seen from the hinge while the tray is level, and whether it is the gate.
        parts: tuple[tuple[Vector, Vector, bool], ...] = (
            ((long, wide, half_wall), (-long, 0.0, -half_wall), False),
            ((long, half_wall, high), (-long, beside, high), False),
            ((long, half_wall, high), (-long, -beside, high), False),
            ((half_wall, wide, high), (-LENGTH_M - half_wall, 0.0, high), False),
            ((half_wall, wide, high), (half_wall, 0.0, high), True),
        )
        self._parts = [(DrivenBox(client, half, _FRICTION), middle, slides) for half, middle, slides in parts]
        self._here = self._tipping = self._moved = False
        self._angle = self._open_m = 0.0
        self._tell(0.0, 0.0)

    @property
    def here(self) -> bool:
        """Whether a robot stands there."""
        return self._here

    @property
    def level(self) -> bool:
        """Whether it is not tipped at all, and closed."""
        return self._angle == 0.0 and self._open_m == 0.0

    @property
    def tipped(self) -> bool:
        """Whether it is tipped as far as it goes."""
        return self._angle == TIPPED

    @property
    def inside(self) -> Box:
        """What is on the level tray, up to a height that no heap has."""
        x, y, z = self._hinge
        return Box((x - LENGTH_M, y - WIDTH_M / 2, z), (x, y + WIDTH_M / 2, z + 1.0))

    @property
    def down(self) -> Vector:
        """Along its floor to the hinge, as a direction."""
        return cos(self._angle), 0.0, -sin(self._angle)

    def holds(self, point: Vector) -> bool:
        """Whether a point is on the tray, as it is now, or above it; its rims are part of it."""
        if not self._here:
            return False
        ahead, up = point[0] - self._hinge[0], point[2] - self._hinge[2]
        along = ahead * cos(self._angle) - up * sin(self._angle)
        above = ahead * sin(self._angle) + up * cos(self._angle)
        across = abs(point[1] - self._hinge[1])
        return -LENGTH_M - _THICK_M <= along <= 0.0 and across <= WIDTH_M / 2 + _THICK_M and -_THICK_M <= above <= 1.0

    def dock(self) -> None:
        """A robot comes, with the tray level."""
        self._here = True
        self._tell(0.0, 0.0)

    def undock(self) -> None:
        """It leaves."""
        self._here = False
        self._tell(0.0, 0.0)

    def tip(self, *, over: bool) -> None:
        """Tip over from now on, or come back."""
        self._tipping = over

    def drive(self) -> None:
        """Be ready for a step: the gate opens before the tray tips, and closes after it is back."""
        turning, opening = self._rates()
        if turning or opening or self._moved:
            self._tell(turning, opening)
        self._moved = bool(turning or opening)
        self._angle = min(max(self._angle + turning * STEP_S, 0.0), TIPPED)
        self._open_m = min(max(self._open_m + opening * STEP_S, 0.0), _OPEN_M)

    def then(self) -> TrayThen:
        """What there is to know of it, for `resume`."""
        return TrayThen(self._here, self._tipping, self._moved, self._angle, self._open_m)

    def resume(self, then: TrayThen) -> None:
        """Go on from there. What may touch it has to be made after this."""
        self._here, self._tipping, self._moved = then.here, then.tipping, then.moved
        self._angle, self._open_m = then.angle, then.open_m
        for box, _, _ in self._parts:
            box.renew()
        self._tell(0.0, 0.0)

    def _rates(self) -> tuple[float, float]:
        """How fast the tray turns, rad/s, and the gate opens, m/s, in the step that follows."""
        if self._tipping:
            opens = self._open_m < _OPEN_M
            return (0.0, _GATE_MPS) if opens else (_TURN if self._angle < TIPPED else 0.0, 0.0)
        if self._angle > 0.0:
            return -_TURN, 0.0
        return 0.0, -_GATE_MPS if self._open_m > 0.0 else 0.0

    def _tell(self, turning: float, opening: float) -> None:
        """Put all parts where they are, with their speeds: about the hinge, and the gate down along the tray's side."""
        c, s = cos(self._angle), sin(self._angle)
        attitude: Quaternion = (0.0, sin(self._angle / 2), 0.0, cos(self._angle / 2))
        x, y, z = self._hinge if self._here else _AWAY
        for box, (ahead, across, up), slides in self._parts:
            above = up - self._open_m if slides else up
            rise = -opening if slides else 0.0
            east, high = ahead * c + above * s, above * c - ahead * s
            velocity = (turning * high + rise * s, 0.0, rise * c - turning * east)
            box.move((x + east, y + across, z + high), attitude, velocity, (0.0, turning, 0.0))
