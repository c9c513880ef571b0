"""Is a frame one map of plain values within the limits? Slow and obvious: unpacked by another library, then walked."""

from __future__ import annotations

import math

import msgpack

MAX_DEPTH, MAX_KEYS, MAX_VALUES = 8, 64, 1500


class _BadError(Exception):
    """The frame is not to be decoded."""


def is_sound(frame: bytes) -> bool:
    """Whether the frame may be decoded; it may still be no message."""
    try:
        value = msgpack.unpackb(
            frame, unicode_errors="surrogateescape", strict_map_key=False, object_pairs_hook=_Map, ext_hook=_refuse_ext
        )
        return isinstance(value, _Map) and _values(value, 1) <= MAX_VALUES
    except (_BadError, ValueError, msgpack.exceptions.UnpackException):
        return False


class _Map:
    def __init__(self, pairs):
        self.pairs = list(pairs)


def _refuse_ext(_code, _content):
    raise _BadError


def _values(value, depth):
    """How many values there are in one, itself and keys included."""
    if isinstance(value, float) and not math.isfinite(value):
        raise _BadError
    if isinstance(value, msgpack.Timestamp):
        raise _BadError
    if not isinstance(value, list | _Map):
        return 1
    if depth > MAX_DEPTH:
        raise _BadError
    if isinstance(value, list):
        return 1 + sum(_values(each, depth + 1) for each in value)
    keys = [key for key, _ in value.pairs]
    if not all(isinstance(key, str) for key in keys) or len(set(keys)) < len(keys) or len(keys) > MAX_KEYS:
        raise _BadError
    return 1 + len(keys) + sum(_values(each, depth + 1) for _, each in value.pairs)
