"""Recordings as MCAP files that open in Foxglove: the floor, robots at a chosen rate, events."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from foxglove_schemas_protobuf.Log_pb2 import Log
from foxglove_schemas_protobuf.PosesInFrame_pb2 import PosesInFrame
from foxglove_schemas_protobuf.SceneUpdate_pb2 import SceneUpdate
from mcap.writer import Writer
from mcap_protobuf.schema import register_schema

from sim_worlds.world import World
from twin.recording.errors import TraceFileError
from twin.recording.event_messages import EventMessages
from twin.recording.foxglove_floor import floor_scene
from twin.recording.foxglove_frame import nanoseconds
from twin.recording.message_template import encoded
from twin.recording.robot_messages import RobotMessages
from twin.recording.trace_header import check_world
from twin.recording.trace_parts import Checkpoint, TickBlock, TraceHeader
from twin.recording.trace_reader import Trace
from twin.recording.trace_writer import PART_SUFFIX

FLOOR, ROBOTS, POSES, LOG = "/floor", "/robots", "/poses", "/log"
_SCHEMAS: Final = {FLOOR: SceneUpdate, ROBOTS: SceneUpdate, POSES: PosesInFrame, LOG: Log}


class McapWriter:
    """A TraceSink that writes an MCAP file, under a temporary name until the recording is ended.

    /floor foxglove.SceneUpdate, once; /robots foxglove.SceneUpdate and /poses foxglove.PosesInFrame, at `rate_hz` or
    every tick if those are fewer; /log foxglove.Log. All in protobuf, with their schemas. Times are those of the
    driver's clock. Raises TraceFileError if the file cannot be made, or the recording is of another world.
    """

    def __init__(self, path: Path, world: World, *, rate_hz: float = 2.0) -> None:
        self._path = path
        self._part = path.with_name(path.name + PART_SUFFIX)
        self._world = world
        self._rate_hz = rate_hz
        try:
            self._file = self._part.open("wb")
        except OSError as failure:
            problem = f"cannot be written: {failure.strerror}"
            raise TraceFileError(str(path), problem, "choose another file") from None
        self._writer = Writer(self._file)
        self._channels: dict[str, int] = {}
        self._robots: RobotMessages | None = None
        self._events: EventMessages | None = None
        self._header: TraceHeader | None = None
        self._every = 1  # ticks
        self._ticks = 0

    def begin(self, header: TraceHeader) -> None:
        """Write schemas, channels, and what the header says."""
        check_world(str(self._path), header, self._world)
        self._header = header
        self._every = max(1, round(1 / (self._rate_hz * header.tick_s)))
        self._robots = RobotMessages(header.robot, header.robots)
        self._writer.start(library="futurepark")
        schemas = {kind: register_schema(self._writer, kind) for kind in set(_SCHEMAS.values())}
        for topic, kind in _SCHEMAS.items():
            self._channels[topic] = self._writer.register_channel(
                topic=topic, message_encoding="protobuf", schema_id=schemas[kind]
            )
        facts = {name: str(value) for name, value in msgspec.to_builtins(header).items()}
        self._writer.add_metadata("futurepark", facts)

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Draw the floor from the first checkpoint's time on; checkpoints themselves are no matter for MCAP."""
        if self._events is None and self._header is not None:
            self._events = EventMessages(self._header.robots, checkpoint.time_s)
            self._write(FLOOR, checkpoint.time_s, encoded(floor_scene(self._world, checkpoint.time_s)))

    def block(self, block: TickBlock) -> None:
        """Write robots and events of a block."""
        if self._robots is None or self._events is None:
            raise TraceFileError(str(self._path), "ticks came before the first checkpoint", "record it again")
        for tick in range(-self._ticks % self._every, block.ticks, self._every):
            time_s = float(block.time_s[tick])
            self._write(ROBOTS, time_s, self._robots.scene(block, tick))
            self._write(POSES, time_s, self._robots.poses(block, tick))
        self._ticks += block.ticks
        for time_s, event in self._events.of_block(block):
            self._write(LOG, time_s, encoded(event))

    def end(self) -> None:
        """Write the index, and give the file its name."""
        self._writer.finish()  # type: ignore[no-untyped-call]
        self._file.close()
        self._part.replace(self._path)

    def close(self) -> None:
        """Let go of the file as it is: what was not ended keeps its temporary name. May be called twice."""
        self._file.close()

    def _write(self, topic: str, time_s: float, data: bytes) -> None:
        time_ns = nanoseconds(time_s)
        self._writer.add_message(self._channels[topic], log_time=time_ns, data=data, publish_time=time_ns)


def trace_to_mcap(trace: Path, path: Path, world: World, *, rate_hz: float = 2.0) -> None:
    """Write a trace as an MCAP file, see McapWriter; `world` is where it was recorded.

    Raises TraceFileError as Trace and McapWriter do; of a damaged trace what could be read is written before that.
    """
    with Trace(trace) as source:
        check_world(source.where, source.header, world)
        sink = McapWriter(path, world, rate_hz=rate_hz)
        try:
            sink.begin(source.header)
            try:
                for part in source.parts():
                    if isinstance(part, TickBlock):
                        sink.block(part)
                    else:
                        sink.checkpoint(part)
            finally:
                sink.end()
        finally:
            sink.close()
