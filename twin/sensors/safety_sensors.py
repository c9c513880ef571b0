"""Safety lidar and bumper of every robot: is something in the way, does something touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from robots.arrays import Bool, Float64
from robots.model import RobotModel
from robots.readings import SafetyReadings
from robots.truth import FloorTruth
from twin.sensors.sensor_world import SensorWorld

_LENS_M: Final = 0.2  # above the floor: where scanners of low robots look, and where racks have their feet
_GAP_M: Final = 0.01  # from the robot's front to its lens, which must not see the robot


@dataclass(frozen=True, slots=True)
class ProtectiveField:
    """The rectangle ahead of a robot that has to be free, as ISO 13855 lays it out: way to stop, and a supplement.

    reaction_s   from something being there until the brakes act
    margin_m     supplement, ahead and on both sides
    beams        how many are cast to its far edge; something narrower than the gaps between them may be missed
    """

    reaction_s: float = 0.1
    margin_m: float = 0.1
    beams: int = 5

    def length_m(self, speed_mps: Float64, robot: RobotModel) -> Float64:
        """Return how far ahead of its front it reaches, float64 (n,), at speeds, float64 (n,); standing, the margin."""
        ahead = np.maximum(speed_mps, 0.0)
        return self.margin_m + ahead * self.reaction_s + ahead**2 / (2.0 * robot.max_acceleration_mps2)


class SafetySensors:
    """The safety sensors of all robots of a sensor world, one model of robot.

    touching  says for each robot whether its body touches something now, bool (n,): the floor's physics know
    """

    def __init__(
        self,
        floor: SensorWorld,
        robot: RobotModel,
        touching: Callable[[], Bool],
        field: ProtectiveField | None = None,
    ) -> None:
        self._floor = floor
        self._robot = robot
        self._touching = touching
        self._field = field or ProtectiveField()

    def read(self, truth: FloorTruth, speed_mps: Float64) -> SafetyReadings:
        """Return what they say now, after `SensorWorld.mirror`; speeds ahead, float64 (n,), size the fields."""
        beams, robots = self._field.beams, len(truth.x_m)
        ahead = np.stack((np.cos(truth.theta_rad), np.sin(truth.theta_rad)), axis=1)
        aside = np.stack((-ahead[:, 1], ahead[:, 0]), axis=1)
        front = self._robot.length_m / 2
        middle = np.stack((truth.x_m, truth.y_m), axis=1)
        lens = middle + (front + _GAP_M) * ahead
        edge = middle + (front + self._field.length_m(speed_mps, self._robot))[:, np.newaxis] * ahead
        reach = self._robot.width_m / 2 + self._field.margin_m
        across = np.linspace(-reach, reach, beams)
        ends = edge[:, np.newaxis, :] + across[np.newaxis, :, np.newaxis] * aside[:, np.newaxis, :]
        begins = np.broadcast_to(lens[:, np.newaxis, :], ends.shape)
        seen = self._floor.cast(_at_lens(begins), _at_lens(ends))
        occupied = np.isfinite(seen.reshape(robots, beams).min(axis=1))
        return SafetyReadings(truth.time_s, occupied, self._touching().copy())


def _at_lens(points: Float64) -> Float64:
    """Points of the floor, float64 (n, b, 2), as points above it, (n * b, 3)."""
    flat = points.reshape(-1, 2)
    return np.column_stack((flat, np.full(len(flat), _LENS_M)))
