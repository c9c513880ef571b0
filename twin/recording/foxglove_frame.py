"""From our floor to Foxglove's space: x stays, y grows north instead of south, z up, angles counter-clockwise."""

from __future__ import annotations

from math import cos, sin
from typing import Final

import numpy as np
from foxglove_schemas_protobuf.Pose_pb2 import Pose
from foxglove_schemas_protobuf.Quaternion_pb2 import Quaternion
from foxglove_schemas_protobuf.Vector3_pb2 import Vector3
from google.protobuf.timestamp_pb2 import Timestamp

from robots.arrays import Float64

FRAME: Final = "floor"  # origin: the map's north-west corner


def pose_columns(x_m: Float64, y_m: Float64, theta_rad: Float64) -> dict[str, Float64]:
    """Return x, y and the parts z and w of the quaternion, as Foxglove wants them, of poses on our floor."""
    return {"x": x_m, "y": -y_m, "qz": np.sin(-0.5 * theta_rad), "qw": np.cos(-0.5 * theta_rad)}


def pose(x_m: float, y_m: float, z_m: float = 0.0, theta_rad: float = 0.0) -> Pose:
    """Return a place of our floor, so high above it."""
    half = -0.5 * theta_rad
    return Pose(position=Vector3(x=x_m, y=-y_m, z=z_m), orientation=Quaternion(z=sin(half), w=cos(half)))


def nanoseconds(time_s: float) -> int:
    """Return a time on the driver's clock in nanoseconds, as MCAP counts it from the start of 1970."""
    return round(time_s * 1e9)


def timestamp(time_s: float) -> Timestamp:
    """Return a time on the driver's clock for messages."""
    seconds, nanos = divmod(nanoseconds(time_s), 1_000_000_000)
    return Timestamp(seconds=seconds, nanos=nanos)
