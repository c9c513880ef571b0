"""The footprint auditor: what robots sweep on the floor must be theirs (P2)."""

from __future__ import annotations

from math import acos, hypot

import numpy as np

from fleet.traffic.audit import _footprint_auditor
from robots.arrays import Bool, Float64, Int32
from robots.model import RobotModel
from robots.truth import FloorTruth


class FootprintAuditor:
    """Follows the true poses of n robots tick by tick.

    A footprint is the rectangle of the robot model's length and width. Between two ticks a robot drives straight, turns
    on the spot, drives straight; each may be missing. A robot that reaches further than `margin_m` into a cell that it
    does not hold is always found, one that stays within half of that never; the other half is spent on turns, of which
    as many poses are looked at as that takes.
    """

    def __init__(self, model: RobotModel, robots: int, width: int, cell_m: float, margin_m: float) -> None:
        shortest_m = min(model.length_m, model.width_m)
        if not 0 < margin_m < shortest_m or not cell_m > 0:
            raise ValueError(f"margin of {margin_m} m, cells of {cell_m} m: give 0 < margin < {shortest_m}, 0 < cell")
        self._width = width
        self._cell_m = cell_m
        self._half_length = model.length_m / 2 - margin_m / 2
        self._half_width = model.width_m / 2 - margin_m / 2
        # A corner at the radius r reaches r (1 - cos(step / 2)) further between two poses than in either.
        radius_m = hypot(self._half_length, self._half_width)
        self._turn_step = 2 * acos(max(0.0, 1 - margin_m / 2 / radius_m))
        self._pose: Float64 = np.zeros((robots, 3))
        self._unknown: Bool = np.ones(robots, dtype=np.bool_)
        self._outside: Int32 = np.zeros((robots, 2), dtype=np.int32)

    def check(self, truth: FloorTruth, holder: Int32) -> list[tuple[int, int]]:
        """Return robots that left their cells since the last tick, each with a cell it reached into, -1 off the map.

        holder int32 (cells,): the robot that holds each cell, -1 for none. Robots that are displaced are passed over;
        of one that was put back only the pose counts, not how it got there.
        """
        count = _footprint_auditor.check_footprints(
            np.ascontiguousarray(truth.x_m, dtype=np.float64),
            np.ascontiguousarray(truth.y_m, dtype=np.float64),
            np.ascontiguousarray(truth.theta_rad, dtype=np.float64),
            np.ascontiguousarray(truth.displaced, dtype=np.bool_),
            self._pose,
            self._unknown,
            self._half_length,
            self._half_width,
            self._turn_step,
            self._cell_m,
            self._width,
            holder,
            self._outside,
        )
        return [(int(robot), int(cell)) for robot, cell in self._outside[:count]]
