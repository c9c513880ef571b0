"""Messages to and from frames: typed, bounded, refused before anything large is made of them.

A frame is looked through first (`_codec.py`): one map of plain values, at most 8 deep, with at most 64 keys a map and
1,500 values in all, no key twice. Only then is it decoded, into the types and bounds of `robots.messages`. So the work
and memory of a hostile frame are those of a large honest one: 64 KiB at most.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec

from robots import _codec
from robots.errors import WireCode, WireError
from robots.messages import FRAME_TAG, MAX_FRAME_BYTES, Message

MessageT = TypeVar("MessageT", bound=Message)

_FOUND: Final[dict[int, tuple[WireCode, str]]] = {
    _codec.NOT_A_MAP: ("type", "not a map"),
    _codec.CUT_OFF: ("malformed", "cut off"),
    _codec.NO_FORMAT: ("malformed", "byte 0xc1 begins no value"),
    _codec.NO_TEXT_KEY: ("malformed", "a key is not text"),
    _codec.TWICE: ("malformed", "a map has the same key twice"),
    _codec.TRAILING: ("malformed", "bytes behind the message"),
    _codec.EXT: ("ext", "extension types are not spoken here"),
    _codec.DEEP: ("deep", f"nested deeper than {_codec.MAX_DEPTH}"),
    _codec.NO_NUMBER: ("nan", "not a number, or infinity"),
    _codec.MANY_KEYS: ("size", f"a map with more than {_codec.MAX_KEYS} keys"),
    _codec.MANY: ("size", f"more than {_codec.MAX_VALUES} values"),
}
# What msgspec says of a value of the right type that is out of bounds: of a number, a length, an enumeration.
_OUT_OF_BOUNDS: Final = re.compile(r" (>=?|<=?) | of length |Invalid enum value|out of range")
_NO_KIND: Final = re.compile(r"required field `msg`|at `\$\.msg`$")
_ENCODER: Final = msgspec.msgpack.Encoder()


def encode(message: Message) -> list[bytes]:
    """Return both frames of a message, as ZeroMQ sends them. Raises WireError("size") if it is too large for one."""
    body = _ENCODER.encode(message)
    if len(body) > MAX_FRAME_BYTES:
        raise WireError("size", f"a message of {len(body)} bytes; {MAX_FRAME_BYTES} is the most")
    return [FRAME_TAG, body]


class Decoder(Generic[MessageT]):
    """Decodes what comes from one side.

    kinds: its messages, `robots.messages.FromGateway` or `FromController`. The first decoder of a process compiles the
    kernel, or loads it.
    """

    def __init__(self, kinds: Any) -> None:  # noqa: ANN401 - a union of types has no type of its own
        self._decoder: msgspec.msgpack.Decoder[MessageT] = msgspec.msgpack.Decoder(kinds)
        _codec.look_through(b"\x80")

    def decode(self, frames: Sequence[bytes]) -> MessageT:
        """Return the message in the frames of one multipart message, or raise WireError and nothing else."""
        if len(frames) != 2:
            raise WireError("frames", f"{len(frames)} frames, not 2")
        tag, body = frames
        if tag != FRAME_TAG:
            raise WireError("tag", f"tag {tag[:16]!r}, not {FRAME_TAG!r}")
        if len(body) > MAX_FRAME_BYTES:
            raise WireError("size", f"a frame of {len(body)} bytes; {MAX_FRAME_BYTES} is the most")
        found = _codec.look_through(body)
        if found != _codec.GOOD:
            raise WireError(*_FOUND[found])
        try:
            return self._decoder.decode(body)
        except msgspec.ValidationError as error:
            raise WireError(_code(str(error)), str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise WireError("malformed", str(error)) from None


def _code(problem: str) -> WireCode:
    """Return the code of what msgspec found wrong with a well-formed map."""
    if _NO_KIND.search(problem):
        return "unknown_kind"
    return "bounds" if _OUT_OF_BOUNDS.search(problem) else "type"
