"""What a message costs on its way to and from frames, and what hostile frames can do."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from time import perf_counter
from typing import Final

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.hostile_frames import hostile_frames, nested_headers
from benchmarks.sample_messages import sample_messages
from fleet.app.peak_memory import peak_rss_mb
from robots.codec import Decoder, encode
from robots.errors import WireError
from robots.messages import FRAME_TAG, FromController, FromGateway, Message

_SHORT, _FULL = 1_000_000, 10_000_000
_TRACED: Final = 20_000
_KIB_TARGET: Final = 64.0  # of our own
_KINDS = ("message", "bytes", "encode us", "decode us")
_FOUND = ("frames", "us a frame", "messages", "refused", "grown MB", "most KiB a frame", "target KiB")
_CODES = ("refused as", "frames")
_NOTES = (
    "decode: looked through, then decoded with types and bounds; frames as ZeroMQ gives them; best of five rounds",
    f"hostile frames from seed 1, their making included; memory a frame: the peak of each of {_TRACED:,} more",
)


def run(options: Options) -> Report:
    """Every kind of message; a million hostile frames, ten million in the full form."""
    options.say("every kind of message")
    kinds = Table("Messages", _KINDS, tuple(_cost(name, message) for name, message in sample_messages().items()))
    frames = _FULL if options.full else _SHORT
    options.say(f"{frames:,} hostile frames")
    found, codes = _fuzz(frames)
    return Report((kinds, Table("Hostile frames", _FOUND, (found,)), Table("Refused", _CODES, codes)), _NOTES)


def _cost(name: str, message: Message) -> tuple[Cell, ...]:
    frames = encode(message)
    decoder = Decoder[Message](FromGateway | FromController)
    return name, len(frames[1]), _microseconds(lambda: encode(message)), _microseconds(lambda: decoder.decode(frames))


def _microseconds(call: Callable[[], object], times: int = 20_000, rounds: int = 5) -> float:
    best = float("inf")
    for _ in range(rounds):
        started = perf_counter()
        for _ in range(times):
            call()
        best = min(best, perf_counter() - started)
    return 1e6 * best / times


def _fuzz(frames: int) -> tuple[tuple[Cell, ...], tuple[tuple[Cell, ...], ...]]:
    """Decode so many hostile frames; return the row of figures, and the codes of refusals by their number."""
    decoder = Decoder[Message](FromGateway | FromController)
    honest = [encode(message)[1] for message in sample_messages().values()]
    hostile = hostile_frames(honest, seed=1)
    codes: Counter[str] = Counter()
    before_mb = peak_rss_mb()
    started = perf_counter()
    for frame in islice(hostile, frames):
        try:
            decoder.decode((FRAME_TAG, frame))
        except WireError as error:
            codes[error.code] += 1
    seconds = perf_counter() - started
    grown_mb = peak_rss_mb() - before_mb
    most = max(frame_peak_bytes(decoder, frame) for frame in (*islice(hostile, _TRACED), nested_headers(4096)))
    refused = codes.total()
    row = (frames, 1e6 * seconds / frames, frames - refused, refused, grown_mb, most / 1024, _KIB_TARGET)
    return row, tuple(codes.most_common())


def frame_peak_bytes(decoder: Decoder[Message], frame: bytes) -> int:
    """Return how much memory Python's allocators had to give at most while a frame was decoded, or refused.

    The least of three times: other threads of the process take memory meanwhile, but not each time.
    """
    return min(_peak_bytes(decoder, frame) for _ in range(3))


def _peak_bytes(decoder: Decoder[Message], frame: bytes) -> int:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        with suppress(WireError):
            decoder.decode((FRAME_TAG, frame))
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


BENCHMARK = Benchmark("frames", "messages to and from frames, and hostile frames", run)
