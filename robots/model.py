"""What a robot can do: size, motion limits, battery and payload, in SI units."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite
from typing import Any

from robots.errors import RobotModelError


@dataclass(frozen=True, slots=True)
class RobotModel:
    """A type of differential-drive robot. Lengths in metres, masses in kilograms, power in watts, energy in Wh.

    Power figures are what the battery gives while the robot is in that activity, electronics included. The defaults
    describe a small drive-under sorting robot with a tip tray and totes.
    """

    name: str = "sorter-s"
    length_m: float = 0.72
    width_m: float = 0.66
    max_speed_mps: float = 1.0
    max_acceleration_mps2: float = 1.0
    max_turn_rate_radps: float = 3.0
    max_turn_acceleration_radps2: float = 8.0
    battery_wh: float = 480.0
    idle_w: float = 35.0
    drive_w: float = 160.0
    turn_w: float = 120.0
    service_w: float = 70.0
    charge_w: float = 1600.0
    payload_kg: float = 30.0
    totes: int = 4
    tote_litres: float = 30.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "name":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise RobotModelError(f"robot.{field.name}", f"is {value!r}, not a number", "give a positive number")
            if not (isfinite(value) and value > 0):
                raise RobotModelError(f"robot.{field.name}", f"is {value}", "give a number greater than zero")
        if not isinstance(self.totes, int):
            raise RobotModelError("robot.totes", f"is {self.totes}", "give a whole number")

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> RobotModel:
        """Read a model from a TOML table; keys are the field names, missing ones take the defaults.

        Raises RobotModelError on an unknown key, a wrong type or an impossible value.
        """
        known = [field.name for field in fields(cls)]
        for key in table:
            if key not in known:
                raise RobotModelError(f"robot.{key}", "unknown key", f"use one of: {', '.join(known)}")
        if not isinstance(table.get("name", ""), str):
            raise RobotModelError("robot.name", f"is {table['name']!r}, not a string", "give a name in quotes")
        return cls(**table)
