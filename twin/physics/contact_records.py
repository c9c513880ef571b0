"""What the kernels of contacts work on: scratch memory, filled anew in every period, and the bodies' shape."""

from __future__ import annotations

from math import hypot
from typing import Final, NamedTuple

import numpy as np

from robots.arrays import Bool, Int32
from robots.model import RobotModel
from twin.fleet_records import Records
from twin.physics.body_model import BodyModel
from twin.physics.body_records import PERSON_RADIUS_M

PARTNERS: Final = 8  # robots that a robot can touch and remember
_PAIRS: Final = 24  # a robot
_STIFFNESS_HZ: Final = 60.0
_DAMPING: Final = 1.0
_FRICTION: Final = 0.3  # of bumpers on bumpers, racks and shoes

# A robot in a contact, seen from the map: place, unit vector forward, velocities, and how light it is.
FRAME: Final = np.dtype(
    [
        ("x", np.float64),
        ("y", np.float64),
        ("c", np.float64),
        ("s", np.float64),
        ("vx", np.float64),
        ("vy", np.float64),
        ("turning", np.float64),
        ("lightness", np.float64),  # 1 / kg, 0 if nothing moves it
        ("ease", np.float64),  # 1 / (kg m2)
        ("pushed", np.bool_),  # in this substep
    ],
    align=True,
)


class Nearby(NamedTuple):
    """Who may touch whom in a period; n robots."""

    frames: Records  # (n,)
    first_in: Int32  # (cells,), a robot in a cell, -1 for none
    following: Int32  # (n,), the next one in the same cell
    crowd: Bool  # (n,), may touch anything
    rack: Bool  # (n,), or the border of the map
    person: Bool  # (n,)
    pairs: Int32  # (m, 2)
    touching: Bool  # (m,)
    rest: Int32  # (m,), substeps in which they cannot touch


class Shape(NamedTuple):
    """Floor and bodies."""

    width: int  # of the map, cells
    height: int
    cell_m: float
    half_length: float
    half_width: float
    radius: float  # to the corner
    person_radius: float
    mass: float
    inertia: float
    yielding: float  # share of an approach that a contact takes away in a substep
    undoing: float  # 1/s, at which it undoes an overlap
    friction: float


def new_nearby(n: int, cells: int) -> Nearby:
    """Nobody is near anybody."""
    return Nearby(
        frames=np.zeros(n, dtype=FRAME),
        first_in=np.full(cells, -1, dtype=np.int32),
        following=np.full(n, -1, dtype=np.int32),
        crowd=np.zeros(n, dtype=np.bool_),
        rack=np.zeros(n, dtype=np.bool_),
        person=np.zeros(n, dtype=np.bool_),
        pairs=np.zeros((_PAIRS * n, 2), dtype=np.int32),
        touching=np.zeros(_PAIRS * n, dtype=np.bool_),
        rest=np.zeros(_PAIRS * n, dtype=np.int32),
    )


def new_shape(height: int, width: int, cell_m: float, model: RobotModel, body: BodyModel, dt: float) -> Shape:
    """Return floor and bodies for substeps of dt seconds.

    A contact is a spring and a damper between the two masses, solved implicitly: E. Catto, "Soft constraints",
    Game Developers Conference 2011.
    """
    rate = 2.0 * np.pi * _STIFFNESS_HZ
    damped = 2.0 * _DAMPING + dt * rate
    hard = dt * rate * damped
    return Shape(
        width=width,
        height=height,
        cell_m=float(cell_m),
        half_length=model.length_m / 2,
        half_width=model.width_m / 2,
        radius=hypot(model.length_m, model.width_m) / 2,
        person_radius=PERSON_RADIUS_M,
        mass=float(body.mass_kg),
        inertia=float(body.inertia_kgm2),
        yielding=hard / (1.0 + hard),
        undoing=rate / damped,
        friction=_FRICTION,
    )
