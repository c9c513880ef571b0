"""Parts of a trace as bytes, and back: what is inside the frames of a trace file."""

from __future__ import annotations

import zlib
from typing import Final

import msgspec
import numpy as np

from twin.recording.column_codec import pack_columns, unpack_columns
from twin.recording.command_log import CommandLog
from twin.recording.trace_parts import OtherCall, TickBlock

_FASTEST: Final = 1  # the next levels save a tenth of the bytes for twice the time
_ENCODER: Final = msgspec.msgpack.Encoder()
# Whatever bytes that are no block can make decoders raise.
DECODING_ERRORS: Final = (msgspec.MsgspecError, ValueError, IndexError, KeyError, zlib.error, MemoryError)


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    ticks: int
    robots: int
    script: bytes
    calls: tuple[OtherCall, ...]
    commands: bytes
    time_s: bytes
    x: bytes
    y: bytes
    theta: bytes
    check: bytes
    flags: bytes
    charge_percent: bytes
    contacts: bytes
    state_hash: str


_DECODER: Final = msgspec.msgpack.Decoder(_Packed)


def encode_block(block: TickBlock) -> bytes:
    """Return a block as bytes, compressed."""
    packed = _Packed(
        ticks=block.ticks,
        robots=len(block.charge_percent),
        script=block.script,
        calls=block.calls,
        commands=block.commands.pack(),
        time_s=block.time_s.astype("<f8").tobytes(),
        x=pack_columns(block.x),
        y=pack_columns(block.y),
        theta=pack_columns(block.theta),
        check=block.check.astype("<u4").tobytes(),
        flags=pack_columns(block.flags),
        charge_percent=block.charge_percent.astype("<f4").tobytes(),
        contacts=pack_columns(block.contacts),
        state_hash=block.state_hash,
    )
    return zlib.compress(_ENCODER.encode(packed), _FASTEST)


def decode_block(data: bytes) -> TickBlock:
    """Return the block that `encode_block` was given. Raises one of DECODING_ERRORS if the bytes are no block."""
    packed = _DECODER.decode(zlib.decompress(data))
    shape = packed.ticks, packed.robots
    return TickBlock(
        script=packed.script,
        calls=packed.calls,
        commands=CommandLog.unpack(packed.commands),
        time_s=np.frombuffer(packed.time_s, dtype="<f8").astype(np.float64),
        x=unpack_columns(packed.x, shape, np.int32),
        y=unpack_columns(packed.y, shape, np.int32),
        theta=unpack_columns(packed.theta, shape, np.uint16),
        check=np.frombuffer(packed.check, dtype="<u4").astype(np.uint32),
        flags=unpack_columns(packed.flags, shape, np.uint8),
        charge_percent=np.frombuffer(packed.charge_percent, dtype="<f4").astype(np.float32),
        contacts=unpack_columns(packed.contacts, (packed.ticks, 3), np.int64),
        state_hash=packed.state_hash,
    )


def compress(data: bytes) -> bytes:
    """Return a checkpoint's bytes, smaller."""
    return zlib.compress(data, _FASTEST)


def decompress(data: bytes) -> bytes:
    """Return what `compress` was given. Raises zlib.error if the bytes are nothing of the kind."""
    return zlib.decompress(data)
