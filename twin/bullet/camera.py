"""Cameras of a floor by name: the whole of it, a station, a chute, a zone, or one that follows a robot."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from math import cos, hypot, pi, sin, tan
from typing import Final, NamedTuple

import numpy as np

from robots.arrays import Float64
from robots.errors import InputError
from robots.truth import FloorTruth
from sim_worlds.world import World
from twin.bullet.frames import Vector, place

OVERVIEW: Final = "overview"
ROBOT: Final = "robot:"
_OPENING: Final = pi / 4  # of the picture from below to above, radians
_SLOPE: Final = tan(_OPENING / 2)
_TILT: Final = 1.0  # how far a camera looks down, radians
_ROUND_STATION_M, _ROUND_ROBOT_M = 8.0, 5.0
_MARGIN: Final = 1.05


class View(NamedTuple):
    """Where a camera is and what it looks at, in Bullet's frame, metres; `far_m` is as far as it sees."""

    eye: Vector
    target: Vector
    far_m: float


@dataclass(frozen=True, slots=True)
class Camera:
    """Looks from the south down on a rectangle of the floor. Lengths in metres, x east, y south.

    x_m, y_m  middle of the rectangle; of a camera that follows a robot this is where the robot is
    wide_m, deep_m  size of the rectangle, east to west and north to south: all of it is in the picture
    robot     row of the robot that it follows, -1 for none
    """

    name: str
    x_m: float
    y_m: float
    wide_m: float
    deep_m: float
    robot: int = -1

    def view(self, truth: FloorTruth, aspect: float, slope: float = _SLOPE) -> View:
        """How it looks on the floor now.

        aspect: width of the picture over its height; slope: half of its height over its distance from the eye
        """
        x, y = self.x_m, self.y_m
        if self.robot >= 0:
            x, y = float(truth.x_m[self.robot]), float(truth.y_m[self.robot])
        half_wide, half_deep = _MARGIN * self.wide_m / 2, _MARGIN * self.deep_m / 2
        # The near edge of the rectangle is the widest in the picture, and the lowest.
        closer = half_deep * cos(_TILT)
        away = closer + max(half_wide / (slope * aspect), half_deep * sin(_TILT) / slope)
        eye = place(x, y + away * cos(_TILT), away * sin(_TILT))
        return View(eye, place(x, y), 2 * away + hypot(self.wide_m, self.deep_m))


def camera_names(world: World) -> tuple[str, ...]:
    """Names of a world's cameras, besides `robot:N` for each robot."""
    named = [*(station.name for station in world.stations), *(chute.name for chute in world.chutes), *world.zones]
    return tuple(dict.fromkeys((OVERVIEW, *named)))


def find_camera(world: World, name: str, robots: int) -> Camera:
    """Return a camera by name. Raises InputError if there is none of that name, or no such robot among `robots`."""
    if name.startswith(ROBOT):
        return _of_robot(name, robots)
    cells = _cells(world, name)
    if not cells:
        names = camera_names(world)
        close = get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(names[:8])}, or robot:N"
        raise InputError("--camera", f"there is no camera {name!r} in world {world.name}", hint)
    rows, columns = np.divmod(np.array(cells), world.layout.width)
    top, left = rows.min() * world.cell_m, columns.min() * world.cell_m
    bottom, right = (rows.max() + 1) * world.cell_m, (columns.max() + 1) * world.cell_m
    least = 0.0 if name == OVERVIEW else _ROUND_STATION_M
    return Camera(
        name,
        float(left + right) / 2,
        float(top + bottom) / 2,
        max(float(right - left), least),
        max(float(bottom - top), least),
    )


def pixel(view: View, point: Vector, width: int, height: int) -> tuple[float, float]:
    """Return column and row of the picture, `width` x `height` pixels, where a point of Bullet's frame is seen."""
    eye = np.array(view.eye)
    ahead = _unit(np.array(view.target) - eye)
    right = _unit(np.cross(ahead, (0.0, 0.0, 1.0)))
    up = np.cross(right, ahead)
    to = np.array(point) - eye
    scale = height / 2 / _SLOPE / float(to @ ahead)
    return width / 2 + scale * float(to @ right), height / 2 - scale * float(to @ up)


def opening_degrees() -> float:
    """How much a camera sees from below to above, in degrees."""
    return _OPENING * 180 / pi


def _of_robot(name: str, robots: int) -> Camera:
    number = name.removeprefix(ROBOT)
    if not number.isdecimal() or len(number) > len(str(robots)) or int(number) >= robots:
        raise InputError("--camera", f"{name!r} is none of {robots} robots", f"use robot:0 to robot:{robots - 1}")
    return Camera(name, 0.0, 0.0, _ROUND_ROBOT_M, _ROUND_ROBOT_M, int(number))


def _cells(world: World, name: str) -> list[int]:
    """Cells that a camera of that name shows."""
    if name == OVERVIEW:
        return [0, world.layout.cells - 1]
    for station in world.stations:
        if station.name == name:
            return list(station.docks)
    for chute in world.chutes:
        if chute.name == name:
            return [chute.cell]
    zone: list[int] = world.zones[name].tolist() if name in world.zones else []
    return zone


def _unit(vector: Float64) -> Float64:
    return vector / np.linalg.norm(vector)
