"""One short text for all there is to know of a simulated fleet: equal texts, equal fleets, in every process."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final
from zlib import crc32

import msgspec
import numpy as np

from robots.arrays import Float64, UInt32
from twin.fleet_records import COMMAND, ENTRIES_AHEAD
from twin.simulated_fleet import SimulatedFleet

_ENCODER: Final = msgspec.msgpack.Encoder(order="deterministic")


def state_hash(fleet: SimulatedFleet) -> str:
    """Return 32 hexadecimal digits (BLAKE2b) over a checkpoint of the fleet. Raises DriverError if that is not due."""
    return hash_of(fleet.checkpoint())


def hash_of(checkpoint: bytes) -> str:
    """Return the hash of the fleet that a checkpoint is of.

    Left out is what a checkpoint holds by accident: the order of its tables, and what messages on their way have
    behind their last entry (left over from the message that had their place before).
    """
    content = msgspec.msgpack.decode(checkpoint)
    # Written over in place: numpy's copies of records leave out the bytes between fields.
    commands = np.frombuffer(bytearray(content["commands"]), dtype=COMMAND)
    over = np.arange(ENTRIES_AHEAD) >= (commands["end"] - commands["first"])[:, None]
    commands["entries"][over] = 0
    commands["service_s"][over] = 0.0
    content["commands"] = commands.tobytes()
    found = blake2b(digest_size=16)
    for name in sorted(content):
        part = content[name]
        found.update(part if isinstance(part, bytes) else _ENCODER.encode(part))
    return found.hexdigest()


def pose_check(poses: Float64) -> UInt32:
    """Return a checksum of exact poses, uint32 (t,); poses (t, 3, n) are x, y and theta after each of t ticks."""
    return np.array([crc32(tick.tobytes()) for tick in poses], dtype=np.uint32)
