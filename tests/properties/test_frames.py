"""Whatever comes in a frame: a message or a refusal comes out, and nothing else; see tests/oracles/frames.py."""

from __future__ import annotations

import os
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.frames import frame_peak_bytes
from benchmarks.hostile_frames import hostile_frames
from benchmarks.sample_messages import sample_messages
from robots import _codec
from robots.codec import Decoder, encode
from robots.errors import WIRE_CODES, WireError
from robots.messages import FRAME_TAG, MAX_FRAME_BYTES, FromController, FromGateway, Message
from tests.oracles.frames import is_sound

HONEST = [encode(message)[1] for message in sample_messages().values()]
BOTH = Decoder(FromGateway | FromController)


def outcome(frame):
    """The message in a frame, or the code of its refusal."""
    try:
        return BOTH.decode((FRAME_TAG, frame))
    except WireError as error:
        return error.code


def check(frames):
    """Let frames be decoded; count what came of them."""
    found = Counter()
    for frame in frames:
        result = outcome(frame)
        if isinstance(result, Message):
            found["message"] += 1
            again = encode_if_it_fits(result)
            assert again is None or BOTH.decode(again) == result, frame.hex()
        else:
            assert result in WIRE_CODES, frame.hex()
            found[result] += 1
    return found


def encode_if_it_fits(message):
    """Frames of a message; None if it grew too large: single precision becomes double."""
    try:
        return encode(message)
    except WireError:
        return None


def resident_bytes():
    """Memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("seed", range(4))
def test_the_look_through_agrees_with_another_library_that_reads_the_whole_frame(seed):
    for frame in islice(hostile_frames(HONEST, seed), 2500):
        if len(frame) <= MAX_FRAME_BYTES:
            assert (_codec.look_through(frame) == _codec.GOOD) == is_sound(frame), frame.hex()


@pytest.mark.slow
@pytest.mark.parametrize("frame", HONEST)
def test_a_frame_that_is_cut_off_anywhere_is_refused(frame):
    assert {outcome(frame[:end]) for end in range(len(frame))} == {"malformed"}


def test_every_bit_of_a_frame_may_be_flipped():
    found = Counter()
    for frame in HONEST:
        if len(frame) > 600:
            continue
        for bit in range(8 * len(frame)):
            flipped = bytearray(frame)
            flipped[bit >> 3] ^= 1 << (bit & 7)
            found += check([bytes(flipped)])
    assert {"message", "malformed", "type", "unknown_kind", "bounds", "ext"} <= set(found)


@pytest.mark.slow
def test_hostile_frames_take_at_most_64_kib_of_memory_each():
    for frame in islice(hostile_frames(HONEST, 11), 3000):
        assert frame_peak_bytes(BOTH, frame) <= 64 * 1024, frame.hex()


@pytest.mark.slow
def test_hostile_frames_are_the_same_for_the_same_seed_and_of_every_sort():
    frames = list(islice(hostile_frames(HONEST, 5), 5000))
    assert frames == list(islice(hostile_frames(HONEST, 5), 5000))
    assert max(map(len, frames)) <= 2 * MAX_FRAME_BYTES
    assert {"message", "malformed", "type", "unknown_kind", "bounds", "nan", "ext", "deep", "size"} == set(
        check(frames)
    )


@pytest.mark.jit
def test_a_million_hostile_frames_come_out_as_messages_or_refusals_and_memory_does_not_grow():
    frames = hostile_frames(HONEST, 2026)
    check(islice(frames, 50_000))
    before = resident_bytes()
    found = check(islice(frames, 1_000_000))
    grown = resident_bytes() - before
    assert found.total() == 1_000_000
    assert min(found[code] for code in ("message", "malformed", "type", "bounds", "nan", "ext", "deep")) > 1000
    assert grown < 4 * 2**20
