"""Kernel that looks a MessagePack frame through before anything is made of it. `codec.py` stands in front.

Source: the MessagePack specification (formats by first byte). Invariant: `at` is where an unread value begins and never
lies behind the end; nothing is read that was not found to be there; memory does not depend on what a header declares.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MAX_DEPTH = 8
MAX_KEYS = 64
MAX_VALUES = 1500

GOOD, NOT_A_MAP, CUT_OFF, NO_FORMAT, NO_TEXT_KEY, TWICE, TRAILING, EXT, DEEP, NO_NUMBER, MANY_KEYS, MANY = range(12)


@njit(cache=True, nogil=True)
def _big_endian(frame: bytes, at: int, size: int) -> int:
    value = 0
    for byte in range(at, at + size):
        value = value * 256 + frame[byte]
    return value


@njit(cache=True, nogil=True)
def _same(frame: bytes, one: int, other: int, size: int) -> bool:
    for byte in range(size):  # noqa: SIM110 - all() over a generator does not compile
        if frame[one + byte] != frame[other + byte]:
            return False
    return True


@njit(cache=True, nogil=True)
def look_through(frame: bytes) -> int:
    """Return GOOD for exactly one map of plain values within the limits, otherwise what is wrong with it first."""
    end = len(frame)
    if end == 0:
        return CUT_OFF
    if not (0x80 <= frame[0] <= 0x8F or 0xDE <= frame[0] <= 0xDF):
        return NOT_A_MAP
    left = np.zeros(MAX_DEPTH + 1, dtype=np.int64)  # values to come in each open container; keys count as values
    is_map = np.zeros(MAX_DEPTH + 1, dtype=np.bool_)
    keys = np.zeros(MAX_DEPTH + 1, dtype=np.int64)  # keys seen in each open map, and where they stand
    key_at = np.empty((MAX_DEPTH + 1, MAX_KEYS), dtype=np.int32)
    key_size = np.empty((MAX_DEPTH + 1, MAX_KEYS), dtype=np.int32)
    left[0] = 1
    depth = at = values = 0
    while True:
        while depth > 0 and left[depth] == 0:
            depth -= 1
        if left[depth] == 0:
            return GOOD if at == end else TRAILING
        if at == end:
            return CUT_OFF
        values += 1
        if values > MAX_VALUES:
            return MANY
        first = np.int64(frame[at])
        at += 1
        is_key = is_map[depth] and left[depth] % 2 == 0
        left[depth] -= 1
        # A value is its first byte, then `size` bytes that tell a length, then content of `length` bytes or values.
        size = length = 0
        is_text = is_container = opens_map = False
        if first < 0x80 or first >= 0xE0:  # fixint
            pass
        elif first < 0xA0:  # fixmap, fixarray
            is_container, opens_map, length = True, first < 0x90, first & 0x0F
        elif first < 0xC0:  # fixstr
            is_text, length = True, first & 0x1F
        elif first == 0xC1:
            return NO_FORMAT
        elif 0xC4 <= first <= 0xC6:  # bin
            size = 1 << (first - 0xC4)
        elif 0xC7 <= first <= 0xC9 or 0xD4 <= first <= 0xD8:
            return EXT
        elif 0xCA <= first <= 0xCB:  # float: an exponent of ones is an infinity or not a number
            length = 4 << (first - 0xCA)
            ones = 0x80 if length == 4 else 0xF0
            if at + length <= end and frame[at] & 0x7F == 0x7F and frame[at + 1] & ones == ones:
                return NO_NUMBER
        elif 0xCC <= first <= 0xD3:  # uint, int
            length = 1 << (first & 3)
        elif 0xD9 <= first <= 0xDB:  # str
            is_text, size = True, 1 << (first - 0xD9)
        elif first >= 0xDC:  # array, map
            is_container, opens_map, size = True, first >= 0xDE, 2 << (first & 1)
        if at + size > end:
            return CUT_OFF
        if size > 0:
            length = _big_endian(frame, at, size)
            at += size
        if is_key:
            if not is_text:
                return NO_TEXT_KEY
            if keys[depth] == MAX_KEYS:
                return MANY_KEYS
        if is_container:
            depth += 1
            if depth > MAX_DEPTH:
                return DEEP
            left[depth] = 2 * length if opens_map else length
            is_map[depth] = opens_map
            keys[depth] = 0
            continue
        if at + length > end:
            return CUT_OFF
        if is_key:
            for key in range(keys[depth]):
                if key_size[depth, key] == length and _same(frame, key_at[depth, key], at, length):
                    return TWICE
            key_at[depth, keys[depth]], key_size[depth, keys[depth]] = at, length
            keys[depth] += 1
        at += length
