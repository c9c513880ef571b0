"""Between our frame (x east, y south, theta clockwise) and Bullet's (x east, y north, z up, yaw to the left)."""

from __future__ import annotations

from math import atan2, cos, pi, remainder, sin
from typing import NamedTuple

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


class Motion(NamedTuple):
    """A robot on the floor, in our frame: see `twin.physics.body_records.BODY`."""

    x: float
    y: float
    theta: float
    forward: float
    sideways: float
    turning: float


def place(x: float, y: float, z: float = 0.0) -> Vector:
    """Return a point of our floor, `z` metres above it, as Bullet's."""
    return x, -y, z


def attitude(theta: float) -> Quaternion:
    """Return the attitude of something upright that faces `theta`, radians."""
    return 0.0, 0.0, -sin(theta / 2), cos(theta / 2)


def velocities(motion: Motion) -> tuple[Vector, Vector]:
    """Return linear and angular velocity, m/s and rad/s, of something upright that moves like this."""
    ahead, right = motion.forward, motion.sideways
    c, s = cos(motion.theta), sin(motion.theta)
    return (ahead * c - right * s, -(ahead * s + right * c), 0.0), (0.0, 0.0, -motion.turning)


def motion_of(
    position: Vector, rotation: Quaternion, velocity: Vector, spin: Vector, height: float, theta: float
) -> Motion:
    """Return where the point `height` metres below the centre of a body is on the floor, and how it moves.

    theta  where the body faced a moment ago: the new theta is within half a turn of it, so that it counts turns
    """
    x, y, z, w = rotation
    up = 2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)
    east = position[0] - height * up[0]
    north = position[1] - height * up[1]
    to_east = velocity[0] - height * (spin[1] * up[2] - spin[2] * up[1])
    to_north = velocity[1] - height * (spin[2] * up[0] - spin[0] * up[2])
    yaw = atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    c, s = cos(yaw), sin(yaw)
    return Motion(
        x=east,
        y=-north,
        theta=theta + remainder(-yaw - theta, 2 * pi),
        forward=to_east * c + to_north * s,
        sideways=to_east * s - to_north * c,
        turning=-spin[2],
    )
