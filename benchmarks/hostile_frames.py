"""Frames that no honest side sends, from a seed: changed bytes of honest ones, noise, and well-made malice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, nan
from random import Random
from typing import Final

import msgspec

from robots.messages import MAX_FRAME_BYTES

# First bytes of MessagePack with the number of bytes that follow for a length or a value.
_HEADERS: Final = {
    0xC4: 1, 0xC5: 2, 0xC6: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8,
    0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8, 0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17, 0xD9: 1, 0xDA: 2, 0xDB: 4,
    0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4,
}  # fmt: skip
_FLOATS: Final = tuple(
    bytes.fromhex(digits)
    for digits in (
        "cb7ff8000000000000", "cb7ff0000000000000", "cbfff0000000000000", "cbffffffffffffffff", "ca7fc00000",
        "caff800000", "cb7fefffffffffffff", "cb0000000000000001", "cb8000000000000000", "ca7f7fffff",
    )
)  # fmt: skip
_INTEGERS: Final = tuple(
    bytes.fromhex(digits)
    for digits in ("cfffffffffffffffff", "cf8000000000000000", "d38000000000000000", "ce80000000", "ff", "d2ffffffff")
)
_OTHERS: Final = (
    b"\xc0", b"\xc1", b"\xc2", b"\xc4\x00", b"\x90", b"\x80", b"\xd6\xff\0\0\0\0", b"\xd7\xff" + bytes(8),
    b"\xa3\xed\xa0\x80", b"\xa2\xc0\x80", b"\xa1\xff", b"\xa0", b"\xd9\xff", b"\xdb\xff\xff\xff\xff",
    b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff",
)  # fmt: skip

_VALUES: Final[tuple[object, ...]] = (
    None, True, False, -1, 0, 1.0, -1e7, 1e300, inf, -inf, nan, 2**31, 2**63, 2**64 - 1, -(2**63), "", "x" * 65,
    "x" * 300, "\n", b"", b"x" * 17, [], [1], {}, {"x": nan}, [[]] * 33, ["x"] * 65,
)  # fmt: skip


def hostile_frames(honest: list[bytes], seed: int) -> Iterator[bytes]:
    """Yield frames without end, the same ones for the same honest frames and seed; now and then an honest one.

    None is more than twice as long as a frame may be.
    """
    random = Random(seed)
    makers: tuple[Callable[[Random, list[bytes]], bytes], ...] = (
        _flip_bits, _flip_bits, _change_bytes, _change_bytes, _cut, _splice, _repeat, _replace_value, _replace_value,
        _replace_value, _noise, _nested, _grown, _more_keys, _wrong_value,
    )  # fmt: skip
    while True:
        for maker in random.choices(makers, k=64):
            yield maker(random, honest)[: 2 * MAX_FRAME_BYTES]


def nested_headers(length: int, header: bytes = b"\xdd\xff\xff\xff\xff") -> bytes:
    """Return a heartbeat of so many bytes with an unknown key full of headers within headers."""
    begin = b"\x82\xa3msg\xa2hb\xa1x"
    return (begin + header * (length // len(header) + 1))[:length]


def _flip_bits(random: Random, honest: list[bytes]) -> bytes:
    frame = bytearray(random.choice(honest))
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        bit = random.randrange(8 * len(frame))
        frame[bit >> 3] ^= 1 << (bit & 7)
    return bytes(frame)


def _change_bytes(random: Random, honest: list[bytes]) -> bytes:
    frame = bytearray(random.choice(honest))
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(frame))
        what = random.randrange(3)
        if what == 0:
            frame[at] = random.randrange(256)
        elif what == 1:
            frame.insert(at, random.randrange(256))
        elif len(frame) > 1:
            del frame[at]
    return bytes(frame)


def _cut(random: Random, honest: list[bytes]) -> bytes:
    frame = random.choice(honest)
    return frame[: random.randrange(len(frame) + 1)] + random.randbytes(random.choice((0, 0, 1, 3)))


def _splice(random: Random, honest: list[bytes]) -> bytes:
    one, other = random.choice(honest), random.choice(honest)
    return one[: random.randrange(len(one) + 1)] + other[random.randrange(len(other) + 1) :]


def _repeat(random: Random, honest: list[bytes]) -> bytes:
    frame = random.choice(honest)
    begin = random.randrange(len(frame))
    end = min(len(frame), begin + random.randrange(1, 64))
    return frame[:end] + frame[begin:end] * random.choice((1, 1, 2, 50)) + frame[end:]


def _replace_value(random: Random, honest: list[bytes]) -> bytes:
    """Put another value in the place of a byte, often right behind a key: a small frame has a value there."""
    frame = random.choice(honest)
    at = random.randrange(1, len(frame))
    value = random.choice(random.choice((_FLOATS, _INTEGERS, _OTHERS)))
    first = frame[at]
    return frame[:at] + value + frame[at + 1 + _HEADERS.get(first, 0) :]


def _noise(random: Random, _honest: list[bytes]) -> bytes:
    return random.choice((b"", b"\x81", b"\x81\xa3msg")) + random.randbytes(random.choice((0, 1, 8, 64, 300)))


def _nested(random: Random, honest: list[bytes]) -> bytes:
    """Put containers within containers, or the header of a huge one, somewhere."""
    frame = random.choice(honest)
    at = random.randrange(len(frame))
    header = random.choice((b"\x91", b"\x81\xa1k", b"\xdc\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff"))
    return frame[:at] + header * random.choice((1, 4, 9, 400)) + frame[at:]


def _grown(random: Random, _honest: list[bytes]) -> bytes:
    """Return a map, list or text of many values, for a known key or an unknown one."""
    kind, key = (
        random.choice((b"\xa2hb", b"\xa5state", b"\xa5order")),
        random.choice((b"\xa5nodes", b"\xa7actions", b"\xa1x")),
    )
    item = random.choice((b"\x01", b"\xcd\xff\xff", b"\xa2zz", b"\x80", b"\x82\xa2id\xa2zz\xa4type\xa2zz", *_OTHERS))
    count = random.choice((1, 8, 32, 64, 65, 300))
    return b"\x82\xa3msg" + kind + key + b"\xdc" + count.to_bytes(2, "big") + item * count


def _more_keys(random: Random, honest: list[bytes]) -> bytes:
    """Give the outermost map more keys: unknown ones, or one that it has already."""
    frame = random.choice(honest)
    if not 0x80 < frame[0] < 0x8F:
        return frame
    key = random.choice((b"robot", b"msg", b"seq", b"x", b"", b"\xff\xfe", "ü".encode()))
    value = random.choice((*_FLOATS, *_INTEGERS, *_OTHERS, b"\x01", b"\xa2hb"))
    return bytes([frame[0] + 1]) + frame[1:] + bytes([0xA0 + len(key)]) + key + value


def _wrong_value(random: Random, honest: list[bytes]) -> bytes:
    """Give one field, anywhere in a message, a value that it may not have, or leave it out."""
    message = msgspec.msgpack.decode(random.choice(honest))
    part, name = message, random.choice(list(message))
    while isinstance(part[name], dict | list) and part[name] and random.random() < 0.8:
        part = part[name]
        name = random.choice(list(part)) if isinstance(part, dict) else random.randrange(len(part))
    if random.random() < 0.2:
        del part[name]
    else:
        part[name] = random.choice(_VALUES)
    return msgspec.msgpack.encode(message)
