"""A finished run as an MCAP file that opens in Foxglove: the floor, robots step by step, and what happened.

Needs the packages of the extra `mcap`; `twin.recording.mcap_writer` does the same for recordings of the twin.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from foxglove_schemas_protobuf.Log_pb2 import Log
from foxglove_schemas_protobuf.PosesInFrame_pb2 import PosesInFrame
from foxglove_schemas_protobuf.SceneUpdate_pb2 import SceneUpdate
from mcap.writer import Writer
from mcap_protobuf.schema import register_schema

from fleet.report.story.event_lines import read_objects
from twin.recording.foxglove_floor import floor_scene
from twin.recording.foxglove_frame import nanoseconds, timestamp
from twin.recording.message_template import encoded
from twin.recording.robot_messages import RobotMessages

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.report.run_directory import RunReader
    from fleet.report.trace import Trace
    from robots.arrays import Float64, UInt8
    from sim_worlds.world import World

FLOOR, ROBOTS, POSES, LOG = "/floor", "/robots", "/poses", "/log"
_SCHEMAS: Final = {FLOOR: SceneUpdate, ROBOTS: SceneUpdate, POSES: PosesInFrame, LOG: Log}
# Kinds of events about which somebody may have to do something.
_WARNINGS: Final = frozenset(
    {"order_rejected", "task_failed", "task_refused", "task_stranded", "charger_failed", "robot_down", "robot_lost"}
)


@dataclass(frozen=True, slots=True)
class TracePoses:
    """Where robots were after each step, in the middle of their cells; `time_s` and `flags` as PosedTicks has them."""

    trace: Trace
    cell_m: float
    time_s: Float64
    flags: UInt8

    @classmethod
    def of(cls, trace: Trace, cell_m: float) -> TracePoses:
        """Return the poses of a trace on cells of this size; nothing is the matter with any robot."""
        time_s = np.arange(1, trace.steps + 1, dtype=np.float64) * trace.step_s
        return cls(trace, cell_m, time_s, np.zeros((trace.steps, trace.robots), dtype=np.uint8))

    def poses(self, tick: int) -> tuple[Float64, Float64, Float64]:
        """Return x and y in metres and theta in radians of every robot after a step."""
        row, column = np.divmod(self.trace.cell[tick], self.trace.width)
        theta: Float64 = self.trace.heading[tick] * (pi / 2)
        return (column + 0.5) * self.cell_m, (row + 0.5) * self.cell_m, theta


def write_mcap(run: RunReader, world: World, path: Path) -> None:
    """Write a run in this world: /floor once, /robots and /poses after every step, /log for every event.

    Times are seconds from the start of the run. Raises RunError if its events are missing or damaged.
    """
    steps = TracePoses.of(run.trace, world.cell_m)
    messages = RobotMessages(world.robot, run.trace.robots)
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(library="futurepark")
        schemas = {kind: register_schema(writer, kind) for kind in set(_SCHEMAS.values())}
        channels = {
            topic: writer.register_channel(topic=topic, message_encoding="protobuf", schema_id=schemas[kind])
            for topic, kind in _SCHEMAS.items()
        }

        def write(topic: str, time_s: float, data: bytes) -> None:
            time_ns = nanoseconds(time_s)
            writer.add_message(channels[topic], log_time=time_ns, data=data, publish_time=time_ns)

        facts = {name: str(value) for name, value in msgspec.to_builtins(run.summary).items()}
        writer.add_metadata("futurepark", facts)
        write(FLOOR, 0.0, encoded(floor_scene(world, 0.0)))
        for event in read_objects(run.path):
            time_s, kind = float(event.pop("t")), event.pop("event")
            level = Log.WARNING if kind in _WARNINGS else Log.INFO
            words = f"{kind} {msgspec.json.encode(event).decode()}"
            write(LOG, time_s, encoded(Log(timestamp=timestamp(time_s), level=level, message=words, name=kind)))
        for step, time_s in enumerate(steps.time_s.tolist()):
            write(ROBOTS, time_s, messages.scene(steps, step))
            write(POSES, time_s, messages.poses(steps, step))
        writer.finish()  # type: ignore[no-untyped-call]
