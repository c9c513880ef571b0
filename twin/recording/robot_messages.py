"""All robots of a tick as messages of Foxglove: coloured boxes for the scene, and poses."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from foxglove_schemas_protobuf.Color_pb2 import Color
from foxglove_schemas_protobuf.CubePrimitive_pb2 import CubePrimitive
from foxglove_schemas_protobuf.Pose_pb2 import Pose
from foxglove_schemas_protobuf.PosesInFrame_pb2 import PosesInFrame
from foxglove_schemas_protobuf.Quaternion_pb2 import Quaternion
from foxglove_schemas_protobuf.SceneEntity_pb2 import SceneEntity
from foxglove_schemas_protobuf.SceneUpdate_pb2 import SceneUpdate
from foxglove_schemas_protobuf.Vector3_pb2 import Vector3

from robots.arrays import Float64, UInt8
from robots.model import RobotModel
from robots.state import Flag
from twin.recording.foxglove_frame import FRAME, pose_columns, timestamp
from twin.recording.message_template import MessageTemplate, encoded

HIGH_M: Final = 0.35  # robot models do not say
_DRIVING: Final = (0.25, 0.55, 0.95)
# By flag; of several the last one counts.
_COLORS: Final = {
    Flag.HALTED: (0.95, 0.60, 0.10),
    Flag.BLOCKED: (0.95, 0.90, 0.20),
    Flag.LOST: (0.85, 0.25, 0.85),
    Flag.FAILED: (0.90, 0.15, 0.15),
}
_LENGTH_DELIMITED: Final = 2  # protobuf wire type
_POSE: Final = ("x", "y", "qz", "qw")


class PosedTicks(Protocol):
    """Where robots were tick by tick, as a TickBlock of a trace says it, or anything else that knows."""

    @property
    def time_s(self) -> Float64:
        """The time after each tick, float64 (t,)."""

    @property
    def flags(self) -> UInt8:
        """What was the matter with each robot, uint8 (t, n), see robots.state.Flag."""

    def poses(self, tick: int) -> tuple[Float64, Float64, Float64]:
        """Return x and y in metres and theta in radians of every robot after a tick."""


class RobotMessages:
    """Encodes ticks of a trace for so many robots of a model."""

    def __init__(self, model: RobotModel, robots: int) -> None:
        def cube(at: dict[str, float]) -> bytes:
            entity = SceneEntity(
                cubes=[
                    CubePrimitive(
                        pose=_pose(at, HIGH_M / 2),
                        size=Vector3(x=model.length_m, y=model.width_m, z=HIGH_M),
                        color=Color(r=at["r"], g=at["g"], b=at["b"], a=1.0),
                    )
                ]
            )
            return encoded(entity)

        def pose(at: dict[str, float]) -> bytes:
            return encoded(PosesInFrame(poses=[_pose(at, 0.0)]))

        self._cubes = MessageTemplate(cube, (*_POSE, "r", "g", "b"), robots)
        self._poses = MessageTemplate(pose, _POSE, robots)
        self._colors = _color_table()
        number = SceneUpdate.DESCRIPTOR.fields_by_name["entities"].number
        self._entities_tag = _varint(number << 3 | _LENGTH_DELIMITED)

    def scene(self, block: PosedTicks, tick: int) -> bytes:
        """Return a foxglove.SceneUpdate: one entity with a box for each robot, in order, in the colour of its flags."""
        colors = self._colors[block.flags[tick]]
        columns = {name: colors[:, place] for place, name in enumerate("rgb")}
        head = SceneEntity(timestamp=timestamp(float(block.time_s[tick])), frame_id=FRAME, id="robots")
        entity = encoded(head) + self._cubes.encoded(columns | pose_columns(*block.poses(tick)))
        return self._entities_tag + _varint(len(entity)) + entity

    def poses(self, block: PosedTicks, tick: int) -> bytes:
        """Return a foxglove.PosesInFrame with the pose of each robot, in order."""
        head = PosesInFrame(timestamp=timestamp(float(block.time_s[tick])), frame_id=FRAME)
        return encoded(head) + self._poses.encoded(pose_columns(*block.poses(tick)))


def _pose(at: dict[str, float], z_m: float) -> Pose:
    position = Vector3(x=at["x"], y=at["y"], z=z_m)
    return Pose(position=position, orientation=Quaternion(z=at["qz"], w=at["qw"]))


def _color_table() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Colour of every set of flags, float64 (256, 3)."""
    table = np.tile(np.array(_DRIVING), (256, 1))
    flags = np.arange(256)
    for flag, color in _COLORS.items():
        table[flags & flag != 0] = color
    return table


def _varint(number: int) -> bytes:
    """A protobuf varint: 7 bits a byte, low ones first, the top bit says that more come."""
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    data.append(number)
    return bytes(data)
