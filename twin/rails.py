"""Bodies on rails: they follow what their firmware wants exactly, and nothing stops them."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, sin
from typing import Final

import numpy as np
import numpy.typing as npt

from robots.arrays import Int64
from twin import _rails
from twin.faults import Fault, FaultKind
from twin.fleet_records import Floor, Limits, Records


class Rails:
    """Bodies (see twin.bodies) that never slip, bump or drift. Time of `drive` grows linearly with robots."""

    faults: Final = frozenset({FaultKind.DISPLACED})

    def __init__(self, robots: Records, floor: Floor, limits: Limits) -> None:  # noqa: ARG002 - rails know no floor
        self._robots = robots
        self._limits = limits
        self._shift = np.zeros((len(robots), 2))  # metres
        _rails.stand(robots, self._shift, limits)

    def drive(self, start_s: float) -> None:  # noqa: ARG002 - rails are the same at all times
        """Let one period of the firmware pass."""
        _rails.drive(self._robots, self._shift, self._limits)

    def set_down(self, robot: int) -> None:
        """Take a robot as set down in the middle of its confirmed cell."""
        rows = slice(robot, robot + 1)
        self._shift[rows] = 0.0
        _rails.stand(self._robots[rows], self._shift[rows], self._limits)

    def hit(self, fault: Fault, until_s: float) -> None:  # noqa: ARG002 - until somebody puts the robot back
        """Push a robot to its left: x grows east, y south, theta clockwise."""
        robot = self._robots[fault.robot]
        self._shift[fault.robot] += fault.value * sin(robot["theta"]), -fault.value * cos(robot["theta"])
        robot["lost"] = True
        robot["speed"] = 0.0
        robot["connected"] = False
        rows = slice(fault.robot, fault.robot + 1)
        _rails.stand(self._robots[rows], self._shift[rows], self._limits)

    def columns(self) -> Sequence[npt.NDArray[np.generic]]:
        """The displacements."""
        return (self._shift,)

    def contacts(self) -> Int64:
        """None: on rails robots drive through each other, which an auditor would see."""
        return np.zeros(3, dtype=np.int64)
