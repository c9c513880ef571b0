"""Readings of a floor's sensors, as they come to a controller: never the truth."""

from __future__ import annotations

from dataclasses import dataclass

from robots.arrays import Bool, Float32, Int32


@dataclass(frozen=True, slots=True)
class RangeReadings:
    """Distances that infrared beams and time-of-flight sensors measured; columns of length n, one row a reading.

    time_s      when they were taken, seconds on the floor's clock
    sensor      int32, which sensor; ascending
    distance_m  float32, to the first thing in the beam; inf for nothing within range; nan where no answer came
    """

    time_s: float
    sensor: Int32
    distance_m: Float32


@dataclass(frozen=True, slots=True)
class BeamReadings:
    """What photo-eyes said; columns of length n, one row a reading.

    time_s  when they were asked, seconds on the floor's clock
    eye     int32, which photo-eye; ascending
    dark_s  float32, seconds for which its beam has been broken without a pause, 0 if it is not; nan: no answer came
    """

    time_s: float
    eye: Int32
    dark_s: Float32


@dataclass(frozen=True, slots=True)
class DepthImage:
    """What one depth camera saw.

    time_s    when it was taken
    camera    which camera
    depth_m   float32 (height, width), along the camera's axis, row 0 at the top; nan where there was no answer
    """

    time_s: float
    camera: int
    depth_m: Float32


@dataclass(frozen=True, slots=True)
class SafetyReadings:
    """What robots' own safety sensors say; columns of length n, one row a robot.

    time_s    when it was so, seconds on the floor's clock
    occupied  bool, something is in the protective field of its safety lidar
    pressed   bool, its bumper touches something
    """

    time_s: float
    occupied: Bool
    pressed: Bool
